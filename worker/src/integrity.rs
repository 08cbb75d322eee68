//! Holds a package against the sums that the configuration states, before anything else looks at it.

use js_sys::{ArrayBuffer, Function, Promise, Uint8Array};
use spark_execute_core::integrity::Integrity;
use spark_execute_core::{Code, Failure, Result};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

use crate::js::{Step, describe, get};
use crate::phases::{self, Phase};

/// Refuses `bytes` unless they are the package that `wanted` names; anything is right where nothing is wanted.
pub fn check<'a>(bytes: &'a Uint8Array, wanted: &'a Option<String>) -> Step<'a, Result<()>> {
    Box::pin(async move {
        let Some(integrity) = wanted.as_deref().and_then(Integrity::parse) else { return Ok(()) };
        let began = phases::clock();
        let sum = digest(integrity.algorithm, bytes).await.map_err(|error| {
            let message = "The `integrity` of the package cannot be checked: crypto.subtle is missing or failed. \
                           Browsers have it on secure pages only: serve the page over HTTPS (or from localhost).";
            Failure::new(Code::UnsupportedEnvironment, message).with_details(describe(&error))
        })?;
        phases::over(Phase::Verify, began);
        if integrity.accepts(&sum) {
            return Ok(());
        }
        let found = integrity.written(&sum);
        let message = format!(
            "The package is not the one that its `integrity` names: it was changed or replaced, or `integrity` is that \
             of another one. What came is {found}."
        );
        Err(Failure::new(Code::IntegrityMismatch, message).at("integrity"))
    })
}

async fn digest(algorithm: &str, bytes: &Uint8Array) -> std::result::Result<Vec<u8>, JsValue> {
    let subtle = get(&get(&js_sys::global(), "crypto"), "subtle");
    let digest: Function = get(&subtle, "digest").dyn_into().map_err(|_| JsValue::UNDEFINED)?;
    let digesting: Promise = digest.call2(&subtle, &algorithm.into(), bytes)?.unchecked_into();
    Ok(Uint8Array::new(JsFuture::from(digesting).await?.unchecked_ref::<ArrayBuffer>()).to_vec())
}
