//! `sparkEndpoint`: where models are computed online.

use super::fields::{Fields, Notes, refuse, trimmed, wrong};
use crate::error::{Failure, Result};
use crate::percent::{self, is_segment};
use crate::raw::Raw;
use crate::text::{concat, split, split_last};
use crate::{suggest, text};

/// How often a request is sent again when the caller does not say.
const DEFAULT_RETRIES: u32 = 2;
/// The first delay before it, in milliseconds.
const DEFAULT_RETRY_DELAY_MS: f64 = 500.0;

const KNOWN: &[&str] = &[
    "url",
    "tenant",
    "authType",
    "syntheticKey",
    "bearerToken",
    "fetch",
    "form",
    "retries",
    "retryDelay",
    "compressAbove",
];

/// A Spark service (or a runner that speaks its interface). The credential stays in JavaScript, in the member
/// [`AuthType::member`] of the caller's object.
#[derive(Debug, Clone, PartialEq)]
pub struct Endpoint {
    /// `https://host` and perhaps a path; no tenant, no slash at its end.
    pub url: String,
    /// The tenant as the caller wrote it, not percent-encoded.
    pub tenant: String,
    /// How requests identify themselves.
    pub auth: AuthType,
    /// Whether the credential is a function, to be called for every request; otherwise it is a text, checked here.
    pub credential_is_function: bool,
    /// Whether `sparkEndpoint.fetch` replaces the browser's.
    pub own_fetch: bool,
    /// Which addresses are used.
    pub form: Form,
    /// How often a request is sent again after a failure that may pass.
    pub retries: u32,
    /// The delay before the first of these, in milliseconds.
    pub retry_delay_ms: f64,
    /// Request bodies of more bytes than this are compressed; `None`: never.
    pub compress_above: Option<f64>,
}

/// `sparkEndpoint.authType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthType {
    /// No credential.
    Public,
    /// An API key.
    SyntheticKey,
    /// A token of the tenant's identity provider.
    BearerToken,
}

impl AuthType {
    const ALL: [AuthType; 3] = [AuthType::Public, AuthType::SyntheticKey, AuthType::BearerToken];

    /// The value of `authType`.
    pub fn as_str(self) -> &'static str {
        match self {
            AuthType::Public => "public",
            AuthType::SyntheticKey => "syntheticKey",
            AuthType::BearerToken => "bearerToken",
        }
    }

    /// The member of `sparkEndpoint` that holds the credential.
    pub fn member(self) -> Option<&'static str> {
        (self != AuthType::Public).then(|| self.as_str())
    }
}

/// `sparkEndpoint.form`: which of the service's addresses are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// The most specific one that the call allows.
    Auto,
    /// Always `/api/v3/execute`, where the body alone says which service is meant.
    Generic,
}

