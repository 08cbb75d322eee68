//! The bytes of a package, from where the page says they are.

use js_sys::{ArrayBuffer, Uint8Array};
use spark_execute_core::package::Limits;
use spark_execute_core::protocol::Source;
use spark_execute_core::{Code, Failure, Result};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::Blob;

use crate::js::describe;
use crate::wire::Js;

/// The bytes of a `Blob`. Slices come by themselves.
pub async fn bytes(source: Source<Js>) -> Result<Uint8Array> {
    let Source::Blob(Js(blob)) = source else {
        return Err(Failure::new(Code::Internal, "Slices are collected, not read."));
    };
    let blob: Blob = blob.unchecked_into();
    check_size(blob.size())?;
    let buffer = JsFuture::from(blob.array_buffer()).await.map_err(|error| {
        let message =
            "The package cannot be read from its Blob or File. Has the file changed or gone since it was chosen?";
        Failure::new(Code::BinaryInvalid, message).with_details(describe(&error))
    })?;
    Ok(Uint8Array::new(buffer.unchecked_ref::<ArrayBuffer>()))
}

/// Refuses what is larger than any package that is read.
pub fn check_size(size: f64) -> Result<()> {
    // Numbers with a fraction would be dear to write.
    let most = Limits::default().package;
    if size <= most as f64 {
        return Ok(());
    }
    let message = format!("The package has more than the {most} bytes that are read. Is the address right?");
    Err(Failure::new(Code::PackageTooLarge, message))
}
