//! Models that callers want ready before their first call.

use js_sys::{Array, Function, Object};
use spark_execute_core::scheduler::{CallId, ModelIndex};
use spark_execute_core::{Result, config, load};
use spark_execute_worker::js::set;
use wasm_bindgen::JsValue;

use crate::call::{End, Pending};
use crate::client::Client;
use crate::host::Context;
use crate::pool::Pool;
use crate::view;

impl Client {
    /// The model that is to be loaded.
    pub(crate) fn model_to_load(&self, version_id: &JsValue, context: &mut Context) -> Result<usize> {
        let id = load::wanted(&view::outline(version_id), &self.config.version_ids())?;
        let found = self.find(&id);
        context.version_id = Some(id);
        let online = self.pool.online.is_some();
        found.map_err(|failure| if online { load::only_online(failure) } else { failure })
    }
}

impl Pool {
    /// Loads the model of `load`, unless it is there.
    pub fn warm(&self, load: Pending, now: f64) -> CallId {
        let id = self.next_call();
        let model = load.model;
        let spec = self.open(id, load, model, now);
        self.tell(|scheduler| scheduler.warm(id, spec, now));
        id
    }

    /// The model that the caller waits for is ready.
    pub(crate) fn warmed(&self, call: CallId) {
        let Some(Pending { model: Some(model), end: End::Load { resolve, tell, .. }, .. }) = self.take(call) else {
            return;
        };
        // These are the facade's own, and a promise's: they do not throw.
        if let Some(tell) = tell {
            let _ = tell.call1(&JsValue::UNDEFINED, &"ready".into());
        }
        let _ = resolve.call1(&JsValue::UNDEFINED, &self.row(model).into());
    }

    /// Tells those who wait for the model how far it is; `bytes`: how many of its package have come, and of how many.
    pub(crate) fn progress(&self, model: ModelIndex, phase: &str, bytes: &JsValue) {
        for tell in self.listening(model) {
            let _ = tell.call2(&JsValue::UNDEFINED, &phase.into(), bytes);
        }
    }

    /// What wants to hear of the progress of the model's load.
    pub(crate) fn listening(&self, model: ModelIndex) -> Vec<Function> {
        let listens = |pending: &Pending| match &pending.end {
            End::Load { tell: Some(tell), .. } if pending.model == Some(model) => Some(tell.clone()),
            _ => None,
        };
        self.state.borrow().calls.values().filter_map(listens).collect()
    }

    /// One model: its state, replicas, calls and memory.
    pub(crate) fn row(&self, model: ModelIndex) -> Object {
        let row = Object::new();
        let state = self.state.borrow();
        let config::Model { version_id, .. } = &self.models[model].config;
        set(&row, "versionId", &version_id.as_str().into());
        if let Some(stats) = state.scheduler.stats(model) {
            set(&row, "state", &stats.state.into());
            let numbers = [
                ("replicas", stats.ready as f64),
                ("starting", stats.starting as f64),
                ("dying", stats.dying as f64),
                ("queued", stats.queued as f64),
                ("running", stats.running as f64),
                ("memory", stats.heap),
                ("done", f64::from(stats.done)),
                ("failed", f64::from(stats.failed)),
                ("restarts", f64::from(stats.restarts)),
            ];
            for (name, number) in numbers {
                set(&row, name, &number.into());
            }
        }
        if !state.times[model].is_undefined() {
            set(&row, "times", &state.times[model]);
        }
        row
    }

    /// All models, in the order of the configuration.
    pub fn rows(&self) -> Array {
        (0..self.models.len()).map(|model| self.row(model)).collect()
    }
}
