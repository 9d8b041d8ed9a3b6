//! Words and sentences that several formats share.

use diagnosis::report::{Report, Source};
use model::{Area, Finding, Fix, Status, text};

/// What a report with `--as` says of the principal that it judges.
pub fn judged_for_another(asked_by: &str) -> String {
    format!(
        "asked by {asked_by} with --as: \"the caller\" is the principal above. Skipped, because only it can know: its \
         machine, credentials and clock. Its MFA, address and session policies are unknown."
    )
}

/// The statuses from worst to best.
pub const STATUSES: [Status; 5] = [
    Status::Fail,
    Status::Unknown,
    Status::Warn,
    Status::Pass,
    Status::Skip,
];

/// `2 failed, 1 warning, 42 passed`.
pub fn tally<'f>(findings: impl Iterator<Item = &'f Finding> + Clone) -> String {
    let parts = STATUSES.into_iter().filter_map(|status| {
        let count = findings.clone().filter(|finding| finding.status == status);
        match (count.count(), status) {
            (0, _) => None,
            (count, Status::Warn) => Some(text::count(count, status.word())),
            (count, _) => Some(format!("{count} {}", status.word())),
        }
    });
    parts.collect::<Vec<_>>().join(", ")
}

/// The findings of each area that has some: built-in areas first, then custom checks.
pub fn by_area(report: &Report) -> impl Iterator<Item = (Area, Vec<&Finding>)> {
    let areas = Area::all().map(|area| {
        let findings = report.findings.iter();
        let findings = findings.filter(|finding| finding.check.area == area);
        (area, findings.collect::<Vec<_>>())
    });
    areas.filter(|(_, findings)| !findings.is_empty())
}

/// `Root cause 1 of 3`.
pub fn root_cause_heading(report: &Report, index: usize) -> String {
    match report.root_causes.len() {
        1 => "Root cause".to_owned(),
        many => format!("Root cause {} of {many}", index + 1),
    }
}

/// `Fix (safe)`.
pub fn fix_heading(fix: &Fix) -> String {
    format!("Fix ({})", fix.disposition.word())
}

/// The heading of a fix that is only named at its root cause, because all others come first.
pub fn last_fix_heading(fix: &Fix) -> String {
    format!("Fix ({}), after all others", fix.disposition.word())
}

/// The heading of the fixes that replace tasks.
pub const LAST_FIXES: &str = "After all other fixes";

/// Each fix, and its commands below it.
pub fn fix_lines<'f>(report: &Report, ids: impl Iterator<Item = &'f str>) -> Vec<String> {
    let mut lines = Vec::new();
    for fix in ids.filter_map(|id| report.fix(id)) {
        lines.push(format!("{}: {}", fix_heading(fix), fix.title));
        lines.extend(fix.commands.iter().map(|command| format!("  {command}")));
    }
    lines
}

/// A finding as plain text: title, detail, causes, and fixes.
pub fn finding_text(report: &Report, finding: &Finding) -> String {
    let mut lines = vec![finding.title.to_string()];
    if !finding.detail.is_empty() {
        lines.push(finding.detail.to_string());
    }
    if !finding.caused_by.is_empty() {
        lines.push(format!("Caused by {}.", text::list(&finding.caused_by)));
    }
    lines.extend(fix_lines(report, finding.fix_ids()));
    lines.join("\n")
}

/// Where the facts come from.
pub fn source(source: Source) -> &'static str {
    match source {
        Source::Live => "AWS",
        Source::Capture => "snapshot",
        Source::Plan => "Terraform plan",
        Source::Demo => "built-in demo",
    }
}

/// Permissions of the caller without which checks are unknown.
pub fn missing_permissions(report: &Report) -> Vec<&str> {
    let findings = report.findings.iter();
    let mut missing: Vec<&str> = findings
        .filter_map(|finding| finding.missing_permission.as_deref())
        .collect();
    missing.sort_unstable();
    missing.dedup();
    missing
}
