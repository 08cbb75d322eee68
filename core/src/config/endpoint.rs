//! `sparkEndpoint`: where models are computed online; and what models may call from there.

use super::fields::{Fields, Notes, integer, refuse, trimmed};
use crate::error::{Code, Failure, Result};
use crate::percent::{self, is_segment};
use crate::raw::Raw;
use crate::suggest;
use crate::text;

/// How often a request is sent again when the caller does not say.
const DEFAULT_RETRIES: u32 = 2;
/// The first delay before it, in milliseconds.
const DEFAULT_RETRY_DELAY_MS: f64 = 500.0;
/// How deep models may call one another when the caller does not say.
const DEFAULT_MAX_DEPTH: u32 = 16;

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

/// `xcall`: what a model's calls to other services may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct XCallPolicy {
    /// Whether they may leave the page.
    pub online: XCallOnline,
    /// How many calls deep they may go.
    pub max_depth: u32,
}

/// `xcall.online`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum XCallOnline {
    /// A service that is no configured model is asked online.
    Always,
    /// Configured models only.
    Never,
    /// The function decides for each call.
    Ask,
}

/// Reads `sparkEndpoint`; `null` counts as absent.
pub(super) fn parse(config: &Fields<'_>, notes: &mut Notes) -> Result<Option<Endpoint>> {
    const ACCEPTED: &str = "an object such as { url, tenant, authType }";
    let value = match config.get("sparkEndpoint") {
        None | Some(Raw::Null) => return Ok(None),
        Some(value) => value,
    };
    // A text is not repeated: it may be a key.
    let fields = Fields::of(value, "sparkEndpoint").ok_or_else(|| refuse_secretly("sparkEndpoint", value, ACCEPTED))?;
    let tenant = tenant(&fields)?;
    let url = url(&fields, &tenant)?;
    let auth = auth(&fields)?;
    let credential_is_function = credential(&fields, auth, notes)?;
    if auth == AuthType::SyntheticKey && !is_header_value(&tenant) {
        let message = "sparkEndpoint.tenant holds a character that no header can carry, and a syntheticKey goes with the \
                       tenant in a header. Check the tenant's name.";
        return Err(Failure::new(Code::ConfigInvalid, message).at("sparkEndpoint.tenant"));
    }
    let own_fetch = function(&fields, "fetch")?;
    let form = match present(&fields, "form") {
        None => Form::Auto,
        Some(Raw::Text(text)) if text == "auto" => Form::Auto,
        Some(Raw::Text(text)) if text == "generic" => Form::Generic,
        Some(other) => return Err(refuse(fields.at("form"), other, r#""auto" or "generic""#)),
    };
    let retries = match present(&fields, "retries") {
        None => DEFAULT_RETRIES,
        Some(Raw::Number(0.0)) => 0,
        // In range, so the conversion is exact.
        Some(value) => integer(value, fields.at("retries"), 100.0, "an integer from 0 to 100")? as u32,
    };
    let retry_delay_ms = match present(&fields, "retryDelay") {
        None => DEFAULT_RETRY_DELAY_MS,
        Some(Raw::Number(ms)) if *ms > 0.0 && *ms <= 60_000.0 => *ms,
        Some(other) => {
            let accepted = "a number of milliseconds above 0 and up to 60000";
            return Err(refuse(fields.at("retryDelay"), other, accepted));
        }
    };
    let compress_above = match present(&fields, "compressAbove") {
        None => None,
        Some(Raw::Number(bytes)) if *bytes >= 0.0 => Some(*bytes),
        Some(other) => return Err(refuse(fields.at("compressAbove"), other, "a number of bytes, 0 or more")),
    };
    notes.unknown(
        &fields,
        "endpoint",
        KNOWN,
        (&["timeout", "nodegenModels", "xcall", "externalApi"], "at the top level"),
    );
    Ok(Some(Endpoint {
        url,
        tenant,
        auth,
        credential_is_function,
        own_fetch,
        form,
        retries,
        retry_delay_ms,
        compress_above,
    }))
}

/// Reads `xcall`.
pub(super) fn xcall(config: &Fields<'_>, notes: &mut Notes) -> Result<XCallPolicy> {
    let mut policy = XCallPolicy { online: XCallOnline::Always, max_depth: DEFAULT_MAX_DEPTH };
    let Some(value) = present(config, "xcall") else { return Ok(policy) };
    let Some(fields) = Fields::of(value, "xcall") else {
        return Err(refuse("xcall", value, "an object such as { online: false }"));
    };
    match present(&fields, "online") {
        None | Some(Raw::Bool(true)) => {}
        Some(Raw::Bool(false)) => policy.online = XCallOnline::Never,
        Some(Raw::Function) => policy.online = XCallOnline::Ask,
        Some(other) => return Err(refuse(fields.at("online"), other, "true, false or a function")),
    }
    if let Some(value) = present(&fields, "maxDepth") {
        policy.max_depth = integer(value, fields.at("maxDepth"), 100.0, "an integer from 1 to 100")? as u32;
    }
    notes.unknown(&fields, "xcall", &["online", "maxDepth"], (&["externalApi"], "at the top level"));
    Ok(policy)
}

/// Whether there is a function of this name; anything else is refused.
pub(super) fn function(fields: &Fields<'_>, key: &str) -> Result<bool> {
    match present(fields, key) {
        None => Ok(false),
        Some(Raw::Function) => Ok(true),
        Some(other) => Err(refuse_secretly(&fields.at(key), other, "a function")),
    }
}

/// The credential without blanks around it and without a leading `Bearer `; `None` when nothing is left, or when
/// it holds what no header can carry.
pub fn clean_credential(text: &str) -> Option<&str> {
    let text = trimmed(text);
    let text = match text.split_once(char::is_whitespace) {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("bearer") => trimmed(rest),
        None if text.eq_ignore_ascii_case("bearer") => "",
        _ => text,
    };
    (!text.is_empty() && is_header_value(text)).then_some(text)
}

fn is_header_value(text: &str) -> bool {
    text.chars().all(|c| (' '..='~').contains(&c))
}

/// A member, if it is neither `undefined` nor `null`.
fn present<'a>(fields: &Fields<'a>, key: &str) -> Option<&'a Raw> {
    fields.get(key).filter(|value| **value != Raw::Null)
}

