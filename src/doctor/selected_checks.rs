//! `--only` and `--skip`: the built-in and custom checks that run.

use std::sync::Arc;

use diagnosis::Selection;
use model::Area;
use model::check::Check;

use crate::cli::CheckFlags;
use crate::cli_error::CliError;
use crate::config::Settings;
use crate::custom_checks::CustomChecks;
use crate::target;

/// The checks of a run.
pub struct SelectedChecks {
    pub selection: Selection,
    pub custom: Arc<CustomChecks>,
}

impl SelectedChecks {
    /// Takes the custom checks out of the settings; the demo has none. `excluded`: an area that is skipped in any case.
    pub fn new(
        flags: &CheckFlags,
        settings: Option<&mut Settings>,
        excluded: Option<Area>,
    ) -> Result<SelectedChecks, CliError> {
        let custom = settings.map(CustomChecks::find).unwrap_or_default();
        let selection = selection(flags, excluded, custom.checks())?;
        let custom = Arc::new(custom.only(&selection));
        Ok(SelectedChecks { selection, custom })
    }
}

/// Whether the flags leave room for checks of an area.
pub fn may_include(flags: &CheckFlags, area: Area) -> bool {
    let (only, skip) = (trimmed(&flags.only), trimmed(&flags.skip));
    let is_of_area = |name: &String| name.split('.').next() == Some(area.name());
    (only.is_empty() || only.iter().any(is_of_area)) && !skip.iter().any(|name| name == area.name())
}

fn selection(
    flags: &CheckFlags,
    excluded: Option<Area>,
    custom: Vec<&'static Check>,
) -> Result<Selection, CliError> {
    let (only, mut skip) = (trimmed(&flags.only), trimmed(&flags.skip));
    skip.extend(excluded.map(|area| area.name().to_owned()));
    let is_custom = |name: &String| Area::find(name).is_some_and(Area::is_custom);
    let only_custom = !only.is_empty() && only.iter().all(is_custom);
    let selection = Selection::with_custom_checks(custom.clone(), only, skip)
        .map_err(|unknown| no_such_check(&unknown, &custom))?;
    if !selection.is_empty() {
        return Ok(selection);
    }
    if let Some(area) = excluded.filter(|_| flags.skip.is_empty() && !only_custom) {
        return Err(CliError::new(
            "no checks are selected",
            format!("--as skips every check of the area {}.", area.name()),
        ));
    }
    let hint = match only_custom {
        true => "No custom checks are configured. A demo only reads a file named by --config.",
        false => "--skip removes every check that --only names.",
    };
    Err(CliError::new("no checks are selected", hint))
}

/// The names without the spaces around them; empty names count only if there are no others.
fn trimmed(names: &[String]) -> Vec<String> {
    let names = names.iter().map(|name| name.trim().to_owned());
    let (named, empty): (Vec<_>, Vec<_>) = names.partition(|name| !name.is_empty());
    if named.is_empty() { empty } else { named }
}

fn no_such_check(unknown: &str, custom: &[&Check]) -> CliError {
    let names = diagnosis::selection::names().chain(custom.iter().map(|check| check.id));
    let hint = match target::nearest(&unknown.to_lowercase(), names).first() {
        Some(near) => format!("Did you mean {near}?"),
        None => {
            let areas: Vec<&str> = Area::all().map(Area::name).collect();
            format!("Areas: {}.", areas.join(", "))
        }
    };
    CliError::new(format!("there is no check or area {unknown}"), hint)
}
