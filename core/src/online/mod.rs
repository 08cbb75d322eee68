//! One call computed by a Spark service over HTTP: where it goes, with which headers, what the answer means, and whether
//! to try again. The page's shell fetches; nothing here does.
//!
//! The way of one call: [`route`] and [`headers`], then on anything but a good answer [`failure`] (or [`network`],
//! [`not_a_result`], [`credential_failure`]), then [`Retries::next`].

mod address;
mod answer;
mod headers;
mod retry;

pub use address::{
    Route, ServiceUri, Target, chunk_address, fails_records, is_server_id, refuses_caller, refuses_chunks, route,
    short_name,
};
pub use answer::{ErrorBody, Reply, Unexpected, failure, network, not_a_result};
pub use headers::{CredentialTrouble, credential_failure, headers};
pub use retry::{Conditions, Retries};
