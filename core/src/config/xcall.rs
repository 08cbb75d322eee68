//! `xcall`: what models may call.

use super::fields::{Fields, Notes, integer, refuse};
use crate::error::Result;
use crate::raw::Raw;

/// How deep models may call one another when the caller does not say.
const DEFAULT_MAX_DEPTH: u32 = 16;

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

/// Reads `xcall`.
#[inline(never)]
pub(super) fn parse(config: &Fields<'_>, notes: &mut Notes) -> Result<XCallPolicy> {
    let mut policy = XCallPolicy { online: XCallOnline::Always, max_depth: DEFAULT_MAX_DEPTH };
    let Some(value) = config.present("xcall") else { return Ok(policy) };
    let Some(fields) = Fields::of(value, "xcall") else {
        return Err(refuse("xcall", value, "an object such as { online: false }"));
    };
    match fields.present("online") {
        None | Some(Raw::Bool(true)) => {}
        Some(Raw::Bool(false)) => policy.online = XCallOnline::Never,
        Some(Raw::Function) => policy.online = XCallOnline::Ask,
        Some(other) => return fields.refuse("online", other, "true, false or a function"),
    }
    if let Some(value) = fields.present("maxDepth") {
        policy.max_depth = integer(value, "xcall.maxDepth", 100.0, "an integer from 1 to 100")? as u32;
    }
    notes.unknown(&fields, "xcall", &["online", "maxDepth"], (&["externalApi"], "at the top level"));
    Ok(policy)
}
