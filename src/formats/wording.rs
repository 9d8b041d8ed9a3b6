//! Words and sentences that several formats share.

use std::collections::HashSet;
use std::hash::Hash;

use diagnosis::report::{Report, Source};
use model::{Area, Finding, Fix, Status, text};

use super::fold::{self, ServiceGroup};

/// What a report with `--as` says of the principal that it judges.
pub fn judged_for_another(asked_by: &str) -> String {
    format!(
        "asked by {asked_by} with --as: \"the caller\" is the principal that --as names. Its machine, credentials and \
         clock are not checked: only it can see them. Its MFA, address and session policies are unknown."
    )
}

/// `2 more rows`: how many of all items a format leaves out; `None` if it shows all of them.
pub fn left_out(all: usize, shown: usize, noun: &str) -> Option<String> {
    match all.saturating_sub(shown) {
        0 => None,
        more => Some(text::count(more, noun)),
    }
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
    for group in fold::group_fixes(report, ids.filter_map(|id| report.fix(id))) {
        lines.push(format!("{}: {}", fix_heading(group.first()), group.title()));
        let commands = group.commands().into_iter();
        lines.extend(commands.map(|command| format!("  {command}")));
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

/// What the services of a group have in common: `failed task.exec-enabled`, `sessions would work`.
pub fn state_of_services(report: &Report, group: &ServiceGroup) -> String {
    let checks = format!(
        "{} {}",
        group.status.word(),
        text::short_list(&group.checks, 3)
    );
    let needs_attention = group.status.needs_attention();
    if !group.works {
        return match needs_attention {
            true => checks,
            false => "not checked".to_owned(),
        };
    }
    let verdict = match () {
        // What is about no service, such as the caller's rights, may affect them all the same.
        () if report.findings.iter().any(concerns_any_service) => match group.services.len() {
            1 => "no problems of its own",
            _ => "no problems of their own",
        },
        () if report.since.is_some() => "no new problems",
        () if report.partial => "the selected checks found no problems",
        () => "sessions would work",
    };
    match needs_attention {
        true => format!("{verdict}, {checks}"),
        false => verdict.to_owned(),
    }
}

/// Whether a finding is about no service and keeps sessions from working, or may do so.
fn concerns_any_service(finding: &Finding) -> bool {
    let is_problem = finding.status == Status::Fail || finding.leaves_open();
    finding.subject.service.is_none() && is_problem && !finding.check.area.is_expectation()
}

/// `188 services`, or the name of the only one.
pub fn services_of_group(group: &ServiceGroup) -> String {
    match group.services.as_slice() {
        [one] => (*one).to_owned(),
        many => text::count(many.len(), "service"),
    }
}

/// Where the facts come from.
pub fn source(source: Source) -> &'static str {
    match source {
        Source::Live => "AWS",
        Source::Capture => "snapshot",
        Source::Plan => "plan",
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

/// The verdict in words, as the beginning of a sentence.
pub fn capitalized_headline(report: &Report) -> String {
    text::capitalized(&report.headline())
}

/// The checks that passed, each with the number of its subjects.
pub fn passed_checks(report: &Report) -> Vec<(&str, usize)> {
    let mut passed: Vec<(&str, usize)> = Vec::new();
    let findings = report.findings.iter();
    for finding in findings.filter(|finding| finding.status == Status::Pass) {
        let id = finding.check.id;
        match passed.iter_mut().find(|(check, _)| *check == id) {
            Some((_, count)) => *count += 1,
            None => passed.push((id, 1)),
        }
    }
    passed
}

/// What a reader needs to know about the run: names and values.
pub fn environment(report: &Report) -> Vec<(&'static str, String)> {
    let target = &report.target;
    let or_unknown = |text: Option<&String>| text.map_or("unknown", String::as_str).to_owned();
    let calls: u64 = report.api_calls.values().sum();
    let missing = missing_permissions(report);
    let mut rows = vec![
        ("Cluster", target.cluster.clone()),
        ("Region", target.region.clone()),
        ("Account", or_unknown(target.account.as_ref())),
        ("Caller", or_unknown(report.caller.arn.as_ref())),
    ];
    if let Some(asked_by) = &report.caller.asked_by {
        rows.push(("Asked by", asked_by.clone()));
    }
    rows.push((
        "Facts",
        format!("{}, {}", source(report.source), report.generated_at),
    ));
    if calls > 0 {
        rows.push(("Calls to AWS", calls.to_string()));
    }
    if !missing.is_empty() {
        rows.push(("Missing permissions", text::list(&missing)));
    }
    rows.push((
        "Program",
        format!("{} {}", report.tool.name, report.tool.version),
    ));
    rows
}

/// Each item once, in the order of the first occurrence.
pub fn distinct<T: Clone + Eq + Hash>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut seen = HashSet::new();
    items.filter(|item| seen.insert(item.clone())).collect()
}
