//! Text into an engine's memory and out of it again.
//!
//! Strings stay in JavaScript: they are encoded straight into the memory and decoded straight out of it. The memory may
//! grow whenever the engine runs, which detaches its buffer and empties the views of it: what comes out empty is tried again
//! with new ones, since asking every time would be a crossing into JavaScript each.

use std::cell::{Cell, RefCell};

use js_sys::{ArrayBuffer, Int32Array, Uint8Array, WebAssembly};
use spark_execute_core::Code;
use spark_execute_core::number::number;
use spark_execute_core::payload::too_long;
use wasm_bindgen::prelude::*;

use super::fault::{Fault, no_memory};
use crate::js::{Decoder, Encoder, Sized, describe, get, strict_decoder};
use crate::scope::Environment;

#[wasm_bindgen]
extern "C" {
    /// What the glue's promise resolves to; functions by the glue's own names.
    #[derive(Clone)]
    pub type Instance;

    #[wasm_bindgen(method, catch, js_name = _malloc)]
    fn malloc(this: &Instance, size: f64) -> Result<u32, JsValue>;

    #[wasm_bindgen(method, catch, js_name = _free)]
    fn free(this: &Instance, pointer: u32) -> Result<(), JsValue>;

    /// A view that may have become empty; js-sys takes for granted that something is there.
    type MaybeEmpty;

    #[wasm_bindgen(method, structural, indexing_getter)]
    fn item(this: &MaybeEmpty, at: u32) -> Option<i32>;
}

/// A buffer kept for small requests, so that most calls allocate nothing for their input.
const KEPT: u32 = 16 * 1024;

pub struct Heap {
    instance: Instance,
    memory: WebAssembly::Memory,
    environment: Environment,
    encoder: Encoder,
    decoder: Decoder,
    kept: u32,
    /// Where the engine writes the length of its answer.
    pub length_at: u32,
    /// Answers are wanted as bytes.
    pub in_bytes: Cell<bool>,
    views: RefCell<Views>,
}

/// Views that every small call needs, valid while the memory has this buffer.
struct Views {
    buffer: ArrayBuffer,
    size: f64,
    kept: Uint8Array,
    length: Int32Array,
}

/// A request in the engine's memory.
pub struct Input {
    pub at: u32,
    pub length: u32,
    kept: bool,
}

impl Heap {
    pub fn new(instance: Instance, memory: WebAssembly::Memory, environment: &Environment) -> Result<Self, Fault> {
        let mut heap = Heap {
            instance,
            memory,
            environment: environment.clone(),
            encoder: Encoder::new(),
            decoder: strict_decoder(),
            kept: 0,
            length_at: 0,
            in_bytes: Cell::new(false),
            views: RefCell::new(Views {
                buffer: ArrayBuffer::new(0),
                size: 0.0,
                kept: Uint8Array::new_with_length(0),
                length: Int32Array::new_with_length(0),
            }),
        };
        heap.length_at = heap.allocate(8.0)?;
        heap.kept = heap.allocate(f64::from(KEPT))?;
        heap.refresh();
        Ok(heap)
    }

    /// Size of the engine's memory in bytes, when it last answered.
    pub fn size(&self) -> f64 {
        self.views.borrow().size
    }

    /// The same as it is now, also while a call has failed. All there can be is more than 32 bits hold.
    pub fn size_now(&self) -> f64 {
        get(&self.memory.buffer(), "byteLength").as_f64().unwrap_or(0.0)
    }

    /// Makes the views anew if the memory has grown.
    fn refresh(&self) {
        if self.views.borrow().length.length() == 1 {
            return;
        }
        let buffer: ArrayBuffer = self.memory.buffer().unchecked_into();
        *self.views.borrow_mut() = Views {
            size: f64::from(buffer.byte_length()),
            kept: Uint8Array::new_with_byte_offset_and_length(&buffer, self.kept, KEPT),
            length: Int32Array::new_with_byte_offset_and_length(&buffer, self.length_at, 1),
            buffer,
        };
    }

