use checks::registry;
use model::area::Area;
use model::check::Check;

/// Which checks run: `--only` and `--skip`, by ID or by area.
#[derive(Clone, Default)]
pub struct Selection {
    only: Vec<String>,
    skip: Vec<String>,
    /// The user's own checks, beside those of the registry.
    own: Vec<&'static Check>,
}

impl Selection {
    /// Fails with the first name that is neither a check nor an area.
    pub fn new(only: Vec<String>, skip: Vec<String>) -> Result<Selection, String> {
        Selection::with_own(Vec::new(), only, skip)
    }

    /// The same where the user has checks of their own.
    pub fn with_own(
        own: Vec<&'static Check>,
        only: Vec<String>,
        skip: Vec<String>,
    ) -> Result<Selection, String> {
        let selection = Selection { only, skip, own };
        let mut named = selection.only.iter().chain(&selection.skip);
        match named.find(|name| !selection.is_known(name)) {
            Some(unknown) => Err(unknown.clone()),
            None => Ok(selection),
        }
    }

    /// Whether no check is left.
    pub fn is_empty(&self) -> bool {
        !self.all().any(|check| self.includes(check))
    }

    /// Whether any check is left out.
    pub fn is_partial(&self) -> bool {
        !self.all().all(|check| self.includes(check))
    }

    pub fn includes(&self, check: &Check) -> bool {
        let named = |names: &[String]| {
            names
                .iter()
                .any(|name| name == check.id || name == check.area.name())
        };
        (self.only.is_empty() || named(&self.only)) && !named(&self.skip)
    }

    /// Whether only checks of this area are left.
    pub fn is_within(&self, area: &str) -> bool {
        self.all()
            .filter(|check| self.includes(check))
            .all(|check| check.area.name() == area)
    }

    fn all(&self) -> impl Iterator<Item = &'static Check> {
        registry::all().chain(self.own.iter().copied())
    }

    fn is_known(&self, name: &str) -> bool {
        Area::CUSTOM.iter().any(|area| area.name() == name)
            || self
                .all()
                .any(|check| check.id == name || check.area.name() == name)
    }
}

/// Every name that `--only` and `--skip` take.
pub fn names() -> impl Iterator<Item = &'static str> {
    registry::all().flat_map(|check| [check.id, check.area.name()])
}
