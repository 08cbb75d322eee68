//! What the scheduler is given and what it gives.

use crate::error::Failure;

/// Position of a model in the configuration.
pub type ModelIndex = usize;
/// A call, unique within a scheduler.
pub type CallId = u32;
/// A worker, unique within a scheduler.
pub type ReplicaId = u32;

/// What the shell is to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Read the model's package and start its first replica.
    Load {
        /// The model.
        model: ModelIndex,
        /// The replica that is to start.
        replica: ReplicaId,
    },
    /// Start a replica from the model's image.
    Spawn {
        /// The model.
        model: ModelIndex,
        /// The replica that is to start.
        replica: ReplicaId,
    },
    /// Say, once for each model, that it gets fewer replicas than were configured.
    TellFewer {
        /// The model.
        model: ModelIndex,
        /// Why one of them could not start.
        failure: Failure,
    },
    /// Give a call to a replica.
    Post {
        /// The replica.
        replica: ReplicaId,
        /// The call.
        call: CallId,
    },
    /// End a replica's worker, or the attempt to start it.
    Terminate {
        /// The replica.
        replica: ReplicaId,
    },
    /// Forget the model's image.
    Unload {
        /// The model.
        model: ModelIndex,
    },
    /// The model that `call` wanted ready is: tell the caller, who waits no more.
    Warmed {
        /// The call.
        call: CallId,
    },
    /// Ask the endpoint for a call's answer.
    Online {
        /// The call.
        call: CallId,
        /// Why it could not be computed here, if that was tried.
        failure: Option<Failure>,
    },
    /// The call failed: tell the caller.
    Fail {
        /// The call.
        call: CallId,
        /// Why.
        failure: Failure,
    },
}

/// What a model may use.
#[derive(Debug, Clone)]
pub struct ModelSpec {
    /// Workers wanted once the model is loaded.
    pub replicas: u32,
    /// Never evicted.
    pub prevent_cleanup: bool,
    /// Its package is always the same bytes: reading it again cannot help.
    pub is_constant: bool,
    /// Bytes of memory that its engine may have.
    pub memory_limit: f64,
}

/// How a call is to be computed.
#[derive(Debug, Clone, Copy)]
pub struct CallSpec {
    /// The model that computes it; `None` for the endpoint.
    pub model: Option<ModelIndex>,
    /// Whether the endpoint is asked when it cannot be computed here.
    pub fallback: bool,
    /// The call whose engine waits for this one. It ends with it, and has no more time than it.
    pub parent: Option<CallId>,
    /// Time until it must be over, in milliseconds.
    pub timeout_ms: f64,
    /// How many records of a batch it computes, one after the other; 0 for a caller's own call. A batch's calls wait for
    /// each other, and for their model, which has its own time: theirs counts from when they are computed, or go online.
    pub records: u32,
}

/// Bounds; times in milliseconds.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Models kept loaded before the least recently used one is evicted.
    pub max_models: usize,
    /// Bytes of memory that all engines should have together; it may be infinite.
    pub memory_budget: f64,
    /// Replicas that start with a model; further ones start as calls wait.
    pub processors: u32,
    /// Time after which a replica without calls ends, unless it is its model's only one; it may be infinite.
    pub idle_ms: f64,
    /// Time for a model to become ready, download included.
    pub start_ms: f64,
    /// Time for a new worker to say its first word.
    pub boot_ms: f64,
    /// Time a cancelled call may still take before its worker is ended.
    pub cancel_grace_ms: f64,
    /// Workers that were ended while they computed and may still run, beyond which replacements wait.
    pub max_dying: usize,
}

/// A model in numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelStats {
    /// `"idle"`, `"loading"` or `"loaded"`.
    pub state: &'static str,
    /// Replicas that take calls.
    pub ready: usize,
    /// Replicas that are starting.
    pub starting: usize,
    /// Workers that were ended while they computed and may still run.
    pub dying: usize,
    /// Calls waiting for a replica.
    pub queued: usize,
    /// Calls given to a replica.
    pub running: usize,
    /// Calls that were computed here; of a batch, records.
    pub done: u32,
    /// Calls that ended here in another way, those that went online among them.
    pub failed: u32,
    /// Replicas that took the place of others.
    pub restarts: u32,
    /// Memory of all its engines, dying ones included, in bytes.
    pub heap: f64,
}
