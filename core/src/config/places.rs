//! Where our own worker and WebAssembly come from: the script itself, unless the page says otherwise.

use super::endpoint::function;
use super::fields::{Fields, trimmed, wrong};
use crate::error::Result;
use crate::raw::Raw;

/// Judges `workerUrl`, `wasmUrl` and `createWorker`, which stay in JavaScript.
pub(super) fn check(fields: &Fields<'_>) -> Result<()> {
    let mut worker_url = false;
    for key in ["wasmUrl", "workerUrl"] {
        worker_url = match fields.present(key) {
            None => false,
            Some(Raw::Url(_) | Raw::LongText(..)) => true,
            Some(Raw::Text(text)) if !trimmed(text).is_empty() => true,
            Some(other) => return fields.refuse(key, other, "an address: text or a URL"),
        };
    }
    if function(fields, "createWorker")? && worker_url {
        let text = " and workerUrl are both given. Keep createWorker, and let it use the address, or only workerUrl.";
        return Err(wrong("createWorker", text));
    }
    Ok(())
}
