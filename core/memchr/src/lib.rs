//! The functions of the crate `memchr` that zip, futures-util and serde_json call.
//!
//! That crate brings seven kilobytes of searching for any needle in any haystack. What is searched for here is four bytes
//! long, in the last few kilobytes of an archive.

/// The first place of `byte`.
pub fn memchr(byte: u8, haystack: &[u8]) -> Option<usize> {
    haystack.iter().position(|&other| other == byte)
}

/// The first place of either byte.
pub fn memchr2(first: u8, second: u8, haystack: &[u8]) -> Option<usize> {
    haystack.iter().position(|&other| other == first || other == second)
}

/// The last place of `byte`.
pub fn memrchr(byte: u8, haystack: &[u8]) -> Option<usize> {
    haystack.iter().rposition(|&other| other == byte)
}

/// All places of `byte`.
pub fn memchr_iter(byte: u8, haystack: &[u8]) -> impl Iterator<Item = usize> {
    (0..).zip(haystack).filter(move |&(_, &other)| other == byte).map(|(place, _)| place)
}

/// Searching for several bytes in a row.
pub mod memmem {
    /// Searches forwards.
    #[derive(Debug, Clone)]
    pub struct Finder<'a>(&'a [u8]);

    impl<'a> Finder<'a> {
        /// Searches for `needle`.
        pub fn new(needle: &'a [u8]) -> Self {
            Finder(needle)
        }

        /// What is searched for.
        pub fn needle(&self) -> &[u8] {
            self.0
        }

        /// Its first place.
        pub fn find(&self, haystack: &[u8]) -> Option<usize> {
            (0..=haystack.len()).find(|&place| starts(haystack, place, self.0))
        }
    }

    /// Searches backwards.
    #[derive(Debug, Clone)]
    pub struct FinderRev<'a>(&'a [u8]);

    impl<'a> FinderRev<'a> {
        /// Searches for `needle`.
        pub fn new(needle: &'a [u8]) -> Self {
            FinderRev(needle)
        }

        /// What is searched for.
        pub fn needle(&self) -> &[u8] {
            self.0
        }

        /// Its last place.
        pub fn rfind(&self, haystack: &[u8]) -> Option<usize> {
            (0..=haystack.len()).rfind(|&place| starts(haystack, place, self.0))
        }
    }

    fn starts(haystack: &[u8], place: usize, needle: &[u8]) -> bool {
        haystack.get(place..).is_some_and(|rest| rest.starts_with(needle))
    }
}

#[cfg(test)]
mod tests {
    use super::memmem::{Finder, FinderRev};
    use super::*;

    #[test]
    fn bytes_are_found_from_either_end() {
        let text = b"a,b;c,d";
        assert_eq!(
            (memchr(b',', text), memrchr(b',', text), memchr(b'x', text), memrchr(b'x', text)),
            (Some(1), Some(5), None, None)
        );
        assert_eq!(
            (memchr2(b';', b',', text), memchr2(b';', b'd', text), memchr2(b'x', b'y', text)),
            (Some(1), Some(3), None)
        );
        assert_eq!(memchr_iter(b',', text).collect::<Vec<_>>(), [1, 5]);
    }

    #[test]
    fn needles_are_found_wherever_they_are() {
        for (haystack, first, last) in [
            ("PK..PK", Some(0), Some(4)),
            (".PPK.", Some(2), Some(2)),
            ("PPP", None, None),
            ("P", None, None),
            ("", None, None),
        ] {
            assert_eq!(Finder::new(b"PK").find(haystack.as_bytes()), first, "{haystack}");
            assert_eq!(FinderRev::new(b"PK").rfind(haystack.as_bytes()), last, "{haystack}");
        }
        assert_eq!((Finder::new(b"").find(b"ab"), FinderRev::new(b"").rfind(b"ab")), (Some(0), Some(2)));
        assert_eq!((Finder::new(b"x").needle(), FinderRev::new(b"y").needle()), (&b"x"[..], &b"y"[..]));
    }
}
