//! What is known of the models: which services they are, and whose packages were read for that.

use spark_execute_core::config::Config;
use spark_execute_core::metadata::ModelMetadata;
use spark_execute_core::scheduler::{CallId, ModelIndex};

/// How many packages are read at once for their names.
const MOST_READ: usize = 4;

/// How far a package has been looked into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Read {
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
    pub(crate) read: Vec<Read>,
    pub(crate) at_once: usize,
    /// Calls of which it is not known which model they mean.
    pub(crate) parked: Vec<CallId>,
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

    /// Whether this one's could.
    pub(crate) fn is_open(&self, model: ModelIndex) -> bool {
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
