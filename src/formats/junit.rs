//! JUnit XML: a suite for each area, a case for each finding. A failed check is a failure, an unknown one that is
//! required is an error; other unknown ones and skipped ones are skipped.

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
            suite.add_test_cases(findings.into_iter().map(|finding| case(report, finding)));
            suites.add_test_suite(suite);
        }
    }
    suites.to_string().unwrap_or_default()
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
