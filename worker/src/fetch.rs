//! Gets the bytes of a package from where the page says they are.

use js_sys::{Array, ArrayBuffer, Function, Promise, Uint8Array};
use spark_execute_core::cache::without_query;
use spark_execute_core::package::Limits;
use spark_execute_core::protocol::Source;
use spark_execute_core::text::quoted;
use spark_execute_core::{Code, Failure, Result};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, Headers, RequestInit, Response};

use crate::js::{Step, describe, get, now, set};
use crate::slices::Slices;
use crate::wire::Js;

/// Hears how many bytes have come, and of how many: in an array.
pub type Progress<'a> = &'a dyn Fn(JsValue);

/// `progress` is told at most so often, in milliseconds.
const PROGRESS_MS: f64 = 100.0;

/// The bytes of a `Blob`, or of what an address answers.
/// The bytes of a `Blob`, or of what an address answers, until this `AbortSignal`, if it is one, says so.
pub fn bytes<'a>(source: Source<Js>, signal: JsValue, progress: Option<Progress<'a>>) -> Step<'a, Result<Uint8Array>> {
    Box::pin(read(source, signal, progress))
}

async fn read(source: Source<Js>, signal: JsValue, progress: Option<Progress<'_>>) -> Result<Uint8Array> {
    match source {
        Source::Blob(Js(blob)) => {
            let blob: Blob = blob.unchecked_into();
            check_size(blob.size())?;
            let reading = blob.array_buffer();
            buffer(reading).await.map_err(|error| {
                let message = "The package cannot be read from its Blob or File. Has the file changed or gone since it \
                               was chosen?";
                Failure::new(Code::BinaryInvalid, message).with_details(describe(&error))
            })
        }
        Source::Fetch { url, headers, credentials } => {
            fetch(&url, &headers, credentials.as_deref(), &signal, progress).await
        }
        Source::Slices { .. } => Err(Failure::new(Code::Internal, "Slices are collected, not fetched.")),
    }
}

async fn fetch(
    url: &str,
    headers: &[(String, String)],
    credentials: Option<&str>,
    signal: &JsValue,
    progress: Option<Progress<'_>>,
) -> Result<Uint8Array> {
    let unreachable = |error: JsValue| {
        let message = format!(
            "The package cannot be fetched from {}: the network or the server failed, or the server does not allow this \
             page to read it (CORS), or the page's Content Security Policy lacks the address in connect-src.",
            without_query(url)
        );
        Failure::new(Code::BinaryFetch, message).with_details(describe(&error))
    };
    let options = RequestInit::new();
    let list = Headers::new().map_err(unreachable)?;
    for (name, value) in headers {
        list.append(name, value).map_err(|error| {
            Failure::new(Code::BinaryInvalid, format!("The request header {} is not valid.", quoted(name)))
                .with_details(describe(&error))
        })?;
    }
    options.set_headers(&list);
    set(&options, "signal", signal);
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
            without_query(url)
        );
        return Err(Failure::new(Code::BinaryFetch, message).with_details(format!("content type: {kind}")));
    }
    let size = honest_size(&response);
    if let Some(size) = size {
        check_size(size)?;
    }
    if size.is_some() && progress.is_none() {
        let reading = response.array_buffer().map_err(unreachable)?;
        return buffer(reading).await.map_err(unreachable);
    }
    // In pieces, since only what comes tells how much comes: a server may say anything, or never end. Chromium's tools then
    // show some of these requests as cancelled, though all of it was read.
    let body = get(&response, "body");
    if body.is_null() {
        return Ok(Uint8Array::new_with_length(0));
    }
    let (pieces, mut total, mut told) = (Array::new(), 0.0, f64::NEG_INFINITY);
    let reader = call(&body, "getReader").map_err(unreachable)?;
    loop {
        let reading: Promise = call(&reader, "read").map_err(unreachable)?.unchecked_into();
        let piece = JsFuture::from(reading).await.map_err(unreachable)?;
        let bytes = get(&piece, "value");
        let done = get(&piece, "done").is_truthy();
        if !done {
            total += get(&bytes, "length").as_f64().unwrap_or(f64::NAN);
        }
        if let Some(progress) = progress
            && (done || now() >= told + PROGRESS_MS)
        {
            told = now();
            let all = if done { Some(total) } else { size };
            progress(Array::of2(&total.into(), &all.into()).into());
        }
        if done {
            return Slices::of(pieces, total).finish();
        }
        pieces.push(&bytes);
        if let Err(failure) = check_size(total) {
            // Whether the server hears of it is not waited for.
            let _ = call(&reader, "cancel").map(|ending| JsFuture::from(ending.unchecked_into::<Promise>()));
            return Err(failure);
        }
    }
}

/// How much comes, where the browser holds the server to what it said: not when it expands the answer, which of other
/// origins is not told.
fn honest_size(response: &Response) -> Option<f64> {
    let header = |name| response.headers().get(name).ok().flatten();
    if get(response, "type") != "basic" || header("content-encoding").is_some() {
        return None;
    }
    header("content-length")?.parse::<u32>().ok().map(f64::from)
}

fn call(object: &JsValue, method: &str) -> std::result::Result<JsValue, JsValue> {
    get(object, method).dyn_into::<Function>()?.call0(object)
}

/// Refuses what is larger than any package that is read.
fn check_size(size: f64) -> Result<()> {
    // Numbers with a fraction would be dear to write.
    let most = Limits::default().package;
    if size <= most as f64 {
        return Ok(());
    }
    let message = format!("The package has more than the {most} bytes that are read. Is the address right?");
    Err(Failure::new(Code::PackageTooLarge, message))
}

async fn buffer(reading: Promise) -> std::result::Result<Uint8Array, JsValue> {
    Ok(Uint8Array::new(JsFuture::from(reading).await?.unchecked_ref::<ArrayBuffer>()))
}
