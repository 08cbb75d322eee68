//! What is known of the models, and the calls that wait until enough of it is.
//!
//! A configuration need not say which service a model is: its package may. Such packages are read when a call asks for a
//! service that nothing known so far is, all of them before the call is looked at again, so that the answer does not
//! depend on which came first.

use spark_execute_core::config::Config;
use spark_execute_core::metadata::ModelMetadata;
use spark_execute_core::online::is_server_id;
use spark_execute_core::resolve::{ModelMeta, Wanted, goes_by_name, resolve};
use spark_execute_core::scheduler::{CallId, ModelIndex};
use spark_execute_core::{Code, Failure, Result};

use crate::call::Pending;
use crate::platform::{now, time_of_day};
use crate::pool::{Pool, State};
use crate::xcall::NOT_ONLINE;

/// How many packages are read at once for their names.
const MOST_READ: usize = 4;

/// How far a package has been looked into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Read {
    /// Not yet.
    No,
    /// It is loading because of that.
    Now,
    /// It could not be loaded: the calls that wait now go without.
    InVain,
    /// What it says is known.
    Yes,
}

/// What is known of the models; it outlives their images.
#[derive(Debug)]
pub struct Names {
    /// One for each model: what the configuration says, and for the rest its package.
    pub known: Vec<ModelMetadata>,
    read: Vec<Read>,
    at_once: usize,
    /// Calls of which it is not known which model they mean.
    parked: Vec<CallId>,
}

impl Names {
    /// What the configuration says.
    pub fn new(config: &Config) -> Self {
        Names {
            known: config.models.iter().map(|model| model.metadata.clone()).collect(),
            read: vec![Read::No; config.models.len()],
            at_once: MOST_READ.min(config.offline_max_service),
            parked: Vec::new(),
        }
    }

    /// Whether some package could still tell which service it is.
    pub fn may_learn(&self) -> bool {
        (0..self.read.len()).any(|model| self.is_open(model))
    }

    fn is_open(&self, model: ModelIndex) -> bool {
        self.read[model] != Read::Yes && !self.known[model].names_service()
    }

    /// Whether calls wait.
    pub fn reads(&self) -> bool {
        !self.parked.is_empty()
    }

    /// The model was unloaded, or could not be loaded.
    pub fn unloaded(&mut self, model: ModelIndex) {
        if self.read[model] == Read::Now {
            self.read[model] = Read::InVain;
        }
    }
}

impl Pool {
    /// The configured model that is wanted, as far as is known.
    pub(crate) fn resolve(&self, wanted: &Wanted<'_>) -> Result<ModelIndex> {
        let state = self.state.borrow();
        let known = self.models.iter().zip(&state.names.known);
        let models: Vec<ModelMeta<'_>> =
            known.map(|(model, known)| ModelMeta::of(&model.config.version_id, known)).collect();
        let dates = |text: &str, end: bool| Some(self.host.date_ms(text, end)).filter(|ms| !ms.is_nan());
        resolve(wanted, &models, time_of_day(), &dates)
    }

    /// Whether a call that resolves to nothing is to wait for what packages say.
    pub(crate) fn may_learn(&self, failure: &Failure, wanted: &Wanted<'_>) -> bool {
        failure.code == Code::ModelNotFound && goes_by_name(wanted) && self.state.borrow().names.may_learn()
    }

    /// The package of a model was read.
    pub(crate) fn learned(&self, model: ModelIndex, mut names: ModelMetadata) {
        let config = &self.models[model].config;
        let mut known = config.metadata.clone();
        if is_server_id(&config.version_id) {
            // It is configured by what servers call it.
            names.version_id = None;
        }
        known.complete(names);
        let names = &mut self.state.borrow_mut().names;
        names.known[model] = known;
        names.read[model] = Read::Yes;
    }

    /// Starts a call that waits until all packages that could be meant are read.
    pub(crate) fn park(&self, call: Pending, now: f64) -> CallId {
        let id = self.next_call();
        let spec = self.open(id, call, None, now);
        self.state.borrow_mut().names.parked.push(id);
        self.tell(|scheduler| scheduler.park(id, spec, now));
        id
    }

    /// Reads further packages for the calls that wait, or lets these go on.
    pub(crate) fn read_on(&self) {
        let mut guard = self.state.borrow_mut();
        let State { names, calls, scheduler, .. } = &mut *guard;
        // Those that are over or went online wait no more.
        let waiting = |call: &CallId| calls.get(call).filter(|pending| pending.leg.is_none());
        names.parked.retain(|call| waiting(call).is_some());
        let deadline = names.parked.iter().filter_map(waiting).fold(0.0, |latest, call| call.deadline.max(latest));
        if names.parked.is_empty() {
            return;
        }
        let mut reading = names.read.iter().filter(|read| **read == Read::Now).count();
        let mut started = false;
        for model in 0..names.read.len() {
            if reading < names.at_once && names.read[model] == Read::No && names.is_open(model) {
                let loads = scheduler.learn(model, deadline, now());
                names.read[model] = if loads { Read::Now } else { Read::InVain };
                reading += usize::from(loads);
                started |= loads;
            }
        }
        if reading > 0 {
            drop(guard);
            if started {
                self.act();
            }
            return;
        }
        for read in &mut names.read {
            if *read == Read::InVain {
                *read = Read::No;
            }
        }
        let parked = std::mem::take(&mut names.parked);
        drop(guard);
        for call in parked {
            self.unpark(call);
        }
    }

    /// All that packages say is known: a call that waited for it goes to its model, online, or fails.
    fn unpark(&self, call: CallId) {
        if !self.tell(|scheduler| scheduler.answered_online(call)) {
            return;
        }
        let Some(mut pending) = self.take(call) else { return };
        match self.resolve(&pending.names.wanted()) {
            Ok(model) => {
                let id = &self.models[model].config.version_id;
                pending.request.text = self.host.for_endpoint(&pending.request.text, None, Some(id));
                pending.context.version_id = Some(id.clone());
                pending.model = Some(model);
                self.call_as(call, pending, Some(model), now());
            }
            Err(failure) if pending.fallback && failure.code == Code::ModelNotFound => {
                self.call_as(call, Pending { fallback: false, ..pending }, None, now());
            }
            Err(mut failure) => {
                if self.online.is_some() && failure.code == Code::ModelNotFound {
                    failure.message.push_str(NOT_ONLINE);
                }
                self.reject(pending, failure);
            }
        }
    }
}
