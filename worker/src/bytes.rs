//! The package reader's view of JavaScript buffers: no byte of a package stays in our own memory.

use std::io::{self, Read, Seek, SeekFrom};

use js_sys::{Array, Function, Reflect, Uint8Array};
use spark_execute_core::package::Sink;
use spark_execute_core::{Code, Failure, Result};
use wasm_bindgen::JsCast;

use crate::js::describe;

/// Reads a `Uint8Array`.
#[derive(Debug)]
pub struct JsReader {
    bytes: Uint8Array,
    position: u64,
}

impl JsReader {
    /// Reads from the start of `bytes`.
    pub fn new(bytes: Uint8Array) -> Self {
        JsReader { bytes, position: 0 }
    }
}

impl Read for JsReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = u64::from(self.bytes.length());
        let start = self.position.min(length);
        let end = (start + buffer.len() as u64).min(length);
        let count = (end - start) as usize;
        self.bytes.subarray(start as u32, end as u32).copy_to(&mut buffer[..count]);
        self.position += count as u64;
        Ok(count)
    }
}

impl Seek for JsReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(offset) => i64::try_from(offset).ok(),
            SeekFrom::End(offset) => i64::from(self.bytes.length()).checked_add(offset),
            SeekFrom::Current(offset) => (self.position as i64).checked_add(offset),
        };
        match target {
            Some(position) if position >= 0 => {
                self.position = position as u64;
                Ok(self.position)
            }
            _ => Err(io::ErrorKind::InvalidInput.into()),
        }
    }
}

/// Writes an entry into a `Uint8Array` of its size.
#[derive(Debug, Default)]
pub struct JsSink {
    bytes: Option<Uint8Array>,
    written: u32,
}

impl JsSink {
    /// What was written.
    pub fn into_bytes(self) -> Uint8Array {
        self.bytes.unwrap_or_else(|| Uint8Array::new_with_length(0))
    }
}

impl Sink for JsSink {
    fn start(&mut self, size: u64) -> Result<()> {
        // Not `Uint8Array::new_with_length`: an allocation that fails throws, and must be an answer, not a crash.
        let constructor = js_sys::Reflect::get(&js_sys::global(), &"Uint8Array".into()).map(Function::from);
        let bytes = constructor.and_then(|class| Reflect::construct(&class, &Array::of1(&(size as f64).into())));
        match bytes {
            Ok(bytes) => {
                self.bytes = Some(bytes.unchecked_into());
                Ok(())
            }
            Err(error) => {
                let message = format!("There is no memory for a part of {size} bytes of the package.");
                Err(Failure::new(Code::PackageTooLarge, message).with_details(describe(&error)))
            }
        }
    }

    fn write(&mut self, chunk: &[u8]) -> Result<()> {
        let end = self.written + chunk.len() as u32;
        match &self.bytes {
            Some(bytes) if end <= bytes.length() => {
                bytes.subarray(self.written, end).copy_from(chunk);
                self.written = end;
                Ok(())
            }
            _ => Err(Failure::new(Code::Internal, "An entry is longer than was announced.")),
        }
    }
}
