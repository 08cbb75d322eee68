//! Models that call other services: how deep, and whether in a circle.

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::config::clipped;
use crate::error::{Code, Failure, Result};

/// The services that led to a call: the one that the caller asked for, the one that it called, and so on.
#[derive(Debug, Clone)]
pub struct Chain {
    calls: Vec<Link>,
}

#[derive(Debug, Clone)]
struct Link {
    name: String,
    /// Of the service and what it was asked.
    hash: u64,
}

impl Chain {
    /// The chain of a call that the caller made. `name` is how messages call the service (`folder/service`, or a
    /// version id), `body` what it is asked.
    pub fn new(name: &str, body: &str) -> Self {
        Chain { calls: vec![Link { name: name.to_owned(), hash: hash(name, body) }] }
    }

    /// The chain of a call that the last service of this chain makes; refused when more than `max_depth` calls would lead
    /// to it.
    ///
    /// A service may come back in a chain with other inputs. With the same it would call itself for ever, since models
    /// are functions: that is refused at once.
    pub fn push(&self, name: &str, body: &str, max_depth: u32) -> Result<Chain> {
        let link = Link { name: name.to_owned(), hash: hash(name, body) };
        let same = |other: &Link| other.name.eq_ignore_ascii_case(name);
        let (endless, circle) =
            (self.calls.iter().any(|other| other.hash == link.hash && same(other)), self.calls.iter().any(same));
        let mut calls = self.calls.clone();
        calls.push(link);
        let chain = Chain { calls };
        if !endless && chain.depth() <= max_depth as usize {
            return Ok(chain);
        }
        let names = chain.shown();
        Err(if endless {
            let message = format!(
                "Services call one another in a circle with the same inputs, without end: {names}. Break the circle in a model."
            );
            Failure::new(Code::XCallCycle, message)
        } else if circle {
            let message = format!(
                "Services call one another in a circle, more than {max_depth} calls deep: {names}. Break the circle in a \
                 model, or raise xcall.maxDepth."
            );
            Failure::new(Code::XCallCycle, message)
        } else {
            let message = format!(
                "Services call one another more than {max_depth} calls deep: {names}. Make the chain shorter, or raise \
                 xcall.maxDepth."
            );
            Failure::new(Code::XCallDepth, message)
        })
    }

    /// How many calls of models led here: 0 for the caller's own.
    pub fn depth(&self) -> usize {
        self.calls.len() - 1
    }

    /// The names, first to last.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.calls.iter().map(|link| link.name.as_str())
    }

    /// `a → b → c`, the middle of a long chain left out.
    fn shown(&self) -> String {
        const ENDS: usize = 9;
        let mut names: Vec<String> = self.names().map(clipped).collect();
        if names.len() > 2 * ENDS {
            names.splice(ENDS..names.len() - ENDS, ["…".to_owned()]);
        }
        names.join(" → ")
    }
}

fn hash(name: &str, body: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    (name.to_ascii_lowercase(), body).hash(&mut hasher);
    hasher.finish()
}
