//! Workflow commands of GitHub Actions: an annotation for each root cause, and for each other reason that needs
//! attention. <https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions>

use std::fmt::Write;

use diagnosis::report::{Report, RootCause};
use model::{Finding, Status, text};

use super::fold::{self, FindingGroup};
use super::wording::{self, fix_lines};
use crate::source_location::{SourceLocation, SourceLocations};

/// GitHub shows ten annotations of each level for a step; the others only fill the log.
const MAX_ANNOTATIONS: usize = 50;

/// The annotations of all clusters, errors first, and a line with the verdict on each cluster.
pub fn render(reports: &[Report], locations: &SourceLocations) -> String {
    let annotations = reports
        .iter()
        .flat_map(|report| annotations(report, locations));
    let mut annotations: Vec<Annotation> = annotations.collect();
    annotations.sort_by_key(|annotation| annotation.level);
    let mut lines = String::new();
    for annotation in annotations.iter().take(MAX_ANNOTATIONS) {
        annotation.write(&mut lines);
    }
    if let Some(left) = wording::left_out(annotations.len(), MAX_ANNOTATIONS, "more finding") {
        let _ = writeln!(lines, "See the other reports for {left}.");
    }
    for report in reports {
        let cluster = data(&report.target.cluster);
        let headline = report.headline();
        let causes = text::count(report.root_causes.len(), "root cause");
        let _ = writeln!(lines, "ECS Exec in {cluster}: {headline} ({causes})");
    }
    lines
}

fn annotations<'a>(report: &'a Report, locations: &'a SourceLocations) -> Vec<Annotation<'a>> {
    let mut annotations: Vec<Annotation> = report
        .root_causes
        .iter()
        .map(|cause| Annotation {
            level: Level::Error,
            location: report
                .findings_of(cause)
                .find_map(|finding| locations.find(finding)),
            title: short_title(&cause.title),
            message: cause_text(report, cause),
        })
        .collect();
    let others = report.findings.iter();
    let others = others.filter(|finding| needs_annotation(report, finding));
    let others = fold::group_findings(others).into_iter();
    annotations.extend(others.map(|group| of_group(&group, locations)));
    annotations
}

/// The annotation of an error because of which there is no report.
pub fn error(message: &str) -> String {
    let mut line = String::new();
    let annotation = Annotation {
        level: Level::Error,
        location: None,
        title: "ecs-exec".to_owned(),
        message: message.trim_start_matches("error: ").to_owned(),
    };
    annotation.write(&mut line);
    line
}

/// A mark in the pull request: at a file, if its place is known.
struct Annotation<'a> {
    level: Level,
    location: Option<&'a SourceLocation>,
    title: String,
    message: String,
}

/// How much an annotation matters, the most first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Error,
    Warning,
    Notice,
}

fn cause_text(report: &Report, cause: &RootCause) -> String {
    let mut lines = Vec::new();
    if short_title(&cause.title) != cause.title {
        lines.push(cause.title.clone());
    }
    lines.push(cause.detail.clone());
    let services = fold::services_of(cause);
    if services.len() > fold::MAX_NAMED {
        lines.push(format!("Services: {}", text::list(&services)));
    }
    lines.extend(fix_lines(report, cause.fixes.iter().map(String::as_str)));
    lines.join("\n")
}

/// One annotation for all findings that say the same.
fn of_group<'a>(group: &FindingGroup, locations: &'a SourceLocations) -> Annotation<'a> {
    let finding = group.finding;
    let sentence = format!("{}{}{}", group.services_prefix(), group.title, group.more());
    let title = short_title(&sentence);
    let mut lines = Vec::new();
    if title != sentence {
        lines.push(sentence);
    }
    if !finding.detail.is_empty() {
        lines.push(finding.detail.clone());
    }
    if group.services.len() > fold::MAX_NAMED {
        lines.push(format!("Services: {}", text::list(&group.services)));
    }
    let noun = match group.checks.len() {
        1 => "Check",
        _ => "Checks",
    };
    lines.push(format!("{noun}: {}", text::list(&group.checks)));
    Annotation {
        level: match finding.status {
            Status::Fail => Level::Error,
            Status::Warn => Level::Warning,
            _ if finding.leaves_open() => Level::Warning,
            _ => Level::Notice,
        },
        location: locations.find(finding),
        title,
        message: lines.join("\n"),
    }
}

/// The beginning of a sentence, up to a word: GitHub shows titles on one line.
fn short_title(sentence: &str) -> String {
    const MOST: usize = 120;
    if sentence.chars().count() <= MOST {
        return sentence.to_owned();
    }
    let start: String = sentence.chars().take(MOST).collect();
    let words = start
        .rsplit_once(' ')
        .map_or(start.as_str(), |(words, _)| words);
    format!("{}…", words.trim_end_matches([',', ':', ';']))
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

impl Annotation<'_> {
    fn write(&self, lines: &mut String) {
        let level = match self.level {
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Notice => "notice",
        };
        let mut properties = Vec::new();
        if let Some(location) = self.location {
            properties.push(format!("file={}", property(&location.file)));
            properties.push(format!("line={}", location.line));
            properties.push(format!("endLine={}", location.end_line));
        }
        properties.push(format!("title={}", property(&self.title)));
        let properties = properties.join(",");
        let message = match self.message.as_str() {
            "" => &self.title,
            message => message,
        };
        let _ = writeln!(lines, "::{level} {properties}::{}", data(message));
    }
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
    use diagnosis::{Selection, examine};

    fn report(change: impl Fn(&mut model::Facts)) -> Report {
        let healthy = include_str!("../../fixtures/healthy.json");
        let mut facts: model::Facts = serde_json::from_str(healthy).unwrap();
        change(&mut facts);
        examine(&facts, &Selection::default())
    }

    #[test]
    fn errors_of_all_clusters_come_before_warnings() {
        // What no role is known to be allowed to do is unknown: warnings.
        let unknown = report(|facts| facts.simulations.clear());
        let broken = report(|facts| {
            for task in facts.tasks.values_mut() {
                if let model::facts::Fact::Known(task) = task {
                    task.exec_enabled = false;
                }
            }
        });
        let locations = SourceLocations::default();
        let text = render(&[unknown, broken], &locations);
        let is_error = |line: &&str| line.starts_with("::error ");
        let errors = text.lines().filter(is_error).count();
        let first = text.lines().take_while(is_error).count();
        assert!(errors > 0 && first == errors, "{text}");
        assert!(text.contains("\n::warning "), "{text}");
        let verdicts = text.lines().filter(|line| line.starts_with("ECS Exec in "));
        assert_eq!(verdicts.count(), 2, "{text}");
    }

    #[test]
    fn texts_cannot_inject_workflow_commands() {
        let mut lines = String::new();
        let annotation = Annotation {
            level: Level::Error,
            location: None,
            title: "a,b::c".to_owned(),
            message: "x\n::set-env name=A::b%".to_owned(),
        };
        annotation.write(&mut lines);
        assert_eq!(
            lines,
            "::error title=a%2Cb%3A%3Ac::x%0A::set-env name=A::b%25\n"
        );
        assert_eq!(error("error: a\nb"), "::error title=ecs-exec::a%0Ab\n");
    }
}
