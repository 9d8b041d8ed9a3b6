//! Which project files the user trusts. As in direnv and mise, the user's state folder has an entry for each path and
//! content, so a file that changes has to be trusted again.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{SHA256, digest};
use custom_checks::source::SourceFile;
use data_encoding::HEXLOWER;
use model::text::{sanitize_line, short_list};

use super::safe_read::{FileOrigin, foreign_owner, quoted, read, writable_by_others};
use super::trusted_keys::split;
use super::{file, state_folder};
use crate::cli_error::CliError;
use crate::environment::variable;

/// SHA-256 digests of files that are trusted at any path, separated by commas: for machines without a state folder.
const VARIABLE: &str = "ECS_EXEC_TRUST";

/// A project's configuration file with its current content.
pub struct ProjectFile {
    /// Absolute, with links to folders resolved.
    path: PathBuf,
    text: String,
}

impl ProjectFile {
    /// A file that was read already.
    pub fn new(path: &Path, text: &str) -> ProjectFile {
        ProjectFile {
            path: resolve_folder(path),
            text: text.to_owned(),
        }
    }

    /// Reads a file that nobody else can have written.
    pub fn read(path: &Path) -> Result<ProjectFile, CliError> {
        Ok(ProjectFile::new(path, &read(path, FileOrigin::Discovered)?))
    }

    /// The path, for the terminal.
    pub fn display(&self) -> String {
        sanitize_line(&self.path.display().to_string())
    }

    /// The keys that need trust, one line each. An error if anything in the file is invalid.
    pub fn trusted_keys(&self) -> Result<Vec<String>, CliError> {
        let source = SourceFile::new(self.path.display().to_string(), &*self.text);
        let parsed = file::parse(&source)?;
        file::custom_checks(&source)?;
        Ok(split(&parsed).trusted_keys)
    }

    /// Whether the user, or the variable `ECS_EXEC_TRUST`, trusts this path with this content.
    pub fn is_trusted(&self) -> bool {
        let hash = sha256(self.text.as_bytes());
        let trusted = variable(VARIABLE).unwrap_or_default();
        let trusted = trusted.to_string_lossy().to_ascii_lowercase();
        trusted.split(',').any(|one| one.trim() == hash)
            || private_folder().is_some_and(|folder| is_private(&folder.join(self.entry())))
    }

    /// Remembers that the user trusts this path with this content.
    pub fn trust(&self) -> Result<(), CliError> {
        let folder = folder()?;
        let write = || -> io::Result<()> {
            create_folder(&folder)?;
            remove_entries(&folder, &self.path)?;
            let mut entry = create_file(&folder.join(self.entry()))?;
            entry.write_all(self.path.as_os_str().as_encoded_bytes())
        };
        write().map_err(|error| cannot_write(&folder, &error))?;
        match self.is_trusted() {
            true => Ok(()),
            false => Err(CliError::new(
                format!(
                    "other users can change the trust folder {}",
                    folder.display()
                ),
                format!("Run: chmod 700 {}", quoted(&folder)),
            )),
        }
    }

    /// The name of the file that says that this path and content are trusted.
    fn entry(&self) -> String {
        let path = self.path.as_os_str().as_encoded_bytes();
        sha256(&[path, &[0], self.text.as_bytes()].concat())
    }

    /// The error for a command that uses these keys.
    pub fn untrusted(&self, keys: &[String]) -> CliError {
        let path = self.path.as_os_str().as_encoded_bytes();
        let was_trusted = entries().iter().any(|(_, known)| known == path);
        let state = match was_trusted {
            true => "has changed since you trusted it",
            false => "is not trusted",
        };
        let names = keys.iter().filter_map(|key| key.split(" = ").next());
        let names = short_list(&names.collect::<Vec<_>>(), 6);
        CliError::new(
            format!("{} {state}, and it sets {names}", self.path.display()),
            format!(
                "Read it, then run: ecs-exec trust {} (in CI: set {VARIABLE} to its SHA-256)",
                quoted(&self.path)
            ),
        )
    }
}

/// Forgets a path with any content. Returns whether it was trusted.
pub fn revoke(path: &Path) -> Result<bool, CliError> {
    let folder = folder()?;
    remove_entries(&folder, &resolve_folder(path)).map_err(|error| cannot_write(&folder, &error))
}

/// The paths of all trusted files, for the terminal.
pub fn list() -> Vec<String> {
    let paths = entries().into_iter();
    let mut paths: Vec<String> = paths
        .map(|(_, path)| sanitize_line(&String::from_utf8_lossy(&path)))
        .collect();
    paths.sort();
    paths
}

fn remove_entries(folder: &Path, path: &Path) -> io::Result<bool> {
    let path = path.as_os_str().as_encoded_bytes();
    let mut was_trusted = false;
    for (entry, known) in entries_in(folder) {
        if known == path {
            fs::remove_file(entry)?;
            was_trusted = true;
        }
    }
    Ok(was_trusted)
}

fn entries() -> Vec<(PathBuf, Vec<u8>)> {
    private_folder().map_or_else(Vec::new, |folder| entries_in(&folder))
}

/// Each entry's own path, and the path that it trusts.
fn entries_in(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    let private = files
        .map(|file| file.path())
        .filter(|path| is_private(path));
    private
        .filter_map(|path| Some((path.clone(), fs::read(&path).ok()?)))
        .collect()
}

fn folder() -> Result<PathBuf, CliError> {
    let folder = state_folder().map(|folder| folder.join("ecs-exec").join("trust"));
    folder.ok_or_else(|| {
        CliError::new(
            "trust cannot be saved: neither XDG_STATE_HOME nor HOME is an absolute path",
            "Set one of them.",
        )
    })
}

/// The folder, unless another user can have written to it.
fn private_folder() -> Option<PathBuf> {
    folder().ok().filter(|folder| is_private(folder))
}

/// Whether no other user can have created or changed it.
fn is_private(path: &Path) -> bool {
    let metadata = path.symlink_metadata();
    metadata.is_ok_and(|metadata| {
        !metadata.is_symlink()
            && foreign_owner(&metadata).is_none()
            && writable_by_others(&metadata).is_none()
    })
}

/// The absolute path with links to folders resolved. A link at its end stays: its target is trusted under the link's
/// name.
fn resolve_folder(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let resolved = || {
        Some(
            absolute
                .parent()?
                .canonicalize()
                .ok()?
                .join(absolute.file_name()?),
        )
    };
    resolved().unwrap_or(absolute)
}

fn sha256(bytes: &[u8]) -> String {
    HEXLOWER.encode(digest(&SHA256, bytes).as_ref())
}

fn cannot_write(folder: &Path, error: &io::Error) -> CliError {
    CliError::new(format!("cannot write to {}: {error}", folder.display()), "")
}

fn create_folder(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn create_file(path: &Path) -> io::Result<fs::File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        // Another process trusted the same file at the same time.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            OpenOptions::new().write(true).open(path)
        }
        other => other,
    }
}
