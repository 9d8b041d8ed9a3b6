//! Checks that are not known before the program runs.

use std::collections::HashMap;

use crate::AREAS;
use model::{Area, Check, Fix, Inference, OnPlan, Severity};

/// What `ecs-exec checks` says of a check of the user's.
pub struct About {
    pub id: String,
    pub title: String,
    pub why: String,
    pub how: String,
    pub remedy: String,
    pub severity: Severity,
}

/// Makes a check that lives as long as the process, as findings refer to theirs for ever.
///
/// The memory is never given back. That is all right because the configuration is read once in a process and
/// PATH is searched once: what is leaked is bounded by the size of the file and the number of programs, and
/// nothing that a program prints gets here.
pub fn forever(about: About) -> &'static Check {
    Box::leak(Box::new(Check {
        area: match about.id.starts_with(crate::PROGRAM) {
            true => Area::Program,
            false => Area::Custom,
        },
        id: text(about.id),
        title: text(about.title),
        why: text(about.why),
        how: text(about.how),
        remedy: text(about.remedy),
        actions: &[],
        docs: &[],
        explains: &[],
        masks: &[],
        severity: about.severity,
        on_plan: OnPlan::Judges,
        inference: Inference::Direct,
    }))
}

/// The same for a single text; see [`forever`].
pub fn text(text: String) -> &'static str {
    if text.is_empty() {
        return "";
    }
    Box::leak(text.into_boxed_str())
}

/// Whether this can be the name of a check.
pub fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// Whether a text has the form of the ID of a check of the user's own: `custom.NAME`, `program.NAME`.
pub fn is_id(text: &str) -> bool {
    AREAS
        .iter()
        .filter_map(|area| text.strip_prefix(area)?.strip_prefix('.'))
        .any(is_name)
}

/// Gives the fixes of one check their IDs: the same change has the same ID, another one another.
#[derive(Default)]
pub struct Fixes {
    /// By what it says and does.
    known: HashMap<(String, String, Vec<String>), Fix>,
}

impl Fixes {
    /// `fix` comes without an ID.
    pub fn name(&mut self, check: &str, mut fix: Fix) -> Fix {
        let key = (fix.title.clone(), fix.explain.clone(), fix.commands.clone());
        if let Some(known) = self.known.get(&key) {
            return known.clone();
        }
        fix.id = match self.known.len() {
            0 => format!("manual:{check}"),
            n => format!("manual:{check}:{}", n + 1),
        };
        self.known.insert(key, fix.clone());
        fix
    }
}

/// The beginning of a text, where it is longer than this many characters.
pub fn shortened(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}
