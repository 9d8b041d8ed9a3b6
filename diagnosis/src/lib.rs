//! From findings to a report: what causes what, and in which order the fixes are applied.
//!
//! Data flows down this table:
//!
//! | module | |
//! | --- | --- |
//! | [`selection`] | which checks run: `--only` and `--skip` |
//! | `sanitize` | makes what AWS or a user wrote harmless to print |
//! | [`causes`] | turns failures into root causes and symptoms, and warnings that explain a failure into causes |
//! | [`report`] | builds the report: root causes, findings, fixes in order, verdict |
//! | [`baseline`] | compares a report with an earlier one |
//! | [`pattern`] | tells sentences that differ only in names |

#![forbid(unsafe_code)]

pub mod baseline;
pub mod causes;
#[cfg(test)]
mod fuzz;
pub mod pattern;
pub mod report;
mod sanitize;
pub mod selection;

use std::collections::HashSet;

use checks::FactIndex;
use model::{Facts, Finding};

pub use report::{Report, Verdict};
pub use selection::Selection;

/// Runs the selected checks on the facts and finds what causes their failures.
pub fn examine(facts: &Facts, selection: &Selection) -> Report {
    examine_with(facts, selection, |_| Vec::new())
}

/// The same, with the findings of the user's custom checks.
pub fn examine_with(
    facts: &Facts,
    selection: &Selection,
    custom_checks: impl FnOnce(&FactIndex) -> Vec<Finding>,
) -> Report {
    let simulations = aws_rules::iam::resolve_simulations(facts);
    let index = FactIndex::new(facts, &simulations);
    let mut findings = checks::run(&index, |check| selection.includes(check));
    findings.extend(custom_checks(&index));
    checks::adjustments::apply(&index, &mut findings);
    findings.iter_mut().for_each(sanitize::finding);
    report::build(facts, causes::diagnose(findings), selection.is_partial())
}

/// Each text once, where it stands first.
fn each_once<'t>(texts: impl Iterator<Item = &'t str>) -> Vec<&'t str> {
    let mut seen = HashSet::new();
    texts.filter(|text| seen.insert(*text)).collect()
}
