//! Files that are read whole, but no larger than they can be, and written whole or not at all.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use uuid::Uuid;

use crate::cli_error::CliError;

/// The bytes of a file, or of standard input where it is called `-`. `what`: what a larger one is not.
pub fn read_at_most(path: &Path, most: u64, what: &str) -> Result<Vec<u8>, CliError> {
    let shown = path.display();
    let unreadable =
        |error: io::Error| CliError::new(format!("{shown} cannot be read: {error}"), "");
    let source: Box<dyn Read> = match path == Path::new("-") {
        true => Box::new(io::stdin()),
        false => Box::new(File::open(path).map_err(unreadable)?),
    };
    let mut bytes = Vec::new();
    let read = source.take(most + 1).read_to_end(&mut bytes);
    let size = read.map_err(unreadable)?;
    if size as u64 > most {
        let megabytes = most >> 20;
        let why = format!("{shown} is larger than {megabytes} MB, so it is no {what}");
        return Err(CliError::new(why, ""));
    }
    Ok(bytes)
}

/// Writes a whole file or none: what is there stays until the new one is complete.
pub fn write_file(path: &Path, text: &str) -> Result<(), CliError> {
    write_with(path, |to| to.write_all(text.as_bytes()))
}

pub fn write_with(
    path: &Path,
    write: impl Fn(&mut dyn Write) -> io::Result<()>,
) -> Result<(), CliError> {
    let written = NewFile::create(path).and_then(|mut file| {
        write(&mut file)?;
        file.commit()
    });
    written.map_err(|error| unwritable(path, &error))
}

pub fn unwritable(path: &Path, error: &io::Error) -> CliError {
    CliError::new(format!("{} cannot be written: {error}", path.display()), "")
}

/// A file that takes its place once it is complete; dropped before that, it was never there.
///
/// It goes where the shell's `>` would write: through a link, with the mode of the file that is there. Until then it
/// stands beside, under a name that nobody could have foreseen and that did not exist.
pub struct NewFile {
    file: File,
    /// Where it stands and where it goes; `None` where it is written in place.
    moves: Option<(PathBuf, PathBuf)>,
}

impl NewFile {
    pub fn create(path: &Path) -> io::Result<NewFile> {
        let in_place = || {
            Ok(NewFile {
                file: File::create(path)?,
                moves: None,
            })
        };
        let target = match fs::canonicalize(path) {
            Ok(target) => target,
            // A link to nothing yet.
            Err(_) if path.is_symlink() => return in_place(),
            Err(_) => path.to_owned(),
        };
        let there = fs::metadata(&target).ok();
        if there.as_ref().is_some_and(|there| !is_replaceable(there)) {
            return in_place();
        }
        let mut name = target.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}.part", Uuid::new_v4().simple()));
        let part = target.with_file_name(name);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        if there.is_some() {
            only_for_the_owner(&mut options);
        }
        let file = match options.open(&part) {
            Ok(file) => file,
            // The folder may not be written to, and the file may.
            Err(_) if there.is_some() => return in_place(),
            Err(error) => return Err(error),
        };
        let new = NewFile {
            file,
            moves: Some((part, target)),
        };
        if let Some(there) = there {
            new.file.set_permissions(there.permissions())?;
        }
        Ok(new)
    }

    /// Puts it in its place.
    pub fn commit(mut self) -> io::Result<()> {
        self.file.flush()?;
        match &self.moves {
            Some((part, target)) => {
                fs::rename(part, target)?;
                self.moves = None;
                Ok(())
            }
            None => Ok(()),
        }
    }
}

impl Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if let Some((part, _)) = &self.moves {
            let _ = fs::remove_file(part);
        }
    }
}

/// Devices and pipes cannot be replaced, only written to; a file of several names, or of another owner, would come
/// apart or change hands.
#[cfg(unix)]
fn is_replaceable(there: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    let me = rustix::process::geteuid().as_raw();
    there.is_file() && there.nlink() == 1 && there.uid() == me
}

#[cfg(not(unix))]
fn is_replaceable(there: &Metadata) -> bool {
    there.is_file()
}

/// Nobody else reads it before it has the mode of the file that it replaces.
#[cfg(unix)]
fn only_for_the_owner(options: &mut OpenOptions) {
    use std::os::unix::fs::OpenOptionsExt;
    options.mode(0o600);
}

#[cfg(not(unix))]
fn only_for_the_owner(_: &mut OpenOptions) {}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_takes_its_place_and_leaves_nothing_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report");
        let partial = folder.path().join("report.part");
        fs::write(&partial, "the user's own").unwrap();
        write_file(&path, "one").unwrap();
        write_file(&path, "two").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "two");
        let failed = write_with(&path, |to| {
            to.write_all(b"half")?;
            Err(io::Error::other("no more"))
        });
        assert!(failed.is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "two");
        assert_eq!(fs::read_to_string(&partial).unwrap(), "the user's own");
        assert_eq!(names(folder.path()), ["report", "report.part"]);
    }

    #[test]
    fn the_mode_of_the_file_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report");
        let mode = || fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        write_file(&path, "one").unwrap();
        assert_ne!(mode(), 0o600, "as the umask says");
        for kept in [0o600, 0o640, 0o604] {
            fs::set_permissions(&path, fs::Permissions::from_mode(kept)).unwrap();
            write_file(&path, "two").unwrap();
            assert_eq!(mode(), kept);
        }
    }

    #[test]
    fn a_link_is_written_through() {
        let folder = tempfile::tempdir().unwrap();
        let (link, target) = (folder.path().join("link"), folder.path().join("target"));
        symlink(&target, &link).unwrap();
        for text in ["to nothing yet", "to a file"] {
            write_file(&link, text).unwrap();
            assert!(link.is_symlink());
            assert_eq!(fs::read_to_string(&target).unwrap(), text);
        }
        let other = folder.path().join("other");
        fs::hard_link(&target, &other).unwrap();
        write_file(&target, "of two names").unwrap();
        assert_eq!(fs::read_to_string(&other).unwrap(), "of two names");
        assert_eq!(names(folder.path()), ["link", "other", "target"]);
        write_file(Path::new("/dev/null"), "nothing").unwrap();
    }
}
