//! What the endpoint's answer means, judged by its HTTP status.

use crate::config::{AuthType, Endpoint, clean_credential, trimmed};
use crate::error::{Code, Failure};
use crate::text::{concat, replace};

/// How much of a text of the server is repeated, in characters.
const SHOWN: usize = 500;

const WEB_PAGE: &str = "a web page: a proxy or a sign-in page may stand before the endpoint";

/// What the shell found in the body of an answer other than 200, in whichever of the service's shapes.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct ErrorBody {
    /// `error.message`, or what stands for it.
    pub message: Option<String>,
    /// `error.error_type`, `error.code` or `errorCode`.
    pub code: Option<String>,
    /// The body is a web page.
    pub html: bool,
}

/// An answer other than a result.
#[derive(Clone, PartialEq, Default)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The header `x-request-id`.
    pub request_id: Option<String>,
    /// How long its headers `Retry-After` and `x-retry-after` want us to wait, in milliseconds.
    pub retry_after_ms: Option<f64>,
    /// What its body says.
    pub body: ErrorBody,
}

/// What a 200 holds when it does not hold a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unexpected {
    /// A web page.
    Html,
    /// No body.
    Empty,
    /// Text that is not JSON.
    NotJson,
    /// JSON that is not a response.
    Shape,
    /// What `sparkEndpoint.fetch` gave is no `Response`.
    NoResponse,
}

// What a server says may repeat a credential: it is shown only after `told`.
impl std::fmt::Debug for ErrorBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ErrorBody").field("html", &self.html).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Reply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reply").field("status", &self.status).field("body", &self.body).finish_non_exhaustive()
    }
}

/// The failure that an answer means. `credential` is what the request was sent with: where the server repeats it, it is
/// left out.
pub fn failure(endpoint: &Endpoint, credential: &str, reply: &Reply) -> Failure {
    let (code, [what, after]) = meaning(endpoint, reply.status);
    let member = if after.is_empty() { "" } else { endpoint.auth.as_str() };
    let mut message = format!("{what}{member}{after} (HTTP status {}).", reply.status);
    if reply.body.html {
        message.push_str(" The answer is ");
        message.push_str(WEB_PAGE);
        message.push('.');
    }
    answered(code, message, credential, reply)
}

/// The failure with this message, which what the server says goes on from.
fn answered(code: Code, mut message: String, credential: &str, reply: &Reply) -> Failure {
    let secret = clean_credential(credential).unwrap_or(credential);
    let told = |text: &Option<String>| told(text.as_deref().unwrap_or_default(), secret);
    let said = told(&reply.body.message);
    if let Some(said) = &said {
        message.push_str(" The server says: ");
        message.push_str(said);
    }
    let mut failure = Failure::new(code, message);
    failure.details = match (told(&reply.body.code), said) {
        (Some(code), Some(said)) => Some(concat(&[&code, ": ", &said])),
        (code, said) => code.or(said),
    };
    let more = failure.more();
    more.status = Some(reply.status);
    more.request_id = told(&reply.request_id);
    more.retry_after_ms = reply.retry_after_ms;
    failure
}

/// The failure of a request that got no answer, or none that the browser lets us see.
///
/// `said` is what was thrown, in words: of a `fetch` of the caller's it may hold the `credential`. Only a browser hides
/// answers.
pub fn network(said: &str, credential: &str, in_browser: bool) -> Failure {
    let message = if in_browser {
        "The endpoint could not be reached, or the browser hides its answer. Check the connection and \
         sparkEndpoint.url. An answer without CORS headers (servers often send errors so) looks the same, and so does \
         a redirect: the browser's network panel shows which it is."
    } else {
        "The endpoint could not be reached, or it redirects elsewhere. Check the connection and sparkEndpoint.url."
    };
    let secret = clean_credential(credential).unwrap_or(credential);
    Failure::new(Code::Network, message).with_details(told(said, secret).unwrap_or_default())
}

/// The failure of a 200 that holds no result. `credential` as in [`failure`].
pub fn not_a_result(credential: &str, reply: &Reply, unexpected: Unexpected) -> Failure {
    let what = match unexpected {
        Unexpected::NoResponse => {
            let message = "sparkEndpoint.fetch gave something that is no unread Response. Let it return what the \
                           browser's fetch returns.";
            return Failure::new(Code::OnlineResponseInvalid, message).at("sparkEndpoint.fetch");
        }
        Unexpected::Html => WEB_PAGE,
        Unexpected::Empty => "nothing",
        Unexpected::NotJson => "text that is not JSON",
        Unexpected::Shape if reply.body.message.is_some() => "an error in place of a response",
        Unexpected::Shape => "JSON that is not the response of a service",
    };
    let status = reply.status;
    let message =
        format!("The endpoint answered with {what} (HTTP status {status}). Check sparkEndpoint.url and tenant.");
    answered(Code::OnlineResponseInvalid, message, credential, reply)
}

/// The code, and what was wrong and to do without a full stop: the credential's member stands between the two texts, if
/// there is a second one.
fn meaning(endpoint: &Endpoint, status: u16) -> (Code, [&'static str; 2]) {
    let is_public = endpoint.auth == AuthType::Public;
    let (code, what) = match status {
        401 if is_public => (
            Code::Unauthorized,
            "The endpoint wants a credential. Give sparkEndpoint.authType and the key or token, or have the service \
             made public",
        ),
        401 => {
            let after = ". Check that it is whole, not expired, and of this tenant";
            return (Code::Unauthorized, ["The endpoint does not accept sparkEndpoint.", after]);
        }
        403 if is_public => (
            Code::Forbidden,
            "The endpoint does not let the public run this service. Have the service and its tenant made public, or \
             give a credential",
        ),
        403 => {
            let after = " may not run this service. Have it permitted, or use another credential";
            return (Code::Forbidden, ["The owner of sparkEndpoint.", after]);
        }
        404 => (
            Code::ModelNotFound,
            "The endpoint cannot find the service, or this version of it. Check the version id or service_uri, and \
             sparkEndpoint.url and tenant",
        ),
        413 => (Code::RequestRefused, "The request is too large for the endpoint. Send less, or set compressAbove"),
        415 => (
            Code::RequestRefused,
            "The endpoint does not take the request's form. If compressAbove is set, leave it out",
        ),
        429 => (Code::RateLimited, "The endpoint got too many requests. Send fewer, or wait"),
        400..=499 => (Code::RequestRefused, "The endpoint refused the request. Check its inputs and request_meta"),
        504 => (
            Code::Unavailable,
            "The endpoint's gateway timed out: the computation may take longer than the server allows. Try again later",
        ),
        502 | 503 => (Code::Unavailable, "The endpoint is not available. Try again later"),
        500..=599 => (Code::ServerError, "The endpoint failed. Try again, and tell its operator if it stays so"),
        _ => (Code::OnlineResponseInvalid, "The endpoint gave an unexpected answer. Check sparkEndpoint.url"),
    };
    (code, [what, ""])
}

/// A text of the server as it may be shown: on one line, bounded, and without the credential. `None` when nothing is left.
#[inline(never)]
fn told(text: &str, secret: &str) -> Option<String> {
    let mut line = String::new();
    for c in text.chars() {
        line.push(if c.is_control() { ' ' } else { c });
    }
    let line = replace(&line, secret, "[credential]");
    let line = trimmed(&line);
    let mut shown = line.to_owned();
    if let Some((end, _)) = line.char_indices().nth(SHOWN) {
        shown.truncate(end);
        shown.push('…');
    }
    Some(shown).filter(|shown| !shown.is_empty())
}
