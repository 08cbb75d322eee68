//! Where our own worker and WebAssembly come from, the script itself unless the page says otherwise, and where workers are.

use super::endpoint::function;
use super::fields::{Fields, trimmed, wrong};
use crate::error::Result;
use crate::raw::Raw;

/// Judges `workerUrl`, `wasmUrl`, `createWorker` and `isolation`, which stay in JavaScript.
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
    let create_worker = function(fields, "createWorker")?;
    if create_worker && worker_url {
        let text = " and workerUrl are both given. Keep createWorker, and let it use the address, or only workerUrl.";
        return Err(wrong("createWorker", text));
    }
    match fields.present("isolation") {
        None => Ok(()),
        Some(Raw::Text(text)) if text == "sandbox" => {
            if create_worker || worker_url {
                let text =
                    " does nothing for workers of workerUrl or createWorker, whose policy is their own. Leave one out.";
                return Err(wrong("isolation", text));
            }
            Ok(())
        }
        Some(other) => fields.refuse("isolation", other, "\"sandbox\", or left out"),
    }
}
