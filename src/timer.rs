//! One timer for everything that waits.

use std::cell::{Cell, RefCell};

use js_sys::Function;
use spark_execute_worker::js::get;
use wasm_bindgen::prelude::*;

use crate::platform::{clear_timeout, set_timeout};

/// Wakes its owner at the earliest time asked for. Waking early does no harm, so a later wish changes nothing.
pub struct Timer {
    callback: Closure<dyn Fn()>,
    armed: std::rc::Rc<Armed>,
}

#[derive(Default)]
struct Armed {
    at: Cell<Option<f64>>,
    handle: RefCell<JsValue>,
}

impl Timer {
    /// A timer that calls `wake` with the time it was asked for.
    pub fn new(wake: impl Fn(f64) + 'static) -> Self {
        let armed = std::rc::Rc::new(Armed::default());
        let callback = {
            let armed = armed.clone();
            Closure::new(move || {
                if let Some(at) = armed.at.take() {
                    wake(at);
                }
            })
        };
        Timer { callback, armed }
    }

    /// Wakes at `at` or before; at infinity there is nothing to wake for. A timer that is armed stays so: arming it for
    /// every short call would cost more than the one idle waking, and so would looking at the clock.
    pub fn wake_at(&self, at: f64, now: impl FnOnce() -> f64) {
        if at == f64::INFINITY || self.armed.at.get().is_some_and(|armed| armed <= at) {
            return;
        }
        self.clear();
        let delay = (at - now()).clamp(0.0, f64::from(i32::MAX)).ceil();
        let handle = set_timeout(self.callback.as_ref().unchecked_ref(), delay);
        // Node's timers are objects and would keep the process alive for a deadline.
        if let Some(unref) = get(&handle, "unref").dyn_ref::<Function>() {
            let _ = unref.call0(&handle);
        }
        *self.armed.handle.borrow_mut() = handle;
        self.armed.at.set(Some(at));
    }

    /// Forgets the time asked for.
    pub fn clear(&self) {
        if self.armed.at.take().is_some() {
            clear_timeout(&self.armed.handle.borrow());
        }
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        self.clear();
    }
}
