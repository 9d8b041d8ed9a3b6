use crate::check::Check;
use crate::registry;

/// Which checks run: `--only` and `--skip`, by ID or by area.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    only: Vec<String>,
    skip: Vec<String>,
}

impl Selection {
    /// Fails with the first name that is neither a check nor an area.
    pub fn new(only: Vec<String>, skip: Vec<String>) -> Result<Selection, String> {
        match only.iter().chain(&skip).find(|name| !is_known(name)) {
            Some(unknown) => Err(unknown.clone()),
            None => Ok(Selection { only, skip }),
        }
    }

    /// Whether no check is left.
    pub fn is_empty(&self) -> bool {
        !registry::CHECKS.iter().any(|check| self.includes(check))
    }

    /// Whether any check is left out.
    pub fn is_partial(&self) -> bool {
        !registry::CHECKS.iter().all(|check| self.includes(check))
    }

    pub fn includes(&self, check: &Check) -> bool {
        let named = |names: &[String]| {
            names
                .iter()
                .any(|name| name == check.id || name == check.area())
        };
        (self.only.is_empty() || named(&self.only)) && !named(&self.skip)
    }
}

fn is_known(name: &str) -> bool {
    registry::CHECKS
        .iter()
        .any(|check| check.id == name || check.area() == name)
}

/// Every name that `--only` and `--skip` take.
pub fn names() -> impl Iterator<Item = &'static str> {
    registry::CHECKS
        .iter()
        .flat_map(|check| [check.id, check.area()])
}
