//! Models that call other services: how deep, and whether in a circle.

use crate::config::clipped;
use crate::error::{Code, Failure, Result};
use crate::text;

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
            names.drain(ENDS..names.len() - ENDS);
            names.insert(ENDS, "…".to_owned());
        }
        text::join(&names, " → ")
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
        let message = chain.push("last", 40).unwrap_err().into_facts().message;
        assert!(message.contains("first → 0") && message.contains("… →") && message.contains("39 → last"), "{message}");
    }
}
