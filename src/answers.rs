//! How calls end: what a worker or the scheduler says becomes the caller's response or error.

use spark_execute_core::protocol::Image;
use spark_execute_core::scheduler::{CallId, ReplicaId, Said, disturbed};
use spark_execute_core::{Code, Failure};
use spark_execute_worker::js::{describe, get, set};
use spark_execute_worker::wire::Js;
use wasm_bindgen::JsValue;

use crate::call::{End, Pending};
use crate::platform::now;
use crate::pool::Pool;

const OFFLINE: &str = "offline";
const ONLINE: &str = "online";

/// Texts of the package that a call asked for: static outputs, form description; `undefined` when absent or not wanted.
type Texts = (JsValue, JsValue);

impl Pool {
    /// A replica answered `call`.
    pub(crate) fn replied(&self, id: ReplicaId, call: CallId, response: &JsValue, micros: f64, heap: f64) {
        // Before the scheduler knows: it may evict the model, and the image with it.
        let texts = self.texts_for(call);
        let wanted = self.tell(|scheduler| {
            let now = if scheduler.goes_on(id) { now() } else { 0.0 };
            scheduler.expects(id, Said::End(call)).then(|| scheduler.replied(id, call, micros, heap, now))
        });
        match wanted {
            Some(true) => {}
            Some(false) => return,
            None => return self.died(id, disturbed(), JsValue::UNDEFINED),
        }
        let Some(mut pending) = self.take(call) else { return };
        if self.timings {
            self.answered(id, &pending, micros);
        }
        match self.settle(&pending, response, micros, &texts) {
            Ok(()) => {}
            Err(failure) if pending.fallback => {
                // Under its own id: the caller may still cancel it.
                pending.failure = Some(failure);
                self.call_as(call, Pending { fallback: false, ..pending }, None, now());
            }
            Err(failure) => {
                if pending.is_chunk() {
                    // No worker of ours miscounts.
                    self.died(id, failure.clone(), JsValue::UNDEFINED);
                }
                self.reject(pending, failure);
            }
        }
    }

    /// The endpoint answered `call`: `answer` has the response and its text.
    pub(crate) fn answered_online(&self, call: CallId, answer: &JsValue) {
        if !self.tell(|scheduler| scheduler.answered_online(call)) {
            return;
        }
        let Some(pending) = self.take(call) else { return };
        match &pending.end {
            End::Promise { resolve, .. } => {
                self.tell_listeners(&pending, &JsValue::UNDEFINED);
                let mut response = get(answer, "response");
                if pending.request.output.is_undefined() {
                    response = self.host.with_path(&response, ONLINE);
                }
                // A promise's own functions do not throw.
                let _ = resolve.call1(&JsValue::UNDEFINED, &response);
            }
            End::Engine(asked) => self.answer_engine(asked, 200.0, &get(answer, "text")),
            End::Load { .. } => {}
        }
    }

    /// The endpoint did not answer `call`; `cause` is what was thrown, if anything was.
    pub(crate) fn failed_online(&self, call: CallId, failure: Failure, cause: JsValue) {
        self.state.borrow_mut().cause = cause;
        self.tell(|scheduler| scheduler.failed_online(call, failure));
        self.state.borrow_mut().cause = JsValue::UNDEFINED;
    }

    /// A call failed.
    pub(crate) fn fail(&self, call: CallId, failure: Failure) {
        if let Some(pending) = self.take(call) {
            self.reject(pending, failure);
        }
    }

    fn texts_for(&self, call: CallId) -> Texts {
        let state = self.state.borrow();
        let pending = state.calls.get(&call).filter(|pending| pending.request.metadata || pending.request.formspec);
        let image = pending.and_then(|pending| Some((&pending.request, state.images[pending.model?].as_ref()?)));
        let Some((request, image)) = image else { return (JsValue::UNDEFINED, JsValue::UNDEFINED) };
        let text = |wanted: bool, part: fn(&Image<Js>) -> &Option<Js>| {
            part(image).as_ref().filter(|_| wanted).map_or(JsValue::UNDEFINED, |text| text.0.clone())
        };
        (text(request.metadata, |image| &image.static_json), text(request.formspec, |image| &image.formspec_json))
    }

    /// Gives the response of a replica, with what the package adds, to who waits for it.
    fn settle(&self, pending: &Pending, response: &JsValue, micros: f64, (fixed, form): &Texts) -> Result<(), Failure> {
        let resolve = if let End::Promise { resolve, .. } = &pending.end { Some(resolve) } else { None };
        if let Some(resolve) = resolve.filter(|_| pending.is_chunk()) {
            if resolve.call2(&JsValue::UNDEFINED, response, &micros.into()).is_ok_and(|took| took.is_truthy()) {
                self.tell_listeners(pending, &JsValue::UNDEFINED);
                return Ok(());
            }
            return Err(disturbed());
        }
        let (message, error) = match self.host.settle(resolve, response, fixed, form, &pending.request.output) {
            Ok(nothing) if nothing.is_undefined() => {
                self.tell_listeners(pending, &JsValue::UNDEFINED);
                return Ok(());
            }
            Ok(text) if text.is_string() => {
                if let End::Engine(asked) = &pending.end {
                    self.answer_engine(asked, 200.0, &text);
                }
                return Ok(());
            }
            Ok(error) => {
                ("The package's static outputs or form description are not valid JSON. Export it again.", error)
            }
            Err(error) => {
                ("The model's answer is not a JSON object. Its package may be damaged; export it again.", error)
            }
        };
        Err(Failure::new(Code::ResponseInvalid, message).with_details(describe(&error)))
    }

    pub(crate) fn reject(&self, pending: Pending, failure: Failure) {
        let mut context = pending.context.clone();
        if context.cause.is_undefined() {
            context.cause = self.state.borrow().cause.clone();
        }
        match pending.end {
            End::Promise { ref reject, .. } | End::Load { ref reject, .. } => {
                let error = self.host.error(failure, context);
                self.tell_listeners(&pending, &error);
                let _ = reject.call1(&JsValue::UNDEFINED, &error);
            }
            End::Engine(ref asked) => self.answer_failure(asked, failure, context),
        }
    }

    /// A caller's call is over: the event `execute`.
    fn tell_listeners(&self, pending: &Pending, error: &JsValue) {
        if (self.has_listeners.get() || self.timings)
            && let End::Promise { .. } = pending.end
        {
            let path = if pending.leg.is_some() { ONLINE } else { OFFLINE };
            if self.timings {
                self.measure_call(pending, path);
            }
            let mut more = vec![("path", path.into()), ("error", error.clone())];
            if pending.is_chunk() {
                if !error.is_undefined() {
                    // Its records tell, one by one.
                    return;
                }
                more.push(("records", pending.records.into()));
            }
            self.emit("execute", pending, &more);
        }
    }

    /// Tells listeners of something that concerns a call.
    pub(crate) fn emit(&self, kind: &str, pending: &Pending, more: &[(&str, JsValue)]) {
        if !self.has_listeners.get() {
            return;
        }
        let detail = self.detail(pending);
        for (key, value) in more {
            set(&detail, key, value);
        }
        self.host.emit(kind, &detail);
    }
}
