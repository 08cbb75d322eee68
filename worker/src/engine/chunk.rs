//! The records of a chunk in an engine's memory, and their answers.
//!
//! A chunk comes as one text and goes as one: it is encoded and decoded in one go, which costs a fraction of doing so for
//! each record. A NUL, which JSON never has, stands behind each record and behind each answer.

use std::cell::OnceCell;

use js_sys::{Array, Uint8Array};
use spark_execute_core::batch::{MOST_ANSWERS, SEPARATOR};
use wasm_bindgen::prelude::*;

use super::fault::Fault;
use super::heap::{Heap, Input, invalid};

/// Answers that are decoded together, in bytes.
const SPACE: u32 = 256 * 1024;

/// Room for answers, kept from chunk to chunk; none before the first.
#[derive(Default)]
pub struct Space(OnceCell<Uint8Array>);

/// The answers of a chunk so far.
pub struct Answers<'a> {
    heap: &'a Heap,
    space: &'a Uint8Array,
    used: u32,
    /// What is decoded.
    texts: Array,
    total: u32,
    failed: Option<Fault>,
}

/// Where the records of a chunk are: offsets and lengths.
pub fn records(heap: &Heap, input: &Input) -> Vec<(u32, u32)> {
    let text = heap.view(input.at, input.length);
    let mut records = Vec::new();
    let mut from = 0;
    loop {
        let end = text.index_of(0, from);
        if end < from {
            return records;
        }
        records.push((input.at + from as u32, (end - from) as u32));
        from = end + 1;
    }
}

impl<'a> Answers<'a> {
    pub fn new(heap: &'a Heap, Space(space): &'a Space) -> Self {
        let space = space.get_or_init(|| Uint8Array::new_with_length(SPACE));
        Answers { heap, space, used: 0, texts: Array::new(), total: 0, failed: None }
    }

    /// Whether the next record is to be computed. Once answers are so much text that the rest is better computed by itself, it
    /// is left out.
    pub fn wants_next(&mut self) -> bool {
        let wants = self.total <= MOST_ANSWERS;
        if !wants {
            self.leave_out();
        }
        wants
    }

    /// In place of the answer of a record that has none.
    pub fn leave_out(&mut self) {
        self.add(&Uint8Array::new_with_length(0), 0);
    }

    /// Takes the answer at `at`, and frees it.
    pub fn take(&mut self, at: u32) -> Result<(), Fault> {
        let (answer, length) = self.heap.find_answer(at)?;
        self.add(&answer, length);
        self.heap.release(at);
        Ok(())
    }

    fn add(&mut self, answer: &Uint8Array, length: u32) {
        self.total = self.total.saturating_add(length);
        if length >= SPACE - self.used {
            self.decode();
        }
        if length >= SPACE {
            self.push(answer);
            self.texts.push(&SEPARATOR.into());
            return;
        }
        if length > 0 {
            self.space.set(answer, self.used);
        }
        self.used += length;
        self.space.set_index(self.used, 0);
        self.used += 1;
    }

    fn decode(&mut self) {
        let used = std::mem::take(&mut self.used);
        if used > 0 {
            self.push(&self.space.subarray(0, used));
        }
    }

    fn push(&mut self, bytes: &Uint8Array) {
        match self.heap.decode(bytes) {
            Ok(text) => {
                self.texts.push(&text);
            }
            Err(fault) => self.failed = Some(fault),
        }
    }

    /// All answers as one text; so many there must be.
    pub fn finish(mut self, records: usize) -> Result<JsValue, Fault> {
        self.decode();
        if let Some(fault) = self.failed {
            return Err(fault);
        }
        let text = if self.texts.length() == 1 { self.texts.get(0).unchecked_into() } else { self.texts.join("") };
        let mut count = 0;
        let mut from = 0;
        loop {
            from = text.index_of(SEPARATOR, from) + 1;
            if from == 0 {
                break;
            }
            count += 1;
        }
        // What is no JSON is for the page to tell, once its record is computed by itself.
        if count == records { Ok(text.into()) } else { Err(invalid("An answer has a NUL.", "")) }
    }
}
