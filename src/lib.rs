//! Runs Spark models (spreadsheets compiled to WebAssembly) inside a web page.
//!
//! This crate is the page's side: a [`Client`](client::Client) carries out what
//! [`spark_execute_core`] decides, with workers that run [`spark_execute_worker`]. The public class is the JavaScript
//! facade in `src/js/`, which this crate serves.

mod answers;
mod batch;
mod cache;
mod call;
mod client;
mod fetch;
mod host;
mod known;
mod loading;
mod names;
mod observe;
mod online;
mod outbound;
mod platform;
mod pool;
mod replica;
mod request;
mod source;
mod timer;
mod unpack_worker;
mod view;
mod warm;
mod workers;
mod xcall;

#[cfg(all(test, target_arch = "wasm32"))]
#[path = "../tests/browser/mod.rs"]
mod tests;

#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

// One binary plays both parts: the same module is posted to the workers.
pub use spark_execute_worker::worker_main;
pub use unpack_worker::unpack_main;
