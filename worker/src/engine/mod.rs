//! Engines: what computes a model.
//!
//! # Design
//!
//! An [`Engine`] is one constructed workbook of one Emscripten instance, made by [`start`] from glue, module and data.
//! The glue is somebody else's JavaScript and is steered only through its own hooks ([`hooks`]); it is never edited.
//! [`heap`] moves text into and out of the instance's memory, [`console`] keeps what it prints, [`fault`] says what a
//! thrown value means, and [`dispatch`] takes calls to other services to the page.

mod chunk;
mod console;
mod dispatch;
mod fault;
mod heap;
mod hooks;
mod nodegen;

pub use dispatch::Exchange;
pub use fault::Fault;
pub use nodegen::{Engine, Parts, start};
