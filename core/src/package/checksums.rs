//! `checksums.md5`: which sum each file should have.

use super::names::base;

/// An MD5 sum.
pub(super) type Sum = [u8; 16];

/// The sums a package states, in the format of `md5sum`: sum, two blanks (or a blank and `*`), file name.
#[derive(Debug, Default)]
pub(super) struct Checksums {
    lines: Vec<(String, Sum)>,
    /// Lines that are not in the format.
    pub unreadable: usize,
}

impl Checksums {
    /// Reads the text of a `checksums.md5`.
    pub fn parse(text: &str) -> Self {
        let mut sums = Checksums::default();
        for line in text.trim_start_matches('\u{feff}').lines().map(str::trim).filter(|line| !line.is_empty()) {
            match parse_line(line) {
                Some(stated) => sums.lines.push(stated),
                None => sums.unreadable += 1,
            }
        }
        sums
    }

    /// The names listed.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().map(|(name, _)| name.as_str())
    }

    /// The sums stated for the entry `name`: by its path or the end of it, else by its file name alone.
    pub fn of(&self, name: &str) -> Vec<Sum> {
        let path = name.replace('\\', "/");
        let is_at =
            |listed: &str| path.strip_suffix(listed).is_some_and(|before| before.is_empty() || before.ends_with('/'));
        let by_path: Vec<Sum> = self.lines.iter().filter(|(listed, _)| is_at(listed)).map(|&(_, sum)| sum).collect();
        if !by_path.is_empty() {
            return by_path;
        }
        let same_file = |listed: &str| base(listed).eq_ignore_ascii_case(base(&path));
        self.lines.iter().filter(|(listed, _)| same_file(listed)).map(|&(_, sum)| sum).collect()
    }
}

fn parse_line(line: &str) -> Option<(String, Sum)> {
    let (hex, name) = line.split_once(char::is_whitespace)?;
    let name = name.trim_start();
    let name = name.strip_prefix('*').unwrap_or(name).replace('\\', "/");
    let name = name.strip_prefix("./").unwrap_or(&name).to_string();
    if hex.len() != 32 || name.is_empty() || !hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let mut sum = [0; 16];
    for (index, byte) in sum.iter_mut().enumerate() {
        *byte = u8::from_str_radix(hex.get(index * 2..index * 2 + 2)?, 16).ok()?;
    }
    Some((name.to_owned(), sum))
}

/// A sum as `md5sum` writes it.
pub(super) fn hex(sum: &Sum) -> String {
    use std::fmt::Write;
    sum.iter().fold(String::with_capacity(32), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "0123456789abcdef0123456789ABCDEF";
    const TWO: &str = "ffffffffffffffffffffffffffffffff";

    #[test]
    fn every_spelling_of_a_line_is_read() {
        for line in [
            format!("{ONE}  a.js"),
            format!("{ONE} *a.js\r"),
            format!("\u{feff}{ONE}\t./a.js  "),
            format!("\n\n{}  x/a.js\n", ONE.to_uppercase()),
            format!("{ONE}  x\\a.js"),
            format!("{ONE}  /build/out/A.JS"),
        ] {
            let sums = Checksums::parse(&line);
            assert_eq!(sums.unreadable, 0, "{line:?}");
            assert_eq!(sums.of("x/a.js").iter().map(hex).collect::<Vec<_>>(), [ONE.to_lowercase()], "{line:?}");
        }
    }

    #[test]
    fn what_is_no_sum_is_counted_not_believed() {
        let sums =
            Checksums::parse(&format!("hello\n{ONE}\n{ONE}x  a.js\n+{}  a.js\n{}é  a.js\n", &ONE[1..], &ONE[..31]));
        assert_eq!((sums.lines.len(), sums.unreadable), (0, 5));
    }

    #[test]
    fn a_path_beats_a_file_name() {
        let sums = Checksums::parse(&format!("{ONE}  one/a.js\n{TWO}  two/a.js"));
        assert_eq!(sums.of("root/two/a.js").iter().map(hex).collect::<Vec<_>>(), [TWO]);
        assert_eq!(sums.of("a.js").len(), 2);
        assert!(sums.of("ba.js").is_empty());
        assert!(Checksums::parse(&format!("{ONE}  a.js")).of("x/ba.js").is_empty());
    }
}
