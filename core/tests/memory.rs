//! What a module declares about its memory, and lowering it: on modules that compilers made, and on hostile ones.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::io::{Cursor, Read};

use spark_execute_core::Code;
use spark_execute_core::memory::{Declared, Edit, Unreadable, find, over_limit};

fn declared(module: &[u8]) -> Result<Option<Declared>, Unreadable> {
    find(&mut |at, into| {
        let rest = usize::try_from(at).ok().and_then(|at| module.get(at..)).unwrap_or_default();
        let count = rest.len().min(into.len());
        into[..count].copy_from_slice(&rest[..count]);
        count
    })
}

fn edited(module: &[u8], edits: &[Edit]) -> Vec<u8> {
    let mut made = Vec::new();
    let mut from = 0;
    for edit in edits {
        made.extend_from_slice(&module[from..edit.at as usize]);
        made.extend_from_slice(&edit.insert);
        from = (edit.at + edit.remove) as usize;
    }
    made.extend_from_slice(&module[from..]);
    made
}

/// The pages that a module has after it was lowered to `pages`.
fn lowered(module: &[u8], pages: u32) -> (u64, Option<u64>) {
    let found = declared(module).unwrap().unwrap();
    let again = declared(&edited(module, &found.lowered(pages))).unwrap().unwrap();
    (again.initial, again.maximum)
}

fn section(id: u8, content: &[u8]) -> Vec<u8> {
    let mut made = vec![id];
    let mut size = content.len();
    while size > 0x7f {
        made.push((size as u8 & 0x7f) | 0x80);
        size >>= 7;
    }
    made.push(size as u8);
    made.extend_from_slice(content);
    made
}

fn module(sections: &[Vec<u8>]) -> Vec<u8> {
    [b"\0asm\x01\0\0\0".to_vec(), sections.concat()].concat()
}

/// 1 page, at most 65,536.
const LARGE: &[u8] = &[1, 1, 1, 0x80, 0x80, 4];

#[test]
fn a_maximum_is_lowered_in_its_place() {
    let plain = module(&[section(5, LARGE), section(11, &[0; 40])]);
    let found = declared(&plain).unwrap().unwrap();
    assert_eq!((found.initial, found.maximum), (1, Some(65_536)));
    for pages in [1, 2, 127, 128, 16_384, 65_535] {
        assert_eq!(lowered(&plain, pages), (1, Some(u64::from(pages))));
        assert_eq!(edited(&plain, &found.lowered(pages)).len(), plain.len());
    }
    for pages in [65_536, u32::MAX] {
        assert_eq!(found.lowered(pages), [], "it is never raised");
    }
}

#[test]
fn a_memory_without_a_maximum_gets_one_and_its_section_grows() {
    // So many custom bytes before it that its place needs two bytes, in a section whose size is written in five.
    let custom = section(0, &[3; 300]);
    let mut content = section(5, &[1, 0, 1]);
    content.splice(1..2, [0x83, 0x80, 0x80, 0x80, 0]);
    let plain = module(&[custom, content, section(11, &[9; 9])]);
    for pages in [1, 128, 65_536] {
        assert_eq!(lowered(&plain, pages), (1, Some(u64::from(pages))));
    }
    let made = edited(&plain, &declared(&plain).unwrap().unwrap().lowered(128));
    let end = [vec![3, 5, 5, 1, 1, 1, 0x80, 1], section(11, &[9; 9])].concat();
    assert!(made.ends_with(&end), "{made:?}");
}

#[test]
fn an_imported_memory_is_found_among_other_imports() {
    let name = [2, b'a', b'b'];
    let import = |what: &[u8]| [&name[..], &name, what].concat();
    let memory = import(&[&[2], &LARGE[1..]].concat());
    let others = [
        import(&[0, 0x85, 1]),
        import(&[1, 0x70, 1, 1, 0xff, 1]),
        import(&[1, 0x63, 0x80, 1, 0, 4]),
        import(&[3, 0x7f, 1]),
        import(&[3, 0x64, 5, 0]),
        import(&[4, 0, 7]),
    ];
    for at in 0..=others.len() {
        let mut all = others.to_vec();
        all.insert(at, memory.clone());
        let plain = module(&[section(1, &[0]), section(2, &[&[all.len() as u8][..], &all.concat()].concat())]);
        assert_eq!(lowered(&plain, 256), (1, Some(256)), "{at}");
    }
    let none = module(&[section(2, &[&[others.len() as u8][..], &others.concat()].concat())]);
    assert_eq!(declared(&none), Ok(None));
}

