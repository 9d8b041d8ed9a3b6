use std::collections::BTreeSet;

use crate::fact_index::FactIndex;
use serde_json::Value;

use model::area::Area;
use model::check::{Check, Inference, OnPlan};
use model::distinct::distinct;
use model::facts::Fact;
use model::finding::{Finding, Severity, Status, Subject};
use model::text;

pub const CHECK: Check = Check {
    id: "policy.logging-required",
    area: Area::Policy,
    title: "Sessions are recorded, as declared",
    why: "A team may demand that what is done in sessions is recorded.",
    how: "session_logging in the configuration, against the cluster's exec configuration, the log group or bucket, and the task roles' rights to write there.",
    actions: &[
        "ecs:DescribeClusters",
        "ecs:DescribeTaskDefinition",
        "iam:SimulatePrincipalPolicy",
    ],
    remedy: "Mend what keeps sessions from being recorded.",
    docs: &[
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec-best-practices.html",
    ],
    explains: &[],
    masks: &[],
    severity: Severity::High,
    on_plan: OnPlan::Judges,
    inference: Inference::Direct,
};

/// The checks that tell whether sessions are recorded, in the order in which a record is made.
const RECORDING: [&model::Check; 7] = [
    &crate::cluster::exec_logging::CHECK,
    &crate::cluster::log_group::CHECK,
    &crate::cluster::log_bucket::CHECK,
    &crate::cluster::log_encryption::CHECK,
    &crate::network::logging_endpoints::CHECK,
    &crate::role::logs_write::CHECK,
    &crate::role::s3_write::CHECK,
];

pub fn run(index: &FactIndex) -> Vec<Finding> {
    if !index.facts.expect.session_logging {
        return Vec::new();
    }
    let subject = Subject::new("cluster", index.facts.cluster_name.as_str());
    if let Fact::Unavailable(why) = &index.facts.cluster {
        return vec![CHECK.unknown(subject, why)];
    }
    let findings: Vec<Finding> = RECORDING
        .iter()
        .flat_map(|check| crate::registry::run(check, index))
        .collect();
    vec![judge(index, subject, &findings)]
}

fn judge(index: &FactIndex, subject: Subject, findings: &[Finding]) -> Finding {
    let is_amiss = |finding: &Finding| matches!(finding.status, Status::Warn | Status::Fail);
    if unrecorded(index, findings, is_amiss) {
        let amiss: Vec<&Finding> = findings
            .iter()
            .filter(|finding| is_amiss(finding))
            .collect();
        let titles = distinct(amiss.iter().map(|finding| finding.title.to_string()));
        let mut finding = CHECK
            .fail(
                subject,
                "Sessions are not recorded, and the configuration demands it",
            )
            .detail(format!("{}.", text::short_list(&titles, 3)))
            .group_title("Sessions are not recorded");
        finding.fixes = amiss[0].fixes.clone();
        return finding;
    }
    let is_doubtful = |finding: &Finding| finding.status == Status::Unknown;
    let may_be_lost = unrecorded(index, findings, |finding| {
        is_amiss(finding) || is_doubtful(finding)
    });
    let mut doubts = findings.iter().filter(|finding| is_doubtful(finding));
    match doubts.next().filter(|_| may_be_lost) {
        Some(doubt) => CHECK
            .unknown_because(subject, "Whether sessions are recorded could not be seen")
            .detail(format!("{}: {}", doubt.check.id, doubt.title))
            .missing(doubt.missing_permission.clone()),
        None => CHECK
            .pass(subject, "Sessions are recorded, as declared")
            .detail("As far as can be seen from outside: the image needs script and cat for it."),
    }
}

#[derive(Clone, Copy)]
enum Place {
    LogGroup,
    Bucket,
}

/// Where sessions are recorded: one of the places is enough. By default that is the log group of the container.
fn places(index: &FactIndex) -> Vec<Place> {
    let Some(log) = index.exec_log() else {
        return vec![Place::LogGroup];
    };
    let places = [
        (Place::LogGroup, log.log_group.is_some()),
        (Place::Bucket, log.bucket.is_some()),
    ];
    let there = places.into_iter().filter(|(_, is_there)| *is_there);
    there.map(|(place, _)| place).collect()
}

/// Whether there is a task of which findings like these leave no place to record its sessions.
fn unrecorded(index: &FactIndex, findings: &[Finding], is_like: impl Fn(&Finding) -> bool) -> bool {
    let spoilt = places(index).into_iter().map(|place| {
        findings
            .iter()
            .filter(|finding| is_like(finding) && concerns(finding, place))
            .fold(Spoilt::ByTask(BTreeSet::new()), Spoilt::with)
    });
    let in_all = spoilt.reduce(Spoilt::and);
    let mut whatever_the_place = findings.iter().filter(|finding| is_about_all(finding));
    whatever_the_place.any(is_like) || in_all.is_some_and(|spoilt| spoilt.is_any())
}

