//! Reads configuration files: regular files of a moderate size, and only what nobody else could have written.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::path::Path;

use crate::cli_error::CliError;

/// Far more than anybody writes by hand.
const MOST_BYTES: u64 = 1 << 20;

/// Who chose a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chosen {
    /// The user named it.
    ByName,
    /// It was found in the working folder, one above it, or the user's configuration folder.
    ByPlace,
}

/// The text of a configuration file.
pub fn read(path: &Path, chosen: Chosen) -> Result<String, CliError> {
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
    if chosen == Chosen::ByPlace {
        // A link of somebody else's chooses the file that is read.
        let link = path.symlink_metadata();
        let link = link.map_err(|error| unreadable(&error.to_string()))?;
        if let Some(owner) = foreign_owner(&metadata).or_else(|| foreign_owner(&link)) {
            return Err(refused(
                &format!("is refused: it belongs to another user (UID {owner})"),
                format!(
                    "If you trust what it says, name it: --config {}",
                    quoted(path)
                ),
            ));
        }
        if let Some(mode) = writable_by_others(&metadata) {
            return Err(refused(
                &format!("is refused: other users can write to it (mode {mode:03o})"),
                format!("Run: chmod go-w {}", quoted(path)),
            ));
        }
    }
    let mut bytes = Vec::new();
    let read = file.take(MOST_BYTES + 1).read_to_end(&mut bytes);
    read.map_err(|error| unreadable(&error.to_string()))?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(unreadable("it is larger than 1 MB"));
    }
    String::from_utf8(bytes).map_err(|_| unreadable("it is not UTF-8"))
}

/// A path as a shell takes it.
pub fn quoted(path: &Path) -> String {
    shell_words::quote(&path.display().to_string()).into_owned()
}

/// To open a named pipe would wait for somebody who writes to it.
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

/// The owner, where it is neither this user nor root.
#[cfg(unix)]
pub fn foreign_owner(metadata: &Metadata) -> Option<u32> {
    use std::os::unix::fs::MetadataExt;
    let owner = metadata.uid();
    let own = rustix::process::geteuid().as_raw();
    (owner != own && owner != 0).then_some(owner)
}

#[cfg(not(unix))]
pub fn foreign_owner(_: &Metadata) -> Option<u32> {
    None
}

/// The permissions, where they let the group or others write.
#[cfg(unix)]
pub fn writable_by_others(metadata: &Metadata) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt;
    let mode = metadata.permissions().mode() & 0o777;
    (mode & 0o022 != 0).then_some(mode)
}

#[cfg(not(unix))]
pub fn writable_by_others(_: &Metadata) -> Option<u32> {
    None
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn refusal(path: &Path, chosen: Chosen) -> String {
        read(path, chosen).unwrap_err().what
    }

    #[test]
    fn only_regular_files_of_a_moderate_size() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ecs-exec.toml");
        for chosen in [Chosen::ByName, Chosen::ByPlace] {
            fs::write(&path, "cluster = \"a\"").unwrap();
            assert_eq!(read(&path, chosen).unwrap(), "cluster = \"a\"");
            fs::write(&path, "#".repeat(1 << 20)).unwrap();
            assert!(read(&path, chosen).is_ok());
            fs::write(&path, "#".repeat((1 << 20) + 1)).unwrap();
            assert!(refusal(&path, chosen).contains("larger than 1 MB"));
            fs::remove_file(&path).unwrap();
            symlink("/dev/zero", &path).unwrap();
            assert!(refusal(&path, chosen).contains("not a regular file"));
            fs::remove_file(&path).unwrap();
            let made = std::process::Command::new("mkfifo").arg(&path).status();
            assert!(made.unwrap().success());
            assert!(refusal(&path, chosen).contains("not a regular file"));
            fs::remove_file(&path).unwrap();
        }
    }

    #[test]
    fn what_others_can_write_is_only_read_where_it_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ecs-exec.toml");
        fs::write(&path, "").unwrap();
        for (mode, is_refused) in [(0o600, false), (0o644, false), (0o664, true), (0o646, true)] {
            fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            assert_eq!(
                read(&path, Chosen::ByPlace).is_err(),
                is_refused,
                "{mode:o}"
            );
            assert!(read(&path, Chosen::ByName).is_ok(), "{mode:o}");
        }
    }

    #[test]
    fn what_another_user_owns_is_only_read_where_it_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ecs-exec.toml");
        fs::write(&path, "").unwrap();
        // Only root can give files away.
        if std::os::unix::fs::chown(&path, Some(12345), None).is_err() {
            return;
        }
        assert!(refusal(&path, Chosen::ByPlace).contains("another user (UID 12345)"));
        assert!(read(&path, Chosen::ByName).is_ok());
        let ours = folder.path().join("ours.toml");
        fs::write(&ours, "").unwrap();
        let link = folder.path().join("link.toml");
        symlink(&ours, &link).unwrap();
        assert!(read(&link, Chosen::ByPlace).is_ok());
        std::os::unix::fs::lchown(&link, Some(12345), None).unwrap();
        assert!(refusal(&link, Chosen::ByPlace).contains("another user (UID 12345)"));
    }
}
