//! Which checks run: `--only` and `--skip`, by ID or by area.

use checks::registry;
use model::area::Area;
use model::check::Check;

/// The checks that run.
#[derive(Clone, Default)]
pub struct Selection {
    only: Vec<String>,
    skip: Vec<String>,
    /// The user's own checks, beside those of the registry.
    custom_checks: Vec<&'static Check>,
}

impl Selection {
    /// Selects among the checks of the registry. The error is the first name that is neither a check nor an area.
    pub fn new(only: Vec<String>, skip: Vec<String>) -> Result<Selection, String> {
        Selection::with_custom_checks(Vec::new(), only, skip)
    }

    /// The same, among the user's custom checks too.
    pub fn with_custom_checks(
        custom_checks: Vec<&'static Check>,
        only: Vec<String>,
        skip: Vec<String>,
    ) -> Result<Selection, String> {
        let selection = Selection {
            only,
            skip,
            custom_checks,
        };
        let mut names = selection.only.iter().chain(&selection.skip);
        match names.find(|name| !selection.is_known(name)) {
            Some(unknown) => Err(unknown.clone()),
            None => Ok(selection),
        }
    }

    /// Whether no check is left.
    pub fn is_empty(&self) -> bool {
        self.selected().next().is_none()
    }

    /// Whether any check is left out.
    pub fn is_partial(&self) -> bool {
        !self.all().all(|check| self.includes(check))
    }

    /// Whether a check runs.
    pub fn includes(&self, check: &Check) -> bool {
        let is_named = |names: &[String]| names.iter().any(|name| is_called(check, name));
        (self.only.is_empty() || is_named(&self.only)) && !is_named(&self.skip)
    }

    /// Whether only checks of this area are left.
    pub fn is_within(&self, area: Area) -> bool {
        self.selected().all(|check| check.area == area)
    }

    fn selected(&self) -> impl Iterator<Item = &'static Check> {
        self.all().filter(|check| self.includes(check))
    }

    fn all(&self) -> impl Iterator<Item = &'static Check> {
        registry::all().chain(self.custom_checks.iter().copied())
    }

    fn is_known(&self, name: &str) -> bool {
        Area::find(name).is_some_and(Area::is_custom)
            || self.all().any(|check| is_called(check, name))
    }
}

fn is_called(check: &Check, name: &str) -> bool {
    check.id == name || check.area.name() == name
}

/// Every name that `--only` and `--skip` take.
pub fn names() -> impl Iterator<Item = &'static str> {
    registry::all().flat_map(|check| [check.id, check.area.name()])
}
