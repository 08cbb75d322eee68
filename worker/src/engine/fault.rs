//! What a value thrown by an engine means.

use spark_execute_core::memory::over_limit;
use spark_execute_core::{Code, Failure, text};
use wasm_bindgen::prelude::*;

use crate::js::{describe, get};
use crate::scope::Environment;

/// The message for a model that needs more memory than there is before it has computed anything.
const NO_MEMORY_TO_START: &str = "The browser has no memory to start the model. Configure fewer replicas, keep fewer models loaded (offlineMaxService), \
     or destroy() instances that are no longer needed.";

/// A call that failed, and whether its engine can be trusted afterwards.
#[derive(Debug, Clone)]
pub struct Fault {
    /// For the caller.
    pub failure: Failure,
    /// The engine may be damaged.
    pub fatal: bool,
}

impl Fault {
    /// A failure after which the engine is known to be good.
    pub fn harmless(code: Code, message: &str, details: String) -> Self {
        Fault { failure: Failure::new(code, message).with_details(details), fatal: false }
    }

    /// A failure after which the engine must be discarded.
    pub fn fatal(code: Code, message: &str, details: String) -> Self {
        Fault { failure: Failure::new(code, message).with_details(details), fatal: true }
    }

    /// Classifies what an engine threw. `tail` gives what it printed.
    pub fn thrown(value: &JsValue, environment: &Environment, tail: impl FnOnce(&str) -> String) -> Self {
        let said = describe(value);
        let refused = environment.refused() > 0.0;
        if is_cpp_exception(value) && !refused {
            return Fault::harmless(
                Code::EngineException,
                "The model threw a C++ exception: it cannot compute this request. Check the shape of the request \
                 (request_data and request_meta are objects, values have the types the model expects).",
                tail(&said),
            );
        }
        // `new` that gets no memory throws, too.
        if refused && is_cpp_exception(value) || is_memory(&said, environment) {
            let message = "The model ran out of memory. Give it less data, or run fewer replicas.";
            return Fault { failure: no_memory(message, environment).with_details(tail(&said)), fatal: true };
        }
        Fault::fatal(
            Code::EngineTrap,
            "The model crashed while computing this request. Its worker was replaced; the same request will likely \
             crash it again.",
            tail(&said),
        )
    }
}

/// Without exception catching, Emscripten throws the exception's address; with it, a `CppException` or the engine's own
/// `WebAssembly.Exception`.
fn is_cpp_exception(value: &JsValue) -> bool {
    if value.as_f64().is_some() {
        return true;
    }
    let class = get(&get(value, "constructor"), "name").as_string();
    matches!(class.as_deref(), Some("CppException" | "Exception")) || get(value, "name") == "CppException"
}

/// The failure of an engine that got no more memory: the machine has none, which `message` says, or it has all that it is
/// allowed.
pub fn no_memory(message: &str, environment: &Environment) -> Failure {
    if environment.is_over_limit() {
        over_limit(environment.limit(), environment.refused())
    } else {
        Failure::new(Code::OutOfMemory, message)
    }
}

/// The same before it has computed anything, where the browser may refuse a memory as such.
pub fn no_memory_to_start(environment: &Environment) -> Failure {
    if environment.refused() > 0.0 {
        return no_memory(NO_MEMORY_TO_START, environment);
    }
    Failure::new(Code::OutOfMemory, NO_MEMORY_TO_START)
}

/// Whether memory ran out: engines, glue and browsers say so in words, or the glue's bare abort follows a refusal.
pub fn is_memory(said: &str, environment: &Environment) -> bool {
    let said = said.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| text::contains(&said, word));
    environment.refused() > 0.0 && has(&["abort", "memory", "grow"])
        || has(&["oom", "out of memory", "enlarge memory", "allocation failed", "bad_alloc", "allocate"])
}
