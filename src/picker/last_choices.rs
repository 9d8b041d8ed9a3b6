//! What the user chose before, in a private file of the state folder: names only. If it cannot be read or written,
//! nothing is offered first.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::menu::Row;
use crate::config::state_folder;

/// How many places are remembered. The file is small and is read once.
const MOST: usize = 200;

/// Moves the row that was chosen before in this place to the top.
pub fn offer_first<T>(rows: &mut [Row<T>], place: &str, name: impl Fn(&T) -> &str) {
    let Some(last) = read().remove(place) else {
        return;
    };
    if let Some(at) = rows.iter().position(|row| name(&row.value) == last) {
        rows[..=at].rotate_right(1);
    }
}

/// Remembers a choice.
pub fn remember(place: &str, name: &str) {
    let mut choices = read();
    if choices.get(place).is_some_and(|known| known == name) {
        return;
    }
    if choices.len() >= MOST {
        choices.clear();
    }
    choices.insert(place.to_owned(), name.to_owned());
    let _ = write(&choices);
}

fn path() -> Option<PathBuf> {
    Some(state_folder()?.join("ecs-exec").join("last-choices.json"))
}

fn read() -> BTreeMap<String, String> {
    let text = path().and_then(|path| fs::read(path).ok());
    text.and_then(|text| serde_json::from_slice(&text).ok())
        .unwrap_or_default()
}

/// The whole file, or nothing: another ecs-exec can read it meanwhile.
fn write(choices: &BTreeMap<String, String>) -> Option<()> {
    let path = path()?;
    let folder = path.parent().unwrap_or(Path::new(""));
    fs::create_dir_all(folder).ok()?;
    let mut file = NamedTempFile::new_in(folder).ok()?;
    file.write_all(&serde_json::to_vec(choices).ok()?).ok()?;
    file.persist(path).ok()?;
    Some(())
}
