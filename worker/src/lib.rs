//! Runs inside a Web Worker.
