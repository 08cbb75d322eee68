//! Gives each role its entry.

use std::io::{Read, Seek};

use md5::{Digest, Md5};

use super::Limits;
use super::archive::Archive;
use super::checksums::{Checksums, Sum};
use super::directory::Entry;
use super::layout::is_usable;
use super::names::{base, folder, list, quote};
use super::role::Role;
use crate::error::{Code, Failure, Result};

/// More candidates than this for one role are refused unread: sums would have to be computed for each.
const MOST_CANDIDATES: usize = 8;
/// Only so many listed names are looked for; a package has about ten.
const MOST_LISTED: usize = 1000;
/// Larger files of sums are not read.
const LARGEST_SUMS: u64 = 1024 * 1024;

/// The archive that holds the model, and which of its entries belong to it.
pub(super) struct Choice<'a, R> {
    pub archive: &'a Archive<R>,
    pub candidates: Vec<(Role, usize)>,
    pub sums: Checksums,
}

impl<'a, R: Read + Seek> Choice<'a, R> {
    /// Considers the entries of `archive` that `belongs` accepts.
    pub fn new(archive: &'a Archive<R>, belongs: impl Fn(&Entry) -> bool) -> Self {
        let entries = archive.entries.iter().enumerate();
        let candidates = entries
            .filter(|(_, entry)| is_usable(entry) && belongs(entry))
            .filter_map(|(index, entry)| Some((Role::of(&entry.name)?, index)))
            .collect();
        Choice { archive, candidates, sums: Checksums::default() }
    }

    /// Reads `checksums.md5`; several (one per folder) count together.
    pub fn read_sums(&mut self, limits: &Limits, warnings: &mut Vec<String>) -> Result<()> {
        let mut text = Vec::new();
        for index in self.of(Role::Checksums) {
            let entry = self.archive.entry(index)?;
            self.archive.check(index, limits)?;
            if text.len() as u64 + entry.size > LARGEST_SUMS {
                return Err(self.archive.too_large(entry, &format!("has {} bytes", entry.size)));
            }
            self.archive.stream(index, &mut |chunk| {
                text.extend_from_slice(chunk);
                Ok(())
            })?;
            text.push(b'\n');
        }
        self.sums = Checksums::parse(&String::from_utf8_lossy(&text));
        if self.sums.unreadable > 0 {
            let count = self.sums.unreadable;
            warnings.push(format!("checksums.md5: {count} line(s) are not \"<md5>  <file name>\" and were ignored."));
        }
        Ok(())
    }

    fn of(&self, role: Role) -> Vec<usize> {
        self.candidates.iter().filter(|(candidate, _)| *candidate == role).map(|&(_, index)| index).collect()
    }

    fn name(&self, index: usize) -> &'a str {
        self.archive.entries.get(index).map_or("", |entry| &entry.name)
    }

    /// The one entry for glue, engine or data; `None` when there is no candidate.
    pub fn code(&self, role: Role) -> Result<Option<usize>> {
        let candidates = self.of(role);
        if candidates.len() <= 1 {
            return Ok(candidates.first().copied());
        }
        let mut right = Vec::new();
        if candidates.len() <= MOST_CANDIDATES {
            for &index in &candidates {
                let stated = self.sums.of(self.name(index));
                if !stated.is_empty() && stated.contains(&self.sum(index)?) {
                    right.push(index);
                }
            }
        }
        if let &[only] = right.as_slice() {
            return Ok(Some(only));
        }
        let names = list(&candidates.iter().map(|&index| self.name(index)).collect::<Vec<_>>());
        let message = format!(
            "The package has {} candidates for the {}, and checksums.md5 does not single one out: {names}. Remove the others.",
            candidates.len(),
            role.label()
        );
        Err(Failure::new(Code::PackageAmbiguous, message).at(self.name(candidates[0])))
    }

    fn sum(&self, index: usize) -> Result<Sum> {
        let mut sum = Md5::new();
        self.archive.stream(index, &mut |chunk| {
            sum.update(chunk);
            Ok(())
        })?;
        Ok(sum.finalize().into())
    }

    /// The entry for a text: the one beside the engine, else the last, as unpacking in order would leave it.
    pub fn text(&self, role: Role, engine: &str, warnings: &mut Vec<String>) -> Option<usize> {
        let candidates = self.of(role);
        let last = *candidates.last()?;
        let beside = candidates.iter().rev().find(|&&index| folder(self.name(index)) == folder(engine));
        let chosen = beside.copied().unwrap_or(last);
        if candidates.len() > 1 && role != Role::Checksums {
            let (name, label) = (quote(self.name(chosen)), role.label());
            warnings.push(format!("The package has {} candidates for the {label}; {name} is used.", candidates.len()));
        }
        Some(chosen)
    }

    /// The listed code files that the archive does not have.
    pub fn listed_but_absent(&self) -> Vec<(Role, String)> {
        let entries = &self.archive.entries;
        let is_there = |listed: &str| entries.iter().any(|entry| base(&entry.name).eq_ignore_ascii_case(base(listed)));
        let absent = self.sums.names().take(MOST_LISTED).filter(|listed| !is_there(listed));
        absent.filter_map(|listed| Some((Role::of(listed)?, listed.to_string()))).collect()
    }

    /// A failure for a model without a part it cannot do without.
    pub fn missing(&self, role: Role) -> Failure {
        let usable: Vec<&str> =
            self.archive.entries.iter().filter(|entry| is_usable(entry)).map(|entry| entry.name.as_str()).collect();
        let listed = self.listed_but_absent().into_iter().find(|(listed, _)| *listed == role);
        let found = match (listed, usable.as_slice()) {
            (Some((_, name)), _) => format!("checksums.md5 lists {}, which is not there", quote(&name)),
            (None, []) => "it has no files".to_string(),
            (None, names) => format!("inside are {}", list(names)),
        };
        let message = format!(
            "The package has no {}: {found}. Give the zip that the compiler or the export made, unchanged.",
            role.label()
        );
        Failure::new(Code::PackageIncomplete, message)
    }
}
