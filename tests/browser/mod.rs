//! Tests of the page's side in a real, headless browser: `npm test -- wasm wasm-plain`, or `wasm-pack test --headless
//! --chrome`. They run on a page that is cross-origin isolated and, with `WASM_BINDGEN_TEST_NO_ORIGIN_ISOLATION` set,
//! on one that is not.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod bad_workers;
mod client;
mod drop;
mod fetch;
mod host;
mod online;
mod page;
mod request;
mod source;
mod spawn;
mod support;
mod timer;
mod unpack_worker;
mod view;
mod wire;
mod xcall;

use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

/// Proves which of the two pages this run is on: the runner reads the same variable.
#[wasm_bindgen_test]
fn the_page_is_isolated_as_this_run_asks() {
    let wanted = option_env!("WASM_BINDGEN_TEST_NO_ORIGIN_ISOLATION").is_none();
    assert_eq!(support::js("crossOriginIsolated"), wanted);
    assert_eq!(support::js("typeof SharedArrayBuffer === 'function'"), wanted);
}
