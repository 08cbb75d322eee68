//! An engine made by Coherent's compiler: Emscripten glue and its WebAssembly module, and the calling convention
//! `_construct`, `_is_async`, `_node_calc_v3`.

use js_sys::{Array, ArrayBuffer, Function, Object, Promise, WebAssembly};
use spark_execute_core::memory::MOST_PAGES;
use spark_execute_core::{Code, Failure, Result};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, Url};

use super::chunk::{self, Answers, Space};
use super::console::Tail;
use super::dispatch::Exchange;
use super::fault::{Fault, is_memory, no_memory_to_start};
use super::heap::{Heap, Instance};
use super::hooks::{Hooks, start_failure};
use crate::POLICY;
use crate::js::{describe, get, set};
use crate::phases::{self, Phase};
use crate::scope::Environment;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(extends = Instance)]
    type Workbook;

    #[wasm_bindgen(method, catch, js_name = _construct)]
    fn construct(this: &Workbook) -> std::result::Result<u32, JsValue>;

    #[wasm_bindgen(method, catch, js_name = _is_async)]
    fn is_async(this: &Workbook, workbook: u32) -> std::result::Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch, js_name = _node_calc_v3)]
    fn calc(this: &Workbook, workbook: u32, at: u32, length: u32, length_at: u32) -> std::result::Result<u32, JsValue>;

    #[wasm_bindgen(method, catch)]
    fn ccall(
        this: &Workbook,
        name: &JsValue,
        returns: &JsValue,
        types: &Array,
        arguments: &Array,
        options: &Object,
    ) -> std::result::Result<JsValue, JsValue>;
}

/// What an engine starts from.
pub struct Parts {
    /// The compiled engine.
    pub module: WebAssembly::Module,
    /// The glue's text.
    pub glue: Blob,
    /// The preloaded files.
    pub data: Option<ArrayBuffer>,
    /// The most pages of memory that the module was compiled for, where it declares more itself; else all there can be.
    pub max_pages: f64,
}

/// One constructed workbook.
pub struct Engine {
    instance: Workbook,
    heap: Heap,
    workbook: u32,
    tail: Tail,
    environment: Environment,
    suspending: Suspending,
    space: Space,
    /// It may suspend while computing: never two calls at once.
    pub is_async: bool,
}

/// What every call of an engine that may suspend is made with: texts would have to be made anew for each.
struct Suspending {
    function: JsValue,
    number: JsValue,
    types: Array,
    options: Object,
}

impl Suspending {
    fn new() -> Self {
        let number = JsValue::from_str("number");
        let options = Object::new();
        set(&options, "async", &JsValue::TRUE);
        let types = Array::of4(&number, &number, &number, &number);
        Suspending { function: "node_calc_v3".into(), number, types, options }
    }
}

/// Evaluates the glue, instantiates the module and constructs the workbook. Its calls to other services go through
/// `exchange`.
pub async fn start(parts: Parts, environment: &Environment, exchange: &Exchange) -> Result<Engine> {
    if parts.max_pages < f64::from(MOST_PAGES) {
        environment.limit_memory(parts.max_pages);
    }
    let tail = Tail::default();
    tail.replace_console();
    let began = phases::clock();
    let factory = evaluate(&parts.glue, environment)?;
    phases::over(Phase::Glue, began);
    let hooks = Hooks::new(&parts.module, parts.data, &tail, environment, exchange);
    let began = phases::clock();
    let started = factory
        .call1(&JsValue::UNDEFINED, &hooks.options)
        .map_err(|error| start_failure(&error, &tail, environment))?;
    let outcome = Promise::race(&Array::of2(&settled(started), &hooks.failed));
    let boxed = JsFuture::from(outcome).await.map_err(|error| start_failure(&error, &tail, environment))?;
    let instance: Workbook = Array::from(&boxed).get(0).unchecked_into();
    let began = phases::over(Phase::Instantiate, began);

    for name in ["_construct", "_node_calc_v3", "_malloc", "_free"] {
        if !get(&instance, name).is_function() {
            let message = format!("The model's glue exports no {name}: this is not a package of Coherent's compiler.");
            return Err(Failure::new(Code::GlueFailed, message));
        }
    }
    let memory = hooks.memory().ok_or_else(|| {
        Failure::new(Code::WasmInvalid, "The model's WebAssembly neither exports nor imports a memory.")
    })?;
    if !get(&instance, "dispatch").is_function() {
        set(&instance, "dispatch", &get(&hooks.options, "dispatch"));
    }
    let workbook = instance.construct().map_err(|error| {
        let said = describe(&error);
        let failure = if is_memory(&said, environment.refused() > 0.0) {
            no_memory_to_start(environment)
        } else {
            let message = "The model started but could not construct its workbook. Its data file (the .data of the \
                           package) may be missing or damaged; export the package again.";
            Failure::new(Code::ModelConstruct, message)
        };
        failure.with_details(tail.take_after(&said))
    })?;
    phases::over(Phase::Construct, began);
    let is_async = get(&instance, "_is_async").is_function()
        && instance.is_async(workbook).is_ok_and(|answer| answer == 1.0 || answer == true || answer == "true");
    let heap = Heap::new(instance.clone().unchecked_into(), memory, environment).map_err(|fault| fault.failure)?;
    tail.clear();
    Ok(Engine {
        instance,
        heap,
        workbook,
        tail,
        environment: environment.clone(),
        suspending: Suspending::new(),
        space: Space::default(),
        is_async,
    })
}

