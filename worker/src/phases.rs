//! How long each step of starting took. A worker starts one model, so this is kept once for all of it; the
//! page takes what it notes at once.

use std::cell::RefCell;

use js_sys::{Array, Float64Array};
use wasm_bindgen::prelude::*;

use crate::js::{get, now};

/// A step of a start, by its place in the facade's list of names.
#[derive(Debug, Clone, Copy)]
pub enum Phase {
    /// The package's bytes arrive.
    Fetch = 1,
    /// They are held against `integrity`.
    Verify,
    /// Parts are inflated and checked.
    Unpack,
    /// The engine compiles, meanwhile.
    Compile,
    /// The glue is evaluated.
    Glue,
    /// The engine is instantiated and initialised.
    Instantiate,
    /// The workbook is constructed.
    Construct,
}

thread_local! {
    static NOTED: RefCell<Vec<f64>> = const { RefCell::new(Vec::new()) };
}

/// The time, on a clock that all threads share.
#[inline(never)]
pub fn clock() -> f64 {
    get(&get(&js_sys::global(), "performance"), "timeOrigin").as_f64().unwrap_or(0.0) + now()
}

/// Notes that a step which began then is over; gives the time.
#[inline(never)]
pub fn over(phase: Phase, began: f64) -> f64 {
    let now = clock();
    NOTED.with_borrow_mut(|noted| noted.extend([f64::from(phase as u8), began, now]));
    now
}

/// What was noted since the last time: of each step its number, and when it began and ended.
pub fn take() -> JsValue {
    let noted = NOTED.take();
    Array::from(&Float64Array::from(noted.as_slice())).into()
}
