//! What an entry is for, by its name.

use serde::{Deserialize, Serialize};

use super::names::base;
use crate::text;

/// What a part of a package is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Role {
    /// Emscripten's JavaScript, which defines the factory `Module`.
    Glue,
    /// The WebAssembly module.
    Engine,
    /// Emscripten's preloaded files.
    Data,
    /// The static outputs behind `service_category` `metadata`.
    Static,
    /// The form description behind `service_category` `formspec`.
    FormSpec,
    /// What the compiler said, its version included.
    CompilerLog,
    /// Input names with their limits and default values.
    Validations,
    /// The MD5 sums of the other files.
    Checksums,
    /// Folder, service, version and dates of the model (`ModelMetaData.json`).
    ModelMetaData,
}

impl Role {
    /// All roles.
    pub const ALL: [Role; 9] = [
        Role::Glue,
        Role::Engine,
        Role::Data,
        Role::Static,
        Role::FormSpec,
        Role::CompilerLog,
        Role::Validations,
        Role::Checksums,
        Role::ModelMetaData,
    ];

    /// The role an entry of this name has. Case never matters: file systems along the way may have changed it.
    #[inline(never)]
    pub fn of(name: &str) -> Option<Role> {
        let base = base(name).to_ascii_lowercase();
        let role = match base.as_str() {
            "checksums.md5" => Role::Checksums,
            "modelmetadata.json" => Role::ModelMetaData,
            _ if base.ends_with(".js") => Role::Glue,
            _ if base.ends_with(".wasm") => Role::Engine,
            _ if base.ends_with(".data") => Role::Data,
            _ if text::contains(&base, "_static.json") => Role::Static,
            _ if text::contains(&base, "_jsonformspec.json") => Role::FormSpec,
            _ if text::contains(&base, "_compilerlog.json") => Role::CompilerLog,
            _ if base.ends_with("defaultvalidations.json") => Role::Validations,
            _ => return None,
        };
        Some(role)
    }

    /// Whether the engine runs on it: then there must be one candidate, and its sum must be right.
    pub fn is_code(self) -> bool {
        matches!(self, Role::Glue | Role::Engine | Role::Data)
    }

    /// The name in messages.
    pub(super) fn label(self) -> &'static str {
        match self {
            Role::Glue => "glue (.js)",
            Role::Engine => "engine (.wasm)",
            Role::Data => "data (.data)",
            Role::Static => "static metadata (_static.json)",
            Role::FormSpec => "form specification (_jsonformspec.json)",
            Role::CompilerLog => "compiler log (_compilerlog.json)",
            Role::Validations => "validations (DefaultValidations.json)",
            Role::Checksums => "checksums (checksums.md5)",
            Role::ModelMetaData => "model description (ModelMetaData.json)",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_every_compiler_generation_are_recognised() {
        let cases = [
            ("_volume_cylinder.js", Some(Role::Glue)),
            ("volume_cylinder.wasm", Some(Role::Engine)),
            ("deep/folder/_volume_cylinder.data", Some(Role::Data)),
            ("windows\\folder\\a.WASM", Some(Role::Engine)),
            ("volume-cylinder_Static.json", Some(Role::Static)),
            ("volume-cylinder_Jsonformspec.json", Some(Role::FormSpec)),
            ("volume-cylinder_CompilerLog.json", Some(Role::CompilerLog)),
            ("volume-cylinderDefaultValidations.json", Some(Role::Validations)),
            ("DefaultValidations.json", Some(Role::Validations)),
            ("checksums.md5", Some(Role::Checksums)),
            ("t/f/s/ModelMetaData.json", Some(Role::ModelMetaData)),
            ("t/f/s/modelmetadata.json", Some(Role::ModelMetaData)),
            ("manifest.json", None),
            ("a.json", None),
            ("readme.txt", None),
            ("a.js/readme", None),
        ];
        for (name, role) in cases {
            assert_eq!(Role::of(name), role, "{name}");
        }
    }
}
