//! Unpacks an archive that a container sent, which can be hostile: nothing outside the destination is written, and no link
//! leads out of it.

use std::io::{self, Read};
use std::path::{Component, Path};

use tar::{Archive, Entry, EntryType};

/// What was unpacked.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Unpacked {
    pub files: usize,
    pub bytes: u64,
    /// Entries that were left out, each with the reason.
    pub skipped: Vec<String>,
}

/// Unpacks into a folder, which exists.
///
/// # Errors
/// The archive is damaged, or a file cannot be written.
pub fn unpack(archive: impl Read, folder: &Path) -> io::Result<Unpacked> {
    let mut archive = Archive::new(archive);
    let mut unpacked = Unpacked::default();
    // A folder without write permission would refuse its files, so folders get theirs at the end.
    let mut folders = Vec::new();
    for entry in archive.entries()? {
        let mut entry = entry?;
        let path = entry.path()?.into_owned();
        if let Some(reason) = refusal(&entry, &path, folder)? {
            unpacked
                .skipped
                .push(format!("{}: {reason}", path.display()));
            continue;
        }
        if entry.header().entry_type() == EntryType::Directory {
            folders.push(entry);
            continue;
        }
        let size = entry.size();
        if entry.unpack_in(folder)? {
            unpacked.files += 1;
            unpacked.bytes += size;
        }
    }
    folders.sort_by(|one, other| other.path_bytes().cmp(&one.path_bytes()));
    for mut entry in folders {
        // A later entry can have put a link in its place.
        let path = entry.path()?.into_owned();
        if passes_link(folder, &path, true) {
            let skipped = format!("{}: {THROUGH_LINK}", path.display());
            unpacked.skipped.push(skipped);
        } else {
            entry.unpack_in(folder)?;
        }
    }
    Ok(unpacked)
}

const THROUGH_LINK: &str = "its path leads through a link";

fn refusal<R: Read>(
    entry: &Entry<'_, R>,
    path: &Path,
    folder: &Path,
) -> io::Result<Option<&'static str>> {
    if path.is_absolute() || path.components().any(|part| part == Component::ParentDir) {
        return Ok(Some("its path leads out of the folder"));
    }
    if passes_link(folder, path, false) {
        return Ok(Some(THROUGH_LINK));
    }
    let target = || entry.link_name().map(Option::unwrap_or_default);
    Ok(match entry.header().entry_type() {
        EntryType::Regular
        | EntryType::Continuous
        | EntryType::GNUSparse
        | EntryType::Directory => None,
        EntryType::Symlink if stays_inside(path, &target()?) => None,
        EntryType::Symlink => Some("this link leads out of the folder"),
        EntryType::Link => {
            let target = target()?;
            let leads_out = target.is_absolute()
                || target.components().any(|part| part == Component::ParentDir)
                || passes_link(folder, &target, true);
            leads_out.then_some("this link leads out of the folder")
        }
        _ => Some("devices, pipes and sockets are not copied"),
    })
}

/// Whether a folder on the way to the path is a link. `with_last`: also the path itself.
fn passes_link(folder: &Path, path: &Path, with_last: bool) -> bool {
    let skipped = usize::from(!with_last);
    let ways = path.ancestors().skip(skipped);
    ways.filter(|way| !way.as_os_str().is_empty())
        .any(|way| folder.join(way).is_symlink())
}

