//! Which package is the right one: `integrity` of a model, in the form that web pages use for scripts (Subresource
//! Integrity).

use crate::base64_text;
use crate::text::{self, concat};

/// The sums of which a package must have one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Integrity {
    /// As WebCrypto calls it.
    pub algorithm: &'static str,
    sums: Vec<Vec<u8>>,
}

/// What a sum looks like.
pub const ACCEPTED: &str =
    "one or more of sha256-…, sha384-… and sha512-…, each with a sum in base64, with blanks between";

/// In the order of their strength: how they are written, what WebCrypto calls them, the size of a sum in bytes.
const ALGORITHMS: [(&str, &str, usize); 3] =
    [("sha256-", "SHA-256", 32), ("sha384-", "SHA-384", 48), ("sha512-", "SHA-512", 64)];

impl Integrity {
    /// Reads one or more sums; `None` when anything is not one. Those of the strongest algorithm count, any of them.
    pub fn parse(list: &str) -> Option<Self> {
        let mut strongest = None;
        let mut sums = Vec::new();
        for item in list.split_ascii_whitespace() {
            // What follows a question mark is kept for options, of which there are none yet.
            let item = text::split(item, "?").map_or(item, |(item, _)| item);
            let at = ALGORITHMS.iter().position(|(name, ..)| item.starts_with(name))?;
            let (name, _, size) = ALGORITHMS[at];
            let sum = base64_text::decode(&item[name.len()..]).ok().filter(|sum| sum.len() == size)?;
            if strongest < Some(at) {
                strongest = Some(at);
                sums.clear();
            }
            if strongest == Some(at) {
                sums.push(sum);
            }
        }
        Some(Integrity { algorithm: ALGORITHMS[strongest?].1, sums })
    }

    /// A sum as it is written in a configuration.
    pub fn written(&self, sum: &[u8]) -> String {
        let name =
            ALGORITHMS.iter().find(|(_, algorithm, _)| *algorithm == self.algorithm).map_or("", |(name, ..)| name);
        concat(&[name, &base64_text::encode(sum)])
    }

    /// Whether this is the sum of the right package.
    pub fn accepts(&self, sum: &[u8]) -> bool {
        self.sums.iter().any(|right| right == sum)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of nothing.
    const SHA256: &str = "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
    const SHA384: &str = "sha384-OLBgp1GsljhM2TJ+sbHjaiH9txEUvgdDTAzHv2P24donTt6/529l+9Ua0vFImLlb";

    fn accepts(list: &str, sum: &str) -> bool {
        let (_, base64) = sum.split_at(7);
        Integrity::parse(list).unwrap().accepts(&base64_text::decode(base64).unwrap())
    }

    #[test]
    fn any_sum_of_the_strongest_algorithm_will_do() {
        let other = format!("sha256-{}=", "A".repeat(43));
        assert!(accepts(SHA256, SHA256) && !accepts(&other, SHA256));
        assert!(accepts(&format!("{other} {SHA256}"), SHA256));
        assert!(accepts(&format!("  {SHA256}?option\n{other} "), SHA256));
        let integrity = Integrity::parse(SHA256).unwrap();
        assert_eq!((integrity.algorithm, integrity.written(&integrity.sums[0])), ("SHA-256", SHA256.to_owned()));
        for list in [format!("{SHA384} {SHA256}"), format!("{SHA256} {SHA384}")] {
            assert_eq!(Integrity::parse(&list).unwrap().algorithm, "SHA-384");
            assert!(accepts(&list, SHA384) && !accepts(&list, SHA256), "the weaker one does not count");
        }
        // As found in the wild: without padding, in the alphabet of addresses.
        assert!(accepts(&SHA256.replace('+', "-").replace('/', "_").replace('=', ""), SHA256));
    }

    #[test]
    fn what_is_no_sum_is_never_ignored() {
        for list in [
            "",
            " ",
            "sha256-",
            "sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk=",
            "md5-1B2M2Y8AsgTpgAmY7PhCfg==",
            &SHA256[7..],
            &SHA256[..40],
            &SHA256.to_uppercase(),
            &SHA256.replace("sha256", "sha384"),
            &SHA256.replace('4', "*"),
            &format!("{SHA256} sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk="),
            &format!("{SHA256},{SHA384}"),
        ] {
            assert_eq!(Integrity::parse(list), None, "{list:?}");
        }
    }
}
