//! The decisions of `spark-execute`, free of any browser: plain Rust that compiles and tests natively.
//!
//! The page (`src/`) and the workers (`worker/`) ask this crate what to do and carry it out.

#![warn(missing_debug_implementations)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod base64_text;
pub mod batch;
pub mod cache;
pub mod columns;
pub mod config;
pub mod error;
pub mod integrity;
pub mod load;
pub mod memory;
pub mod metadata;
pub mod number;
pub mod online;
pub mod package;
pub mod payload;
pub mod percent;
pub mod protocol;
pub mod raw;
pub mod request;
pub mod resolve;
pub mod scheduler;
pub mod suggest;
pub mod table;
pub mod text;
pub mod wire;
pub mod xcall;

pub use error::{Code, Facts, Failure, Result};