/// Reads `sparkEndpoint`; `null` counts as absent.
#[inline(never)]
pub(super) fn parse(config: &Fields<'_>, notes: &mut Notes) -> Result<Option<Endpoint>> {
    const ACCEPTED: &str = "an object such as { url, tenant, authType }";
    const ELSEWHERE: &[&str] = &["timeout", "nodegenModels", "xcall", "externalApi"];
    let Some(value) = config.present("sparkEndpoint") else { return Ok(None) };
    // A text is not repeated: it may be a key.
    let fields =
        &Fields::of(value, "sparkEndpoint").ok_or_else(|| refuse_secretly("sparkEndpoint", value, ACCEPTED))?;
    let mut endpoint = Endpoint {
        url: String::new(),
        tenant: tenant(fields)?,
        auth: AuthType::Public,
        credential_is_function: false,
        own_fetch: false,
        form: Form::Auto,
        retries: DEFAULT_RETRIES,
        retry_delay_ms: DEFAULT_RETRY_DELAY_MS,
        compress_above: None,
    };
    url(fields, &endpoint.tenant, &mut endpoint.url)?;
    endpoint.auth = auth(fields)?;
    endpoint.credential_is_function = credential(fields, endpoint.auth, notes)?;
    if endpoint.auth == AuthType::SyntheticKey && !is_header_value(&endpoint.tenant) {
        let text = " holds a character that no header can carry, and a syntheticKey goes with the tenant in a header. \
                    Check the tenant's name.";
        return Err(wrong("sparkEndpoint.tenant", text));
    }
    endpoint.own_fetch = function(fields, "fetch")?;
    endpoint.form = match fields.present("form") {
        None => Form::Auto,
        Some(Raw::Text(text)) if text == "auto" => Form::Auto,
        Some(Raw::Text(text)) if text == "generic" => Form::Generic,
        Some(other) => {
            let mut failure = refuse("sparkEndpoint.form", other, r#""auto" or "generic""#);
            if let Raw::Text(text) = other {
                did_you_mean(&mut failure, text, &["auto", "generic"]);
            }
            return Err(failure);
        }
    };
    let number = |key: &str, fits: fn(f64) -> bool, accepted: &str| match fields.present(key) {
        None => Ok(None),
        Some(Raw::Number(number)) if fits(*number) => Ok(Some(*number)),
        Some(other) => fields.refuse(key, other, accepted),
    };
    let whole = |number: f64| number.fract() == 0.0 && (0.0..=100.0).contains(&number);
    if let Some(retries) = number("retries", whole, "an integer from 0 to 100")? {
        // In range, so the conversion is exact.
        endpoint.retries = retries as u32;
    }
    let delay = |ms: f64| ms > 0.0 && ms <= 60_000.0;
    if let Some(ms) = number("retryDelay", delay, "a number of milliseconds above 0 and up to 60000")? {
        endpoint.retry_delay_ms = ms;
    }
    endpoint.compress_above = number("compressAbove", |bytes| bytes >= 0.0, "a number of bytes, 0 or more")?;
    notes.unknown(fields, "endpoint", KNOWN, (ELSEWHERE, "at the top level"));
    Ok(Some(endpoint))
}

/// Whether there is a function of this name; anything else is refused.
#[inline(never)]
pub(super) fn function(fields: &Fields<'_>, key: &str) -> Result<bool> {
    match fields.present(key) {
        None => Ok(false),
        Some(Raw::Function) => Ok(true),
        Some(other) => Err(refuse_secretly(&fields.at(key), other, "a function")),
    }
}

/// The credential without blanks around it and without a leading `Bearer `; `None` when nothing is left, or when
/// it holds what no header can carry.
#[inline(never)]
pub fn clean_credential(text: &str) -> Option<&str> {
    const SCHEME: &str = "bearer";
    let mut text = trimmed(text);
    if text.get(..SCHEME.len()).is_some_and(|scheme| scheme.eq_ignore_ascii_case(SCHEME)) {
        let rest = &text[SCHEME.len()..];
        if rest.is_empty() || rest.starts_with(char::is_whitespace) {
            text = trimmed(rest);
        }
    }
    (!text.is_empty() && is_header_value(text)).then_some(text)
}

fn is_header_value(text: &str) -> bool {
    text.bytes().all(|byte| (b' '..=b'~').contains(&byte))
}

/// A refusal that does not repeat a text, which may be a secret.
#[inline(never)]
fn refuse_secretly(path: &str, found: &Raw, accepted: &str) -> Failure {
    match found {
        Raw::Text(_) | Raw::Url(_) => wrong(path, &concat(&[" must be ", accepted, "."])),
        other => refuse(path, other, accepted),
    }
}

/// Adds the value that may be meant.
#[inline(never)]
fn did_you_mean(failure: &mut Failure, given: &str, values: &[&str]) {
    if let Some(near) = suggest::nearest(given, values) {
        failure.message.push_str(&concat(&[" Did you mean \"", near, "\"?"]));
    }
}

#[inline(never)]
fn tenant(fields: &Fields<'_>) -> Result<String> {
    const ACCEPTED: &str = "the tenant's name: text of 1 to 200 characters, such as \"my-tenant\"";
    match fields.present("tenant") {
        None => Err(fields.missing("tenant", ACCEPTED)),
        Some(Raw::Text(text)) if fits_tenant(trimmed(text)) => Ok(trimmed(text).to_owned()),
        Some(other) => fields.refuse("tenant", other, ACCEPTED),
    }
}

fn fits_tenant(name: &str) -> bool {
    (1..=200).contains(&name.chars().count()) && !name.chars().any(char::is_control) && is_segment(name)
}

/// The address without what follows the tenant.
#[inline(never)]
fn url(fields: &Fields<'_>, tenant: &str, url: &mut String) -> Result<()> {
    const ACCEPTED: &str = "the service's address without the tenant, such as \"https://excel.uat.us.coherent.global\"";
    let given = match fields.present("url") {
        None => return Err(fields.missing("url", ACCEPTED)),
        Some(Raw::Text(text) | Raw::Url(text)) => trimmed(text),
        Some(other) => return fields.refuse("url", other, ACCEPTED),
    };
    match address(given, tenant, url) {
        // It is not repeated: it may hold a password or a signature.
        Some(what) => Err(wrong("sparkEndpoint.url", &concat(&[" ", what, ": it must be ", ACCEPTED, "."]))),
        None => Ok(()),
    }
}

/// Appends the address to `url`; or says what is wrong with it.
fn address(given: &str, tenant: &str, url: &mut String) -> Option<&'static str> {
    let Some(colon) = text::find(given, "://") else { return Some("is no absolute address") };
    let (scheme, rest) = (given[..colon].to_ascii_lowercase(), &given[colon + 3..]);
    if !matches!(scheme.as_str(), "http" | "https") {
        return Some("begins with something else than https:// or http://");
    }
    if rest.contains(['?', '#']) {
        return Some("has a query or a fragment");
    }
    let rest = rest.trim_end_matches('/');
    let (host, path) = split(rest, "/").unwrap_or((rest, ""));
    if text::has(host, '@') {
        return Some("has a user name or password in it");
    }
    if !is_host(host) || path.contains(|c: char| c.is_whitespace() || c.is_control() || c == '\\') {
        return Some("is no valid address");
    }
    *url = concat(&[&scheme, "://", &host.to_ascii_lowercase()]);
    // The last part may be the tenant.
    let mut last = "";
    for segment in path.split('/').filter(|segment| !segment.is_empty()) {
        if !is_segment(segment) {
            return Some("has dots for a part of its path");
        }
        let is_version = ["v1", "v3", "v4"].iter().any(|version| segment.eq_ignore_ascii_case(version));
        if is_version && last.eq_ignore_ascii_case("api") {
            return Some("goes on after the tenant");
        }
        if !last.is_empty() {
            url.push('/');
            url.push_str(last);
        }
        last = segment;
    }
    if !last.is_empty() && !percent::decoded(last).eq_ignore_ascii_case(tenant) {
        url.push('/');
        url.push_str(last);
    }
    None
}

