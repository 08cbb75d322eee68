//! Which of the layouts a package has, and where in it the wanted model is.

use super::directory::Entry;
use super::names::{base, folder, is_junk, is_uuid, list, parent, quote, without_separator};
use super::role::Role;
use crate::error::{Code, Failure, Result};

/// How a package is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// The model's files, in any folder.
    Flat,
    /// An export: the model is a zip of its own, `{versionId}.zip`, described by files beside it.
    Export,
    /// The model's files in a folder named by the version id, described by files beside that folder.
    Folder,
}

/// Where the wanted model is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Anywhere in the archive.
    Anywhere,
    /// In the archive that is this entry.
    Inside(usize),
    /// Below this folder (with its trailing separator).
    Below(String),
}

/// Whether an entry can be part of a model at all.
#[inline(never)]
pub(super) fn is_usable(entry: &Entry) -> bool {
    !entry.symlink && !is_junk(&entry.name)
}

/// Finds the model that is wanted among `entries`.
pub(super) fn find(entries: &[Entry], wanted: Option<&str>, warnings: &mut Vec<String>) -> Result<Place> {
    let usable = || entries.iter().enumerate().filter(|(_, entry)| is_usable(entry));
    let zips: Vec<usize> = usable().filter(|(_, entry)| stem(&entry.name).is_some()).map(|(index, _)| index).collect();
    let has_engine = usable().any(|(_, entry)| Role::of(&entry.name) == Some(Role::Engine));
    let wanted_zip = zips.iter().any(|&index| stem(&entries[index].name).is_some_and(|stem| is_wanted(stem, wanted)));
    if !zips.is_empty() && (wanted_zip || !has_engine) {
        return find_zip(entries, &zips, wanted, warnings).map(Place::Inside);
    }
    find_folder(entries, wanted, warnings)
}

fn is_wanted(id: &str, wanted: Option<&str>) -> bool {
    wanted.is_some_and(|wanted| id.eq_ignore_ascii_case(wanted))
}

/// The file name of a zip without its ending.
#[inline(never)]
fn stem(name: &str) -> Option<&str> {
    let base = base(name);
    let (stem, ending) = base.split_at_checked(base.len().checked_sub(4)?)?;
    ending.eq_ignore_ascii_case(".zip").then_some(stem)
}

fn find_zip(entries: &[Entry], zips: &[usize], wanted: Option<&str>, warnings: &mut Vec<String>) -> Result<usize> {
    let names =
        |indices: &[usize]| list(&indices.iter().map(|&index| entries[index].name.as_str()).collect::<Vec<_>>());
    let is_match = |&index: &usize| stem(&entries[index].name).is_some_and(|stem| is_wanted(stem, wanted));
    let matching: Vec<usize> = zips.iter().copied().filter(is_match).collect();
    match (matching.as_slice(), zips) {
        (&[only], _) => Ok(only),
        (&[_, ..], _) => Err(ambiguous(&format!("the same version more than once: {}", names(&matching)))),
        (&[], &[only]) => {
            let name = &entries[only].name;
            let Some(id) = wanted else { return Ok(only) };
            if stem(name).is_some_and(is_uuid) {
                return Err(not_inside(id, &names(zips)));
            }
            warnings.push(format!("The model was read from the archive {} inside the package.", quote(name)));
            Ok(only)
        }
        _ => Err(match wanted {
            Some(id) => not_inside(id, &names(zips)),
            None => ambiguous(&format!("several models: {}", names(zips))),
        }),
    }
}

fn find_folder(entries: &[Entry], wanted: Option<&str>, warnings: &mut Vec<String>) -> Result<Place> {
    let mut anywhere = false;
    let mut below: Vec<&str> = Vec::new();
    for entry in entries.iter().filter(|entry| is_usable(entry) && Role::of(&entry.name) == Some(Role::Engine)) {
        match version_folder(&entry.name, wanted) {
            Some(prefix) if below.contains(&prefix) => {}
            Some(prefix) => below.push(prefix),
            None => anywhere = true,
        }
    }
    let matching: Vec<&str> = below.iter().copied().filter(|prefix| is_wanted(last(prefix), wanted)).collect();
    match (matching.as_slice(), below.len()) {
        (&[only], _) => return Ok(Place::Below(only.to_string())),
        (&[_, _, ..], _) => {
            let names = list(&matching);
            return Err(ambiguous(&format!("the same version more than once: {names}")));
        }
        _ if anywhere || below.is_empty() => return Ok(Place::Anywhere),
        (_, 1) => {}
        _ => {
            let names = list(&below);
            return Err(match wanted {
                Some(id) => not_inside(id, &names),
                None => ambiguous(&format!("several models: {names}")),
            });
        }
    }
    let only = below.first().copied().unwrap_or_default();
    if let Some(id) = wanted {
        if entries.iter().any(|entry| is_description_of(&entry.name, only)) {
            return Err(not_inside(id, &quote(only)));
        }
        warnings.push(format!("The model was read from the folder {}, which names another version.", quote(only)));
    }
    Ok(Place::Below(only.to_string()))
}

/// Whether this is the `ModelMetaData.json` beside the version's folder.
pub(super) fn is_description_of(name: &str, version_folder: &str) -> bool {
    Role::of(name) == Some(Role::ModelMetaData) && folder(name) == parent(version_folder)
}

/// The innermost folder of `name` that is called by the wanted id, or by something that looks like an id.
#[inline(never)]
fn version_folder<'a>(name: &'a str, wanted: Option<&str>) -> Option<&'a str> {
    let mut prefix = folder(name);
    let mut by_shape = None;
    while !prefix.is_empty() {
        if is_wanted(last(prefix), wanted) {
            return Some(prefix);
        }
        if by_shape.is_none() && is_uuid(last(prefix)) {
            by_shape = Some(prefix);
        }
        let outer = parent(prefix);
        // A separator with nothing before it ("/a.js") would never get shorter.
        if outer.len() >= prefix.len() {
            break;
        }
        prefix = outer;
    }
    by_shape
}

fn last(folder_name: &str) -> &str {
    base(without_separator(folder_name))
}

#[inline(never)]
fn ambiguous(what: &str) -> Failure {
    let message =
        format!("The package holds {what}. Configure the version id of one of them, or give one model alone.");
    Failure::new(Code::PackageAmbiguous, message)
}

#[inline(never)]
fn not_inside(id: &str, names: &str) -> Failure {
    let message = format!(
        "The package does not hold version {id}; inside are {names}. Such names are version ids: configure one."
    );
    Failure::new(Code::PackageIncomplete, message)
}
