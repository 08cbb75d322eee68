//! Gets a model's package from what the caller configured: calls its function, and decides how the bytes travel to the
//! worker.

use js_sys::{ArrayBuffer, DataView, Function, JsString, Promise, Uint8Array};
use spark_execute_core::config::{self, BinaryKind, Credentials, Model, UrlRequest};
use spark_execute_core::protocol::{Source, ToWorker};
use spark_execute_core::{Code, Failure, Result};
use spark_execute_worker::js::{describe, get};
use spark_execute_worker::wire::Js;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

use crate::fetch;
use crate::host::Host;
use crate::platform::set_timeout;
use crate::view::deep;

/// A failure and what was thrown, for the error's `cause`.
pub type Thrown = (Failure, JsValue);

/// Bytes handed over in one message. Cloning them blocks the page for about two milliseconds.
const SLICE: u32 = 4 * 1024 * 1024;

/// Where a package is.
pub enum Package {
    /// In a `Blob`.
    Blob(JsValue),
    /// In the caller's own bytes, which are never detached, or base64 text.
    Body {
        /// It is text.
        text: bool,
        /// A `Uint8Array` or a string.
        value: JsValue,
    },
    /// At an address, absolute.
    Address(UrlRequest),
    /// On its way from there.
    Answer(fetch::Answer),
}

impl Package {
    /// Size in bytes (of text: of what it decodes to), when it is known without reading anything.
    pub fn size(&self) -> Option<f64> {
        match self {
            Package::Blob(blob) => get(blob, "size").as_f64(),
            Package::Body { text, value } => Some(f64::from(length(value)) * if *text { 0.75 } else { 1.0 }),
            Package::Address(_) | Package::Answer(_) => None,
        }
    }

    /// The address, if it is at one.
    pub fn address(&self) -> Option<&UrlRequest> {
        match self {
            Package::Address(request) => Some(request),
            _ => None,
        }
    }

    /// What the worker is told.
    pub fn source(&self) -> Source<Js> {
        match self {
            Package::Blob(blob) => Source::Blob(Js(blob.clone())),
            Package::Body { text, .. } => Source::Slices { text: *text },
            Package::Address(_) | Package::Answer(_) => Source::Slices { text: false },
        }
    }

    /// Asks for what is at an address, until `signal` is aborted. The platform reads it as a whole, unless nobody knows how
    /// much it is or `pieces` are wanted: in few bytes, or in a Blob, which is nowhere in the page's memory.
    pub async fn fetched(self, signal: &JsValue, pieces: bool) -> Result<Self> {
        let Package::Address(request) = &self else { return Ok(self) };
        let answer = fetch::ask(request, signal).await?;
        Ok(match answer.size.filter(|_| !pieces) {
            None => Package::Answer(answer),
            Some(size) if size > f64::from(SLICE) => Package::Blob(answer.whole("blob").await?),
            Some(_) => {
                let value = Uint8Array::new(&answer.whole("arrayBuffer").await?).into();
                Package::Body { text: false, value }
            }
        })
    }

    /// Sends the slices with `post`, which answers `false` to stop.
    pub async fn send(
        &self,
        host: &Host,
        progress: fetch::Progress<'_>,
        mut post: impl FnMut(&ToWorker<Js>) -> bool,
    ) -> Result<()> {
        let mut goes_on = true;
        match self {
            Package::Blob(_) | Package::Address(_) => return Ok(()),
            Package::Answer(answer) => {
                let take = |piece: Uint8Array| {
                    // Cloning a view would clone the whole buffer behind it.
                    let is_whole = piece.byte_length() == piece.buffer().byte_length();
                    let piece = if is_whole { piece } else { piece.slice(0, piece.length()) };
                    goes_on = post(&ToWorker::Slice(Js(piece.into())));
                    goes_on
                };
                answer.pieces(progress, take).await?;
            }
            Package::Body { value, .. } => {
                let (text, total, mut at) = (value.dyn_ref::<JsString>(), length(value), 0);
                while goes_on && at < total {
                    // The page gets a turn between two slices, and before the first, so that the worker starts.
                    turn(host).await;
                    let end = at.saturating_add(SLICE).min(total);
                    // The caller has the page meanwhile, and may transfer its buffer.
                    if length(value) < end {
                        return Err(transferred());
                    }
                    let slice: JsValue = match text {
                        Some(text) => text.slice(at, end).into(),
                        None => value.unchecked_ref::<Uint8Array>().slice(at, end).into(),
                    };
                    goes_on = post(&ToWorker::Slice(Js(slice)));
                    at = end;
                }
            }
        }
        if goes_on {
            post(&ToWorker::SlicesEnd);
        }
        Ok(())
    }
}

/// Of bytes or text.
fn length(value: &JsValue) -> u32 {
    value.dyn_ref::<JsString>().map_or_else(|| value.unchecked_ref::<Uint8Array>().length(), JsString::length)
}

