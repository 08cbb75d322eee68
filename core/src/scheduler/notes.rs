//! What happens to models and their replicas, for whoever observes it. It changes nothing.

use super::{ModelIndex, ReplicaId, Scheduler};
use crate::error::Failure;

/// Something that happened to a model.
#[derive(Debug, Clone, PartialEq)]
pub struct Note {
    /// The model.
    pub model: ModelIndex,
    /// What happened to it.
    pub what: Happened,
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Happened {
    /// Its package is being read.
    Load,
    /// The replica takes calls.
    Ready(ReplicaId),
    /// It left memory to make room for others.
    Evict,
    /// The replica's worker died, could not start, or is discarded since its engine may be damaged.
    Crash(ReplicaId, Failure),
    /// The replica starts in the place of one that was lost.
    Restart(ReplicaId),
}

/// What a model has been through.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Calls that were computed.
    pub done: u32,
    /// Calls that are its no more: computed, failed, or gone online.
    pub over: u32,
    /// Replicas that took the place of others.
    pub restarts: u32,
    /// Replicas that were lost and have no replacement yet.
    pub missing: u32,
}

impl Scheduler {
    /// What happened next; `None` when all was told.
    pub fn next_note(&mut self) -> Option<Note> {
        self.notes.pop_front()
    }

    pub(super) fn note(&mut self, model: ModelIndex, what: Happened) {
        /// Nobody need listen.
        const MOST: usize = 1000;
        if self.notes.len() < MOST {
            self.notes.push_back(Note { model, what });
        }
    }

    pub(super) fn note_crash(&mut self, id: ReplicaId, failure: &Failure) {
        if let Some(model) = self.model_of(id) {
            self.note(model, Happened::Crash(id, failure.clone()));
        }
    }
}
