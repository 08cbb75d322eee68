//! Every way a call can fail, as data.
//!
//! A [`Failure`] is what travels: from the core to the page, from a worker to the page, and from the page to the
//! caller, where the JavaScript facade turns it into the `Error` subclass that belongs to its [`Code`].

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// A stable, machine-readable reason. The text form is public API: it is the `code` of every error.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code {
            $($(#[$doc])* $name,)*
        }

        impl Code {
            /// All codes, in declaration order.
            pub const ALL: &[Code] = &[$(Code::$name,)*];

            /// The public text form, such as `"ZIP_INVALID"`.
            pub fn as_str(self) -> &'static str {
                match self { $(Code::$name => $text,)* }
            }

            /// The code with this public text form.
            pub fn of(text: &str) -> Option<Code> {
                Code::ALL.iter().copied().find(|code| code.as_str() == text)
            }
        }
    };
}

codes! {
    /// The configuration given to `new Spark` is wrong; `path` names the field.
    ConfigInvalid = "CONFIG_INVALID",
    /// The request cannot be given to an engine; `path` names the offending value.
    RequestInvalid = "REQUEST_INVALID",
    /// Neither the argument nor `request_meta` says which model to run.
    VersionIdMissing = "VERSION_ID_MISSING",
    /// No configured model has the requested version id; or the endpoint, if there is one, has no such service.
    ModelNotFound = "MODEL_NOT_FOUND",
    /// The caller cancelled the call.
    Cancelled = "CANCELLED",
    /// The `Spark` instance was destroyed before the call ended.
    Destroyed = "DESTROYED",
    /// The call's time ran out.
    Timeout = "TIMEOUT",
    /// This JavaScript environment has no `Worker` (Node, server-side rendering, jsdom).
    UnsupportedEnvironment = "UNSUPPORTED_ENVIRONMENT",
    /// The page's policy forbids compiling WebAssembly.
    WasmBlocked = "WASM_BLOCKED",
    /// The page's policy forbids starting the worker or evaluating the model's glue.
    WorkerBlocked = "WORKER_BLOCKED",
    /// A worker could not be started, or did not answer while starting.
    WorkerStart = "WORKER_START",
    /// A worker died while it had work.
    WorkerCrashed = "WORKER_CRASHED",
    /// `binary` could not be read: the function threw, or gave something that is not a package.
    BinaryInvalid = "BINARY_INVALID",
    /// Fetching the package failed: network error or an HTTP status other than 2xx.
    BinaryFetch = "BINARY_FETCH",
    /// `binary` is text but not base64.
    Base64Invalid = "BASE64_INVALID",
    /// The bytes are not a zip archive, or the archive is damaged.
    ZipInvalid = "ZIP_INVALID",
    /// The archive lacks a part that every model has (the engine or its glue).
    PackageIncomplete = "PACKAGE_INCOMPLETE",
    /// Two entries claim the same role and nothing rules one out.
    PackageAmbiguous = "PACKAGE_AMBIGUOUS",
    /// An entry does not have the sum that `checksums.md5` states.
    ChecksumMismatch = "CHECKSUM_MISMATCH",
    /// The package is not the one that the model's `integrity` names.
    IntegrityMismatch = "INTEGRITY_MISMATCH",
    /// The archive is larger, or expands further, than is allowed.
    PackageTooLarge = "PACKAGE_TOO_LARGE",
    /// The engine's WebAssembly does not compile or link.
    WasmInvalid = "WASM_INVALID",
    /// The glue threw while it was evaluated or started, or defines no factory.
    GlueFailed = "GLUE_FAILED",
    /// The engine started but could not construct the workbook.
    ModelConstruct = "MODEL_CONSTRUCT",
    /// The engine threw a C++ exception while computing.
    EngineException = "ENGINE_EXCEPTION",
    /// The engine trapped or aborted while computing.
    EngineTrap = "ENGINE_TRAP",
    /// The engine could not get the memory it asked for.
    OutOfMemory = "OUT_OF_MEMORY",
    /// The engine asked for more memory than it is allowed.
    MemoryLimit = "MEMORY_LIMIT",
    /// The engine's answer is not UTF-8 JSON, or there is none.
    ResponseInvalid = "RESPONSE_INVALID",
    /// Several configured models fit the request equally well.
    ModelAmbiguous = "MODEL_AMBIGUOUS",
    /// The model failed several times in a row: for a moment no call is given to it.
    CircuitOpen = "CIRCUIT_OPEN",
    /// The credential could not be had or sent: its function threw, gave nothing usable, or never settled.
    CredentialInvalid = "CREDENTIAL_INVALID",
    /// The endpoint does not accept the credential (401).
    Unauthorized = "UNAUTHORIZED",
    /// The endpoint accepts the credential but not for this service (403).
    Forbidden = "FORBIDDEN",
    /// The endpoint refused the request as wrong (400 and most other 4xx).
    RequestRefused = "REQUEST_REFUSED",
    /// The endpoint got too many requests (429).
    RateLimited = "RATE_LIMITED",
    /// The endpoint cannot be reached behind its gateway, is overloaded, or took too long (502, 503, 504).
    Unavailable = "UNAVAILABLE",
    /// The endpoint failed (other 5xx).
    ServerError = "SERVER_ERROR",
    /// The endpoint could not be reached, or the browser hides its answer.
    Network = "NETWORK",
    /// The endpoint answered with something else than the result of a model.
    OnlineResponseInvalid = "ONLINE_RESPONSE_INVALID",
    /// Models called one another too deep.
    XCallDepth = "XCALL_DEPTH",
    /// Models call one another in a circle, without end.
    XCallCycle = "XCALL_CYCLE",
    /// The package is not compatible with this runner.
    CompatibilityJson = "COMPATIBILITY_JSON",
    /// A defect of this package; please report it.
    Internal = "INTERNAL",
}