/// Whether a symbolic link at this path leads to a place in the folder. No folder on the way to it is a link. `..` counts
/// only at the beginning of the target: later it could follow another link.
fn stays_inside(path: &Path, target: &Path) -> bool {
    let is_name = |part: &Component<'_>| matches!(part, Component::Normal(_));
    let depth = path.components().filter(is_name).count().saturating_sub(1);
    let parts = target
        .components()
        .filter(|part| *part != Component::CurDir);
    let parts: Vec<Component<'_>> = parts.collect();
    let is_up = |part: &&Component<'_>| **part == Component::ParentDir;
    let ups = parts.iter().take_while(is_up).count();
    ups <= depth && parts[ups..].iter().all(is_name)
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use tar::{Builder, Header};

    use super::*;

    /// An archive of entries: type, path, link target or content, written past the checks of the crate.
    fn archive(entries: &[(EntryType, &str, &str)]) -> Vec<u8> {
        let mut builder = Builder::new(Vec::new());
        for (kind, path, text) in entries {
            let is_file = *kind == EntryType::Regular;
            let mut header = Header::new_gnu();
            header.set_entry_type(*kind);
            header.set_mode(if *kind == EntryType::Directory {
                0o555
            } else {
                0o4755
            });
            header.as_gnu_mut().unwrap().name[..path.len()].copy_from_slice(path.as_bytes());
            let content = if is_file { text.as_bytes() } else { b"" };
            if !is_file {
                header.as_gnu_mut().unwrap().linkname[..text.len()]
                    .copy_from_slice(text.as_bytes());
            }
            header.set_size(content.len() as u64);
            header.set_cksum();
            builder.append(&header, content).unwrap();
        }
        builder.into_inner().unwrap()
    }

    const FILE: EntryType = EntryType::Regular;
    const LINK: EntryType = EntryType::Symlink;

    #[test]
    fn files_folders_and_inner_links_are_unpacked() {
        let folder = tempfile::tempdir().unwrap();
        let bytes = archive(&[
            (EntryType::Directory, "./", ""),
            (EntryType::Directory, "./a", ""),
            (FILE, "./a/file", "one"),
            (LINK, "./a/link", "file"),
            (LINK, "./a/up", "../b"),
            (EntryType::Link, "./b", "./a/file"),
        ]);
        let unpacked = unpack(bytes.as_slice(), folder.path()).unwrap();
        assert_eq!(unpacked.skipped, [""; 0]);
        assert_eq!((unpacked.files, unpacked.bytes), (4, 3));
        for path in ["a/file", "a/link", "a/up", "b"] {
            let text = fs::read_to_string(folder.path().join(path)).unwrap();
            assert_eq!(text, "one", "{path}");
        }
        let mode = |path: &str| {
            fs::metadata(folder.path().join(path))
                .unwrap()
                .permissions()
                .mode()
        };
        assert_eq!(mode("a") & 0o7777, 0o555);
        assert_eq!(mode("a/file") & 0o7000, 0, "no setuid bit");
    }

    #[test]
    fn nothing_outside_the_folder_is_written() {
        let outside = tempfile::tempdir().unwrap();
        let folder = outside.path().join("folder");
        fs::create_dir(&folder).unwrap();
        symlink(outside.path(), folder.join("existing")).unwrap();
        fs::write(outside.path().join("secret"), "mine").unwrap();
        let absolute = outside.path().join("absolute").display().to_string();
        let secret = outside.path().join("secret").display().to_string();
        let entries = [
            (FILE, "../escaped", "x"),
            (FILE, "a/../../escaped", "x"),
            (FILE, absolute.as_str(), "x"),
            (FILE, "existing/escaped", "x"),
            (EntryType::Directory, "existing", ""),
            (EntryType::Directory, "existing/made", ""),
            (LINK, "out", ".."),
            (FILE, "out/escaped", "x"),
            (LINK, "far", secret.as_str()),
            (LINK, "here", "."),
            (LINK, "here/up", ".."),
            (LINK, "d/e/l", "../.."),
            (LINK, "twisted", "d/e/l/../.."),
            (EntryType::Link, "hard", "../secret"),
            (EntryType::Link, "hard2", "existing/secret"),
            (EntryType::Link, "hard3", secret.as_str()),
            (EntryType::Fifo, "pipe", ""),
            (EntryType::Char, "device", ""),
        ];
        let unpacked = unpack(archive(&entries).as_slice(), &folder).unwrap();
        let names = |path: &Path| {
            let entries = fs::read_dir(path).unwrap();
            let mut names: Vec<_> = entries.map(|one| one.unwrap().file_name()).collect();
            names.sort();
            names
        };
        assert_eq!(names(outside.path()), ["folder", "secret"]);
        assert_eq!(
            names(&folder),
            ["d", "existing", "here", "out"],
            "{unpacked:?}"
        );
        assert_eq!(unpacked.files, 3);
        assert_eq!(unpacked.skipped.len(), 15, "{unpacked:?}");
        assert_eq!(
            fs::read_to_string(outside.path().join("secret")).unwrap(),
            "mine"
        );
    }

    #[test]
    fn a_damaged_archive_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let mut bytes = archive(&[(FILE, "a", "text")]);
        bytes.truncate(514);
        assert!(unpack(bytes.as_slice(), folder.path()).is_err());
    }
}
