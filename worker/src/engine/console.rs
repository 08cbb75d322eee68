//! What an engine prints: kept, bounded, for the `details` of an error; shown to nobody.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use wasm_bindgen::prelude::*;

use crate::js::{CONSOLE, describe, set, shorten};

const LINES: usize = 20;
const LINE_LENGTH: usize = 300;

/// The tail of an engine's output.
#[derive(Debug, Clone, Default)]
pub struct Tail(Rc<RefCell<VecDeque<String>>>);

impl Tail {
    /// Adds a line.
    pub fn push(&self, line: &JsValue) {
        let text = line.as_string().map_or_else(|| describe(line), |text| shorten(&text, LINE_LENGTH));
        let mut lines = self.0.borrow_mut();
        if lines.len() == LINES {
            lines.pop_front();
        }
        lines.push_back(text);
    }

    /// Takes all lines, joined, with `first` before them.
    pub fn take_after(&self, first: &str) -> String {
        let lines = std::mem::take(&mut *self.0.borrow_mut());
        let mut text = first.to_owned();
        for line in lines {
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(&line);
        }
        text
    }

    /// Forgets all lines.
    pub fn clear(&self) {
        self.0.borrow_mut().clear();
    }

    /// A function that adds its first argument.
    pub fn writer(&self) -> Closure<dyn Fn(JsValue)> {
        let tail = self.clone();
        Closure::new(move |line: JsValue| tail.push(&line))
    }

    /// Makes the worker's own console write here: glue and models log to it, past `print` and `printErr`.
    pub fn replace_console(&self) {
        let write = self.writer().into_js_value();
        CONSOLE.with(|console| {
            for method in ["log", "info", "debug", "warn", "error", "trace", "dir"] {
                set(console, method, &write);
            }
        });
    }
}
