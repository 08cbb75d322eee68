//! Tests of the worker's side in a real worker of a headless browser: `npm test -- wasm-worker`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod bytes;
mod engine;
mod helpers;
mod puppet;
mod session;
mod slices;
mod source;
mod support;
mod unpack;

use wasm_bindgen_test::wasm_bindgen_test_configure;

wasm_bindgen_test_configure!(run_in_dedicated_worker);