/// Runs the glue's text and gives the factory it defines.
fn evaluate(glue: &Blob, environment: &Environment) -> Result<Function> {
    let internal =
        |error: JsValue| Failure::new(Code::Internal, "No address for the glue.").with_details(describe(&error));
    let scope = js_sys::global();
    set(&scope, "Module", &JsValue::UNDEFINED);
    let url = Url::create_object_url_with_blob(glue).map_err(internal)?;
    let evaluated = environment.import_scripts(&url);
    let _ = Url::revoke_object_url(&url);
    evaluated.map_err(|error| {
        // Our own Blob is always there, so that only a policy can keep it from being loaded. The browser reports the
        // violation later than it throws.
        if get(&error, "name") == "NetworkError" {
            let message = format!(
                "The Content Security Policy (the page's, or the one that workerUrl is served with) forbids the model's \
                 glue. {POLICY}"
            );
            Failure::new(Code::WorkerBlocked, message).with_details(describe(&error))
        } else {
            let message = "The model's glue (the .js of the package) cannot be evaluated. Export the package again.";
            Failure::new(Code::GlueFailed, message).with_details(describe(&error))
        }
    })?;
    get(&scope, "Module").dyn_into().map_err(|_| {
        let message = "The model's glue (the .js of the package) defines no function named Module. Export the package \
                       again.";
        Failure::new(Code::GlueFailed, message)
    })
}

/// A promise of `[instance]`. The instance is boxed because old glue resolves to an object that has a `then` itself.
fn settled(started: JsValue) -> Promise {
    let then = get(&started, "then").dyn_into::<Function>();
    let Ok(then) = then else { return Promise::resolve(&Array::of1(&started)).unchecked_into() };
    Promise::new(&mut |resolve, reject| {
        let boxed = Closure::once_into_js(move |instance: JsValue| {
            let _ = resolve.call1(&JsValue::UNDEFINED, &Array::of1(&instance));
        });
        if let Err(error) = then.call2(&started, &boxed, &reject) {
            let _ = reject.call1(&JsValue::UNDEFINED, &error);
        }
    })
}

impl Engine {
    /// Computes one request of an engine that does not suspend: JSON text in, JSON text out.
    pub fn compute(&self, request: &JsValue) -> std::result::Result<JsValue, Fault> {
        let input = self.heap.write(request)?;
        let answer = self.instance.calc(self.workbook, input.at, input.length, self.heap.length_at);
        self.finish(&input, answer)
    }

    /// Computes the records of a chunk one after the other; gives their answers, see [`chunk`](super::chunk). A record that
    /// fails without harm to the engine has an empty one.
    pub fn compute_all(&self, requests: &JsValue) -> std::result::Result<JsValue, Fault> {
        let input = self.heap.write(requests)?;
        let records = chunk::records(&self.heap, &input);
        let mut answers = Answers::new(&self.heap, &self.space);
        for &(at, length) in &records {
            if answers.wants_next() {
                let answer = self.instance.calc(self.workbook, at, length, self.heap.length_at);
                self.collect(&mut answers, answer)?;
            }
        }
        self.heap.done(&input);
        answers.finish(records.len())
    }

    /// The same for an engine that may suspend.
    pub async fn compute_all_async(&self, requests: &JsValue) -> std::result::Result<JsValue, Fault> {
        let input = self.heap.write(requests)?;
        let records = chunk::records(&self.heap, &input);
        let mut answers = Answers::new(&self.heap, &self.space);
        for &(at, length) in &records {
            if answers.wants_next() {
                let answer = self.call_async(at, length).await;
                self.collect(&mut answers, answer)?;
            }
        }
        self.heap.done(&input);
        answers.finish(records.len())
    }

    /// Takes the answer of a record.
    fn collect(
        &self,
        answers: &mut Answers,
        answer: std::result::Result<u32, JsValue>,
    ) -> std::result::Result<(), Fault> {
        let taken = match answer {
            Ok(at) => answers.take(at),
            Err(thrown) => Err(self.fault(&thrown)),
        };
        self.tail.clear();
        match taken {
            Err(fault) if fault.fatal => Err(fault),
            Err(_) => {
                answers.leave_out();
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    /// Computes one request of an engine that may suspend. The next call must wait until this one is over.
    pub async fn compute_async(&self, request: &JsValue) -> std::result::Result<JsValue, Fault> {
        let input = self.heap.write(request)?;
        let answer = self.call_async(input.at, input.length).await;
        self.finish(&input, answer)
    }

    async fn call_async(&self, at: u32, length: u32) -> std::result::Result<u32, JsValue> {
        let arguments = Array::of4(&self.workbook.into(), &at.into(), &length.into(), &self.heap.length_at.into());
        let Suspending { function, number, types, options } = &self.suspending;
        let promise = self.instance.ccall(function, number, types, &arguments, options)?;
        let answer = JsFuture::from(Promise::resolve(&promise)).await?;
        Ok(answer.as_f64().unwrap_or(0.0) as i64 as u32)
    }

    /// The answers from now on come as text or, not decoded, as a `Uint8Array`.
    pub fn answer_in_bytes(&self, in_bytes: bool) {
        self.heap.in_bytes.set(in_bytes);
    }

    /// Size of the engine's memory in bytes.
    pub fn heap_size(&self) -> f64 {
        self.heap.size()
    }

    fn finish(
        &self,
        input: &super::heap::Input,
        answer: std::result::Result<u32, JsValue>,
    ) -> std::result::Result<JsValue, Fault> {
        let answer = match answer {
            Ok(at) => {
                self.heap.done(input);
                self.heap.take_answer(at)
            }
            Err(thrown) => {
                let fault = self.fault(&thrown);
                if !fault.fatal {
                    self.heap.done(input);
                }
                Err(fault)
            }
        };
        self.tail.clear();
        answer
    }

    fn fault(&self, thrown: &JsValue) -> Fault {
        Fault::thrown(thrown, &self.environment, self.heap.size_now(), |said| self.tail.take_after(said))
    }
}
