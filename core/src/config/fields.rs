//! Reading the members of one object of the configuration, and saying what is wrong with them.

use crate::error::{Code, Failure, Result};
use crate::raw::Raw;
use crate::suggest;
use crate::text::{self, concat, quoted};

/// `base.key`, or `base["key"]` when the key is no JavaScript name.
pub(super) fn join(base: &str, key: &str) -> String {
    let plain = !key.is_empty()
        && !key.starts_with(|c: char| c.is_ascii_digit())
        && key.chars().all(|c| (c.is_ascii_alphanumeric() || !c.is_ascii()) || matches!(c, '_' | '$'));
    match (base.is_empty(), plain) {
        (true, true) => key.to_owned(),
        (false, true) => format!("{base}.{key}"),
        (_, false) => format!("{base}[{}]", quoted(&clipped(key))),
    }
}

/// The beginning of a text that a message repeats.
pub(crate) fn clipped(text: &str) -> String {
    const SHOWN: usize = 80;
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Trims as JavaScript's `trim` does: the byte order mark counts as blank.
pub(crate) fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}')
}

/// A refusal of the field at `path`, which `text` goes on from.
#[inline(never)]
pub(super) fn wrong(path: &str, text: &str) -> Failure {
    Failure::new(Code::ConfigInvalid, concat(&[path, text])).at(path)
}

/// A refused value: which field, what was found, what is accepted.
#[inline(never)]
pub(super) fn refuse(path: &str, found: &Raw, accepted: &str) -> Failure {
    wrong(path, &format!(" must be {accepted}; found {}.", found.describe()))
}

/// One object of the configuration. Members that are `undefined` count as absent.
#[derive(Debug, Clone)]
pub(super) struct Fields<'a> {
    members: &'a [(String, Raw)],
    /// Where the object is; empty for the configuration itself.
    pub path: String,
}

impl<'a> Fields<'a> {
    /// The object at `path`; `None` when the value is no plain object.
    pub fn of(value: &'a Raw, path: impl Into<String>) -> Option<Self> {
        match value {
            Raw::Object(members) => Some(Fields { members, path: path.into() }),
            _ => None,
        }
    }

    /// The names of the members that are present.
    pub fn keys(&self) -> impl Iterator<Item = &'a str> {
        self.members.iter().filter(|(_, value)| *value != Raw::Undefined).map(|(key, _)| key.as_str())
    }

    /// A member, if it is neither `undefined` nor `null`.
    #[inline(never)]
    pub fn present(&self, key: &str) -> Option<&'a Raw> {
        self.get(key).filter(|value| **value != Raw::Null)
    }

    /// [`refuse`]s a member.
    #[inline(never)]
    pub fn refuse<T>(&self, key: &str, found: &Raw, accepted: &str) -> Result<T> {
        Err(refuse(&self.at(key), found, accepted))
    }

    /// The path of a member.
    #[inline(never)]
    pub fn at(&self, key: &str) -> String {
        join(&self.path, key)
    }

    /// A member, if present.
    #[inline(never)]
    pub fn get(&self, key: &str) -> Option<&'a Raw> {
        let (_, value) = self.members.iter().find(|(name, _)| name == key)?;
        (*value != Raw::Undefined).then_some(value)
    }

    /// A member that has older spellings, the present one first. Two spellings must agree, as far as [`Raw`] shows:
    /// one function is like another.
    #[inline(never)]
    pub fn spelled(&self, spellings: &[&'static str]) -> Result<Option<(&'static str, &'a Raw)>> {
        let mut found: Option<(&'static str, &'a Raw)> = None;
        for &key in spellings {
            let Some(value) = self.get(key) else { continue };
            match found {
                None => found = Some((key, value)),
                Some((_, first)) if first == value => {}
                Some((first, _)) => {
                    let (a, b) = (self.at(first), self.at(key));
                    let message = format!(
                        "{a} and {b} are two spellings of one field and differ. Keep {a}, or {b}, but not both."
                    );
                    return Err(Failure::new(Code::ConfigInvalid, message).at(b));
                }
            }
        }
        Ok(found)
    }

    /// A boolean, or its default.
    pub fn boolean(&self, key: &str, default: bool) -> Result<bool> {
        match self.get(key) {
            None => Ok(default),
            Some(Raw::Bool(value)) => Ok(*value),
            Some(other) => self.refuse(key, other, "true or false"),
        }
    }

    /// Why a required member is missing; points at a member that looks like a misspelling of it.
    #[inline(never)]
    pub fn missing(&self, key: &str, accepted: &str) -> Failure {
        // The member itself is there when it is `null`.
        let hint = match self.keys().find(|found| *found != key && suggest::nearest(found, &[key]).is_some()) {
            Some(found) => format!(" Did you mean {key} where you wrote {}?", clipped(found)),
            None => String::new(),
        };
        wrong(&self.at(key), &format!(" is missing: it must be {accepted}.{hint}"))
    }
}

