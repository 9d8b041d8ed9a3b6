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

#[cfg(test)]
mod tests {
    use super::*;
    use model::check::Inference;

    static OWN: Check = Check {
        id: "custom.own",
        area: Area::Custom,
        inference: Inference::Direct,
        ..Check::DEFAULT
    };

    fn select(only: &[&str], skip: &[&str]) -> Result<Selection, String> {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Selection::new(owned(only), owned(skip))
    }

    fn includes(selection: &Selection, id: &str) -> bool {
        selection.includes(registry::find(id).unwrap())
    }

    #[test]
    fn everything_runs_by_default() {
        let all = Selection::default();
        assert!(!all.is_empty() && !all.is_partial());
        assert!(includes(&all, "role.present") && !all.is_within(Area::Role));
    }

    #[test]
    fn only_and_skip_take_checks_and_areas() {
        let role = select(&["role"], &["role.present"]).unwrap();
        assert!(role.is_partial() && role.is_within(Area::Role) && !role.is_within(Area::Local));
        assert!(includes(&role, "role.trust"));
        assert!(!includes(&role, "role.present") && !includes(&role, "task.running"));
        let one = select(&["task.running"], &[]).unwrap();
        assert!(includes(&one, "task.running") && !includes(&one, "task.exists"));
        let others = select(&[], &["task.running"]).unwrap();
        assert!(!includes(&others, "task.running") && includes(&others, "task.exists"));
        let none = select(&["role"], &["role"]).unwrap();
        assert!(none.is_empty() && none.is_partial());
    }

    #[test]
    fn unknown_names_are_errors() {
        assert_eq!(
            select(&["role", "rolf"], &[]).err().as_deref(),
            Some("rolf")
        );
        assert_eq!(
            select(&[], &["task.rolf"]).err().as_deref(),
            Some("task.rolf")
        );
        assert!(select(&["custom"], &[]).is_ok());
        let own = |name: &str| {
            Selection::with_custom_checks(vec![&OWN], vec![name.to_owned()], Vec::new())
        };
        assert!(own("custom.own").unwrap().includes(&OWN));
        assert!(own("custom.other").is_err());
    }

    #[test]
    fn names_are_those_of_checks_and_areas() {
        let names: Vec<&str> = names().collect();
        assert!(names.contains(&"role") && names.contains(&"role.present"));
    }
}
