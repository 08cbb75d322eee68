//! Every message between the page and a worker.
//!
//! `V` is a JavaScript value that Rust only hands on: request and response text, a compiled module, a `Blob`. The
//! shells put their own type there; the tests here use text.
//!
//! A [`ToWorker::Call`] travels as the array `[id, request]`, with `-id` when the answer is wanted in bytes, several of them
//! as `[id, request, id, request, …]`, and a [`FromWorker::Reply`] as `[id, response, micros, heap]`, since they are sent for every call; a [`FromWorker::Dispatch`] as
//! `[0, request, id, service]` and its answer as `[0, reply, id]`; all others as arrays that begin with the message's name,
//! see [`wire`](crate::wire). The first message a worker receives, before any of these, is `{ module, lock }`: our own
//! compiled WebAssembly, and the name of a lock to hold.

use crate::error::Failure;
use crate::metadata::ModelMetadata;

/// From the page to a worker.
#[derive(Debug, Clone, PartialEq)]
pub enum ToWorker<V> {
    /// Read a package, keep its engine here and give the page what further replicas need.
    Load(Load<V>),
    /// A piece of a package announced as [`Source::Slices`].
    Slice(V),
    /// The last slice was sent.
    SlicesEnd,
    /// Start an engine that was unpacked before.
    Start(Image<V>),
    /// Compute one request, or the records of a chunk.
    Call {
        /// Chosen by the page, never reused.
        id: u32,
        /// The request as JSON text, or an `ArrayBuffer` of its bytes; for a chunk an array of one text, with NUL behind each
        /// record. So is the answer of a chunk, without the array; that of a record that failed without harm is empty.
        request: V,
    },
    /// The answer to a [`FromWorker::Dispatch`].
    DispatchReply {
        /// As the worker chose it.
        id: u32,
        /// JSON text.
        reply: V,
    },
}

/// From a worker to the page.
#[derive(Debug, Clone, PartialEq)]
pub enum FromWorker<V> {
    /// The worker runs our code and listens.
    Up,
    /// The worker holds the lock that it was told of, and will until its end.
    Held,
    /// The package was read and checked; more replicas can start.
    Unpacked(Image<V>),
    /// The engine is constructed and takes calls.
    Ready {
        /// The engine may suspend (Asyncify): one call at a time.
        is_async: bool,
        /// Size of the engine's memory in bytes.
        heap: f64,
    },
    /// How long the steps of starting took: see `Phase` in the worker.
    Phases(V),
    /// The answer to a call.
    Reply {
        /// The call's id.
        id: u32,
        /// The response as JSON text, or as a `Uint8Array`, which is transferred.
        response: V,
        /// Time inside the worker, in microseconds.
        micros: f64,
        /// Size of the engine's memory in bytes.
        heap: f64,
    },
    /// A call failed.
    CallFailed {
        /// The call's id.
        id: u32,
        /// Why.
        failure: Failure,
        /// The engine may be damaged: discard this worker.
        fatal: bool,
    },
    /// The engine is suspended until it gets what another service answers.
    Dispatch {
        /// Chosen by the worker.
        id: u32,
        /// The kind of service: 0 for a Spark service, 1 for an external one.
        service: f64,
        /// The engine's request as JSON text.
        request: V,
    },
    /// The worker could not load or start the model, or failed outside any call. It is of no further use.
    Failed(Failure),
    /// Something the developer should know about the package.
    Warning(String),
}

/// What to load and how.
#[derive(Debug, Clone, PartialEq)]
pub struct Load<V> {
    /// The configured version id, to pick the model out of a nested export package.
    pub version_id: String,
    /// Refuse a package whose `checksums.md5` does not agree with its engine, glue or data.
    pub verify_checksums: bool,
    /// Which package it must be, see [`Integrity`](crate::integrity::Integrity).
    pub integrity: Option<String>,
    /// The most pages of memory that its engine may have.
    pub max_pages: f64,
    /// The engine's bytes are wanted, too: the model is to be kept.
    pub keep: bool,
    /// Where the bytes are.
    pub source: Source<V>,
}

/// Where the bytes of a package are.
#[derive(Debug, Clone, PartialEq)]
pub enum Source<V> {
    /// A `Blob`.
    Blob(V),
    /// [`ToWorker::Slice`] messages follow.
    Slices {
        /// The slices are base64 text, not bytes.
        text: bool,
    },
}

/// A package, unpacked: everything a replica starts from.
#[derive(Debug, Clone, PartialEq)]
pub struct Image<V> {
    /// The engine: a compiled `WebAssembly.Module`.
    pub module: V,
    /// The glue: a `Blob` of JavaScript.
    pub glue: V,
    /// The preloaded files: a `Blob`.
    pub data: Option<V>,
    /// Text of `*_static.json`, which answers `service_category: "metadata"`.
    pub static_json: Option<V>,
    /// Text of the form specification, which answers `service_category: "formspec"`.
    pub formspec_json: Option<V>,
    /// What its `ModelMetaData.json` says.
    pub names: ModelMetadata,
    /// The most pages of memory that the engine was compiled for, where it declares more itself; else all there can be.
    pub max_pages: f64,
    /// What was compiled: a `Blob`. Only where the model is to be kept.
    pub wasm: Option<V>,
}

