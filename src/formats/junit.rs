//! JUnit XML: a suite for each area, a case for each finding. A failed check is a failure, an unknown one that is
//! required is an error; other unknown ones and skipped ones are skipped.

use std::collections::HashMap;
use std::time::Duration;

use diagnosis::report::Report;
use model::{Finding, Status, text};
use quick_junit::{NonSuccessKind, Report as Suites, TestCase, TestCaseStatus, TestSuite};

use super::wording::{by_area, finding_text};

/// The suites of all clusters.
pub fn render(reports: &[Report]) -> String {
    let clusters = reports.iter().map(|report| report.target.cluster.as_str());
    let mut clusters: Vec<&str> = clusters.collect();
    clusters.dedup();
    let mut suites = Suites::new(format!("ECS Exec in {}", text::list(&clusters)));
    for report in reports {
        for (area, findings) in by_area(report) {
            let area = area.name();
            let target = &report.target;
            let mut suite = TestSuite::new(match reports {
                [_] => area.to_owned(),
                _ => format!("{} {} {area}", target.region, target.cluster),
            });
            let mut names = HashMap::new();
            suite.add_test_cases(findings.into_iter().map(|finding| {
                let mut case = case(report, finding);
                let count = names.entry(case.name.to_string()).or_insert(0);
                *count += 1;
                if *count > 1 {
                    case.name = format!("{} ({count})", case.name.as_str()).into();
                }
                case
            }));
            suite.set_time(Duration::ZERO);
            suites.add_test_suite(suite);
        }
    }
    let duration = reports.iter().map(|report| report.duration_ms).max();
    suites.set_time(Duration::from_millis(duration.unwrap_or_default()));
    without_skipped(&suites.to_string().unwrap_or_default())
}

/// The schema of Jenkins has no `skipped` on the root, which the library writes.
/// <https://github.com/jenkinsci/xunit-plugin/blob/master/src/main/resources/org/jenkinsci/plugins/xunit/types/model/xsd/junit-10.xsd>
fn without_skipped(xml: &str) -> String {
    let cut = || {
        let root = xml.find("<testsuites ")?;
        let end = root + xml[root..].find('>')?;
        let start = root + xml[root..end].find(" skipped=\"")?;
        let value = start + " skipped=\"".len();
        let after = value + xml[value..end].find('"')? + 1;
        Some(format!("{}{}", &xml[..start], &xml[after..]))
    };
    cut().unwrap_or_else(|| xml.to_owned())
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
    let text = finding_text(report, finding);
    status
        .set_message(&*finding.title)
        .set_type(finding.check.id);
    if finding.status != Status::Warn {
        status.set_description(text.clone());
    }
    let mut case = TestCase::new(name(finding), status);
    if finding.status == Status::Warn {
        case.set_system_out(text);
    }
    // A check takes no time of its own: what takes time is collecting the facts, all together.
    case.set_time(Duration::ZERO);
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
