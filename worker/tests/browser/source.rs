//! Where the bytes of a package come from.

use spark_execute_core::Code;
use spark_execute_core::protocol::Source;
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::*;
use crate::source::bytes;
use crate::wire::Js;

#[wasm_bindgen_test]
async fn a_blob_is_read() {
    assert_eq!(bytes(Source::Blob(Js(js("new Blob([Uint8Array.of(1, 2, 3)])")))).await.unwrap().to_vec(), [1, 2, 3]);
    assert_eq!(bytes(Source::Blob(Js(js("new File(['x'], 'f')")))).await.unwrap().to_vec(), [b'x']);
}

#[wasm_bindgen_test]
async fn a_blob_that_cannot_be_read_says_so() {
    let gone = js(
        "Object.assign(new Blob(['x']), { arrayBuffer: () => Promise.reject(new DOMException('gone', 'NotFoundError')) })",
    );
    let failure = bytes(Source::Blob(Js(gone))).await.unwrap_err();
    assert_eq!(failure.code, Code::BinaryInvalid);
    assert_says(&failure.message, &["changed or gone"]);
    assert_eq!(failure.details.as_deref(), Some("NotFoundError: gone"));
}

#[wasm_bindgen_test]
async fn slices_are_not_read() {
    assert_eq!(bytes(Source::Slices { text: false }).await.unwrap_err().code, Code::Internal);
}
