//! Models that call other services: how deep, and whether in a circle.

use crate::config::clipped;
use crate::error::{Code, Failure, Result};

/// The services that led to a call: the one that the caller asked for, the one that it called, and so on.
#[derive(Debug, Clone)]
pub struct Chain {
    names: Vec<String>,
}

impl Chain {
    /// The chain of a call that the caller made. `name` is how messages call the service.
    pub fn new(name: &str) -> Self {
        Chain { names: vec![name.to_owned()] }
    }

    /// The chain of a call that the last service of this chain makes; refused when more than `max_depth` calls would lead
    /// to it. A service may come back in a chain: with other inputs the chain may have an end.
    pub fn push(&self, name: &str, max_depth: u32) -> Result<Chain> {
        let circle = self.names.iter().any(|other| other.eq_ignore_ascii_case(name));
        let mut chain = self.clone();
        chain.names.push(name.to_owned());
        if self.names.len() <= max_depth as usize {
            return Ok(chain);
        }
        let (code, how) = if circle { (Code::XCallCycle, " in a circle") } else { (Code::XCallDepth, "") };
        let message = format!(
            "Services call one another{how}, more than {max_depth} calls deep: {}. Make the chain shorter in the models, \
             or raise xcall.maxDepth.",
            chain.shown()
        );
        Err(Failure::new(code, message))
    }

    /// The names, first to last.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// `a → b → c`, the middle of a long chain left out.
    fn shown(&self) -> String {
        const ENDS: usize = 9;
        let mut names: Vec<String> = self.names.iter().map(|name| clipped(name)).collect();
        if names.len() > 2 * ENDS {
            names.splice(ENDS..names.len() - ENDS, ["…".to_owned()]);
        }
        names.join(" → ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_has_an_end_and_says_what_led_there() {
        let mut chain = Chain::new("a/root");
        for depth in 1..=3 {
            chain = chain.push(&format!("a/{depth}"), 3).unwrap();
        }
        let refused = chain.push("a/4", 3).unwrap_err();
        assert_eq!(refused.code, Code::XCallDepth);
        assert!(refused.message.contains("a/root → a/1 → a/2 → a/3 → a/4"), "{refused}");
    }

    #[test]
    fn a_service_may_come_back_until_the_chain_is_too_long() {
        let mut chain = Chain::new("a/b");
        for _ in 0..16 {
            chain = chain.push("A/B", 16).unwrap();
        }
        let refused = chain.push("a/b", 16).unwrap_err();
        assert_eq!(refused.code, Code::XCallCycle);
        assert!(refused.message.contains("circle"), "{refused}");
    }

    #[test]
    fn a_long_chain_is_shown_by_its_ends() {
        let mut chain = Chain::new("first");
        for at in 0..40 {
            chain = chain.push(&format!("{at}"), 40).unwrap();
        }
        let message = chain.push("last", 40).unwrap_err().message;
        assert!(message.contains("first → 0") && message.contains("… →") && message.contains("39 → last"), "{message}");
    }
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
