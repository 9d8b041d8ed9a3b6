//! What the user chose before, in a private file of the state folder: names only. If it cannot be read or written,
//! nothing is offered first.

use std::collections::BTreeMap;

use super::menu::Row;
use crate::state_file;

const FILE: &str = "last-choices.json";
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
    state_file::write(FILE, &choices);
}

fn read() -> BTreeMap<String, String> {
    state_file::read(FILE)
}
