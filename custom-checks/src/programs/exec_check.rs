use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs::Metadata;
use std::path::{Path, PathBuf};

use checks::{Check, Severity};

use crate::PROGRAM;
use crate::check::{About, forever, is_name};

/// How the files of such programs are called, before their name.
const PREFIX: &str = "ecs-exec-check-";

/// A program that is a check.
#[derive(Clone)]
pub struct Program {
    /// What comes after `ecs-exec-check-`.
    pub name: String,
    pub path: PathBuf,
    check: &'static Check,
}

impl std::fmt::Debug for Program {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Program({}, {})", self.name, self.path.display())
    }
}

impl Program {
    pub fn new(name: &str, path: impl Into<PathBuf>) -> Program {
        Program {
            name: name.to_owned(),
            path: path.into(),
            check: forever(About {
                id: format!("{PROGRAM}.{name}"),
                title: format!("The check program {name}"),
                why: String::new(),
                how: format!(
                    "{PREFIX}{name}, found on PATH, reads the facts and says what it finds."
                ),
                remedy: String::new(),
                severity: Severity::Medium,
            }),
        }
    }

    /// For `--only` and `--skip`, without asking the program anything.
    pub fn check(&self) -> &'static Check {
        self.check
    }
}

/// The check programs of a PATH, by name; of two with the same name the one that comes first on PATH. No program
/// is started. Folders that are not absolute are passed over: what is found there would depend on where one is.
pub fn find(path: &OsStr) -> Vec<Program> {
    let mut found: BTreeMap<String, PathBuf> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    let folders = std::env::split_paths(path).filter(|folder| folder.is_absolute());
    // Many a PATH leads to the same folder twice, /bin and /usr/bin say.
    for folder in folders.filter(|folder| seen.insert(folder.canonicalize().ok())) {
        for (name, path) in in_folder(&folder) {
            found.entry(name).or_insert(path);
        }
    }
    found
        .into_iter()
        .map(|(name, path)| Program::new(&name, path))
        .collect()
}

fn in_folder(folder: &Path) -> Vec<(String, PathBuf)> {
    let Ok(entries) = folder.read_dir() else {
        return Vec::new();
    };
    entries
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let file = entry.file_name();
            let name = name(file.to_str()?)?.to_owned();
            // Follows links, as a shell does.
            let metadata = std::fs::metadata(entry.path()).ok()?;
            is_executable(&metadata).then(|| (name, entry.path()))
        })
        .collect()
}

fn name(file: &str) -> Option<&str> {
    let name = file.strip_prefix(PREFIX)?;
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
