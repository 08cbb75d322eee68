//! Whether and when a request is sent again.

use crate::config::Endpoint;
use crate::error::{Code, Failure};

/// No delay of ours is longer, in milliseconds; a server may ask for a longer one.
const MAX_DELAY_MS: f64 = 30_000.0;

/// The attempts of one call.
#[derive(Debug, Clone)]
pub struct Retries {
    left: u32,
    next_ms: f64,
    can_renew: bool,
}

/// What else counts when an attempt has failed.
#[derive(Debug, Clone, Copy)]
pub struct Conditions {
    /// A random number from 0 to below 1.
    pub random: f64,
    /// How much of the call's time is left, in milliseconds.
    pub remaining_ms: f64,
    /// `navigator.onLine`: without a connection nothing is tried again.
    pub is_online: bool,
}

impl Retries {
    /// For a call that has not been sent yet.
    pub fn new(endpoint: &Endpoint) -> Self {
        Retries { left: endpoint.retries, next_ms: endpoint.retry_delay_ms, can_renew: endpoint.credential_is_function }
    }

    /// After how many milliseconds to send the request again; `None`: not at all, the failure stands.
    ///
    /// A credential that is a function is asked again after a 401, once; that costs no retry and no delay. Otherwise
    /// only what may pass is tried again: a computation changes nothing on the server, so sending it twice is safe.
    pub fn next(&mut self, failure: &Failure, conditions: Conditions) -> Option<f64> {
        if failure.code == Code::Unauthorized {
            return (std::mem::take(&mut self.can_renew) && conditions.remaining_ms > 0.0).then_some(0.0);
        }
        let may_pass = matches!(failure.code, Code::RateLimited | Code::Unavailable | Code::Network);
        if !may_pass || self.left == 0 || !conditions.is_online {
            return None;
        }
        // Half of the delay is left to chance, so that clients that failed together do not return together.
        let ours = self.next_ms.min(MAX_DELAY_MS) * (1.0 + conditions.random) / 2.0;
        let asked = failure.more.as_ref().and_then(|more| more.retry_after_ms);
        let delay = ours.max(asked.unwrap_or(0.0));
        if delay >= conditions.remaining_ms {
            return None;
        }
        self.left -= 1;
        self.next_ms *= 2.0;
        Some(delay)
    }
}
