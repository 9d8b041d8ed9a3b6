//! What the user chose before, in a private file of the state folder: names only. If it cannot be read or written,
//! nothing is offered first.

use std::collections::BTreeMap;

use super::menu::{Row, choose};
use crate::cli::Global;
use crate::cli_error::CliError;
use crate::state_file;

const FILE: &str = "last-choices.json";
/// How many places are remembered. The file is small and is read once.
const MOST: usize = 200;

/// Lets the user choose a name. The one that was chosen before in this place is offered first.
pub async fn choose_named(
    question: &str,
    mut rows: Vec<Row<String>>,
    place: &str,
    global: &Global,
) -> Result<String, CliError> {
    let last = read().remove(place);
    let at = rows
        .iter()
        .position(|row| Some(&row.value) == last.as_ref());
    if let Some(at) = at {
        rows[..=at].rotate_right(1);
    }
    let name = choose(question, rows, global).await?;
    remember(place, &name);
    Ok(name)
}

fn remember(place: &str, name: &str) {
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
