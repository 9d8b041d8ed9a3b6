//! Reads files up to a size limit, and writes files completely or not at all.

use std::fs::{self, File, Metadata};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::cli_error::CliError;

/// Reads a file, or standard input for `-`. `what`: the kind of file, which is never larger than `limit` bytes.
pub fn read_at_most(path: &Path, limit: u64, what: &str) -> Result<Vec<u8>, CliError> {
    let shown = path.display();
    let unreadable = |error: io::Error| CliError::file(format!("cannot read {shown}: {error}"));
    let source: Box<dyn Read> = match path == Path::new("-") {
        true => Box::new(io::stdin()),
        false => Box::new(File::open(path).map_err(unreadable)?),
    };
    let mut bytes = Vec::new();
    let size = source.take(limit + 1).read_to_end(&mut bytes);
    if size.map_err(unreadable)? as u64 > limit {
        let megabytes = limit >> 20;
        let message = format!("{shown} is larger than {megabytes} MB, so it is no {what}");
        return Err(CliError::file(message));
    }
    Ok(bytes)
}

/// Writes a complete file or none: an existing file stays until the new one is complete.
pub fn write_file(path: &Path, text: &str) -> Result<(), CliError> {
    let written = NewFile::create(path).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.commit()
    });
    written.map_err(|error| unwritable(path, &error))
}

/// The error for a file that cannot be written.
pub fn unwritable(path: &Path, error: &io::Error) -> CliError {
    let why = error.to_string();
    // The name of the temporary file beside it says nothing.
    let why = why.split_once(" at path \"").map_or(&*why, |(why, _)| why);
    CliError::file(format!("cannot write {}: {why}", path.display()))
}

/// A file that replaces another one when it is complete. If it is dropped before, nothing has changed.
///
/// It writes where the shell's `>` would: through a link, and with the mode of the existing file.
pub enum NewFile {
    /// A file beside its target, under an unpredictable name.
    Temporary(NamedTempFile, PathBuf),
    /// A target that cannot be replaced, such as a device.
    InPlace(File),
}

impl NewFile {
    /// Opens the new file; the target does not change yet.
    pub fn create(path: &Path) -> io::Result<NewFile> {
        let in_place = || File::create(path).map(NewFile::InPlace);
        let target = match fs::canonicalize(path) {
            Ok(target) => target,
            // A link to a file that does not exist yet.
            Err(_) if path.is_symlink() => return in_place(),
            Err(_) => path.to_owned(),
        };
        let existing = fs::metadata(&target).ok();
        if existing.as_ref().is_some_and(|file| !is_replaceable(file)) {
            return in_place();
        }
        let name = target.file_name().unwrap_or_default().to_owned();
        let mut builder = tempfile::Builder::new();
        builder.prefix(&name).suffix(".part");
        // tempfile lets only the owner read, which is right until a replaced file's mode is copied.
        #[cfg(unix)]
        if existing.is_none() {
            builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        }
        let file = match builder.tempfile_in(target.parent().unwrap_or(Path::new(""))) {
            Ok(file) => file,
            // The folder may be read-only while the file is not.
            Err(_) if existing.is_some() => return in_place(),
            Err(error) => return Err(without_path(error)),
        };
        if let Some(existing) = existing {
            file.as_file().set_permissions(existing.permissions())?;
        }
        Ok(NewFile::Temporary(file, target))
    }

    /// Replaces the target.
    pub fn commit(mut self) -> io::Result<()> {
        self.flush()?;
        match self {
            NewFile::Temporary(file, target) => {
                file.persist(target).map(drop).map_err(|error| error.error)
            }
            NewFile::InPlace(_) => Ok(()),
        }
    }

    fn file(&mut self) -> &mut File {
        match self {
            NewFile::Temporary(file, _) => file.as_file_mut(),
            NewFile::InPlace(file) => file,
        }
    }
}

impl Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file().flush()
    }
}

/// The system's own error: tempfile adds the temporary path, which says nothing to the user.
fn without_path(error: io::Error) -> io::Error {
    let number = error.get_ref().and_then(|inner| {
        let system = inner.source()?.downcast_ref::<io::Error>()?;
        system.raw_os_error()
    });
    number.map_or(error, io::Error::from_raw_os_error)
}

/// Devices and pipes cannot be replaced; replacing a file with several hard links or another owner would separate the
/// links or change the owner.
#[cfg(unix)]
fn is_replaceable(file: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    let me = rustix::process::geteuid().as_raw();
    file.is_file() && file.nlink() == 1 && file.uid() == me
}

#[cfg(not(unix))]
fn is_replaceable(file: &Metadata) -> bool {
    file.is_file()
}

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
    fn a_file_is_replaced_atomically() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report");
        let partial = folder.path().join("report.part");
        fs::write(&partial, "the user's own").unwrap();
        write_file(&path, "one").unwrap();
        write_file(&path, "two").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "two");
        NewFile::create(&path).unwrap().write_all(b"half").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "two");
        assert_eq!(fs::read_to_string(&partial).unwrap(), "the user's own");
        assert_eq!(names(folder.path()), ["report", "report.part"]);
    }

    #[test]
    fn a_replaced_file_keeps_its_mode() {
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
    fn symbolic_links_are_followed() {
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