/// The package of `model`, whose `binary` is `value`.
pub async fn package(model: &Model, value: JsValue) -> std::result::Result<Package, Thrown> {
    let plain = |failure: Failure| (failure, JsValue::UNDEFINED);
    if model.binary != BinaryKind::Function {
        return direct(&model.binary, value).await.map_err(plain);
    }
    let threw = |error: JsValue| {
        let message = format!(
            "{}.binary: the function threw, or its promise was rejected: {}. See `cause`.",
            model.path,
            describe(&error)
        );
        (Failure::new(Code::BinaryInvalid, message).at(format!("{}.binary", model.path)), error)
    };
    let returned = value
        .unchecked_ref::<Function>()
        .call1(&JsValue::UNDEFINED, &model.version_id.as_str().into())
        .map_err(threw)?;
    let delivered = JsFuture::from(Promise::resolve(&returned)).await.map_err(threw)?;
    let mut cause = JsValue::UNDEFINED;
    let kind = config::delivered(&deep(&delivered, &mut cause), &model.path).map_err(|failure| (failure, cause))?;
    direct(&kind, delivered).await.map_err(plain)
}

async fn direct(kind: &BinaryKind, value: JsValue) -> Result<Package> {
    Ok(match kind {
        BinaryKind::Blob => Package::Blob(value),
        BinaryKind::Response => Package::Blob(response_blob(&value).await?),
        BinaryKind::Url(url) => Package::Address(UrlRequest {
            url: absolute(url)?,
            headers: Vec::new(),
            credentials: Credentials::default(),
        }),
        BinaryKind::UrlObject(request) => {
            Package::Address(UrlRequest { url: absolute(&request.url)?, ..request.clone() })
        }
        BinaryKind::Base64Text => Package::Body { text: true, value },
        BinaryKind::Bytes => Package::Body { text: false, value: bytes(&value)?.into() },
        BinaryKind::Function => return Err(Failure::new(Code::Internal, "A function cannot deliver a function.")),
    })
}

/// A `Response` cannot be handed to a worker, its `Blob` can, without passing through the page's memory.
async fn response_blob(response: &JsValue) -> Result<JsValue> {
    let response: &web_sys::Response = response.unchecked_ref();
    if !response.ok() {
        let message = format!(
            "The Response given as `binary` has status {} {}. Check the address it came from.",
            response.status(),
            response.status_text()
        );
        return Err(Failure::new(Code::BinaryFetch, message));
    }
    // Asked first: a failed reading uses it too.
    let used_before = response.body_used();
    let unreadable = |error: JsValue| {
        let used = if used_before { "it has been read already" } else { "reading it failed" };
        let message = format!(
            "The Response given as `binary` has no bytes for the model: {used}. Give a function that returns a fresh \
             Response for each load."
        );
        Failure::new(Code::BinaryInvalid, message).with_details(describe(&error))
    };
    JsFuture::from(response.blob().map_err(unreadable)?).await.map_err(unreadable)
}

/// Resolved against the document: a worker made of a Blob has no address to resolve against.
fn absolute(url: &str) -> Result<String> {
    let global = js_sys::global();
    let base = get(&get(&global, "document"), "baseURI").as_string();
    let base = base.or_else(|| get(&get(&global, "location"), "href").as_string());
    let resolved = match &base {
        Some(base) => web_sys::Url::new_with_base(url, base),
        None => web_sys::Url::new(url),
    };
    if resolved.as_ref().is_ok_and(|url| !url.username().is_empty() || !url.password().is_empty()) {
        let message = "The address given as `binary` has a user name or password in it, which browsers refuse. Give \
                       { url, headers } with an Authorization header instead.";
        return Err(Failure::new(Code::BinaryInvalid, message));
    }
    resolved.map(|url| url.href()).map_err(|error| {
        Failure::new(Code::BinaryInvalid, "The address given as `binary` is not a valid URL. Check its spelling.")
            .with_details(describe(&error))
    })
}

fn transferred() -> Failure {
    let message = "The bytes given as `binary` are not there any more: their buffer was transferred (or resized). Give \
                   a copy, or leave it alone until the first call is answered.";
    Failure::new(Code::BinaryInvalid, message)
}

fn bytes(value: &JsValue) -> Result<Uint8Array> {
    if get(value, "byteLength").as_f64().unwrap_or(0.0) == 0.0 {
        let buffer = if ArrayBuffer::is_view(value) { get(value, "buffer") } else { value.clone() };
        // A buffer that was transferred throws when it is looked at more closely.
        let slice = get(&buffer, "slice").unchecked_into::<Function>().call0(&buffer);
        return slice.map(|_| Uint8Array::new_with_length(0)).map_err(|_| transferred());
    }
    Ok(whole_bytes(value))
}

fn whole_bytes(value: &JsValue) -> Uint8Array {
    if let Some(bytes) = value.dyn_ref::<Uint8Array>() {
        return bytes.clone();
    }
    if ArrayBuffer::is_view(value) {
        let view: &DataView = value.unchecked_ref();
        let (offset, length) = (view.byte_offset() as u32, view.byte_length() as u32);
        return Uint8Array::new_with_byte_offset_and_length(&view.buffer(), offset, length);
    }
    Uint8Array::new(value)
}

/// Lets the page do something else. No timer: those of a tab that is not seen come once in a minute.
pub async fn turn(host: &Host) {
    let turn = Promise::new(&mut |resolve, _| host.later(&resolve));
    let _ = JsFuture::from(turn).await;
}

/// Waits, in milliseconds.
pub async fn pause(ms: f64) {
    let turn = Promise::new(&mut |resolve, _| {
        set_timeout(&resolve, ms);
    });
    // A timer's promise is never rejected.
    let _ = JsFuture::from(turn).await;
}
