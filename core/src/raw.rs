//! A JavaScript value as the page's shell shows it to the core: shape and small values, never payload bytes.

use crate::number::number;
use crate::text::quoted;

/// A description of one JavaScript value.
///
/// The shell builds it from whatever the caller passed; the core decides whether it is acceptable. Binary values and
/// functions stay in JavaScript and are seen only as their kind.
#[derive(Debug, Clone, PartialEq)]
pub enum Raw {
    /// `undefined`.
    Undefined,
    /// `null`.
    Null,
    /// A boolean.
    Bool(bool),
    /// Any number, `NaN` and infinities included.
    Number(f64),
    /// Text of at most [`Raw::SHORT_TEXT`] UTF-16 units.
    Text(String),
    /// Longer text: its first 64 units and its length in UTF-16 units.
    LongText(String, f64),
    /// A function.
    Function,
    /// An array, element by element; `Headers` as an array of `[name, value]` pairs.
    Array(Vec<Raw>),
    /// A plain object, or an instance of a class that is the caller's own: own enumerable members in order.
    Object(Vec<(String, Raw)>),
    /// `ArrayBuffer`, a typed array or `DataView`: the constructor's name and the size in bytes.
    Bytes(String, f64),
    /// A `Blob` or `File`.
    Blob,
    /// A fetch `Response`.
    Response,
    /// A `URL` object, as text.
    Url(String),
    /// Anything else (symbol, bigint, `Date`, `Map`, `Promise` …): a short name for messages, such as `a Promise`.
    Other(String),
}

impl Raw {
    /// Longest text, in UTF-16 units, that is passed whole: signed addresses and bearer tokens in headers must fit.
    pub const SHORT_TEXT: u32 = 16384;

    /// A member of an object; `None` when absent, or when this is not an object.
    pub fn get(&self, key: &str) -> Option<&Raw> {
        match self {
            Raw::Object(members) => members.iter().find(|(name, _)| name == key).map(|(_, value)| value),
            _ => None,
        }
    }

    /// What this is, for the "found …" part of a message: `the number 0`, `the text "two"`, `an array` …
    pub fn describe(&self) -> String {
        match self {
            Raw::Undefined => "undefined".into(),
            Raw::Null => "null".into(),
            Raw::Bool(value) => format!("{value}"),
            Raw::Number(value) => format!("the number {}", number(*value)),
            Raw::Text(text) if text.chars().count() <= 60 => format!("the text {}", quoted(text)),
            Raw::Text(text) => format!("a text of {} characters", text.chars().count()),
            Raw::LongText(_, length) => format!("a text of {} characters", number(*length)),
            Raw::Function => "a function".into(),
            // Not of how many: a view may leave the items out.
            Raw::Array(_) => "an array".into(),
            Raw::Object(_) => "an object".into(),
            Raw::Bytes(kind, size) => format!("{kind} of {} bytes", number(*size)),
            Raw::Blob => "a Blob".into(),
            Raw::Response => "a Response".into(),
            Raw::Url(_) => "a URL".into(),
            Raw::Other(name) => name.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_array_whose_items_are_left_out_is_not_called_empty() {
        assert_eq!(Raw::Array(vec![]).describe(), "an array");
    }

    #[test]
    fn numbers_are_described_as_in_javascript() {
        for (value, text) in [
            (0.0, "0"),
            (1.5, "1.5"),
            (-3.0, "-3"),
            (f64::NAN, "NaN"),
            (f64::INFINITY, "Infinity"),
            (f64::NEG_INFINITY, "-Infinity"),
            (1e300, "1e300"),
            (5e-324, "5e-324"),
        ] {
            assert_eq!(Raw::Number(value).describe(), format!("the number {text}"));
        }
    }
}
