//! Fetches packages. The page does, not its workers, which need some time to start and may be under a policy that lets
//! nothing through.

use js_sys::{Array, Function, Promise, Uint8Array};
use spark_execute_core::cache::without_query;
use spark_execute_core::config::UrlRequest;
use spark_execute_core::text::quoted;
use spark_execute_core::{Code, Failure, Result};
use spark_execute_worker::js::{describe, get, now, set};
use spark_execute_worker::source::check_size;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Headers, RequestInit, Response};

/// Hears how many bytes have come, and of how many where the server tells: in an array.
pub type Progress<'a> = &'a dyn Fn(JsValue);

/// `progress` is told at most so often, in milliseconds.
const PROGRESS_MS: f64 = 100.0;

/// What an address answered: its body is still to be read.
pub struct Answer {
    response: Response,
    url: String,
    /// How many bytes it has, where that is sure.
    pub size: Option<f64>,
}

/// Asks for a package, until the `AbortSignal` is aborted.
pub async fn ask(request: &UrlRequest, signal: &JsValue) -> Result<Answer> {
    let UrlRequest { url, headers, credentials } = request;
    let options = RequestInit::new();
    let list = Headers::new().map_err(|error| unreachable(url, &error))?;
    for (name, value) in headers {
        list.append(name, value).map_err(|error| {
            Failure::new(Code::BinaryInvalid, format!("The request header {} is not valid.", quoted(name)))
                .with_details(describe(&error))
        })?;
    }
    options.set_headers(&list);
    set(&options, "signal", signal);
    set(&options, "credentials", &credentials.as_str().into());
    let fetching = get(&js_sys::global(), "fetch")
        .dyn_into::<Function>()
        .and_then(|fetch| fetch.call2(&JsValue::UNDEFINED, &url.as_str().into(), &options));
    // The page may have put a fetch of its own in place.
    let response = settled(fetching, url)
        .await?
        .dyn_into::<Response>()
        .map_err(|_| unreachable(url, &"fetch gave no Response".into()))?;
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
    check_size(size.unwrap_or_default())?;
    Ok(Answer { response, url: url.clone(), size })
}

impl Answer {
    /// All of it, as the platform reads it: "arrayBuffer" or "blob".
    pub async fn whole(self, method: &str) -> Result<JsValue> {
        settled(call(&self.response, method), &self.url).await
    }

    /// Gives `take` what comes, piece by piece, until that says `false`: only what comes tells how much comes, since a server
    /// may say anything, or never end. Chromium's tools then show some of these requests as cancelled, though all was read.
    pub async fn pieces(&self, progress: Progress<'_>, mut take: impl FnMut(Uint8Array) -> bool) -> Result<()> {
        let body = get(&self.response, "body");
        if body.is_null() {
            return Ok(());
        }
        let (mut total, mut told) = (0.0, f64::NEG_INFINITY);
        let reader = call(&body, "getReader").map_err(|error| unreachable(&self.url, &error))?;
        loop {
            let piece = settled(call(&reader, "read"), &self.url).await?;
            let bytes = get(&piece, "value");
            let done = get(&piece, "done").is_truthy();
            let bytes = match bytes.dyn_into::<Uint8Array>() {
                Ok(bytes) => bytes,
                Err(_) if done => Uint8Array::new_with_length(0),
                Err(_) => return Err(unreachable(&self.url, &"the body gave something other than bytes".into())),
            };
            total += f64::from(bytes.length());
            if done || now() >= told + PROGRESS_MS {
                told = now();
                let all = if done { Some(total) } else { self.size };
                progress(Array::of2(&total.into(), &all.into()).into());
            }
            if done {
                return Ok(());
            }
            let fits = check_size(total);
            if fits.is_err() || (bytes.length() > 0 && !take(bytes)) {
                // Whether the server hears of it is not waited for.
                let _ = call(&reader, "cancel").map(|ending| JsFuture::from(Promise::resolve(&ending)));
                return fits;
            }
        }
    }
}

/// What the promise gives; whatever is thrown or rejected, the address is not reached.
async fn settled(promise: std::result::Result<JsValue, JsValue>, url: &str) -> Result<JsValue> {
    let given = match promise {
        Ok(promise) => JsFuture::from(Promise::resolve(&promise)).await,
        Err(thrown) => Err(thrown),
    };
    given.map_err(|error| unreachable(url, &error))
}

fn unreachable(url: &str, error: &JsValue) -> Failure {
    let message = format!(
        "The package cannot be fetched from {}: the network or the server failed, or the server does not allow this page to \
         read it (CORS), or the page's Content Security Policy lacks the address in connect-src.",
        without_query(url)
    );
    Failure::new(Code::BinaryFetch, message).with_details(describe(error))
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