/// It stands in the way whatever the place is.
fn is_about_all(finding: &Finding) -> bool {
    finding.check.id == crate::cluster::exec_logging::CHECK.id
}

fn concerns(finding: &Finding, place: Place) -> bool {
    let (service, subject, checks) = match place {
        Place::LogGroup => (
            "logs",
            "log-group",
            [
                crate::cluster::log_group::CHECK.id,
                crate::role::logs_write::CHECK.id,
            ],
        ),
        Place::Bucket => (
            "s3",
            "bucket",
            [
                crate::cluster::log_bucket::CHECK.id,
                crate::role::s3_write::CHECK.id,
            ],
        ),
    };
    match finding.check.id {
        id if id == crate::cluster::log_encryption::CHECK.id => finding.subject.kind == subject,
        id if id == crate::network::logging_endpoints::CHECK.id => {
            let missing = finding.evidence.get("missing").map(Value::as_array);
            missing.is_none_or(|names| {
                names.is_some_and(|names| names.iter().any(|name| name == service))
            })
        }
        id => checks.contains(&id),
    }
}

/// Tasks whose sessions a place does not record.
enum Spoilt<'f> {
    All,
    ByTask(BTreeSet<&'f str>),
}

impl<'f> Spoilt<'f> {
    fn with(self, finding: &'f Finding) -> Spoilt<'f> {
        match (self, finding.tasks.arns()) {
            (Spoilt::All, _) | (_, None) => Spoilt::All,
            (Spoilt::ByTask(mut tasks), Some(names)) => {
                tasks.extend(names.iter().map(String::as_str));
                Spoilt::ByTask(tasks)
            }
        }
    }

    fn and(self, other: Spoilt<'f>) -> Spoilt<'f> {
        match (self, other) {
            (Spoilt::All, other) | (other, Spoilt::All) => other,
            (Spoilt::ByTask(some), Spoilt::ByTask(others)) => {
                Spoilt::ByTask(some.intersection(&others).copied().collect())
            }
        }
    }

    fn is_any(&self) -> bool {
        match self {
            Spoilt::All => true,
            Spoilt::ByTask(tasks) => !tasks.is_empty(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::*;
    use model::facts::{ExecConfiguration, Fact, Outcome};
    use model::finding::Status;

    #[test]
    fn declared_and_kept_or_broken() {
        let mut facts = healthy_coder();
        assert_eq!(statuses(&CHECK, &facts), []);
        facts.expect.session_logging = true;
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
        let mut silent = facts.clone();
        known(&mut silent.cluster).exec_configuration = Some(ExecConfiguration {
            logging: "NONE".into(),
            ..ExecConfiguration::default()
        });
        assert_eq!(statuses(&CHECK, &silent), [Status::Fail]);
        decide(&mut facts, "logs:PutLogEvents", "", |decision| {
            decision.outcome = Outcome::ImplicitDeny;
        });
        let finding = &run(&CHECK, &facts)[0];
        assert_eq!(finding.status, Status::Fail);
        assert!(finding.detail.contains("logs:PutLogEvents"));
        let mut gone = with_log_group(false);
        gone.expect.session_logging = true;
        gone.log_groups.insert(LOG_GROUP.into(), Fact::Absent);
        assert_eq!(statuses(&CHECK, &gone), [Status::Fail]);
    }

    #[test]
    fn one_of_two_places_is_enough() {
        let mut facts = with_bucket(false);
        facts.expect.session_logging = true;
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
        let exec = known(&mut facts.cluster).exec_configuration.as_mut();
        exec.unwrap().log.as_mut().unwrap().log_group = Some(LOG_GROUP.into());
        facts.log_groups.insert(LOG_GROUP.into(), Fact::Absent);
        assert_eq!(
            statuses(&CHECK, &facts),
            [Status::Pass],
            "the bucket has them"
        );
        let mut neither = facts.clone();
        decide(&mut neither, "s3:PutObject", "", |decision| {
            decision.outcome = Outcome::ImplicitDeny;
        });
        assert_eq!(statuses(&CHECK, &neither), [Status::Fail]);
        decide(&mut facts, "s3:PutObject", "", |decision| {
            decision.missing_context = vec!["aws:SourceVpce".into()];
        });
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }

    #[test]
    fn unreadable() {
        let mut facts = healthy_coder();
        facts.expect.session_logging = true;
        for simulation in &mut facts.simulations {
            simulation.decisions = denied("iam:SimulatePrincipalPolicy");
        }
        let finding = &run(&CHECK, &facts)[0];
        assert_eq!(finding.status, Status::Unknown);
        assert!(finding.missing_permission.is_some());
        facts.cluster = denied("ecs:DescribeClusters");
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }
}