/// A refusal that does not repeat a text, which may be a secret.
fn refuse_secretly(path: &str, found: &Raw, accepted: &str) -> Failure {
    match found {
        Raw::Text(_) | Raw::Url(_) => Failure::new(Code::ConfigInvalid, format!("{path} must be {accepted}.")).at(path),
        other => refuse(path, other, accepted),
    }
}

fn tenant(fields: &Fields<'_>) -> Result<String> {
    const ACCEPTED: &str = "the tenant's name: text of 1 to 200 characters, such as \"my-tenant\"";
    let fits = |name: &str| {
        (1..=200).contains(&name.chars().count()) && !name.chars().any(char::is_control) && is_segment(name)
    };
    match present(fields, "tenant") {
        None => Err(fields.missing("tenant", ACCEPTED)),
        Some(Raw::Text(text)) if fits(trimmed(text)) => Ok(trimmed(text).to_owned()),
        Some(other) => Err(refuse(fields.at("tenant"), other, ACCEPTED)),
    }
}

/// The address without what follows the tenant.
fn url(fields: &Fields<'_>, tenant: &str) -> Result<String> {
    const ACCEPTED: &str = "the service's address without the tenant, such as \"https://excel.uat.us.coherent.global\"";
    let at = || fields.at("url");
    let given = match present(fields, "url") {
        None => return Err(fields.missing("url", ACCEPTED)),
        Some(Raw::Text(text) | Raw::Url(text)) => trimmed(text),
        Some(other) => return Err(refuse(at(), other, ACCEPTED)),
    };
    // It is not repeated: it may hold a password or a signature.
    let wrong = |what: &str| {
        Err(Failure::new(Code::ConfigInvalid, format!("{} {what}: it must be {ACCEPTED}.", at())).at(at()))
    };
    let Some((scheme, rest)) = text::split(given, "://") else {
        return wrong("is no absolute address");
    };
    if !["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
        return wrong("begins with something else than https:// or http://");
    }
    if rest.contains(['?', '#']) {
        return wrong("has a query or a fragment");
    }
    let rest = rest.trim_end_matches('/');
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    if text::has(host, '@') {
        return wrong("has a user name or password in it");
    }
    if !is_host(host) || path.contains(|c: char| c.is_whitespace() || c.is_control() || c == '\\') {
        return wrong("is no valid address");
    }
    let mut segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    if segments.iter().any(|segment| !is_segment(segment)) {
        return wrong("has dots for a part of its path");
    }
    let lower = |segment: &str| segment.to_ascii_lowercase();
    if segments.windows(2).any(|pair| lower(pair[0]) == "api" && matches!(lower(pair[1]).as_str(), "v1" | "v3" | "v4"))
    {
        return wrong("goes on after the tenant");
    }
    if segments.last().is_some_and(|last| percent::decoded(last).eq_ignore_ascii_case(tenant)) {
        segments.pop();
    }
    let mut url = format!("{}://{}", lower(scheme), lower(host));
    for segment in segments {
        url.push('/');
        url.push_str(segment);
    }
    Ok(url)
}

