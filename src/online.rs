//! Asks the endpoint: carries out what the core's `online` decides.

use std::rc::Rc;

use js_sys::{Function, Object, Promise};
use spark_execute_core::Failure;
use spark_execute_core::config::Endpoint;
use spark_execute_core::online::{self, Conditions, CredentialTrouble, ErrorBody, Reply, Retries, Unexpected};
use spark_execute_worker::js::{describe, get, set};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::AbortSignal;

use crate::host::Host;
use crate::platform::{in_browser, is_online, now, random};
use crate::source::{Thrown, pause};

/// The endpoint, and what of it stays in JavaScript.
pub struct Online {
    /// As configured.
    pub endpoint: Endpoint,
    fetch: JsValue,
    credential: JsValue,
}

impl Online {
    /// `value` is the caller's `sparkEndpoint`.
    pub fn new(endpoint: Endpoint, value: &JsValue) -> Rc<Self> {
        let credential = endpoint.auth.member().map_or(JsValue::UNDEFINED, |member| get(value, member));
        let fetch = if endpoint.own_fetch { get(value, "fetch") } else { JsValue::UNDEFINED };
        Rc::new(Online { endpoint, fetch, credential })
    }

    /// Sends the request, again where that may help, until there is a response, the failure stands, or `signal` aborts.
    pub(crate) async fn answer(
        &self,
        host: &Host,
        url: &str,
        body: &JsValue,
        deadline: f64,
        signal: &AbortSignal,
    ) -> Result<JsValue, Thrown> {
        let mut retries = Retries::new(&self.endpoint);
        loop {
            let thrown = match self.attempt(host, url, body, signal).await {
                Ok(answer) => return Ok(answer),
                Err(thrown) => thrown,
            };
            let conditions = Conditions { random: random(), remaining_ms: deadline - now(), is_online: is_online() };
            let delay = retries.next(&thrown.0, conditions).filter(|_| !signal.aborted());
            match delay {
                Some(delay) => pause(delay).await,
                None => return Err(thrown),
            }
            if signal.aborted() {
                return Err(thrown);
            }
        }
    }

    async fn attempt(&self, host: &Host, url: &str, body: &JsValue, signal: &AbortSignal) -> Result<JsValue, Thrown> {
        let plain = |failure: Failure| (failure, JsValue::UNDEFINED);
        let credential = self.credential().await?;
        let headers = Object::new();
        for (name, value) in online::headers(&self.endpoint, &credential).map_err(plain)? {
            set(&headers, name, &value.into());
        }
        let above = self.endpoint.compress_above.unwrap_or(f64::INFINITY);
        let sent = host.ask(&self.fetch, url, &headers, body, above, signal);
        let answer = JsFuture::from(sent).await.map_err(|error| {
            let failure = online::network(&describe(&error), &credential, in_browser());
            // What a `fetch` of the caller's throws may hold all that it was given.
            (failure, if self.fetch.is_undefined() { error } else { JsValue::UNDEFINED })
        })?;
        if get(&answer, "response").is_object() {
            return Ok(answer);
        }
        let reply = reply(&answer);
        let unexpected = match get(&answer, "unexpected").as_string().as_deref() {
            None => None,
            Some("html") => Some(Unexpected::Html),
            Some("empty") => Some(Unexpected::Empty),
            Some("shape") => Some(Unexpected::Shape),
            Some("fetch") => Some(Unexpected::NoResponse),
            Some(_) => Some(Unexpected::NotJson),
        };
        Err(plain(match unexpected {
            Some(unexpected) => online::not_a_result(&credential, &reply, unexpected),
            None => online::failure(&self.endpoint, &credential, &reply),
        }))
    }

    /// The credential for one request; a function is asked each time.
    async fn credential(&self) -> Result<String, Thrown> {
        if self.endpoint.auth.member().is_none() {
            return Ok(String::new());
        }
        let trouble = |trouble| online::credential_failure(&self.endpoint, trouble);
        let threw = |error: JsValue| (trouble(CredentialTrouble::Threw), error);
        let value = match self.credential.dyn_ref::<Function>() {
            Some(function) => {
                let given = function.call0(&JsValue::UNDEFINED).map_err(threw)?;
                JsFuture::from(Promise::resolve(&given)).await.map_err(threw)?
            }
            None => self.credential.clone(),
        };
        value.as_string().ok_or_else(|| (trouble(CredentialTrouble::NotText), JsValue::UNDEFINED))
    }
}

/// What the facade's `ask` found in an answer that is no result.
fn reply(answer: &JsValue) -> Reply {
    let text = |key: &str| get(answer, key).as_string();
    Reply {
        status: get(answer, "status").as_f64().unwrap_or(0.0) as u16,
        request_id: text("requestId"),
        retry_after_ms: get(answer, "retryAfterMs").as_f64(),
        body: ErrorBody { message: text("message"), code: text("code"), html: get(answer, "html").is_truthy() },
    }
}
