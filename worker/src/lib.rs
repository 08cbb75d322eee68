//! The part of `spark-execute` that runs inside a Web Worker: reads packages, runs engines.
//!
//! The worker's script calls [`worker_main`] once; from then on everything happens in answer to the page's messages,
//! which are [`spark_execute_core::protocol`].

use wasm_bindgen::prelude::*;

mod bytes;
mod engine;
mod integrity;
pub mod js;
mod limit;
mod names;
pub mod phases;
pub mod reader;
mod scope;
mod session;
pub mod slices;
pub mod source;
pub mod unpack;
pub mod wire;

#[cfg(all(test, target_arch = "wasm32"))]
#[path = "../tests/browser/mod.rs"]
mod tests;

/// What a page's Content Security Policy must allow: all of it, since browsers tell of one violation at a time. A bare
/// `script-src` beside `default-src` would take the page's own scripts away.
pub const POLICY: &str = "The policy must have script-src 'wasm-unsafe-eval' blob: and worker-src blob:, each beside the \
                          sources that this directive, or default-src in its place, has now.";

/// Begins to serve the page. `environment` is what the worker's script captured before any model code could run. Gives
/// the function that takes each message's data; what it returns, unless `undefined`, is to be posted to the page.
#[wasm_bindgen]
pub fn worker_main(environment: scope::Environment) -> JsValue {
    session::Session::begin(environment)
}
