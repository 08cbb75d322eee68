//! What a call is while it is open, and who waits for it.

use std::cell::Cell;
use std::rc::Rc;

use js_sys::{Array, Function};
use spark_execute_core::Failure;
use spark_execute_core::config::{Config, XCallPolicy};
use spark_execute_core::scheduler::{CallId, ModelIndex, ReplicaId};
use spark_execute_core::xcall::Chain;
use spark_execute_worker::js::get;
use wasm_bindgen::JsValue;
use web_sys::AbortController;

use crate::host::{Context, What};
use crate::request::{Named, Prepared};

/// A call that is not over.
#[derive(Debug)]
pub struct Pending {
    /// The model that can compute it here, if one is configured.
    pub model: Option<ModelIndex>,
    /// When it began, on this page's clock.
    pub began: f64,
    /// When it must be over, on this page's clock.
    pub deadline: f64,
    /// Whether the endpoint is asked when it cannot be computed here.
    pub fallback: bool,
    /// Why its answer here was none, before the endpoint is asked.
    pub failure: Option<Failure>,
    /// What it is.
    pub request: Prepared,
    /// How many records of a batch it computes; 0 for a caller's own call.
    pub records: u32,
    /// What it says about its service, for the endpoint.
    pub names: Named,
    /// For an error.
    pub context: Context,
    /// The call whose engine waits for it.
    pub parent: Option<CallId>,
    /// The services that led to it; none for a caller's own call.
    pub chain: Option<Chain>,
    /// Who waits for it.
    pub end: End,
    /// What is being asked of the endpoint, if it is.
    pub leg: Option<Leg>,
    /// For the browser's timeline.
    pub steps: Cell<Steps>,
}

/// Steps of a call, in milliseconds and on this page's clock; 0 for what did not happen.
#[derive(Debug, Default, Clone, Copy)]
pub struct Steps {
    /// How long making a text of the request took, before the call began.
    pub encoding: f64,
    /// When it was posted to a replica.
    pub posted: f64,
    /// How long that computed.
    pub computing: f64,
    /// When the answer was here.
    pub answered: f64,
}

impl Pending {
    /// How long it may take from now on, in milliseconds. Waiting takes none of a record's time.
    pub fn left_ms(&self, now: f64) -> f64 {
        self.deadline - if self.records > 0 { self.began } else { now }
    }

    /// Whether it is a part of a batch.
    pub fn is_chunk(&self) -> bool {
        self.records > 0 && Array::is_array(&self.request.text)
    }
}

/// Who waits for a call.
#[derive(Debug)]
pub enum End {
    /// The caller: a promise's own functions.
    Promise {
        /// Ends the call well.
        resolve: Function,
        /// Ends the call with an error.
        reject: Function,
    },
    /// The engine of another call.
    Engine(Rc<Asked>),
    /// A caller who wants the model ready, and nothing computed.
    Load {
        /// Ends the load well.
        resolve: Function,
        /// Ends the load with an error.
        reject: Function,
        /// Hears how far it is: the phase, and how many bytes have come of how many.
        tell: Option<Function>,
    },
}

/// Requests of the page for a call or a replica; dropping it ends them.
#[derive(Debug)]
pub struct Leg(pub AbortController);

impl Drop for Leg {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// What the configuration says about calls between models.
pub struct XCall {
    /// How far they may go.
    pub policy: XCallPolicy,
    /// `xcall.online`, where it is a function.
    pub may_leave: JsValue,
    /// `externalApi`, if there is one.
    pub external: JsValue,
}

/// What an engine waits for.
#[derive(Debug)]
pub struct Asked {
    /// Its replica.
    pub replica: ReplicaId,
    /// The worker's number for it.
    pub id: u32,
    /// What the facade's `readXcall` made of it.
    pub what: What,
    /// When it asked, on this page's clock.
    pub began: f64,
}

impl XCall {
    /// What `config`, made of `value`, says.
    pub fn new(config: &Config, value: &JsValue) -> Self {
        XCall {
            policy: config.xcall,
            may_leave: get(&get(value, "xcall"), "online"),
            external: get(value, "externalApi"),
        }
    }
}
