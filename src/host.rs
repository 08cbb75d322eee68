//! What the JavaScript facade provides: the things that only JavaScript can do well.

use js_sys::{Array, Function, Object, Promise};
use spark_execute_core::error::More;
use spark_execute_core::payload::too_long;
use spark_execute_core::{Code, Facts, Failure};
use wasm_bindgen::prelude::*;
use web_sys::AbortSignal;
use web_sys::{Blob, Worker};

#[wasm_bindgen]
extern "C" {
    /// The facade's services.
    #[derive(Clone)]
    pub type Host;

    /// Makes the `Error` that stands for a failure.
    #[wasm_bindgen(method, js_name = makeError)]
    fn make_error(
        this: &Host,
        code: &str,
        message: &str,
        path: Option<String>,
        details: Option<String>,
        cause: &JsValue,
        uuid: Option<String>,
        input: &JsValue,
        status: Option<u16>,
        request_id: Option<String>,
        retry_after: Option<f64>,
        allowed: Option<f64>,
        requested: Option<f64>,
    ) -> JsValue;

    /// Turns a request into JSON text; throws `{ path, what }` for a value that JSON cannot carry.
    #[wasm_bindgen(method, catch)]
    pub fn encode(this: &Host, request: &JsValue) -> Result<JsValue, JsValue>;

    /// Notes which path a response took.
    #[wasm_bindgen(method, js_name = withPath)]
    pub fn with_path(this: &Host, response: &JsValue, path: &str) -> JsValue;

    /// Tells the instance's listeners of something.
    #[wasm_bindgen(method)]
    pub fn emit(this: &Host, kind: &str, detail: &JsValue);

    /// What is kept under this key: a message with an image, and how long reading it took; `undefined` when nothing is. It is
    /// never rejected.
    #[wasm_bindgen(method)]
    pub fn cached(this: &Host, key: &str, version_id: &str) -> Promise;

    /// Keeps an image, whose message this is, under a key.
    #[wasm_bindgen(method)]
    pub fn keep(this: &Host, key: &str, version_id: &str, source: &str, message: &JsValue);

    /// How long a start took, step by step; with `timings` the steps go onto the browser's timeline.
    #[wasm_bindgen(method)]
    pub fn times(this: &Host, phases: &Array, began: f64, up_ms: f64, timings: bool, detail: &Object) -> JsValue;

    /// Puts what began then and ends now onto the browser's timeline.
    #[wasm_bindgen(method)]
    pub fn measure(this: &Host, name: &str, began: f64, detail: &Object);

    /// The same for a call and its steps, see [`Steps`](crate::call::Steps); the page slept so long.
    #[wasm_bindgen(method, js_name = measureCall)]
    #[allow(clippy::too_many_arguments, reason = "an object would have to be made")]
    pub fn measure_call(
        this: &Host,
        detail: &Object,
        slept: f64,
        began: f64,
        encoding: f64,
        posted: f64,
        computing: f64,
        answered: f64,
    );

    /// Gives a caller the response with this JSON text, with the package's static outputs or its form description laid over
    /// it, in the form `output`, and returns `undefined`; without `resolve` it is returned as text. Throws when the text is no JSON object;
    /// anything else that it returns is what is wrong with the package's part.
    #[wasm_bindgen(method, catch)]
    pub fn settle(
        this: &Host,
        resolve: Option<&Function>,
        response: &JsValue,
        fixed: &JsValue,
        form: &JsValue,
        output: &JsValue,
    ) -> Result<JsValue, JsValue>;

    /// The listener for a worker's messages: calls `heard(id, response, micros, heap)` for an answer, and for any other
    /// message `heard(0, data, 0, 0)`.
    #[wasm_bindgen(method)]
    pub fn listener(this: &Host, heard: &JsValue) -> Function;

    /// Sends one request to the endpoint: see `online.js`.
    #[wasm_bindgen(method)]
    pub fn ask(
        this: &Host,
        fetch: &JsValue,
        url: &str,
        headers: &Object,
        body: &JsValue,
        compress_above: f64,
        signal: &AbortSignal,
        output: &JsValue,
    ) -> Promise;

    /// What moment a text means: see `dates.js`.
    #[wasm_bindgen(method, js_name = dateMs)]
    pub fn date_ms(this: &Host, text: &str, end: bool) -> f64;

    /// The request with this `request_meta.version`, unless it has one, and this `version_id`, or none.
    #[wasm_bindgen(method, js_name = forEndpoint)]
    pub fn for_endpoint(this: &Host, request: &JsValue, version: Option<&str>, version_id: Option<&str>) -> JsValue;

    /// What an engine asks of another service: see `xcall.js`.
    #[wasm_bindgen(method, js_name = readXcall)]
    pub fn read_xcall(this: &Host, text: &JsValue) -> What;

    /// The request that it asks with as text; `undefined` when it is not a usual one.
    #[wasm_bindgen(method, js_name = childText)]
    pub fn child_text(this: &Host, what: &What, version_id: Option<&str>) -> JsValue;

    /// The answer for that engine, made of a response's text.
    #[wasm_bindgen(method, js_name = xcallReply)]
    pub fn xcall_reply(this: &Host, asked: &What, status: f64, ms: f64, response: &JsValue) -> JsValue;

    /// The answer for that engine when there is no response.
    #[wasm_bindgen(method, js_name = xcallFailure)]
    pub fn xcall_failure(this: &Host, asked: &What, error: &JsValue, ms: f64) -> JsValue;

    /// The answer of the caller's own function as text.
    #[wasm_bindgen(method, catch, js_name = externalReply)]
    pub fn external_reply(this: &Host, value: &JsValue) -> Result<JsValue, JsValue>;

    /// A worker of this name that runs the script.
    #[wasm_bindgen(method, catch, js_name = createWorker)]
    pub fn create_worker(this: &Host, script: &Blob, name: &str) -> Result<Worker, JsValue>;

    /// The name of a lock for a worker to hold as long as it lives; `undefined` where there are no locks.
    #[wasm_bindgen(method, js_name = lockName)]
    pub fn lock_name(this: &Host) -> JsValue;

    /// Calls `gone` when the worker that holds the lock is gone.
    #[wasm_bindgen(method, js_name = whenFree)]
    pub fn when_free(this: &Host, lock: &JsValue, gone: &JsValue);

    /// Calls back in a turn of its own, after the messages that have arrived.
    #[wasm_bindgen(method)]
    pub fn later(this: &Host, callback: &JsValue);

    /// Calls `slept(ms)` whenever the page did not run at all for a while.
    #[wasm_bindgen(method, js_name = watchSleep)]
    pub fn watch_sleep(this: &Host, slept: &JsValue);

    /// The most pages that a WebAssembly memory can have in this browser.
    #[wasm_bindgen(method, js_name = mostPages)]
    pub fn most_pages(this: &Host) -> f64;

    /// A constructor whose every instance is `object`.
    #[wasm_bindgen(method, js_name = constructorOf)]
    pub fn constructor_of(this: &Host, object: &JsValue) -> JsValue;

    /// Tells the developer.
    #[wasm_bindgen(method)]
    pub fn warn(this: &Host, message: &str);

    /// Which build this is.
    #[wasm_bindgen(method, getter)]
    pub fn build(this: &Host) -> JsValue;

    /// The text of every worker.
    #[wasm_bindgen(method, getter, js_name = workerText)]
    pub fn worker_text(this: &Host) -> JsValue;
}

