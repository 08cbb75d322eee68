//! Emscripten's own hooks, through which glue is steered.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{ArrayBuffer, Function, Object, Promise, Uint8Array, WebAssembly};
use spark_execute_core::text::quoted;
use spark_execute_core::{Code, Failure};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};

use super::console::Tail;
use super::dispatch::Exchange;
use super::fault::{is_memory, no_memory_to_start};
use crate::js::{as_object, describe, get, set};
use crate::scope::Environment;

/// What the hooks learn, and the promise by which they report that starting failed.
pub struct Hooks {
    /// The options for the glue's factory.
    pub options: Object,
    /// Rejects, with the code and text of a failure, when the engine cannot start.
    pub failed: Promise,
    memory: Rc<RefCell<Option<WebAssembly::Memory>>>,
}

impl Hooks {
    /// Hooks that give the glue `module` and `data`.
    pub fn new(
        module: &WebAssembly::Module,
        data: Option<ArrayBuffer>,
        tail: &Tail,
        environment: &Environment,
        exchange: &Exchange,
    ) -> Self {
        let options = Object::new();
        let memory = Rc::new(RefCell::new(None));
        let (failed, fail) = failure_promise();

        let locate = Closure::<dyn Fn(JsValue) -> JsValue>::new(|path| path);
        set(&options, "locateFile", &locate.into_js_value());
        set(&options, "print", &tail.writer().into_js_value());
        set(&options, "printErr", &tail.writer().into_js_value());

        let give = {
            let fail = fail.clone();
            Closure::<dyn Fn(JsValue) -> Result<JsValue, JsValue>>::new(move |name| match &data {
                Some(data) => Ok(data.clone().into()),
                // Or the glue would look for it on a server.
                None => Err(fail.with(Code::PackageIncomplete, &name)),
            })
        };
        set(&options, "getPreloadedPackage", &give.into_js_value());

        let abort = {
            let fail = fail.clone();
            Closure::<dyn Fn(JsValue)>::new(move |reason| drop(fail.with(Code::GlueFailed, &reason)))
        };
        set(&options, "onAbort", &abort.into_js_value());

        let instantiate = {
            let (module, memory, environment) = (module.clone(), memory.clone(), environment.clone());
            Closure::<dyn Fn(JsValue, Function) -> JsValue>::new(move |imports: JsValue, done: Function| {
                environment.watch_growth(&imports);
                let (module, memory, fail) = (module.clone(), memory.clone(), fail.clone());
                spawn_local(async move {
                    let instance = match instantiate(&module, &imports).await {
                        Ok(instance) => instance,
                        Err(error) => return drop(fail.with(Code::WasmInvalid, &error)),
                    };
                    *memory.borrow_mut() = find_memory(&instance.exports(), &imports);
                    if let Err(error) = done.call2(&JsValue::UNDEFINED, &instance, &module) {
                        fail.with(Code::GlueFailed, &error);
                    }
                });
                // An empty object tells the glue that the exports come later.
                Object::new().into()
            })
        };
        set(&options, "instantiateWasm", &instantiate.into_js_value());

        let dispatch = {
            let (memory, exchange) = (memory.clone(), exchange.clone());
            Closure::<dyn Fn(f64, f64, f64) -> Promise>::new(move |service: f64, at: f64, length: f64| {
                let bytes = memory.borrow().as_ref().map(|memory| view(memory, at, length));
                exchange.ask(service, &bytes.unwrap_or_else(|| Uint8Array::new_with_length(0)))
            })
        };
        set(&options, "dispatch", &dispatch.into_js_value());

        Hooks { options, failed, memory }
    }

    /// The engine's memory, once it is instantiated.
    pub fn memory(&self) -> Option<WebAssembly::Memory> {
        self.memory.borrow().clone()
    }
}

#[derive(Clone)]
struct Fail(Function);

impl Fail {
    /// Reports the failure; gives it back, to be thrown where glue would go on.
    fn with(&self, code: Code, reason: &JsValue) -> JsValue {
        let failure = Object::new();
        set(&failure, "code", &code.as_str().into());
        set(&failure, "reason", &describe(reason).into());
        // A promise's own reject function does not throw.
        let _ = self.0.call1(&JsValue::UNDEFINED, &failure);
        failure.into()
    }
}

fn failure_promise() -> (Promise, Fail) {
    let mut reject = None;
    let promise = Promise::new(&mut |_, no| reject = Some(no));
    // Nobody may be listening any more when an engine aborts late: that is not an unhandled rejection.
    let ignore = Closure::<dyn FnMut(JsValue)>::new(|_| {});
    let _ = promise.catch(&ignore);
    ignore.forget();
    (promise, Fail(reject.unwrap_or_else(|| Function::from(JsValue::UNDEFINED))))
}

/// Turns what [`Hooks::failed`] was rejected with, or what the glue threw, into a failure.
pub fn start_failure(reason: &JsValue, tail: &Tail, environment: &Environment) -> Failure {
    let said = get(reason, "reason").as_string().unwrap_or_else(|| describe(reason));
    let code = get(reason, "code");
    if code == Code::PackageIncomplete.as_str() {
        let message = format!(
            "The package has no data (.data): its glue asks for {}. Give the zip that the compiler or the export \
             made, unchanged.",
            quoted(&said)
        );
        return Failure::new(Code::PackageIncomplete, message).at(said);
    }
    if is_memory(&said, environment.refused() > 0.0) {
        return no_memory_to_start(environment).with_details(tail.take_after(&said));
    }
    let (code, message) = if code == Code::WasmInvalid.as_str() {
        (Code::WasmInvalid, "The model's WebAssembly cannot be linked with its glue: they belong to different builds.")
    } else {
        (Code::GlueFailed, "The model's glue (the .js of the package) failed while it was starting.")
    };
    Failure::new(code, format!("{message} Export the package again.")).with_details(tail.take_after(&said))
}

async fn instantiate(module: &WebAssembly::Module, imports: &JsValue) -> Result<WebAssembly::Instance, JsValue> {
    let imports = as_object(imports).cloned().unwrap_or_default();
    JsFuture::from(WebAssembly::instantiate_module(module, &imports)).await.map(JsCast::unchecked_into)
}

/// The memory, by type: optimised builds rename it, and some import it.
fn find_memory(exports: &JsValue, imports: &JsValue) -> Option<WebAssembly::Memory> {
    let values = |object: &JsValue| as_object(object).map(Object::values).unwrap_or_default();
    let exported = values(exports).iter().find_map(|value| value.dyn_into::<WebAssembly::Memory>().ok());
    exported.or_else(|| {
        values(imports)
            .iter()
            .find_map(|module| values(&module).iter().find_map(|value| value.dyn_into::<WebAssembly::Memory>().ok()))
    })
}

/// The bytes `[at, at + length)`, or none if they are not all there. Pointers above 2 GiB arrive negative.
fn view(memory: &WebAssembly::Memory, at: f64, length: f64) -> Uint8Array {
    let buffer = memory.buffer();
    let (at, length) = (at as i64 as u32, length as i64 as u32);
    let size = Uint8Array::new(&buffer).length();
    if u64::from(at) + u64::from(length) > u64::from(size) {
        return Uint8Array::new_with_length(0);
    }
    Uint8Array::new_with_byte_offset_and_length(&buffer, at, length)
}
