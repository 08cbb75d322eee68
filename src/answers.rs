//! How calls end: what a worker or the scheduler says becomes the caller's response or error.

use js_sys::Function;
use spark_execute_core::protocol::Image;
use spark_execute_core::scheduler::{CallId, ReplicaId};
use spark_execute_core::{Code, Failure};
use spark_execute_worker::js::{describe, now};
use spark_execute_worker::wire::Js;
use wasm_bindgen::JsValue;

use crate::pool::{Pending, Pool};

/// Texts of the package that a call asked for: static outputs, form description; `undefined` when absent or not wanted.
type Texts = (JsValue, JsValue);

impl Pool {
    /// A replica answered `call`.
    pub(crate) fn replied(&self, id: ReplicaId, call: CallId, response: &JsValue, micros: f64, heap: f64) {
        // Before the scheduler knows: it may evict the model, and the image with it.
        let texts = self.texts_for(call);
        let wanted = self.tell(|scheduler| {
            let now = if scheduler.goes_on(id) { now() } else { 0.0 };
            scheduler.replied(id, call, micros, heap, now)
        });
        if !wanted {
            return;
        }
        let Some(pending) = self.take(call) else { return };
        if let Err(failure) = self.finish(&pending.resolve, response, &texts) {
            self.reject(pending, failure);
        }
    }

    /// A call failed.
    pub(crate) fn fail(&self, call: CallId, failure: Failure) {
        if let Some(pending) = self.take(call) {
            self.reject(pending, failure);
        }
    }

    fn texts_for(&self, call: CallId) -> Texts {
        let state = self.state.borrow();
        let pending = state.calls.get(&call).filter(|pending| pending.metadata || pending.formspec);
        let image = pending.and_then(|pending| Some((pending, state.images[pending.model].as_ref()?)));
        let Some((pending, image)) = image else { return (JsValue::UNDEFINED, JsValue::UNDEFINED) };
        let text = |wanted: bool, part: fn(&Image<Js>) -> &Option<Js>| {
            part(image).as_ref().filter(|_| wanted).map_or(JsValue::UNDEFINED, |text| text.0.clone())
        };
        (text(pending.metadata, |image| &image.static_json), text(pending.formspec, |image| &image.formspec_json))
    }

    /// Gives the caller the engine's response, with what the package adds.
    fn finish(&self, resolve: &Function, response: &JsValue, (fixed, form): &Texts) -> Result<(), Failure> {
        let (message, error) = match self.host.settle(resolve, response, fixed, form) {
            Ok(nothing) if nothing.is_undefined() => return Ok(()),
            Ok(error) => {
                ("The package's static outputs or form description are not valid JSON. Export it again.", error)
            }
            Err(error) => {
                ("The model's answer is not a JSON object. Its package may be damaged; export it again.", error)
            }
        };
        Err(Failure::new(Code::ResponseInvalid, message).with_details(describe(&error)))
    }

    fn reject(&self, pending: Pending, failure: Failure) {
        let mut context = pending.context;
        if context.cause.is_undefined() {
            context.cause = self.state.borrow().cause.clone();
        }
        let error = self.host.error(failure, context);
        let _ = pending.reject.call1(&JsValue::UNDEFINED, &error);
    }
}
