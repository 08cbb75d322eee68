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

#[cfg(test)]
mod tests {
    use super::*;

    /// The chain of these calls, or what refuses it.
    fn chain(calls: &[(&str, &str)], max_depth: u32) -> Result<Chain> {
        let (name, body) = calls[0];
        calls[1..].iter().try_fold(Chain::new(name, body), |chain, (name, body)| chain.push(name, body, max_depth))
    }

    #[test]
    fn a_chain_ends_at_its_depth() {
        let names: Vec<String> = (0..=16).map(|at| format!("f/s{at}")).collect();
        let calls: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "{}")).collect();
        let full = chain(&calls, 16).unwrap();
        assert_eq!(full.depth(), 16);
        assert!(full.names().eq(names.iter().map(String::as_str)));
        let failure = full.push("f/last", "{}", 16).unwrap_err();
        assert_eq!(failure.code, Code::XCallDepth);
        assert!(failure.message.contains("f/s0 → f/s1 → ") && failure.message.contains("f/s16 → f/last"), "{failure}");
        assert!(failure.message.contains("more than 16") && failure.message.contains("xcall.maxDepth"), "{failure}");
        assert!(full.push("f/last", "{}", 17).is_ok());
    }

    #[test]
    fn a_service_may_come_back_with_other_inputs_until_the_depth() {
        let back = chain(&[("a", "1"), ("b", "1"), ("a", "2"), ("b", "2"), ("a", "3")], 4).unwrap();
        let failure = back.push("B", "3", 4).unwrap_err();
        assert_eq!(failure.code, Code::XCallCycle);
        assert!(failure.message.contains("a → b → a → b → a → B"), "{failure}");
    }

    #[test]
    fn the_same_inputs_again_are_endless() {
        for calls in [&[("a", "1"), ("A", "1")][..], &[("a", "1"), ("b", "1"), ("a", "1")]] {
            let failure = chain(calls, 16).unwrap_err();
            assert_eq!(failure.code, Code::XCallCycle);
            assert!(failure.message.contains("without end: a → "), "{failure}");
        }
        assert!(chain(&[("a", "1"), ("b", "1")], 16).is_ok());
    }

    #[test]
    fn a_message_stays_short() {
        let names: Vec<String> = (0..100).map(|at| format!("{at}{}", "x".repeat(1000))).collect();
        let calls: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "")).collect();
        let failure = chain(&calls, 98).unwrap_err();
        assert!(failure.message.chars().count() < 2000 && failure.message.contains("… → …"), "{failure}");
    }
}
