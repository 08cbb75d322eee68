//! Reads each package given as a worker would, keeping nothing: `cargo run --example read_package -- FILE…`. Prints one
//! line for each: `OK` or the code it is refused with, and what was said.

#![allow(missing_docs)]

use std::fs::File;
use std::io::Write;

use spark_execute_core::package::{Limits, Role, Sink, Want, open};
use spark_execute_core::{Code, Failure, Result};

const ID: &str = "11111111-2222-4333-8444-555555555555";

/// Counts what comes, and holds the reader to what it announced.
#[derive(Default)]
struct Count {
    announced: u64,
    came: u64,
}

impl Sink for Count {
    fn start(&mut self, size: u64) -> Result<()> {
        self.announced = size;
        Ok(())
    }

    fn write(&mut self, chunk: &[u8]) -> Result<()> {
        self.came += chunk.len() as u64;
        if self.came <= self.announced {
            return Ok(());
        }
        Err(Failure::new(Code::Internal, "more came than was announced"))
    }
}

fn read(path: &str) -> Result<()> {
    let file = File::open(path).map_err(|error| Failure::new(Code::BinaryFetch, error.to_string()))?;
    let mut package = open(file, &Want { version_id: Some(ID), verify_checksums: true, limits: Limits::default() })?;
    for role in Role::ALL {
        if package.part(role).is_some() {
            package.extract(role, &mut Count::default())?;
        }
    }
    Ok(())
}

fn main() {
    let mut out = std::io::stdout().lock();
    for path in std::env::args().skip(1) {
        let said = read(&path).map_or_else(|failure| failure.to_string(), |()| "OK".to_owned());
        // Whoever reads this is gone: so are we.
        if writeln!(out, "{said}").is_err() {
            return;
        }
    }
}
