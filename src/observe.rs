//! What is told of models, calls and time to whoever observes: events, the logger, and the browser's timeline.

use js_sys::{Array, Object};
use spark_execute_core::scheduler::{Happened, ModelIndex, Note, ReplicaId};
use spark_execute_worker::js::{get, now, set};
use wasm_bindgen::JsValue;

use crate::call::{Pending, Steps};
use crate::host::Context;
use crate::platform;
use crate::pool::Pool;
use crate::replica::Start;

impl Pool {
    /// A replica begins to start.
    pub(crate) fn starts(&self, id: ReplicaId, loads: bool) {
        let start = Start { began: now(), loads, phases: Array::new(), up_ms: 0.0, answered: false, keep: None };
        self.state.borrow_mut().starts.insert(id, start);
    }

    /// The replica's worker runs.
    pub(crate) fn is_up(&self, id: ReplicaId) {
        if let Some(start) = self.state.borrow_mut().starts.get_mut(&id) {
            start.up_ms = now() - start.began;
        }
    }

    /// How long steps of its start took.
    pub(crate) fn took(&self, id: ReplicaId, phases: JsValue) {
        const MOST: u32 = 4;
        if let Some(start) = self.state.borrow_mut().starts.get_mut(&id)
            && start.phases.length() < MOST
        {
            start.phases.push(&phases);
        }
    }

    /// Tells what happened to models.
    pub(crate) fn observe(&self, Note { model, what }: Note) {
        let detail = Object::new();
        set(&detail, "versionId", &self.models[model].config.version_id.as_str().into());
        let replica = |id: ReplicaId| set(&detail, "replica", &id.into());
        let kind = match what {
            Happened::Load => "load",
            Happened::Ready(id) => {
                replica(id);
                set(&detail, "times", &self.times(model, id, &detail));
                "ready"
            }
            Happened::Evict => "evict",
            Happened::Crash(id, failure) => {
                if !self.has_listeners.get() {
                    return;
                }
                replica(id);
                let version_id = Some(self.models[model].config.version_id.clone());
                let cause = self.state.borrow().cause.clone();
                let context = Context { version_id, input: JsValue::UNDEFINED, cause };
                set(&detail, "error", &self.host.error(failure, context));
                "crash"
            }
            Happened::Restart(id) => {
                replica(id);
                "restart"
            }
        };
        if self.has_listeners.get() {
            self.host.emit(kind, &detail);
        }
    }

    /// How long the replica took to start; of the one that loaded the model, `stats` tells it from now on.
    fn times(&self, model: ModelIndex, id: ReplicaId, detail: &Object) -> JsValue {
        let (phases, began, up_ms, loads) = match self.state.borrow().starts.get(&id) {
            Some(start) => (start.phases.clone(), start.began, start.up_ms, start.loads),
            None => return JsValue::UNDEFINED,
        };
        let times = self.host.times(&phases, began, up_ms, self.timings, detail);
        if loads {
            self.state.borrow_mut().times[model] = times.clone();
        }
        times
    }

    /// A replica answered: on the timeline, its first call is a step of its start.
    #[cold]
    #[inline(never)]
    pub(crate) fn answered(&self, id: ReplicaId, pending: &Pending, micros: f64) {
        if let Some(start) = self.state.borrow_mut().starts.get_mut(&id)
            && !std::mem::replace(&mut start.answered, true)
        {
            self.host.measure("first call", now() - micros / 1000.0, &self.detail(pending));
        }
        let steps = Steps { computing: micros / 1000.0, answered: platform::now(), ..pending.steps.get() };
        pending.steps.set(steps);
    }

    /// How long the facade took to make a text of the request that it calls with now.
    pub(crate) fn encoding(&self) -> f64 {
        // More than nothing, though clocks are coarse: 0 is for calls that were not encoded.
        if self.timings { now() - get(&self.host, "entered").as_f64().unwrap_or(f64::NAN) + 1e-6 } else { 0.0 }
    }

    /// A call is over: onto the timeline with it.
    #[cold]
    #[inline(never)]
    pub(crate) fn measure_call(&self, pending: &Pending, path: &str) {
        let detail = self.detail(pending);
        set(&detail, "path", &path.into());
        // The timeline's clock runs on while the page sleeps, a call's does not.
        let slept = now() - platform::now();
        let Steps { encoding, posted, computing, answered } = pending.steps.get();
        self.host.measure_call(&detail, slept, pending.began, encoding, posted, computing, answered);
    }

    /// What an event or a measure of a call begins with.
    pub(crate) fn detail(&self, pending: &Pending) -> Object {
        let detail = Object::new();
        set(&detail, "versionId", &pending.context.version_id.as_deref().into());
        detail
    }
}