#[cfg(test)]
mod tests {
    use serde_json::Value as Json;

    use super::*;
    use crate::error::Code;
    use crate::wire::{Value, Wire};

    impl Value for Json {
        fn text(text: &str) -> Self {
            text.into()
        }

        fn number(number: f64) -> Self {
            number.into()
        }

        fn none() -> Self {
            Json::Null
        }

        fn as_text(&self) -> Option<String> {
            self.as_str().map(Into::into)
        }

        fn as_number(&self) -> Option<f64> {
            self.as_f64()
        }

        fn is_none(&self) -> bool {
            self.is_null()
        }
    }

    fn value(text: &str) -> Json {
        text.into()
    }

    fn text(value: &str) -> String {
        value.to_owned()
    }

    fn image() -> Image<Json> {
        Image {
            module: value("module"),
            glue: value("glue"),
            data: Some(value("data")),
            static_json: None,
            formspec_json: Some(value("{}")),
            names: ModelMetadata { service: Some(text("s")), revision: Some(text("1")), ..ModelMetadata::default() },
            max_pages: 1024.0,
            wasm: Some(value("wasm")),
        }
    }

    fn load(source: Source<Json>) -> ToWorker<Json> {
        ToWorker::Load(Load {
            version_id: text("id"),
            verify_checksums: true,
            integrity: Some(text("sha256-x")),
            max_pages: 65_536.0,
            keep: false,
            source,
        })
    }

    #[test]
    fn every_message_to_a_worker_survives_the_wire() {
        for message in [
            load(Source::Blob(value("blob"))),
            load(Source::Slices { text: true }),
            ToWorker::Slice(value("slice")),
            ToWorker::SlicesEnd,
            ToWorker::Start(image()),
            ToWorker::Call { id: u32::MAX, request: value("{}") },
            ToWorker::DispatchReply { id: 3, reply: value("{}") },
        ] {
            let wire = serde_json::to_string(&Wire::from(&message)).unwrap();
            assert_eq!(ToWorker::try_from(serde_json::from_str::<Wire<Json>>(&wire).unwrap()).unwrap(), message);
        }
    }

    #[test]
    fn every_message_from_a_worker_survives_the_wire() {
        let failure = Failure::new(Code::EngineTrap, "unreachable").at("a.wasm").with_details("tail");
        for message in [
            FromWorker::Up,
            FromWorker::Held,
            FromWorker::Unpacked(image()),
            FromWorker::Ready { is_async: true, heap: 16_777_216.0 },
            FromWorker::Reply { id: 1, response: value("{}"), micros: 12.5, heap: 1.0 },
            FromWorker::CallFailed { id: 7, failure: failure.clone(), fatal: true },
            FromWorker::Dispatch { id: 3, service: 1.0, request: value("{}") },
            FromWorker::Failed(failure),
            FromWorker::CallFailed { id: 7, failure: crate::memory::over_limit(65_536.0, 0.0), fatal: true },
            FromWorker::Failed(crate::memory::over_limit(65_536.0, 70_000.0)),
            FromWorker::Warning(text("careful")),
            FromWorker::Phases(value("1, 2, 3")),
        ] {
            let wire = serde_json::to_string(&Wire::from(&message)).unwrap();
            assert_eq!(FromWorker::try_from(serde_json::from_str::<Wire<Json>>(&wire).unwrap()).unwrap(), message);
        }
    }

    #[test]
    fn what_no_thread_sends_is_refused() {
        for wire in [
            "[]",
            "[null]",
            r#"["Down"]"#,
            "[1]",
            r#"["Load", "id", 1, null, 9, 0, "Pipe"]"#,
            r#"["Load", "id", 1, null, 9, 0, "Slices"]"#,
            r#"["Load", "id", true, null, 9, 0, "Blob", "b"]"#,
            r#"["Load", "id", 1, null, 9, "Blob", "b"]"#,
            r#"["Start", "m"]"#,
            r#"["Start", "m", "g", null, null, null, 1]"#,
            r#"["Ready", 1]"#,
            r#"["Failed", "NO_SUCH_CODE", "m"]"#,
            r#"["Failed", "TIMEOUT", "m", 5]"#,
            r#"["Failed", "MEMORY_LIMIT", "m", null, null, "5"]"#,
            r#"["CallFailed", "TIMEOUT", "m", null, null, "1", 1]"#,
        ] {
            let wire: Wire<Json> = serde_json::from_str(wire).unwrap();
            assert_eq!(ToWorker::try_from(wire.clone()).unwrap_err().code, Code::Internal, "{wire:?}");
            assert_eq!(FromWorker::try_from(wire.clone()).unwrap_err().code, Code::Internal, "{wire:?}");
        }
    }
}
