//! Tells causes from symptoms, and builds the report: `findings → causes → Report`.

#![forbid(unsafe_code)]

pub mod baseline;
pub mod causes;
#[cfg(test)]
mod fuzz;
pub mod report;
mod sanitize;
pub mod select;

use checks::FactIndex;
use model::{Facts, Finding};

pub use report::{Report, Verdict};
pub use select::Selection;

/// Runs the selected checks on the facts and says what causes their failures.
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
    checks::settle(&index, &mut findings);
    findings.iter_mut().for_each(sanitize::finding);
    report::build(facts, causes::diagnose(findings), selection.is_partial())
}
