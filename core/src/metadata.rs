//! What is known of a model beside its version id: folder, service, version, dates.
//!
//! The configuration says it (`metaData`), or the model's package (`ModelMetaData.json`), in the same words.

use crate::error::Result;

/// The largest `ModelMetaData.json` that is read, in bytes.
pub const LARGEST: u64 = 4 * 1024 * 1024;
/// The longest text that is taken over from a package, in bytes: what is learned is kept.
pub const LONGEST: usize = 1_000;

/// By what other than its version id a model may be looked up.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ModelMetadata {
    /// `EngineInformation.ProductName`.
    pub folder: Option<String>,
    /// `EngineInformation.ServiceName`.
    pub service: Option<String>,
    /// `EngineInformation.ServiceGuid`.
    pub service_id: Option<String>,
    /// `EngineInformation.VersionId`, `VersionId`, or `EngineInformation.ServiceVersionGuid`.
    pub version_id: Option<String>,
    /// `EffectiveStartDate`, as given.
    pub effective_start: Option<String>,
    /// `EffectiveEndDate`, as given.
    pub effective_end: Option<String>,
    /// `Revision`, or `EngineInformation.Revision`.
    pub revision: Option<String>,
}

/// Reads a text of a `ModelMetaData.json`: of its `EngineInformation` when that is `true`.
pub type Reader<'a> = &'a mut dyn FnMut(bool, &'static str) -> Result<Option<String>>;

impl ModelMetadata {
    /// Reads the known members; of several spellings, all of which are looked at, the first counts.
    pub fn read(text: Reader<'_>) -> Result<Self> {
        let mut first = |spellings: &[(bool, &'static str)]| {
            let mut found = None;
            for &(in_engine, key) in spellings {
                let text = text(in_engine, key)?;
                found = found.or(text);
            }
            Ok(found)
        };
        const ENGINE: bool = true;
        const FILE: bool = false;
        Ok(ModelMetadata {
            folder: first(&[(ENGINE, "ProductName"), (ENGINE, "folder_name"), (FILE, "folder_name")])?,
            service: first(&[(ENGINE, "ServiceName"), (ENGINE, "service_name"), (FILE, "service_name")])?,
            service_id: first(&[(ENGINE, "ServiceGuid")])?,
            version_id: first(&[(ENGINE, "VersionId"), (FILE, "VersionId"), (ENGINE, "ServiceVersionGuid")])?,
            effective_start: first(&[(FILE, "EffectiveStartDate")])?,
            effective_end: first(&[(FILE, "EffectiveEndDate")])?,
            revision: first(&[(FILE, "Revision"), (ENGINE, "Revision")])?,
        })
    }

    /// All members, always in this order.
    pub fn members(&mut self) -> [&mut Option<String>; 7] {
        let ModelMetadata { folder, service, service_id, version_id, effective_start, effective_end, revision } = self;
        [folder, service, service_id, version_id, effective_start, effective_end, revision]
    }

    /// Takes over what is not known yet.
    pub fn complete(&mut self, mut other: ModelMetadata) {
        for (mine, other) in self.members().into_iter().zip(other.members()) {
            if mine.is_none() {
                *mine = other.take();
            }
        }
    }

    /// Whether the service that the model is can be told by it.
    pub fn names_service(&self) -> bool {
        self.service.is_some() || self.service_id.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(file: &[(&str, &str)], engine: &[(&str, &str)]) -> ModelMetadata {
        ModelMetadata::read(&mut |in_engine, key| {
            let members = if in_engine { engine } else { file };
            Ok(members.iter().find(|(name, _)| *name == key).map(|(_, text)| (*text).to_owned()))
        })
        .unwrap()
    }

    #[test]
    fn every_spelling_is_read_and_the_first_counts() {
        let both = read(
            &[("VersionId", "v2"), ("Revision", "r1"), ("EffectiveStartDate", "s"), ("EffectiveEndDate", "e")],
            &[
                ("ProductName", "f"),
                ("ServiceName", "s"),
                ("ServiceGuid", "i"),
                ("VersionId", "v1"),
                ("ServiceVersionGuid", "v3"),
                ("Revision", "r2"),
            ],
        );
        let text = |text: &str| Some(text.to_owned());
        let expected = ModelMetadata {
            folder: text("f"),
            service: text("s"),
            service_id: text("i"),
            version_id: text("v1"),
            effective_start: text("s"),
            effective_end: text("e"),
            revision: text("r1"),
        };
        assert_eq!(both, expected);
        let loose = read(&[("folder_name", "f"), ("service_name", "s")], &[("ServiceVersionGuid", "v3")]);
        assert_eq!((loose.folder, loose.service, loose.version_id), (text("f"), text("s"), text("v3")));
        assert!(!read(&[("ProductName", "f")], &[("EffectiveStartDate", "s")]).names_service(), "in the wrong place");
    }

    #[test]
    fn what_is_known_wins_member_by_member() {
        let mut known = read(&[("Revision", "1")], &[("ServiceName", "mine")]);
        known.complete(read(&[("Revision", "2")], &[("ServiceName", "theirs"), ("ProductName", "folder")]));
        assert_eq!(known, read(&[("Revision", "1")], &[("ServiceName", "mine"), ("ProductName", "folder")]));
    }
}
