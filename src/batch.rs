//! What the facade asks for a batch: how many records to send together, and to send them.

use std::cell::Cell;

use js_sys::{Array, Function};
use spark_execute_core::batch::{self, Plan, Progress};
use spark_execute_core::columns::{Form, Outcome};
use spark_execute_core::online;
use wasm_bindgen::prelude::*;

use crate::call::{End, Pending};
use crate::client::Client;
use crate::host::Context;
use crate::online::Online;
use crate::platform::{has_workers, now};
use crate::request::{Named, Prepared};

#[wasm_bindgen]
impl Client {
    /// How many records of a batch to send to the model together, 1024 times how many such chunks may be there, and 2^26 times
    /// how they travel: 0 each as a request, 1 in columns, above that so many of them also in columns, to compare. -1 is the
    /// endpoint. What nobody knows is NaN. See [`Progress`].
    pub fn plan(&self, model: i32, remaining: f64, most: u32, units: f64, micros: f64) -> f64 {
        let known = |value: f64| Some(value).filter(|value| !value.is_nan());
        let (remaining, micros) = (known(remaining), known(micros));
        let mut form = Form::Requests;
        let Plan { size, room } = match usize::try_from(model) {
            Ok(model) => {
                let replicas = self.config.models.get(model).map_or(1, |model| model.replica);
                let scheduler = &mut self.pool.state.borrow_mut().scheduler;
                let micros = scheduler.micros(model);
                let plan = batch::plan(batch::OFFLINE, Progress { micros, replicas, remaining, most, units });
                if let Some(columns) = scheduler.columns(model) {
                    form = columns.form(plan.size, remaining);
                }
                plan
            }
            Err(_) => batch::plan(batch::ONLINE, Progress { micros, replicas: 1, remaining, most, units }),
        };
        let form = match form {
            Form::Requests => 0,
            Form::Columns => 1,
            Form::Probe(records) => records,
        };
        f64::from(room * 1024 + size) + f64::from(form) * f64::from(1 << 26)
    }

    /// Learns what came of a chunk for the model, in the form that `plan` gave it. `done` is how many of its records need not
    /// be computed again, -1 where an answer in columns was not as it should be; `micros` is NaN where it failed as a whole.
    pub fn learn(&self, model: usize, form: u32, records: u32, done: i32, micros: f64) {
        let form = match form {
            0 => Form::Requests,
            1 => Form::Columns,
            records => Form::Probe(records),
        };
        if let Some(columns) = self.pool.state.borrow_mut().scheduler.columns(model) {
            columns.learn(Outcome { form, records, done: u32::try_from(done).ok(), micros });
        }
    }

    /// Whether the endpoint takes chunks for this version, after an answer to one had this status, or 0.
    #[wasm_bindgen(js_name = takesChunks)]
    pub fn takes_chunks(&self, version_id: &str, status: u16) -> bool {
        let address = |online: &Online| online::chunk_address(&online.endpoint, version_id);
        !online::refuses_chunks(status) && self.pool.online.as_deref().and_then(address).is_some()
    }

    /// Whether an answer with this status to a chunk is the answer to each of its records: 0 for no, 1 for yes, 2 where it is if
    /// one of them gets such an answer by itself.
    #[wasm_bindgen(js_name = failsRecords)]
    pub fn fails_records(&self, status: u16) -> u32 {
        if online::refuses_caller(status) { 2 } else { online::fails_records(status).into() }
    }

    /// Starts a chunk, records of a batch: for the model as one text with NUL behind each of them, for the endpoint (-1) as a
    /// body for v4. It is a call, except that `resolve` gets the answer's text as it is, with the microseconds that it took
    /// in a worker, and returns `false` where it does not fit. `timeout` is NaN for the configured one.
    #[allow(clippy::too_many_arguments, reason = "as for `execute`")]
    pub fn chunk(
        &self,
        model: i32,
        version_id: String,
        text: &JsValue,
        records: u32,
        timeout: f64,
        resolve: Function,
        reject: Function,
    ) -> u32 {
        let model = usize::try_from(model).ok();
        if self.pool.is_destroyed() || (model.is_some() && !has_workers()) {
            // Its records tell why, one by one.
            let _ = reject.call0(&JsValue::UNDEFINED);
            return 0;
        }
        let now = now();
        let timeout = if timeout.is_nan() { self.config.timeout_ms } else { timeout };
        let call = Pending {
            model,
            began: now,
            deadline: now + timeout,
            fallback: false,
            failure: None,
            request: Prepared { output: "string".into(), ..Prepared::usual(Array::of1(text).into()) },
            records,
            names: Named::default(),
            context: Context { version_id: Some(version_id), ..Context::default() },
            parent: None,
            chain: None,
            end: End::Promise { resolve, reject },
            leg: None,
            steps: Cell::default(),
        };
        self.pool.call(call, now)
    }
}
