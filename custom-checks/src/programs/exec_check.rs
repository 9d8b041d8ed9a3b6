//! Check programs, and where they are found.

use std::collections::BTreeMap;
use std::ffi::OsStr;
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
    /// The file.
    pub path: PathBuf,
    check: &'static Check,
}

impl ExecCheck {
    /// A program as a check. Does not look whether the file exists.
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
        for entry in folder.read_dir().into_iter().flatten().flatten() {
            let (file_name, path) = (entry.file_name(), entry.path());
            if let Some(name) = file_name.to_str().and_then(check_name)
                && is_executable(&path)
            {
                found.entry(name.to_owned()).or_insert(path);
            }
        }
    }
    found
        .into_iter()
        .map(|(name, path)| ExecCheck::new(&name, path))
        .collect()
}

fn check_name(file_name: &str) -> Option<&str> {
    let name = file_name.strip_prefix(PREFIX)?;
    let name = match cfg!(windows) {
        true => name.strip_suffix(".exe")?,
        false => name,
    };
    is_name(name).then_some(name)
}

/// Follows links, as a shell does.
#[cfg(unix)]
fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    let is_executable = |mode: u32| mode & 0o111 != 0;
    path.metadata()
        .is_ok_and(|file| file.is_file() && is_executable(file.permissions().mode()))
}

#[cfg(not(unix))]
fn is_executable(path: &Path) -> bool {
    path.is_file()
}