#[wasm_bindgen]
extern "C" {
    /// What an engine asks of another service.
    #[derive(Debug)]
    pub type What;

    /// What is wrong with it, if anything is.
    #[wasm_bindgen(method, getter)]
    pub fn wrong(this: &What) -> Option<String>;
    /// How replies call the service.
    #[wasm_bindgen(method, getter)]
    pub fn name(this: &What) -> String;
    /// `service_uri`.
    #[wasm_bindgen(method, getter)]
    pub fn uri(this: &What) -> Option<String>;
    /// `folder_name`.
    #[wasm_bindgen(method, getter)]
    pub fn folder(this: &What) -> Option<String>;
    /// `service_name`.
    #[wasm_bindgen(method, getter)]
    pub fn service(this: &What) -> Option<String>;
    /// Whether `request_meta` has a version id.
    #[wasm_bindgen(method, getter, js_name = hasId)]
    pub fn has_id(this: &What) -> bool;
    /// `request_meta.version`.
    #[wasm_bindgen(method, getter)]
    pub fn version(this: &What) -> Option<String>;
    /// `request_meta.transaction_date`.
    #[wasm_bindgen(method, getter)]
    pub fn date(this: &What) -> Option<String>;
    /// The request to the service.
    #[wasm_bindgen(method, getter)]
    pub fn input(this: &What) -> JsValue;
    /// All that the engine said.
    #[wasm_bindgen(method, getter)]
    pub fn request(this: &What) -> JsValue;
}

/// Whose call failed, for the error.
#[derive(Debug, Clone)]
pub struct Context {
    /// The model's version id.
    pub version_id: Option<String>,
    /// What the caller passed.
    pub input: JsValue,
    /// What caused the failure: a thrown value, an abort reason.
    pub cause: JsValue,
}

impl Default for Context {
    fn default() -> Self {
        Context { version_id: None, input: JsValue::UNDEFINED, cause: JsValue::UNDEFINED }
    }
}

impl Host {
    /// The error for `failure`.
    pub fn error(&self, failure: Failure, context: Context) -> JsValue {
        let Facts { code, message, path, details, more } = failure.into_facts();
        let Context { version_id, input, mut cause } = context;
        let More { status, request_id, retry_after_ms, cause: earlier, allowed, requested } =
            more.map(|more| *more).unwrap_or_default();
        if let Some(earlier) = earlier {
            cause = self.error(earlier, Context { version_id: version_id.clone(), input: input.clone(), cause });
        }
        if cause.is_undefined()
            && status.is_none()
            && let Some(details) = &details
        {
            // What the engine or the browser reported is the cause, where there is no better one.
            cause = js_sys::Error::new(details).into();
        }
        self.make_error(
            code.as_str(),
            &message,
            path,
            details,
            &cause,
            version_id,
            &input,
            status,
            request_id,
            retry_after_ms,
            allowed,
            requested,
        )
    }

    /// The failure for what [`encode`](Self::encode) threw.
    pub fn unfit(&self, thrown: &JsValue) -> Failure {
        let text = |key: &str| spark_execute_worker::js::get(thrown, key).as_string();
        match (text("path"), text("what")) {
            (Some(path), _) if path.is_empty() => too_long("The request as JSON", "Send less data in one request."),
            (Some(path), Some(what)) => {
                let message = format!(
                    "{path} is {what}, which JSON cannot carry: the model would compute with something else. Give a \
                     finite number, text, boolean, null, array or object."
                );
                Failure::new(Code::RequestInvalid, message).at(path)
            }
            _ => {
                let said = spark_execute_worker::js::describe(thrown);
                Failure::new(Code::RequestInvalid, "The request cannot be turned into JSON.").with_details(said)
            }
        }
    }
}
