//! What both kinds of custom checks share: the metadata of checks that are only known at run time.

use std::cell::RefCell;
use std::collections::HashMap;

use model::{Area, Check, Fix, Inference, Severity};

/// The texts of a custom check; see [`Check`].
pub struct CheckTexts {
    /// The ID without its area.
    pub name: String,
    /// What the check looks for.
    pub title: String,
    /// What goes wrong if it fails.
    pub why: String,
    /// How it is found out.
    pub how: String,
    /// How to fix it.
    pub remedy: String,
}

/// Makes a check that lives as long as the process, because findings refer to their checks with `&'static`.
///
/// The memory is never freed. The configuration and PATH are read once per process, so the leak is bounded by the
/// size of the file and the number of programs. Nothing that a program prints ends up here.
pub fn leak_check(area: Area, texts: CheckTexts, severity: Severity) -> &'static Check {
    Box::leak(Box::new(Check {
        area,
        id: format!("{}.{}", area.name(), texts.name).leak(),
        title: texts.title.leak(),
        why: texts.why.leak(),
        how: texts.how.leak(),
        remedy: texts.remedy.leak(),
        severity,
        inference: Inference::Direct,
        ..Check::DEFAULT
    }))
}

/// The severity of a check that names none.
pub fn default_severity() -> Severity {
    Severity::Medium
}

/// Whether this can be the name of a check.
pub fn is_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !name.is_empty() && name.bytes().all(allowed)
}

/// Whether a text has the form of a custom check's ID: `custom.NAME` or `program.NAME`.
pub fn is_id(text: &str) -> bool {
    text.split_once('.')
        .is_some_and(|(area, name)| Area::find(area).is_some_and(Area::is_custom) && is_name(name))
}

/// Numbers the fixes of one check: equal fixes get the same ID.
#[derive(Default)]
pub struct FixIds(RefCell<HashMap<FixContent, String>>);

/// Title, explanation and commands.
type FixContent = (String, String, Vec<String>);

impl FixIds {
    /// Sets the ID of a fix that has none yet.
    pub fn assign(&self, check_id: &str, mut fix: Fix) -> Fix {
        let mut ids = self.0.borrow_mut();
        let next = match ids.len() {
            0 => format!("manual:{check_id}"),
            n => format!("manual:{check_id}:{}", n + 1),
        };
        let content = (fix.title.clone(), fix.explain.clone(), fix.commands.clone());
        fix.id = ids.entry(content).or_insert(next).clone();
        fix
    }
}

/// At most the first `limit` characters of a text, with an ellipsis if some are missing.
pub fn truncate(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}
