//! Small private files in the state folder: what makes the next command easier. They hold names only. What cannot be read
//! counts as empty, and what cannot be written is lost.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;
use tempfile::NamedTempFile;

use crate::config::state_folder;

/// The content of `~/.local/state/ecs-exec/NAME`, or the default.
pub fn read<T: DeserializeOwned + Default>(name: &str) -> T {
    let text = path(name).and_then(|path| fs::read(path).ok());
    text.and_then(|text| serde_json::from_slice(&text).ok())
        .unwrap_or_default()
}

/// Replaces the whole file, or nothing: another ecs-exec can read it meanwhile. Only the user can read it (0600).
pub fn write<T: Serialize>(name: &str, content: &T) {
    let _ = try_write(name, content);
}

fn try_write<T: Serialize>(name: &str, content: &T) -> Option<()> {
    let path = path(name)?;
    let folder = path.parent().unwrap_or(Path::new(""));
    fs::create_dir_all(folder).ok()?;
    let mut file = NamedTempFile::new_in(folder).ok()?;
    file.write_all(&serde_json::to_vec(content).ok()?).ok()?;
    file.persist(path).ok()?;
    Some(())
}

fn path(name: &str) -> Option<PathBuf> {
    Some(state_folder()?.join("ecs-exec").join(name))
}
