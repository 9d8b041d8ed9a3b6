//! Which files of projects the user trusts: for each path and content an entry in the user's state folder, as direnv
//! and mise do it. A file that changes is a new one.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{SHA256, digest};
use checks::text::clean_line;
use data_encoding::HEXLOWER;

use super::safe_read::{Chosen, foreign_owner, quoted, read, writable_by_others};
use super::trusted_keys::halves;
use super::{file, state_folder};
use crate::cli_error::CliError;
use crate::environment::variable;

/// SHA-256 of files that are trusted wherever they are, separated by commas: for machines without a state folder.
const VARIABLE: &str = "ECS_EXEC_TRUST";

/// A file of a project as it is now.
pub struct ProjectFile {
    /// Absolute, with the links of folders followed.
    pub path: PathBuf,
    pub text: String,
}

impl ProjectFile {
    pub fn new(path: &Path, text: &str) -> ProjectFile {
        ProjectFile {
            path: resolved(path),
            text: text.to_owned(),
        }
    }

    pub fn read(path: &Path) -> Result<ProjectFile, CliError> {
        Ok(ProjectFile::new(path, &read(path, Chosen::ByPlace)?))
    }

    pub fn shown(&self) -> String {
        clean_line(&self.path.display().to_string())
    }

    /// What the file says is run, or as whom, after everything in it was found to be valid.
    pub fn commands(&self) -> Result<Vec<String>, CliError> {
        let parsed = file::parse(&self.text, &self.path)?;
        file::custom_checks(&self.text, &self.path)?;
        Ok(halves(&parsed).commands)
    }

    pub fn is_trusted(&self) -> bool {
        let own = HEXLOWER.encode(digest(&SHA256, self.text.as_bytes()).as_ref());
        let named = variable(VARIABLE).unwrap_or_default();
        let named = named.to_string_lossy().to_ascii_lowercase();
        if named.split(',').any(|hash| hash.trim() == own) {
            return true;
        }
        private().is_some_and(|folder| is_ours(&folder.join(self.entry())))
    }

    pub fn trust(&self) -> Result<(), CliError> {
        let folder = folder().ok_or_else(no_folder)?;
        let kept = || -> io::Result<()> {
            private_folder(&folder)?;
            forget(&folder, &self.path)?;
            let mut entry = private_file(&folder.join(self.entry()))?;
            entry.write_all(self.path.as_os_str().as_encoded_bytes())
        };
        kept().map_err(|error| {
            let folder = folder.display();
            CliError::new(format!("{folder} cannot be written: {error}"), "")
        })?;
        match self.is_trusted() {
            true => Ok(()),
            false => Err(CliError::new(
                format!(
                    "the trust folder {} can be changed by others",
                    folder.display()
                ),
                format!("Run: chmod 700 {}", quoted(&folder)),
            )),
        }
    }

    fn entry(&self) -> String {
        let path = self.path.as_os_str().as_encoded_bytes();
        let named = [path, &[0], self.text.as_bytes()].concat();
        HEXLOWER.encode(digest(&SHA256, &named).as_ref())
    }

    /// Why it cannot be used as it is, and the command that changes that. `keys`: what it sets.
    pub fn refusal(&self, keys: &[String]) -> CliError {
        let path = self.path.display();
        let what = match is_known(&self.path) {
            true => format!("{path} has changed since you trusted it"),
            false => format!("{path} is not trusted"),
        };
        let names = keys.iter().filter_map(|key| key.split(" = ").next());
        let names: Vec<&str> = names.collect();
        let names = checks::text::short_list(&names, 6);
        CliError::new(
            format!("{what}, and it sets {names}"),
            format!(
                "Read it, then run: ecs-exec trust {} (in CI: {VARIABLE}, its SHA-256)",
                quoted(&self.path)
            ),
        )
    }
}

/// Forgets a path, whatever its content was. Whether it was trusted.
pub fn revoke(path: &Path) -> Result<bool, CliError> {
    let folder = folder().ok_or_else(no_folder)?;
    forget(&folder, &resolved(path)).map_err(|error| {
        let folder = folder.display();
        CliError::new(format!("{folder} cannot be written: {error}"), "")
    })
}

/// The paths of all trusted files.
pub fn list() -> Vec<String> {
    let entries = private().map(|folder| entries(&folder)).unwrap_or_default();
    let mut paths: Vec<String> = entries
        .iter()
        .map(|(_, path)| clean_line(&String::from_utf8_lossy(path)))
        .collect();
    paths.sort();
    paths
}

fn is_known(path: &Path) -> bool {
    let path = path.as_os_str().as_encoded_bytes();
    private().is_some_and(|folder| entries(&folder).iter().any(|(_, known)| known == path))
}

fn forget(folder: &Path, path: &Path) -> io::Result<bool> {
    let path = path.as_os_str().as_encoded_bytes();
    let mut was_known = false;
    for (entry, known) in entries(folder) {
        if known == path {
            fs::remove_file(entry)?;
            was_known = true;
        }
    }
    Ok(was_known)
}

/// Each entry, and the path that it holds.
fn entries(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    let ours = files.map(|file| file.path()).filter(|path| is_ours(path));
    ours.filter_map(|path| Some((path.clone(), fs::read(&path).ok()?)))
        .collect()
}

fn folder() -> Option<PathBuf> {
    Some(state_folder()?.join("ecs-exec").join("trust"))
}

/// The same, where nobody else can have put anything there.
fn private() -> Option<PathBuf> {
    folder().filter(|folder| is_ours(folder))
}

fn no_folder() -> CliError {
    CliError::new(
        "there is no folder to remember trust in: neither XDG_STATE_HOME nor HOME is an absolute path",
        "Set one of them.",
    )
}

/// Nobody else could have made it, or can change it.
fn is_ours(path: &Path) -> bool {
    let metadata = path.symlink_metadata();
    metadata.is_ok_and(|metadata| {
        !metadata.is_symlink()
            && foreign_owner(&metadata).is_none()
            && writable_by_others(&metadata).is_none()
    })
}

/// The link at its end is not followed: what it points to is trusted under the link's own name.
fn resolved(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    match (absolute.parent(), absolute.file_name()) {
        (Some(folder), Some(name)) => match folder.canonicalize() {
            Ok(folder) => folder.join(name),
            Err(_) => absolute,
        },
        _ => absolute,
    }
}

fn private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn private_file(path: &Path) -> io::Result<fs::File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        // Another run gave the same trust at the same time.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            OpenOptions::new().write(true).open(path)
        }
        other => other,
    }
}
