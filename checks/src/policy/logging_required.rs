use std::collections::BTreeSet;

use serde_json::Value;

use crate::cluster::{exec_logging, log_bucket, log_encryption, log_group};
use crate::network::logging_endpoints;
use crate::prelude::*;
use crate::role::{logs_write, s3_write};

pub const CHECK: Check = Check {
    id: "policy.logging-required",
    title: "Sessions are recorded, as the configuration requires",
    why: "A team can require that sessions are recorded.",
    how: "session_logging in the configuration, compared with the cluster's exec configuration, the log group or bucket, and the permissions of the task roles to write there.",
    actions: &[
        "ecs:DescribeClusters",
        "ecs:DescribeTaskDefinition",
        "iam:SimulatePrincipalPolicy",
    ],
    remedy: "Fix what prevents sessions from being recorded.",
    docs: &[aws_pages::BEST_PRACTICES],
    severity: Severity::High,
    ..super::DEFAULTS
};

/// The checks of what recording needs, in the order in which a session uses it.
const RECORDING_CHECKS: [fn(&FactIndex) -> Vec<Finding>; 7] = [
    exec_logging::run,
    log_group::run,
    log_bucket::run,
    log_encryption::run,
    logging_endpoints::run,
    logs_write::run,
    s3_write::run,
];

pub fn run(index: &FactIndex) -> Vec<Finding> {
    if !index.facts.expect.session_logging {
        return Vec::new();
    }
    let subject = index.cluster_subject();
    if let Fact::Unavailable(why) = &index.facts.cluster {
        return vec![CHECK.unknown(subject, why)];
    }
    let checks = RECORDING_CHECKS.iter();
    let findings: Vec<Finding> = checks.flat_map(|run| run(index)).collect();
    vec![judge(index, subject, &findings)]
}

fn judge(index: &FactIndex, subject: Subject, findings: &[Finding]) -> Finding {
    let is_problem = |one: &&Finding| matches!(one.status, Status::Warn | Status::Fail);
    let is_unknown = |one: &&Finding| one.status == Status::Unknown;
    let problems: Vec<&Finding> = findings.iter().filter(is_problem).collect();
    if loses_records(index, &problems) {
        let titles = distinct(problems.iter().map(|problem| problem.title.clone()));
        let mut finding = CHECK
            .fail(
                subject,
                "Sessions are not recorded, but the configuration requires it",
            )
            .detail(format!("{}.", text::short_list(&titles, 3)))
            .group_title("Sessions are not recorded");
        finding.fixes.clone_from(&problems[0].fixes);
        return finding;
    }
    let suspects = findings
        .iter()
        .filter(|one| is_problem(one) || is_unknown(one));
    let may_lose_records = loses_records(index, &suspects.collect::<Vec<_>>());
    match findings
        .iter()
        .find(is_unknown)
        .filter(|_| may_lose_records)
    {
        Some(unknown) => CHECK
            .unknown_because(subject, "Cannot determine whether sessions are recorded")
            .detail(format!("{}: {}", unknown.check.id, unknown.title))
            .missing(unknown.missing_permission.clone()),
        None => CHECK
            .pass(
                subject,
                "Sessions are recorded, as the configuration requires",
            )
            .detail("The image also needs script and cat, which cannot be verified from outside."),
    }
}

#[derive(Clone, Copy)]
enum Destination {
    LogGroup,
    Bucket,
}

/// Whether these problems leave a task without a destination for its records: one is enough.
fn loses_records(index: &FactIndex, problems: &[&Finding]) -> bool {
    let is_general = |problem: &&Finding| problem.check.id == exec_logging::CHECK.id;
    let lost = destinations(index).map(|destination| lost_tasks(problems, destination));
    let lost = lost.reduce(|tasks, others| match (tasks, others) {
        (None, tasks) | (tasks, None) => tasks,
        (Some(tasks), Some(others)) => Some(&tasks & &others),
    });
    let is_any_lost = lost.is_some_and(|tasks| tasks.is_none_or(|tasks| !tasks.is_empty()));
    is_any_lost || problems.iter().any(is_general)
}

/// Where sessions are recorded: without OVERRIDE in the log groups of the containers.
fn destinations(index: &FactIndex) -> impl Iterator<Item = Destination> {
    let log = index.exec_log();
    let group = log.is_none_or(|log| log.log_group.is_some());
    let bucket = log.is_some_and(|log| log.bucket.is_some());
    let group = group.then_some(Destination::LogGroup).into_iter();
    group.chain(bucket.then_some(Destination::Bucket))
}

/// The ARNs of the tasks that the destination does not record. `None`: all tasks.
fn lost_tasks<'f>(problems: &[&'f Finding], destination: Destination) -> Option<BTreeSet<&'f str>> {
    let problems = problems.iter().filter(|one| is_about(one, destination));
    let arns: Vec<&[String]> = problems
        .map(|one| one.tasks.arns())
        .collect::<Option<_>>()?;
    Some(arns.into_iter().flatten().map(String::as_str).collect())
}

fn is_about(finding: &Finding, destination: Destination) -> bool {
    let (checks, subject_kind, service) = match destination {
        Destination::LogGroup => (
            [log_group::CHECK.id, logs_write::CHECK.id],
            "log-group",
            "logs",
        ),
        Destination::Bucket => ([log_bucket::CHECK.id, s3_write::CHECK.id], "bucket", "s3"),
    };
    let id = finding.check.id;
    if id == log_encryption::CHECK.id {
        return finding.subject.kind == subject_kind;
    }
    if id == logging_endpoints::CHECK.id {
        let missing = finding.evidence.get("missing").map(Value::as_array);
        return missing
            .is_none_or(|names| names.is_some_and(|names| names.contains(&service.into())));
    }
    checks.contains(&id)
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::*;
    use model::facts::{ExecConfiguration, Fact, Outcome};
    use model::finding::Status;

    #[test]
    fn a_problem_with_recording_fails_only_if_declared() {
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
    fn one_of_two_destinations_is_enough() {
        let mut facts = with_bucket(false);
        facts.expect.session_logging = true;
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
        let exec = known(&mut facts.cluster).exec_configuration.as_mut();
        exec.unwrap().log.as_mut().unwrap().log_group = Some(LOG_GROUP.into());
        facts.log_groups.insert(LOG_GROUP.into(), Fact::Absent);
        assert_eq!(
            statuses(&CHECK, &facts),
            [Status::Pass],
            "the bucket records them"
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
    fn denied_reads_are_unknown() {
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
