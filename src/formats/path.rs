//! The path of a session, from the caller to the agent and on to Systems Manager: what pictures show.

use diagnosis::report::{Report, RootCause};
use model::{Area, Finding, Status};

use super::fold;

/// The path into one service, which stands for others with the same root cause.
pub struct SessionPath<'r> {
    /// The hops in the order of [`HOPS`].
    pub hops: Vec<Hop<'r>>,
}

/// A part of the path, and what the findings say of it.
pub struct Hop<'r> {
    /// A word that identifies it.
    pub id: &'static str,
    /// What it is.
    pub label: String,
    /// How many other services, tasks, … it stands for, in words; may be empty.
    pub others: String,
    /// What the findings say of it.
    pub state: HopState,
    /// ID of the check that says that it is broken.
    pub failed_check: Option<&'r str>,
}

/// What the findings say of a part of the path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub enum HopState {
    /// It works.
    Good,
    /// The root cause is here.
    Broken,
    /// It fails because of a root cause elsewhere.
    Symptom,
    /// A warning, or something that could not be read.
    Unclear,
    /// No check looked at it.
    Unseen,
}

impl HopState {
    /// The name of its style in pictures.
    pub fn class(self) -> &'static str {
        self.into()
    }
}

const HOPS: [(&str, &str, &[Area]); 7] = [
    ("caller", "caller", &[Area::Local, Area::Caller]),
    ("cluster", "cluster", &[Area::Cluster]),
    ("service", "service", &[Area::Service]),
    ("task", "task", &[Area::Task]),
    ("container", "agent in the container", &[Area::Container]),
    ("role", "task role", &[Area::Role]),
    ("network", "network to ssmmessages", &[Area::Network]),
];

impl<'r> SessionPath<'r> {
    /// The path into the first service of the first root cause that lies on it; `None` if there is none.
    pub fn of(report: &'r Report) -> Option<SessionPath<'r>> {
        let is_on_path = |cause: &&RootCause| {
            report
                .findings_of(cause)
                .any(|finding| !finding.check.area.is_expectation())
        };
        let cause = report.root_causes.iter().find(is_on_path)?;
        let services = fold::services_of(cause);
        let service = services.first().copied();
        let hops = HOPS.iter().map(|&(id, label, areas)| {
            let findings = findings_about(report, service, areas);
            let (label, others) = match (id, service) {
                ("cluster", _) => (format!("cluster {}", report.target.cluster), String::new()),
                ("service", Some(service)) => (format!("service {service}"), others(&services)),
                _ => (label.to_owned(), String::new()),
            };
            Hop {
                id,
                label,
                others,
                state: state(&findings),
                failed_check: failed_check(&findings),
            }
        });
        Some(SessionPath {
            hops: hops.collect(),
        })
    }
}

fn others(services: &[&str]) -> String {
    match services.len() {
        0 | 1 => String::new(),
        count => format!("and {} more like it", count - 1),
    }
}

/// Findings of these areas about the service, or about no service.
fn findings_about<'r>(
    report: &'r Report,
    service: Option<&str>,
    areas: &[Area],
) -> Vec<&'r Finding> {
    let findings = report.findings.iter();
    let findings = findings.filter(|finding| areas.contains(&finding.check.area));
    let about_service = |finding: &&Finding| {
        let subject = finding.subject.service.as_deref();
        subject.is_none() || service.is_none() || subject == service
    };
    findings.filter(about_service).collect()
}

/// The first failed check without a known cause, else the first failed check.
fn failed_check<'r>(findings: &[&'r Finding]) -> Option<&'r str> {
    let failed = || {
        let findings = findings.iter();
        findings.filter(|finding| finding.status == Status::Fail)
    };
    let root = failed().find(|finding| finding.caused_by.is_empty());
    Some(root.or_else(|| failed().next())?.check.id)
}

fn state(findings: &[&Finding]) -> HopState {
    let has = |status| findings.iter().any(|finding| finding.status == status);
    let is_root =
        |finding: &&Finding| finding.status == Status::Fail && finding.caused_by.is_empty();
    match () {
        () if findings.iter().any(is_root) => HopState::Broken,
        () if has(Status::Fail) => HopState::Symptom,
        () if has(Status::Unknown) || has(Status::Warn) => HopState::Unclear,
        () if has(Status::Pass) => HopState::Good,
        () => HopState::Unseen,
    }
}