/// What the caller should know although the configuration is usable.
#[derive(Debug, Default)]
pub(super) struct Notes {
    list: Vec<Note>,
}

#[derive(Debug)]
struct Note {
    /// Notes about the same thing are told once.
    about: String,
    text: String,
    repeats: usize,
}

impl Notes {
    /// Remembers a warning; a second one about the same thing is only counted.
    #[inline(never)]
    pub fn warn(&mut self, about: String, text: String) {
        match self.list.iter_mut().find(|note| note.about == about) {
            Some(note) => note.repeats += 1,
            None => self.list.push(Note { about, text, repeats: 0 }),
        }
    }

    /// Warns about the members of `fields` that nothing reads.
    ///
    /// `elsewhere` are the fields of another object and where that is, for a member put into the wrong one.
    #[inline(never)]
    pub fn unknown(&mut self, fields: &Fields<'_>, kind: &str, known: &[&str], elsewhere: (&[&str], &str)) {
        for key in fields.keys().filter(|key| !known.contains(key)) {
            let path = fields.at(key);
            let hint = if elsewhere.0.contains(&key) {
                format!("it belongs {}.", elsewhere.1)
            } else if let Some(name) = suggest::nearest(key, known) {
                format!("did you mean {name}?")
            } else {
                format!("the fields here are {}.", text::join(known, ", "))
            };
            self.warn(format!("{kind} {key}"), format!("{path} is not a known field and is ignored: {hint}"));
        }
    }

    /// The warnings, one line each.
    pub fn into_texts(self) -> Vec<String> {
        self.list
            .into_iter()
            .map(|note| match note.repeats {
                0 => note.text,
                more => format!("{} (And {more} more like it.)", note.text),
            })
            .collect()
    }
}

/// A whole number in a range, whose words say the range.
#[inline(never)]
pub(super) fn integer(value: &Raw, path: &str, max: f64, accepted: &str) -> Result<f64> {
    match value {
        Raw::Number(number) if number.fract() == 0.0 && (1.0..=max).contains(number) => Ok(*number),
        other => Err(refuse(path, other, accepted)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_javascript() {
        for (base, key, path) in [
            ("", "timeout", "timeout"),
            ("nodegenModels[0]", "replica", "nodegenModels[0].replica"),
            ("a", "X-Key", r#"a["X-Key"]"#),
            ("a", "1", r#"a["1"]"#),
            ("", "", r#"[""]"#),
            ("a", "größe", "a.größe"),
        ] {
            assert_eq!(join(base, key), path);
        }
    }

    #[test]
    fn long_names_are_clipped_at_a_character() {
        assert_eq!(clipped("short"), "short");
        let long = "é".repeat(500);
        assert_eq!(clipped(&long).chars().count(), 81);
        assert!(join("", &format!("{long} ")).chars().count() < 100);
    }

    #[test]
    fn blanks_are_those_of_javascript() {
        assert_eq!(trimmed("\u{feff} \n\ta b\u{a0} "), "a b");
    }
}
