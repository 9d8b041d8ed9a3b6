//! Workflow commands of GitHub Actions: an annotation for each root cause, and for each other finding that needs
//! attention. <https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions>

use std::fmt::Write;

use diagnosis::report::Report;
use model::{Finding, Status, text};

use super::wording::fix_lines;
use crate::source_location::{SourceLocation, SourceLocations};

/// GitHub shows ten annotations of each level for a step; the others only fill the log.
const MAX_ANNOTATIONS: usize = 50;

/// The annotations of one cluster, and a line with the verdict.
pub fn render(report: &Report, locations: &SourceLocations) -> String {
    let mut lines = String::new();
    for cause in &report.root_causes {
        let first = report.findings_of(cause).next();
        let location = first.and_then(|finding| locations.find(finding));
        let mut message = vec![cause.detail.clone()];
        message.extend(fix_lines(report, cause.fixes.iter().map(String::as_str)));
        annotate(
            &mut lines,
            "error",
            location,
            &cause.title,
            &message.join("\n"),
        );
    }
    let others = report.findings.iter();
    let others: Vec<&Finding> = others
        .filter(|finding| needs_annotation(report, finding))
        .collect();
    if let Some(left) = others
        .len()
        .checked_sub(MAX_ANNOTATIONS)
        .filter(|left| *left > 0)
    {
        let left = text::count(left, "more finding");
        let _ = writeln!(lines, "See the other reports for {left}.");
    }
    for finding in others.into_iter().take(MAX_ANNOTATIONS) {
        let level = match finding.status == Status::Warn || finding.leaves_open() {
            true => "warning",
            false => "notice",
        };
        let service = finding.subject.service.as_deref();
        let service = service.map_or(String::new(), |service| format!("{service}: "));
        let title = format!("{}: {service}{}", finding.check.id, finding.title);
        annotate(
            &mut lines,
            level,
            locations.find(finding),
            &title,
            &finding.detail,
        );
    }
    let cluster = data(&report.target.cluster);
    let headline = report.headline();
    let causes = text::count(report.root_causes.len(), "root cause");
    let _ = writeln!(lines, "ECS Exec in {cluster}: {headline} ({causes})");
    lines
}

/// Whether a finding needs attention and no root cause stands for it.
fn needs_annotation(report: &Report, finding: &Finding) -> bool {
    let mut causes = report.root_causes.iter();
    match finding.status {
        Status::Warn | Status::Unknown => true,
        Status::Fail => {
            finding.caused_by.is_empty() && causes.all(|cause| cause.check != finding.check.id)
        }
        Status::Pass | Status::Skip => false,
    }
}

fn annotate(
    lines: &mut String,
    level: &str,
    location: Option<&SourceLocation>,
    title: &str,
    message: &str,
) {
    let mut properties = Vec::new();
    if let Some(location) = location {
        properties.push(format!("file={}", property(&location.file)));
        properties.push(format!("line={}", location.line));
        properties.push(format!("endLine={}", location.end_line));
    }
    properties.push(format!("title={}", property(title)));
    let (properties, message) = (
        properties.join(","),
        match message {
            "" => title,
            message => message,
        },
    );
    let _ = writeln!(lines, "::{level} {properties}::{}", data(message));
}

/// Escapes line ends: the runner takes any line that starts with `::` for a command.
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_cannot_inject_workflow_commands() {
        let mut lines = String::new();
        annotate(
            &mut lines,
            "error",
            None,
            "a,b::c",
            "x\n::set-env name=A::b%",
        );
        assert_eq!(
            lines,
            "::error title=a%2Cb%3A%3Ac::x%0A::set-env name=A::b%25\n"
        );
    }
}
