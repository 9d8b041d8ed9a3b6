//! Reads configuration files: regular files of a moderate size, and of discovered ones only those that no other user can
//! have written.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::path::Path;

use crate::cli_error::CliError;

/// Far more than anybody writes by hand.
const MAX_BYTES: u64 = 1 << 20;

/// How a file was chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileOrigin {
    /// The user named it.
    Named,
    /// It was found in the working folder, one above it, or the user's configuration folder.
    Discovered,
}

/// The text of a configuration file.
pub fn read(path: &Path, origin: FileOrigin) -> Result<String, CliError> {
    let refused = |why: &str, help: String| {
        CliError::new(format!("the configuration {} {why}", path.display()), help)
    };
    let unreadable = |why: &str| {
        refused(
            &format!("cannot be read: {why}"),
            "Correct it, or name another file with --config.".to_owned(),
        )
    };
    let file = open(path).map_err(|error| unreadable(&error.to_string()))?;
    let metadata = file.metadata();
    let metadata = metadata.map_err(|error| unreadable(&error.to_string()))?;
    if !metadata.is_file() {
        return Err(unreadable("it is not a regular file"));
    }
    if origin == FileOrigin::Discovered {
        // The owner of a link chooses which file is read.
        let link = path.symlink_metadata();
        let link = link.map_err(|error| unreadable(&error.to_string()))?;
        if let Some(owner) = foreign_owner(&metadata).or_else(|| foreign_owner(&link)) {
            return Err(refused(
                &format!("is not used: it belongs to another user (UID {owner})"),
                format!("If you trust it, name it: --config {}", quoted(path)),
            ));
        }
        if let Some(mode) = writable_by_others(&metadata) {
            return Err(refused(
                &format!("is not used: other users can write to it (mode {mode:03o})"),
                format!("Run: chmod go-w {}", quoted(path)),
            ));
        }
    }
    let mut bytes = Vec::new();
    let read = file.take(MAX_BYTES + 1).read_to_end(&mut bytes);
    read.map_err(|error| unreadable(&error.to_string()))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(unreadable("it is larger than 1 MB"));
    }
    String::from_utf8(bytes).map_err(|_| unreadable("it is not UTF-8"))
}

/// A path quoted for a shell.
pub fn quoted(path: &Path) -> String {
    shell_words::quote(&path.display().to_string()).into_owned()
}

/// Does not wait if the file is a named pipe.
#[cfg(unix)]
fn open(path: &Path) -> io::Result<File> {
    use rustix::fs::OFlags;
    use std::os::unix::fs::OpenOptionsExt;
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    let flags = i32::try_from(flags.bits()).unwrap_or_default();
    OpenOptions::new().read(true).custom_flags(flags).open(path)
}

#[cfg(not(unix))]
fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).open(path)
}

/// The owner's user ID, if it is neither this user nor root.
#[cfg(unix)]
pub fn foreign_owner(metadata: &Metadata) -> Option<u32> {
    use std::os::unix::fs::MetadataExt;
    let owner = metadata.uid();
    let user = rustix::process::geteuid().as_raw();
    (owner != user && owner != 0).then_some(owner)
}

/// Files have no user ID here.
#[cfg(not(unix))]
pub fn foreign_owner(_: &Metadata) -> Option<u32> {
    None
}

/// The mode, if the group or others can write.
#[cfg(unix)]
pub fn writable_by_others(metadata: &Metadata) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt;
    let mode = metadata.permissions().mode() & 0o777;
    (mode & 0o022 != 0).then_some(mode)
}

/// Files have no mode here.
#[cfg(not(unix))]
pub fn writable_by_others(_: &Metadata) -> Option<u32> {
    None
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn error(path: &Path, origin: FileOrigin) -> String {
        read(path, origin).unwrap_err().message().to_owned()
    }

    #[test]
    fn only_small_regular_files_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ecs-exec.toml");
        for origin in [FileOrigin::Named, FileOrigin::Discovered] {
            fs::write(&path, "cluster = \"a\"").unwrap();
            assert_eq!(read(&path, origin).unwrap(), "cluster = \"a\"");
            fs::write(&path, "#".repeat(1 << 20)).unwrap();
            assert!(read(&path, origin).is_ok());
            fs::write(&path, "#".repeat((1 << 20) + 1)).unwrap();
            assert!(error(&path, origin).contains("larger than 1 MB"));
            fs::remove_file(&path).unwrap();
            symlink("/dev/zero", &path).unwrap();
            assert!(error(&path, origin).contains("not a regular file"));
            fs::remove_file(&path).unwrap();
            let made = std::process::Command::new("mkfifo").arg(&path).status();
            assert!(made.unwrap().success());
            assert!(error(&path, origin).contains("not a regular file"));
            fs::remove_file(&path).unwrap();
        }
    }

    #[test]
    fn a_world_writable_file_is_read_only_if_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ecs-exec.toml");
        fs::write(&path, "").unwrap();
        for (mode, is_refused) in [(0o600, false), (0o644, false), (0o664, true), (0o646, true)] {
            fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            assert_eq!(
                read(&path, FileOrigin::Discovered).is_err(),
                is_refused,
                "{mode:o}"
            );
            assert!(read(&path, FileOrigin::Named).is_ok(), "{mode:o}");
        }
    }

    #[test]
    fn a_file_of_another_user_is_read_only_if_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ecs-exec.toml");
        fs::write(&path, "").unwrap();
        // Only root can give files away.
        if std::os::unix::fs::chown(&path, Some(12345), None).is_err() {
            return;
        }
        assert!(error(&path, FileOrigin::Discovered).contains("another user (UID 12345)"));
        assert!(read(&path, FileOrigin::Named).is_ok());
        let ours = folder.path().join("ours.toml");
        fs::write(&ours, "").unwrap();
        let link = folder.path().join("link.toml");
        symlink(&ours, &link).unwrap();
        assert!(read(&link, FileOrigin::Discovered).is_ok());
        std::os::unix::fs::lchown(&link, Some(12345), None).unwrap();
        assert!(error(&link, FileOrigin::Discovered).contains("another user (UID 12345)"));
    }
}
