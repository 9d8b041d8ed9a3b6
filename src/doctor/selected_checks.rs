use std::sync::{Arc, LazyLock};

use custom_checks::AREAS;
use diagnosis::Selection;
use model::check::Check;

use crate::cli::Doctor;
use crate::cli_error::CliError;
use crate::config::Settings;
use crate::custom_checks::CustomChecks;
use crate::target;

/// The checks that are asked for. The user's own programs are looked for on PATH while AWS is asked: the folders may be
/// many, and slow.
pub struct Checks {
    /// Some are named, or left out by name.
    named: bool,
    chosen: LazyLock<Chosen, Box<dyn FnOnce() -> Chosen + Send>>,
}

pub struct Chosen {
    pub selection: Selection,
    pub own: Arc<CustomChecks>,
}

impl Checks {
    pub fn of(arguments: &Doctor, settings: Option<&mut Settings>) -> Result<Checks, CliError> {
        let found = settings.map(CustomChecks::search);
        let found = move || found.map(|found| found()).unwrap_or_default();
        let named = !arguments.only.is_empty() || !arguments.skip.is_empty();
        let later: Box<dyn FnOnce() -> Chosen + Send> = match named {
            // A name that nothing has is refused at once.
            true => {
                let own = found();
                let chosen = chosen(selection(arguments, &own)?, own);
                Box::new(move || chosen)
            }
            false => Box::new(move || {
                let own = found();
                let all = Selection::with_own(own.checks(), Vec::new(), Vec::new());
                chosen(all.unwrap_or_default(), own)
            }),
        };
        Ok(Checks {
            named,
            chosen: LazyLock::new(later),
        })
    }

    /// Waits until the search has ended.
    pub fn chosen(&self) -> &Chosen {
        &self.chosen
    }

    /// Whether only checks of this area are asked for.
    pub fn are_within(&self, area: &str) -> bool {
        self.named && self.chosen.selection.is_within(area)
    }
}

/// Whether checks of an area are asked for, as far as the flags tell.
pub fn may_include(arguments: &Doctor, area: &str) -> bool {
    let (only, skip) = (trimmed(&arguments.only), trimmed(&arguments.skip));
    let is_of_area = |name: &String| name.split('.').next() == Some(area);
    (only.is_empty() || only.iter().any(is_of_area)) && !skip.iter().any(|name| name == area)
}

fn chosen(selection: Selection, own: CustomChecks) -> Chosen {
    let own = Arc::new(own.only(&selection));
    Chosen { selection, own }
}

fn selection(arguments: &Doctor, own: &CustomChecks) -> Result<Selection, CliError> {
    let (only, skip) = (trimmed(&arguments.only), trimmed(&arguments.skip));
    let are_own = !only.is_empty() && only.iter().all(|name| AREAS.contains(&name.as_str()));
    let own = own.checks();
    let selection = Selection::with_own(own.clone(), only, skip)
        .map_err(|unknown| no_such_check(&unknown, &own))?;
    if !selection.is_empty() {
        return Ok(selection);
    }
    Err(CliError::new(
        "no check is left",
        match are_own {
            true => "There are no custom checks. Demos use no configuration.",
            false => "What --only names and --skip takes away leaves nothing to look at.",
        },
    ))
}

/// The names as they were written, without the spaces of a list that a person wrote. Of one that is empty, the empty
/// names stay.
fn trimmed(names: &[String]) -> Vec<String> {
    let names = names.iter().map(|name| name.trim());
    let (named, empty): (Vec<&str>, Vec<&str>) = names.partition(|name| !name.is_empty());
    let kept = if named.is_empty() { empty } else { named };
    kept.into_iter().map(str::to_owned).collect()
}

fn no_such_check(unknown: &str, own: &[&Check]) -> CliError {
    let near = target::nearest(
        &unknown.to_lowercase(),
        diagnosis::select::names().chain(own.iter().map(|check| check.id)),
    );
    let areas = checks::registry::AREAS.iter().chain(&AREAS);
    let help = match near.first() {
        Some(near) => format!("Did you mean {near}?"),
        None => format!("Areas: {}.", Vec::from_iter(areas.copied()).join(", ")),
    };
    CliError::new(format!("there is no check or area {unknown}"), help)
}
