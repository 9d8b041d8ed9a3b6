//! `cp -r`: a folder as a tar stream.

use std::fs;
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

use model::text::{count, sanitize_line};

use super::handover::Handover;
use super::script_error::PARTLY_READ;
use super::unpack::{Unpacked, unpack};
use super::{Copy, CopyError, Ended};
use crate::cli_error::CliError;
use crate::files::unwritable;
use crate::session::{Flow, write_to_stdout};

const RECEIVE_SCRIPT: &str = include_str!("receive.sh").trim_ascii_end();
const SEND_SCRIPT: &str = include_str!("send.sh").trim_ascii_end();
/// How many entries that were left out are listed.
const MOST_LISTED: usize = 10;

/// A folder of this machine as an archive in a temporary file.
pub struct LocalFolder {
    archive: fs::File,
    name: String,
    size: u64,
}

impl LocalFolder {
    /// Packs the folder; links stay links.
    pub fn pack(local: &str) -> Result<LocalFolder, CliError> {
        let path = Path::new(local);
        let unreadable =
            |error: io::Error| CliError::new(format!("{local} cannot be read: {error}"), "");
        if !fs::metadata(path).map_err(unreadable)?.is_dir() {
            return Err(CliError::new(
                format!("{local} is not a folder"),
                "Leave out -r to copy a file.",
            ));
        }
        let pack = || {
            let mut builder = tar::Builder::new(tempfile::tempfile()?);
            builder.follow_symlinks(false);
            builder.append_dir_all(".", path)?;
            let mut archive = builder.into_inner()?;
            let size = archive.stream_position()?;
            archive.rewind()?;
            Ok((archive, size))
        };
        let (archive, size) = pack().map_err(unreadable)?;
        // `.` and `..` have no names of their own.
        let full = path.canonicalize().map_err(unreadable)?;
        let name = full.file_name().unwrap_or_default();
        Ok(LocalFolder {
            archive,
            name: name.to_string_lossy().into_owned(),
            size,
        })
    }
}

/// Sends a folder: into the remote folder if it exists, else as the remote folder.
pub async fn upload(copy: &Copy<'_>, folder: LocalFolder, remote: &str) -> Result<(), CopyError> {
    let input: Box<dyn Read + Send> = Box::new(folder.archive);
    let words = [RECEIVE_SCRIPT, "cp", remote, folder.name.as_str()];
    copy.run_collecting(&words, remote, Some(input)).await?;
    let remote = sanitize_line(remote);
    note!(
        "Copied {} to {remote} ({} bytes as tar).",
        folder.name,
        folder.size
    );
    Ok(())
}

/// Receives a folder: into the local folder if it exists, else as the local folder. Nothing changes before the whole
/// archive has arrived.
pub async fn download(copy: &Copy<'_>, remote: &str, local: &str) -> Result<(), CopyError> {
    let destination = destination(remote, Path::new(local));
    let cannot_write = |error: io::Error| unwritable(&destination, &error);
    let archive = Handover::new(tempfile::tempfile().map_err(cannot_write)?);
    let shared = archive.share();
    let sink = move |bytes: &[u8]| {
        shared.with(|archive| archive.write_all(bytes).map(|()| Flow::Continue))
    };
    let partly_read = send(copy, remote, sink).await?;
    let lost = || CliError::unopened("the copy was lost", "");
    let mut archive = archive.take().ok_or_else(lost)?;
    archive.rewind().map_err(cannot_write)?;
    fs::create_dir_all(&destination).map_err(cannot_write)?;
    let unpacked = unpack(io::BufReader::new(archive), &destination).map_err(cannot_write)?;
    report(&unpacked, &destination);
    partly_read.map_or(Ok(()), |error| Err(error.into()))
}

/// Writes the folder to standard output, as the tar archive in which it comes.
pub async fn print_archive(copy: &Copy<'_>, remote: &str) -> Result<(), CopyError> {
    let partly_read = send(copy, remote, write_to_stdout).await?;
    partly_read.map_or(Ok(()), |error| Err(error.into()))
}

/// Has the container send the folder. Returns an error if it could not read every file.
async fn send(
    copy: &Copy<'_>,
    remote: &str,
    sink: impl FnMut(&[u8]) -> io::Result<Flow> + Send + 'static,
) -> Result<Option<CliError>, CopyError> {
    let words = [SEND_SCRIPT, "cp", remote];
    let ended = copy.run_to_status(&words, None, sink).await?;
    match ended {
        Ended(0) => Ok(None),
        Ended(PARTLY_READ) => Ok(Some(ended.error(remote, ""))),
        other => Err(other.error(remote, "").into()),
    }
}

fn destination(remote: &str, local: &Path) -> PathBuf {
    let name = remote.trim_end_matches('/').rsplit('/').next();
    match name {
        Some(name) if local.is_dir() && !matches!(name, "" | "." | "..") => local.join(name),
        Some(_) | None => local.to_owned(),
    }
}

fn report(unpacked: &Unpacked, destination: &Path) {
    let Unpacked {
        files,
        bytes,
        skipped,
    } = unpacked;
    let path = destination.display().to_string();
    note!(
        "Copied {} ({bytes} bytes) to {}.",
        count(*files, "file"),
        sanitize_line(&path)
    );
    if skipped.is_empty() {
        return;
    }
    say!("warning: {} left out:", skipped.len());
    for line in skipped.iter().take(MOST_LISTED) {
        say!("  {}", sanitize_line(line));
    }
    if skipped.len() > MOST_LISTED {
        say!("  and {} more", skipped.len() - MOST_LISTED);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_goes_into_an_existing_one() {
        let folder = tempfile::tempdir().unwrap();
        let new = folder.path().join("new");
        assert_eq!(
            destination("/etc/apt/", folder.path()),
            folder.path().join("apt")
        );
        assert_eq!(destination("/etc/apt", &new), new);
        for unnamed in ["/", "..", "/etc/."] {
            assert_eq!(
                destination(unnamed, folder.path()),
                folder.path(),
                "{unnamed}"
            );
        }
    }
}
