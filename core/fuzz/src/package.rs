//! Any bytes are a package that is read, or are refused for a reason: no panic, no hang, nothing beyond the limits.

#![no_main]

use std::io::Cursor;

use libfuzzer_sys::fuzz_target;
use spark_execute_core::package::{CHUNK, Limits, Role, Sink, Want, open};
use spark_execute_core::{Code, Result};

/// Small, so that small inputs reach them.
const LIMITS: Limits =
    Limits { package: 1 << 20, entries: 64, expanded: 1 << 20, inner: 1 << 18, ratio: 50, ratio_floor: 1 << 16 };
const ID: &str = "11111111-2222-4333-8444-555555555555";

/// What came of one part, held to what was announced.
#[derive(Default)]
struct Count {
    announced: Option<u64>,
    came: u64,
    bytes: Vec<u8>,
}

impl Sink for Count {
    fn start(&mut self, size: u64) -> Result<()> {
        assert!(self.announced.replace(size).is_none() && size <= LIMITS.expanded);
        Ok(())
    }

    fn write(&mut self, chunk: &[u8]) -> Result<()> {
        assert!(!chunk.is_empty() && chunk.len() <= CHUNK);
        self.came += chunk.len() as u64;
        assert!(Some(self.came) <= self.announced);
        self.bytes.extend_from_slice(chunk);
        Ok(())
    }
}

fn read(version_id: Option<&str>, verify_checksums: bool, bytes: &[u8]) -> Result<()> {
    let mut package = open(Cursor::new(bytes), &Want { version_id, verify_checksums, limits: LIMITS })?;
    assert!(package.part(Role::Glue).is_some() && package.part(Role::Engine).is_some());
    let mut total = 0;
    for role in Role::ALL {
        let Some(size) = package.part(role).map(|part| part.size) else { continue };
        let mut sink = Count::default();
        let extracted = package.extract(role, &mut sink);
        total += sink.came;
        if let Some(deflated) = package.deflated(role) {
            assert!(deflated.start + deflated.length <= bytes.len() as u64 && deflated.size == size);
        }
        extracted?;
        assert_eq!((sink.announced, sink.came), (Some(size), size));
        assert!(package.verify(role, sink.bytes.as_slice())?, "what came out is what the directory states");
        assert!(total <= LIMITS.expanded);
    }
    let _ = package.text(Role::Static)?;
    Ok(())
}

fuzz_target!(|data: &[u8]| {
    // The last byte chooses: what is read stands where it stood in the file.
    let Some((choice, bytes)) = data.split_last() else { return };
    let version_id = (choice & 1 == 0).then_some(ID);
    if let Err(failure) = read(version_id, choice & 2 == 0, bytes) {
        let expected = matches!(
            failure.code,
            Code::ZipInvalid
                | Code::PackageIncomplete
                | Code::PackageAmbiguous
                | Code::PackageTooLarge
                | Code::ChecksumMismatch
        );
        assert!(expected && failure.message.len() < 3000, "{failure}");
    }
});
