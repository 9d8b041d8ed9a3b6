//! Workflow commands of GitHub Actions: an annotation for each root cause, and for what else needs attention.
//! <https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions>

use std::fmt::Write;

use diagnosis::report::{Report, RootCause};
use model::{Finding, Status, text};

use super::fixes_in_lines;
use super::location::{Location, Locations};

/// A fleet's would fill the log, of which GitHub shows ten of each level for a step, and the rest in its text.
const MOST: usize = 50;

pub fn render(report: &Report, locations: &Locations) -> String {
    let mut lines = String::new();
    for cause in &report.root_causes {
        let location = report
            .findings_of(cause)
            .next()
            .and_then(|finding| locations.of(finding));
        annotate(
            &mut lines,
            "error",
            location.as_ref(),
            &cause.title,
            &message(report, cause),
        );
    }
    let apart: Vec<&Finding> = report
        .findings
        .iter()
        .filter(|finding| is_apart(report, finding))
        .collect();
    if apart.len() > MOST {
        let left = text::count(apart.len() - MOST, "finding");
        let _ = writeln!(lines, "{left} more are in the other reports.");
    }
    for finding in apart.into_iter().take(MOST) {
        let level = match finding.leaves_open() {
            true => "warning",
            false => "notice",
        };
        let level = if finding.status == Status::Warn {
            "warning"
        } else {
            level
        };
        let location = locations.of(finding);
        let service = finding
            .subject
            .service
            .as_deref()
            .map_or(String::new(), |service| format!("{service}: "));
        let title = format!("{}: {service}{}", finding.check.id, finding.title);
        annotate(
            &mut lines,
            level,
            location.as_ref(),
            &title,
            &finding.detail,
        );
    }
    let verdict = report.headline();
    let causes = text::count(report.root_causes.len(), "root cause");
    let _ = writeln!(
        lines,
        "ECS Exec in {}: {verdict} ({causes})",
        data(&report.target.cluster)
    );
    lines
}

/// Neither in order nor one of the failures that root causes stand for.
fn is_apart(report: &Report, finding: &Finding) -> bool {
    match finding.status {
        Status::Warn | Status::Unknown => true,
        Status::Fail => {
            finding.caused_by.is_empty()
                && !report
                    .root_causes
                    .iter()
                    .any(|cause| cause.check == finding.check.id)
        }
        Status::Pass | Status::Skip => false,
    }
}

fn message(report: &Report, cause: &RootCause) -> String {
    let mut lines = vec![cause.detail.clone()];
    lines.extend(fixes_in_lines(
        report,
        cause.fixes.iter().map(String::as_str),
    ));
    lines.join("\n")
}

fn annotate(
    lines: &mut String,
    level: &str,
    location: Option<&Location>,
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
    let message = if message.is_empty() { title } else { message };
    let _ = writeln!(
        lines,
        "::{level} {}::{}",
        properties.join(","),
        data(message)
    );
}

/// The runner reads a line as a command wherever it begins with `::`, so no text may begin a line of its own.
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
    fn no_text_is_a_command() {
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
