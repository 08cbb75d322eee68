use super::*;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

/// Bytes that use every digit of the alphabet.
fn sample(size: usize) -> Vec<u8> {
    (0..size).map(|index| (index * 7919 + index / 251) as u8).collect()
}

fn wrapped(text: &str, width: usize, end: &str) -> String {
    text.as_bytes().chunks(width).map(|line| format!("{}{end}", std::str::from_utf8(line).unwrap())).collect()
}

#[test]
fn every_spelling_decodes_to_the_same_bytes() {
    for size in [1, 2, 3, 4, 57, 58, 59, 50_000, 50_001] {
        let bytes = sample(size);
        let plain = STANDARD.encode(&bytes);
        let spellings = [
            plain.clone(),
            plain.trim_end_matches('=').into(),
            URL_SAFE_NO_PAD.encode(&bytes),
            wrapped(&plain, 76, "\r\n"),
            wrapped(&plain, 1, " \t"),
            format!("\u{feff}{plain}"),
            format!("  \n{plain}\n"),
            format!("data:application/zip;base64,{plain}"),
            format!(" DATA:;charset=x;BASE64,{}", wrapped(&plain, 64, "\n")),
        ];
        for text in spellings {
            assert_eq!(decode(&text).unwrap(), bytes, "{:?}…", text.chars().take(80).collect::<String>());
        }
    }
}

#[test]
fn slices_may_be_cut_anywhere() {
    let bytes = sample(3000);
    let texts = [
        STANDARD.encode(&bytes),
        format!("\u{feff}data:application/zip;base64,{}", wrapped(&STANDARD.encode(&bytes), 76, "\r\n")),
    ];
    for text in &texts {
        for size in [1, 2, 3, 5, 7, 64, 1023, 1025] {
            let mut decoder = Decoder::new();
            let mut out = Vec::new();
            for slice in text.as_bytes().chunks(size) {
                decoder.push(slice, &mut out).unwrap();
            }
            decoder.finish(&mut out).unwrap();
            assert!(out == bytes, "cut every {size}");
        }
    }
}

#[test]
fn what_is_not_base64_is_refused_with_its_place() {
    let cases = [
        ("", "empty"),
        (" \n ", "empty"),
        ("\u{feff}", "empty"),
        ("data:application/zip;base64,", "empty"),
        ("data:application/zip,UEsD", "not in base64"),
        ("data:application/zip", "no comma"),
        ("UEsDB", "cut off"),
        ("UEsDBA=", "cut off"),
        ("UEsDBA===", "offset 8"),
        ("UEsD=", "offset 4"),
        ("=UEsD", "offset 0"),
        ("UEsDBA==UEsDBA==", "offset 8"),
        ("UEs\nD!BA", "offset 5"),
        ("UEsDB%2B", "decodeURIComponent"),
        ("\"UEsD\"", "quotation marks"),
        ("<!DOCTYPE html>", "offset 0"),
        ("https://example.com/model.zip", "URL object"),
        ("dat:", "offset 3"),
        ("data", ""),
        ("UEsDé", "\"é\" at offset 4"),
        ("PK\u{3}\u{4}", "ArrayBuffer"),
    ];
    for (text, part) in cases {
        match decode(text) {
            Ok(_) => assert_eq!((text, part), ("data", "")),
            Err(failure) => {
                assert_eq!(failure.code, Code::Base64Invalid);
                assert!(failure.message.contains(part), "{text:?}: {}", failure.message);
            }
        }
    }
}

#[test]
fn the_offset_counts_from_the_beginning_of_the_whole_text() {
    let text = format!("  data:;base64,{}", "A".repeat(100_000));
    for (slice_size, bad) in [(10, 50_001), (7, 99_999), (100_000, 40_000), (30_000, 16)] {
        let mut text = text.clone().into_bytes();
        text[bad] = b'!';
        let mut decoder = Decoder::new();
        let failure = text.chunks(slice_size).find_map(|slice| decoder.push(slice, &mut Vec::new()).err()).unwrap();
        assert!(failure.message.contains(&format!("offset {bad}.")), "{}", failure.message);
    }
}

#[test]
fn an_endless_prefix_is_not_collected() {
    let mut decoder = Decoder::new();
    let failure = (0..10_000).find_map(|_| decoder.push(b"data:a", &mut Vec::new()).err()).unwrap();
    assert!(failure.message.contains("no comma"));
    assert!(decoder.head.len() <= LONGEST_PREFIX + 6);
}

#[test]
fn a_zip_is_recognised_by_its_first_characters() {
    assert!(looks_like_base64_zip("\n UEsDBBQ"));
    assert!(looks_like_base64_zip("UEsFBgAA"));
    assert!(!looks_like_base64_zip("PK\u{3}\u{4}"));
}