#[test]
fn shared_and_64_bit_memories_are_lowered_too() {
    let large = [1, 5, 1, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x40];
    assert_eq!(lowered(&module(&[section(5, &large)]), 9), (1, Some(9)));
    let unbounded = [1, 4, 1];
    assert_eq!(lowered(&module(&[section(5, &unbounded)]), 300), (1, Some(300)));
    let shared = [1, 3, 1, 0x80, 8];
    assert_eq!(lowered(&module(&[section(5, &shared)]), 9), (1, Some(9)));
}

#[test]
fn what_is_not_understood_is_refused() {
    let hostile = [
        b"".to_vec(),
        b"\0asm".to_vec(),
        b"\0asm\x02\0\0\0".to_vec(),
        // Two memories, in one section, in two, one imported.
        module(&[section(5, &[2, 0, 1, 0, 1])]),
        module(&[section(5, LARGE), section(5, LARGE)]),
        module(&[section(2, &[1, 0, 0, 2, 0, 1]), section(5, LARGE)]),
        // Flags of the future, a kind of import of the future.
        module(&[section(5, &[1, 8, 1, 1])]),
        module(&[section(2, &[1, 0, 0, 5, 0])]),
        // Sections that end elsewhere than they say, or nowhere.
        module(&[section(5, &[1, 0, 1, 0])]),
        module(&[section(5, &[1, 1, 1])]),
        module(&[vec![5, 3, 1]]),
        module(&[vec![5]]),
        module(&[vec![5, 0x80]]),
        module(&[vec![0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]]),
        // Names and counts without end.
        module(&[section(2, &[1, 0xff, 0xff, 0xff, 0xff, 0x0f])]),
        module(&[section(2, &[0xff, 0xff, 0xff, 0xff, 0x0f, 0, 0, 0, 0])]),
        module(&[section(2, &[1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f])]),
    ];
    for bytes in hostile {
        assert!(declared(&bytes).is_err(), "{bytes:?}");
    }
    let custom = [[0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f].as_slice(), LARGE].concat();
    assert_eq!(declared(&module(&[custom])), Ok(None), "the browser refuses a section that goes beyond the end");
}

#[test]
fn no_bytes_make_it_panic_or_hang() {
    let modules = [module(&[section(5, LARGE)]), module(&[section(2, &[1, 0, 0, 2, 1, 1, 9]), section(11, &[0; 9])])];
    let mut state = 1u32;
    for plain in modules {
        for _ in 0..50_000 {
            let mut bytes = plain.clone();
            for _ in 0..3 {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let at = state as usize % bytes.len();
                bytes[at] = (state >> 16) as u8;
            }
            if let Ok(Some(found)) = declared(&bytes) {
                let edits = found.lowered(3);
                if edits.iter().all(|edit| edit.at + edit.remove <= bytes.len() as u64) {
                    let again = declared(&edited(&bytes, &edits)).unwrap().unwrap();
                    assert!(again.maximum.is_some_and(|pages| pages <= 3), "{bytes:?}");
                }
            }
        }
    }
}

#[test]
fn the_failure_says_what_was_asked_and_what_is_allowed() {
    let failure = over_limit(67_108_864.0, 100_000_000.0);
    assert_eq!(failure.code, Code::MemoryLimit);
    for part in ["100000000 bytes", "may have 67108864", "memoryLimit"] {
        assert!(failure.message.contains(part), "{failure}");
    }
    let more = failure.into_facts().more.unwrap();
    assert_eq!((more.allowed, more.requested), (Some(67_108_864.0), Some(100_000_000.0)));
    assert_eq!(over_limit(65_536.0, 0.0).into_facts().more.unwrap().requested, None);
}

/// The WebAssembly of a test model.
fn engine_of(name: &str) -> Vec<u8> {
    let bytes = std::fs::read(format!("{}/../tests/models/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let name = archive.file_names().find(|name| name.ends_with(".wasm")).unwrap().to_owned();
    let mut engine = Vec::new();
    archive.by_name(&name).unwrap().read_to_end(&mut engine).unwrap();
    engine
}

#[test]
fn the_test_models_are_lowered() {
    for name in ["cylinder/cylinder.zip", "cylinder/cylinder-imported.zip", "large/large-o3.zip"] {
        let engine = engine_of(name);
        let found = declared(&engine).unwrap().unwrap();
        assert_eq!((found.initial, found.maximum), (256, Some(65_536)), "{name}");
        assert_eq!(lowered(&engine, 1024), (256, Some(1024)), "{name}");
    }
}
