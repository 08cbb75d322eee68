//! A JavaScript value as the page's shell shows it to the core: shape and small values, never payload bytes.

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
    /// An array, element by element.
    Array(Vec<Raw>),
    /// A plain object: own enumerable members in order.
    Object(Vec<(String, Raw)>),
    /// `ArrayBuffer`, a typed array or `DataView`: the constructor's name and the size in bytes.
    Bytes(String, f64),
    /// A `Blob` or `File`.
    Blob,
    /// A fetch `Response`.
    Response,
    /// A `URL` object, as text.
    Url(String),
    /// Anything else (symbol, bigint, class instance …): a short name for messages.
    Other(String),
}

impl Raw {
    /// Longest text, in UTF-16 units, that is passed whole.
    pub const SHORT_TEXT: u32 = 2048;

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
            Raw::Number(value) => format!("the number {value}"),
            Raw::Text(text) if text.chars().count() <= 60 => format!("the text {text:?}"),
            Raw::Text(text) => format!("a text of {} characters", text.chars().count()),
            Raw::LongText(_, length) => format!("a text of {length} characters"),
            Raw::Function => "a function".into(),
            Raw::Array(items) => format!("an array of {}", items.len()),
            Raw::Object(_) => "an object".into(),
            Raw::Bytes(kind, size) => format!("{kind} of {size} bytes"),
            Raw::Blob => "a Blob".into(),
            Raw::Response => "a Response".into(),
            Raw::Url(_) => "a URL".into(),
            Raw::Other(name) => name.clone(),
        }
    }
}
