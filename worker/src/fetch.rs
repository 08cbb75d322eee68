//! Gets the bytes of a package from where the page says they are.

use js_sys::{ArrayBuffer, Function, Promise, Uint8Array};
use spark_execute_core::protocol::Source;
use spark_execute_core::{Code, Failure, Result};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, Headers, RequestInit, Response};

use crate::js::{Step, describe, get, set};
use crate::wire::Js;

/// The bytes of a `Blob`, or of what an address answers.
pub fn bytes<'a>(source: Source<Js>) -> Step<'a, Result<Uint8Array>> {
    Box::pin(read(source))
}

async fn read(source: Source<Js>) -> Result<Uint8Array> {
    match source {
        Source::Blob(blob) => {
            let reading = blob.0.unchecked_ref::<Blob>().array_buffer();
            buffer(reading).await.map_err(|error| {
                let message = "The package cannot be read from its Blob or File. Has the file changed or gone since it \
                               was chosen?";
                Failure::new(Code::BinaryInvalid, message).with_details(describe(&error))
            })
        }
        Source::Fetch { url, headers, credentials } => fetch(&url, &headers, credentials.as_deref()).await,
        Source::Slices { .. } => Err(Failure::new(Code::Internal, "Slices are collected, not fetched.")),
    }
}

async fn fetch(url: &str, headers: &[(String, String)], credentials: Option<&str>) -> Result<Uint8Array> {
    let unreachable = |error: JsValue| {
        let message = format!(
            "The package cannot be fetched from {}: the network or the server failed, or the server does not allow this \
             page to read it (CORS), or the page's Content Security Policy lacks the address in connect-src.",
            shown(url)
        );
        Failure::new(Code::BinaryFetch, message).with_details(describe(&error))
    };
    let options = RequestInit::new();
    let list = Headers::new().map_err(unreachable)?;
    for (name, value) in headers {
        list.append(name, value).map_err(|error| {
            Failure::new(Code::BinaryInvalid, format!("The request header {name:?} is not valid."))
                .with_details(describe(&error))
        })?;
    }
    options.set_headers(&list);
    if let Some(mode) = credentials {
        set(&options, "credentials", &mode.into());
    }
    let fetching: Promise = get(&js_sys::global(), "fetch")
        .dyn_into::<Function>()
        .and_then(|fetch| fetch.call2(&JsValue::UNDEFINED, &url.into(), &options))
        .map_err(unreachable)?
        .unchecked_into();
    let response: Response = JsFuture::from(fetching).await.map_err(unreachable)?.unchecked_into();
    if !response.ok() {
        let kind = response.headers().get("content-type").ok().flatten().unwrap_or_default();
        let message = format!(
            "The server answered {} {} for the package at {}. Check the address and the access to it.",
            response.status(),
            response.status_text(),
            shown(url)
        );
        return Err(Failure::new(Code::BinaryFetch, message).with_details(format!("content type: {kind}")));
    }
    let reading = response.array_buffer().map_err(unreachable)?;
    buffer(reading).await.map_err(unreachable)
}

async fn buffer(reading: Promise) -> std::result::Result<Uint8Array, JsValue> {
    Ok(Uint8Array::new(JsFuture::from(reading).await?.unchecked_ref::<ArrayBuffer>()))
}

/// The address without its query, which may carry a signature or a token.
fn shown(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or(url)
}