    /// Encodes `text` into the memory; copies what is no text but a buffer of one's bytes.
    pub fn write(&self, text: &JsValue) -> Result<Input, Fault> {
        let units = text.unchecked_ref::<Sized>().length();
        if units * 3.0 <= f64::from(KEPT) {
            let write = || self.encoder.encode_into(text, &self.views.borrow().kept).written();
            let mut written = write();
            if written == 0.0 {
                self.refresh();
                written = write();
            }
            return Ok(Input { at: self.kept, length: written as u32, kept: true });
        }
        if units.is_nan() {
            // A buffer has no `length`; to ask every time what it is would be one more crossing.
            let bytes = Uint8Array::new(text);
            let length = bytes.length();
            let at = self.allocate(f64::from(length))?;
            self.view(at, length).set(&bytes, 0);
            return Ok(Input { at, length, kept: false });
        }
        // Most requests are ASCII: one byte a unit. The worst case, three bytes, would grow the memory for good.
        let room = (units + units / 64.0).floor() + 16.0;
        let at = self.allocate(room)?;
        let (read, length) = self.encode(text, at, room as u32);
        if read == units {
            return Ok(Input { at, length, kept: false });
        }
        self.release(at);
        let room = f64::from(length) + (units - read) * 3.0;
        let at = self.allocate(room)?;
        let (_, length) = self.encode(text, at, room as u32);
        Ok(Input { at, length, kept: false })
    }

    /// Gives an input back.
    pub fn done(&self, input: &Input) {
        if !input.kept {
            self.release(input.at);
        }
    }

    /// Decodes and frees the answer at `at`, whose length the engine has written.
    pub fn take_answer(&self, at: u32) -> Result<JsValue, Fault> {
        let (answer, length) = self.find_answer(at)?;
        if self.in_bytes.get() {
            let copy = answer.slice(0, length);
            self.release(at);
            return Ok(copy.into());
        }
        let text = self.decode(&answer);
        self.release(at);
        text
    }

    /// The answer at `at` and its length, which the engine has written.
    pub fn find_answer(&self, at: u32) -> Result<(Uint8Array, u32), Fault> {
        let read = || self.views.borrow().length.unchecked_ref::<MaybeEmpty>().item(0).unwrap_or(0) as u32;
        let mut length = read();
        if length == 0 {
            self.refresh();
            length = read();
        }
        if at == 0 || length == 0 {
            self.release(at);
            return Err(invalid("The model answered nothing. Its package may be damaged; export it again.", ""));
        }
        if f64::from(at) + f64::from(length) > self.size() {
            let details = format!("{length} bytes at {at}, in a memory of {} bytes", number(self.size()));
            let message = "The model's answer lies outside its memory. Its package may be damaged; export it again.";
            return Err(Fault::fatal(Code::ResponseInvalid, message, details));
        }
        Ok((Uint8Array::new_with_byte_offset_and_length(&self.views.borrow().buffer, at, length), length))
    }

    /// Bytes of an answer as text.
    pub fn decode(&self, answer: &Uint8Array) -> Result<JsValue, Fault> {
        self.decoder.decode(answer).map_err(|error| {
            if get(&error, "name") != "TypeError" {
                let advice = "Ask for fewer outputs (request_meta.requested_output).";
                let failure = too_long("The model's answer", advice).with_details(describe(&error));
                return Fault { failure, fatal: false };
            }
            let message = "The model's answer is not valid UTF-8. Its package may be damaged; export it again.";
            invalid(message, &describe(&error))
        })
    }

    /// A view of the memory, until the engine runs again.
    pub fn view(&self, at: u32, length: u32) -> Uint8Array {
        Uint8Array::new_with_byte_offset_and_length(&self.memory.buffer(), at, length)
    }

    fn encode(&self, text: &JsValue, at: u32, room: u32) -> (f64, u32) {
        let view = self.view(at, room);
        let encoded = self.encoder.encode_into(text, &view);
        (encoded.read(), encoded.written() as u32)
    }

    fn allocate(&self, size: f64) -> Result<u32, Fault> {
        let out_of_memory = |details: String| {
            let message = format!("The model has no memory for a request of {} bytes. Send less data.", number(size));
            Fault {
                failure: no_memory(&message, &self.environment, self.size_now()).with_details(details),
                fatal: true,
            }
        };
        if size > f64::from(u32::MAX) {
            return Err(out_of_memory(String::new()));
        }
        match self.instance.malloc(size) {
            Ok(0) => Err(out_of_memory("malloc returned 0".into())),
            Ok(at) => Ok(at),
            Err(thrown) => Err(out_of_memory(describe(&thrown))),
        }
    }

    pub fn release(&self, at: u32) {
        if at != 0 {
            // An engine too damaged to free is found out by its next call.
            let _ = self.instance.free(at);
        }
    }
}

/// An answer that is none, of an engine that is well.
pub fn invalid(message: &str, details: &str) -> Fault {
    Fault::harmless(Code::ResponseInvalid, message, details.to_owned())
}
