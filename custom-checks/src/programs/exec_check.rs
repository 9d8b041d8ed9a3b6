//! Check programs, and where they are found.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::Metadata;
use std::path::{Path, PathBuf};

use model::{Area, Check, Severity};

use crate::check::{CheckTexts, is_name, leak_check};

/// How the file names of check programs begin.
const PREFIX: &str = "ecs-exec-check-";

/// A check that is a program.
#[derive(Debug, Clone)]
pub struct ExecCheck {
    /// What follows `ecs-exec-check-` in the file name.
    pub name: String,
    pub path: PathBuf,
    check: &'static Check,
}

impl ExecCheck {
    pub fn new(name: &str, path: impl Into<PathBuf>) -> ExecCheck {
        let texts = CheckTexts {
            name: name.to_owned(),
            title: format!("The check program {name}"),
            why: String::new(),
            how: format!("Runs {PREFIX}{name}, found on PATH, with the facts on standard input."),
            remedy: String::new(),
        };
        ExecCheck {
            name: name.to_owned(),
            path: path.into(),
            check: leak_check(Area::Program, texts, Severity::Medium),
        }
    }

    /// For `--only` and `--skip`. Does not run the program, so the texts are general ones.
    pub fn check(&self) -> &'static Check {
        self.check
    }
}

/// Finds the check programs on a PATH, by name; of several with the same name, the first. Starts no program. Ignores
/// relative folders, because what they hold depends on the working folder.
pub fn find(path: &OsStr) -> Vec<ExecCheck> {
    let mut found: BTreeMap<String, PathBuf> = BTreeMap::new();
    for folder in std::env::split_paths(path).filter(|folder| folder.is_absolute()) {
        for (name, path) in programs_in(&folder) {
            found.entry(name).or_insert(path);
        }
    }
    found
        .into_iter()
        .map(|(name, path)| ExecCheck::new(&name, path))
        .collect()
}

fn programs_in(folder: &Path) -> impl Iterator<Item = (String, PathBuf)> {
    let entries = folder.read_dir().into_iter().flatten().flatten();
    entries.filter_map(|entry| {
        let name = check_name(entry.file_name().to_str()?)?.to_owned();
        // Follows links, as a shell does.
        let metadata = std::fs::metadata(entry.path()).ok()?;
        is_executable(&metadata).then(|| (name, entry.path()))
    })
}

fn check_name(file_name: &str) -> Option<&str> {
    let name = file_name.strip_prefix(PREFIX)?;
    let name = match cfg!(windows) {
        true => name.strip_suffix(".exe")?,
        false => name,
    };
    is_name(name).then_some(name)
}

#[cfg(unix)]
fn is_executable(metadata: &Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.is_file() && metadata.permissions().mode() & 0o111 != 0
}

#[cfg(not(unix))]
fn is_executable(metadata: &Metadata) -> bool {
    metadata.is_file()
}
