//! The path of a session, from the caller to the agent and on to Systems Manager: what pictures show.

use std::collections::{BTreeSet, HashMap};

use checks::registry;
use diagnosis::causes::LIVE_SESSION;
use diagnosis::report::{Report, RootCause};
use model::{Area, Finding, Status, text};

use super::{fold, wording};

/// The path into the services that root causes affect.
pub struct SessionPath<'r> {
    /// The hops in the order of [`HOPS`].
    pub hops: Vec<Hop>,
    /// The services that the path stands for; none if the root causes are about no service.
    services: Vec<&'r str>,
}

/// A part of the path, and what the findings say of it.
pub struct Hop {
    /// A word that identifies it.
    pub id: &'static str,
    /// What it is.
    pub label: String,
    /// How many other services, tasks, … it stands for, in words; may be empty.
    pub others: String,
    /// What the findings say of it.
    pub state: HopState,
    /// What failed, as lines.
    pub failures: Vec<String>,
}

/// What the findings say of a part of the path.
/// From best to worst: of several services, the worst counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, strum::IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub enum HopState {
    /// It works.
    Good,
    /// No check looked at it, or not every check.
    Unseen,
    /// A warning, or something that could not be read.
    Unclear,
    /// It fails because of a root cause elsewhere.
    Symptom,
    /// A root cause is here.
    Broken,
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
    /// The path into the services of all root causes that lie on it; `None` if there is none.
    pub fn of(report: &'r Report) -> Option<SessionPath<'r>> {
        let is_on_path = |cause: &&RootCause| {
            report
                .findings_of(cause)
                .any(|finding| !finding.check.area.is_expectation())
        };
        let mut causes = report.root_causes.iter().filter(is_on_path).peekable();
        causes.peek()?;
        let services = wording::distinct(causes.flat_map(fold::services_of));
        let findings = ServiceFindings::of(report, &services);
        let is_seen = |areas| all_checks_ran(report, areas);
        let hops = HOPS.iter().map(|&(id, label, areas)| {
            let (label, others) = match (id, services.as_slice()) {
                ("cluster", _) => (format!("cluster {}", report.target.cluster), String::new()),
                ("service", [first, ..]) => (format!("service {first}"), findings.others()),
                _ => (label.to_owned(), String::new()),
            };
            let state = match findings.state(areas) {
                HopState::Good if !is_seen(areas) => HopState::Unseen,
                state => state,
            };
            Hop {
                id,
                label,
                others,
                state,
                failures: findings.failures(areas),
            }
        });
        Some(SessionPath {
            hops: hops.collect(),
            services: services.clone(),
        })
    }

    /// What the picture shows, in a sentence or two.
    pub fn caption(&self) -> String {
        match self.services.as_slice() {
            [] => "The path of a session. Filled parts are broken.".to_owned(),
            [one] => format!("The path of a session into {one}. Filled parts are broken."),
            [first, others @ ..] => format!(
                "The path of a session into {first} and {}. Filled parts are broken for at least one of them.",
                text::count(others.len(), "more service")
            ),
        }
    }
}

/// Whether no check of the areas was left out, and no finding was hidden by a baseline.
fn all_checks_ran(report: &Report, areas: &[Area]) -> bool {
    let ran = |id: &str| {
        let mut findings = report.findings.iter();
        findings.any(|finding| finding.check.id == id)
    };
    let mut checks = registry::all().filter(|check| areas.contains(&check.area));
    let hides_known = report.since.as_ref().is_some_and(|since| since.known > 0);
    !hides_known
        && (!report.partial || checks.all(|check| check.id == LIVE_SESSION || ran(check.id)))
}

/// The findings about each of some services, with those about no service, which may concern any.
struct ServiceFindings<'r> {
    by_service: Vec<Vec<&'r Finding>>,
}

impl<'r> ServiceFindings<'r> {
    fn of(report: &'r Report, services: &[&str]) -> ServiceFindings<'r> {
        if services.is_empty() {
            return ServiceFindings {
                by_service: vec![report.findings.iter().collect()],
            };
        }
        let places = services.iter().zip(0..);
        let places: HashMap<&str, usize> = places.map(|(service, at)| (*service, at)).collect();
        let mut by_service = vec![Vec::new(); services.len()];
        for finding in &report.findings {
            match finding.subject.service.as_deref() {
                None => by_service.iter_mut().for_each(|one| one.push(finding)),
                Some(service) => {
                    if let Some(at) = places.get(service) {
                        by_service[*at].push(finding);
                    }
                }
            }
        }
        ServiceFindings { by_service }
    }

    fn state(&self, areas: &[Area]) -> HopState {
        let states = self.by_service.iter().map(|findings| {
            let findings = findings.iter();
            state(findings.filter(|finding| areas.contains(&finding.check.area)))
        });
        states.max().unwrap_or(HopState::Unseen)
    }

    /// `and 5 more`; `like it` if all have the same root causes.
    fn others(&self) -> String {
        let is_on_path = |finding: &&&Finding| !finding.check.area.is_expectation();
        let roots = |findings: &Vec<&'r Finding>| -> BTreeSet<&str> {
            let roots = findings.iter().filter(is_on_path);
            let roots = roots.filter(|finding| is_root(finding));
            roots.map(|finding| finding.check.id).collect()
        };
        let mut all = self.by_service.iter().map(roots);
        let first = all.next();
        match self.by_service.len() {
            0 | 1 => String::new(),
            count if all.all(|one| Some(one) == first) => format!("and {} more like it", count - 1),
            count => format!("and {} more", count - 1),
        }
    }

    /// The checks that failed without a known cause, each with the number of its services if it is not all; if there is
    /// none, the first check that failed.
    fn failures(&self, areas: &[Area]) -> Vec<String> {
        let all = || self.by_service.iter().flatten();
        let failed = || {
            let here = all().filter(|finding| areas.contains(&finding.check.area));
            here.filter(|finding| finding.status == Status::Fail)
        };
        let roots = failed().filter(|finding| is_root(finding));
        let roots = wording::distinct(roots.map(|finding| finding.check.id));
        if roots.is_empty() {
            let symptom = failed().next().map(|finding| finding.check.id);
            return symptom
                .map(|check| format!("✗ {check}"))
                .into_iter()
                .collect();
        }
        let lines = roots.into_iter().flat_map(|check| {
            let has_failed = |findings: &&Vec<&Finding>| {
                let mut findings = findings.iter();
                findings.any(|finding| finding.check.id == check && is_root(finding))
            };
            let count = self.by_service.iter().filter(has_failed).count();
            let services = self.by_service.len();
            let some = (count < services).then(|| format!("for {count} of {services} services"));
            [Some(format!("✗ {check}")), some].into_iter().flatten()
        });
        lines.collect()
    }
}

fn is_root(finding: &Finding) -> bool {
    finding.status == Status::Fail && finding.caused_by.is_empty()
}

fn state<'f>(findings: impl Iterator<Item = &'f &'f Finding> + Clone) -> HopState {
    let has = |status| findings.clone().any(|finding| finding.status == status);
    match () {
        () if findings.clone().any(|finding| is_root(finding)) => HopState::Broken,
        () if has(Status::Fail) => HopState::Symptom,
        () if has(Status::Unknown) || has(Status::Warn) => HopState::Unclear,
        () if has(Status::Pass) => HopState::Good,
        () => HopState::Unseen,
    }
}