/// Whether this may be a host and perhaps a port; the browser judges the rest.
fn is_host(host: &str) -> bool {
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !text::has(port, ']') => (name, port),
        _ => (host, "0"),
    };
    let forbidden = |c: char| c.is_whitespace() || c.is_control() || text::has("<>\"\\^`{|}%", c);
    !name.is_empty() && !name.contains(forbidden) && port.parse::<u16>().is_ok()
}

fn auth(fields: &Fields<'_>) -> Result<AuthType> {
    const ACCEPTED: &str = r#""public", "syntheticKey" or "bearerToken""#;
    match present(fields, "authType") {
        None => Err(fields.missing("authType", ACCEPTED)),
        Some(Raw::Text(text)) => {
            let given = trimmed(text);
            if let Some(auth) = AuthType::ALL.into_iter().find(|auth| auth.as_str() == given) {
                return Ok(auth);
            }
            let near = suggest::nearest(given, &AuthType::ALL.map(AuthType::as_str));
            let hint = near.map(|near| format!(" Did you mean {near:?}?")).unwrap_or_default();
            // What was found is not repeated: it may be the key itself.
            let message = format!("{} must be {ACCEPTED}.{hint}", fields.at("authType"));
            Err(Failure::new(Code::ConfigInvalid, message).at(fields.at("authType")))
        }
        Some(other) => Err(refuse(fields.at("authType"), other, ACCEPTED)),
    }
}

/// Checks the credential that the auth type needs; whether it is a function.
fn credential(fields: &Fields<'_>, auth: AuthType, notes: &mut Notes) -> Result<bool> {
    const ACCEPTED: &str = "text, or a function that returns it or a promise of it";
    for other in AuthType::ALL.into_iter().filter(|other| *other != auth) {
        if let Some(key) = other.member().filter(|key| present(fields, key).is_some()) {
            let path = fields.at(key);
            notes.warn(format!("unused {key}"), || format!("{path} is not used: authType is {:?}.", auth.as_str()));
        }
    }
    let Some(key) = auth.member() else { return Ok(false) };
    match present(fields, key) {
        None => Err(fields.missing(key, ACCEPTED)),
        Some(Raw::Function) => Ok(true),
        Some(Raw::Text(text)) if clean_credential(text).is_some() => Ok(false),
        Some(Raw::Text(_)) => {
            let at = fields.at(key);
            let message =
                format!("{at} is empty, or holds a character that no header can carry. It must be {ACCEPTED}.");
            Err(Failure::new(Code::ConfigInvalid, message).at(at))
        }
        Some(other) => Err(refuse_secretly(&fields.at(key), other, ACCEPTED)),
    }
}