/// Whether this may be a host and perhaps a port; the browser judges the rest.
fn is_host(host: &str) -> bool {
    let (name, port) = match split_last(host, ":") {
        Some((name, port)) if !text::has(port, ']') => (name, port),
        _ => (host, "0"),
    };
    let forbidden = |c: char| c.is_whitespace() || c.is_control() || text::has("<>\"\\^`{|}%", c);
    !name.is_empty() && !name.contains(forbidden) && port.parse::<u16>().is_ok()
}

#[inline(never)]
fn auth(fields: &Fields<'_>) -> Result<AuthType> {
    const ACCEPTED: &str = r#""public", "syntheticKey" or "bearerToken""#;
    match fields.present("authType") {
        None => Err(fields.missing("authType", ACCEPTED)),
        Some(Raw::Text(text)) => {
            let given = trimmed(text);
            if let Some(auth) = AuthType::ALL.into_iter().find(|auth| auth.as_str() == given) {
                return Ok(auth);
            }
            // What was found is not repeated: it may be the key itself.
            let mut failure = refuse_secretly("sparkEndpoint.authType", &Raw::Text(String::new()), ACCEPTED);
            did_you_mean(&mut failure, given, &AuthType::ALL.map(AuthType::as_str));
            Err(failure)
        }
        Some(other) => fields.refuse("authType", other, ACCEPTED),
    }
}

/// Checks the credential that the auth type needs; whether it is a function.
#[inline(never)]
fn credential(fields: &Fields<'_>, auth: AuthType, notes: &mut Notes) -> Result<bool> {
    const ACCEPTED: &str = "text, or a function that returns it or a promise of it";
    for key in AuthType::ALL.into_iter().filter(|other| *other != auth).filter_map(AuthType::member) {
        if fields.present(key).is_some() {
            let text = format!("{} is not used: authType is \"{}\".", fields.at(key), auth.as_str());
            notes.warn(concat(&["unused ", key]), text);
        }
    }
    let Some(key) = auth.member() else { return Ok(false) };
    match fields.present(key) {
        None => Err(fields.missing(key, ACCEPTED)),
        Some(Raw::Function) => Ok(true),
        Some(Raw::Text(text)) if clean_credential(text).is_some() => Ok(false),
        Some(Raw::Text(_)) => {
            let text = [" is empty, or holds a character that no header can carry. It must be ", ACCEPTED, "."];
            Err(wrong(&fields.at(key), &concat(&text)))
        }
        Some(other) => Err(refuse_secretly(&fields.at(key), other, ACCEPTED)),
    }
}