/// One failure: what went wrong, where, and what the engine said about it.
///
/// Behind a pointer, and made by functions that are never inlined: whatever can fail moves it about, and hundreds of
/// places do, each with code for every field otherwise.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure(Box<Facts>);

/// What a [`Failure`] says.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// The stable reason.
    pub code: Code,
    /// What was wrong and what to do about it, for a person.
    pub message: String,
    /// The field, input or archive entry at fault, such as `nodegenModels[2].replica`.
    pub path: Option<String>,
    /// What the engine, the browser or the server reported, bounded in size; never payloads or credentials.
    pub details: Option<String>,
    /// What only some failures have; of it the bytes of memory alone travel between threads.
    pub more: Option<Box<More>>,
}

/// What only some failures have.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct More {
    /// The HTTP status of the endpoint's answer.
    pub status: Option<u16>,
    /// The endpoint's id of the request.
    pub request_id: Option<String>,
    /// When trying again makes sense, in milliseconds from now.
    pub retry_after_ms: Option<f64>,
    /// What failed before this and led to it.
    pub cause: Option<Failure>,
    /// Bytes of memory that the engine may have.
    pub allowed: Option<f64>,
    /// Bytes of memory that it asked for.
    pub requested: Option<f64>,
}

impl Failure {
    /// A failure with a message and nothing else.
    #[cold]
    #[inline(never)]
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Failure(Box::new(Facts { code, message: message.into(), path: None, details: None, more: None }))
    }

    /// All it says, to be taken apart.
    pub fn into_facts(self) -> Facts {
        *self.0
    }

    /// The same under another code.
    #[cold]
    #[must_use]
    pub fn with_code(mut self, code: Code) -> Self {
        self.code = code;
        self
    }

    /// What only some failures have, to be filled in.
    pub fn more(&mut self) -> &mut More {
        self.more.get_or_insert_default()
    }

    /// Names what failed before this and led to it.
    #[cold]
    #[must_use]
    pub fn because_of(mut self, cause: Failure) -> Self {
        self.more().cause = Some(cause);
        self
    }

    /// Names the field, input or entry at fault.
    #[cold]
    #[inline(never)]
    #[must_use]
    pub fn at(mut self, path: impl Into<String>) -> Self {
        self.path = Some(path.into());
        self
    }

    /// Adds what the engine or the browser reported.
    #[cold]
    #[inline(never)]
    #[must_use]
    pub fn with_details(mut self, details: impl Into<String>) -> Self {
        let details = details.into();
        self.details = (!details.is_empty()).then_some(details);
        self
    }
}

impl std::ops::Deref for Failure {
    type Target = Facts;

    fn deref(&self) -> &Facts {
        &self.0
    }
}

impl std::ops::DerefMut for Failure {
    fn deref_mut(&mut self) -> &mut Facts {
        &mut self.0
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.code.as_str(), self.message)
    }
}

impl std::error::Error for Failure {}

/// `Result` with a [`Failure`].
pub type Result<T> = std::result::Result<T, Failure>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_distinct_and_found_by_their_text() {
        let mut seen = std::collections::HashSet::new();
        for &code in Code::ALL {
            assert!(seen.insert(code.as_str()), "{} twice", code.as_str());
            assert_eq!(Code::of(code.as_str()), Some(code));
        }
        assert_eq!(Code::of("timeout"), None);
    }

    #[test]
    fn empty_details_are_left_out() {
        let failure = Failure::new(Code::Timeout, "m").with_details("");
        assert_eq!(failure, Failure::new(Code::Timeout, "m"));
    }
}
