//! JUnit XML: a suite for each area, a case for each finding. What fails is a failure; what could not be seen and
//! matters is an error; what was not needed is skipped.

use std::collections::BTreeMap;
use std::error::Error;
use std::io::{self, Write};
use std::iter;
use std::sync::Arc;

use checks::registry::AREAS;
use diagnosis::report::Report;
use model::{Finding, Status, text};
use quick_junit::{
    NonSuccessKind, Report as Suites, SerializeError, TestCase, TestCaseStatus, TestSuite,
};

use super::fixes_in_lines;

pub fn write(reports: &[Report], to: &mut impl Write) -> io::Result<()> {
    let mut clusters: Vec<&str> = reports
        .iter()
        .map(|report| report.target.cluster.as_str())
        .collect();
    clusters.dedup();
    let mut suites = Suites::new(format!("ECS Exec in {}", text::list(&clusters)));
    for report in reports {
        for (area, findings) in by_area(report) {
            let name = match reports {
                [_] => area.to_owned(),
                _ => format!("{} {} {area}", report.target.region, report.target.cluster),
            };
            let mut suite = TestSuite::new(name);
            for finding in findings {
                suite.add_test_case(case(report, finding));
            }
            suites.add_test_suite(suite);
        }
    }
    suites.serialize(to).map_err(of_writer)
}

/// What the writer said, so that a reader who left is known as such.
fn of_writer(error: SerializeError) -> io::Error {
    let mut sources = iter::successors(error.source(), |&source| source.source());
    match sources.find_map(|source| source.downcast_ref::<Arc<io::Error>>()) {
        Some(said) => io::Error::new(said.kind(), said.to_string()),
        None => io::Error::other(error),
    }
}

/// The known areas in their order, then the user's own.
fn by_area(report: &Report) -> Vec<(&str, Vec<&Finding>)> {
    let mut areas: BTreeMap<(usize, &str), Vec<&Finding>> = BTreeMap::new();
    for finding in &report.findings {
        let area = finding.check.area.name();
        let rank = AREAS.iter().position(|known| *known == area);
        let key = (rank.unwrap_or(AREAS.len()), area);
        areas.entry(key).or_default().push(finding);
    }
    areas
        .into_iter()
        .map(|((_, area), findings)| (area, findings))
        .collect()
}

fn case(report: &Report, finding: &Finding) -> TestCase {
    let mut status = match finding.status {
        Status::Fail => TestCaseStatus::non_success(NonSuccessKind::Failure),
        Status::Unknown if finding.leaves_open() => {
            TestCaseStatus::non_success(NonSuccessKind::Error)
        }
        Status::Skip | Status::Unknown => TestCaseStatus::skipped(),
        Status::Pass | Status::Warn => TestCaseStatus::success(),
    };
    status
        .set_message(&*finding.title)
        .set_type(finding.check.id);
    let message = message(report, finding);
    let mut case = if finding.status == Status::Warn {
        let mut case = TestCase::new(name(finding), status);
        case.set_system_out(format!("{}\n{message}", finding.title));
        case
    } else {
        status.set_description(message);
        TestCase::new(name(finding), status)
    };
    case.set_classname(format!("ecs-exec.{}", finding.check.area.name()));
    case
}

fn name(finding: &Finding) -> String {
    let subject = &finding.subject;
    match &subject.service {
        Some(service) if *service != subject.id => {
            format!("{} {service} {}", finding.check.id, subject.id)
        }
        _ => format!("{} {}", finding.check.id, subject.id),
    }
}

fn message(report: &Report, finding: &Finding) -> String {
    let mut lines = vec![finding.title.to_string()];
    if !finding.detail.is_empty() {
        lines.push(finding.detail.to_string());
    }
    if !finding.caused_by.is_empty() {
        lines.push(format!("Because of {}.", text::list(&finding.caused_by)));
    }
    lines.extend(fixes_in_lines(report, finding.fix_ids()));
    lines.join("\n")
}
