//! The part of `spark-execute` that runs inside a Web Worker: reads packages, runs engines.
//!
//! The worker's script calls [`worker_main`] once; from then on everything happens in answer to the page's messages,
//! which are [`spark_execute_core::protocol`].

use wasm_bindgen::prelude::*;

mod bytes;
mod engine;
mod fetch;
pub mod js;
mod scope;
mod session;
pub mod slices;
pub mod unpack;
pub mod wire;

/// Starts listening to the page. `environment` is what the worker's script captured before any model code could run.
#[wasm_bindgen]
pub fn worker_main(environment: scope::Environment) {
    session::Session::begin(environment);
}
