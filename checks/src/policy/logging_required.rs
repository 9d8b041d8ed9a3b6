use crate::check::Check;
use crate::distinct::distinct;
use crate::facts::Fact;
use crate::finding::{Finding, Severity, Subject};
use crate::text;
use crate::world::World;

pub const CHECK: Check = Check {
    id: "policy.logging-required",
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
    run,
};

/// The checks that tell whether sessions are recorded, in the order in which a record is made.
const RECORDING: [&crate::Check; 7] = [
    &crate::cluster::exec_logging::CHECK,
    &crate::cluster::log_group::CHECK,
    &crate::cluster::log_bucket::CHECK,
    &crate::cluster::log_encryption::CHECK,
    &crate::network::logging_endpoints::CHECK,
    &crate::role::logs_write::CHECK,
    &crate::role::s3_write::CHECK,
];

fn run(world: &World) -> Vec<Finding> {
    if !world.facts.expect.session_logging {
        return Vec::new();
    }
    let subject = Subject::new("cluster", world.facts.cluster_name.as_str());
    if let Fact::Unavailable(why) = &world.facts.cluster {
        return vec![CHECK.unknown(subject, why)];
    }
    let findings: Vec<Finding> = RECORDING
        .iter()
        .flat_map(|check| (check.run)(world))
        .collect();
    let amiss: Vec<&Finding> = findings
        .iter()
        .filter(|finding| matches!(finding.status, crate::Status::Warn | crate::Status::Fail))
        .collect();
    if let Some(first) = amiss.first() {
        let titles = distinct(amiss.iter().map(|finding| finding.title.to_string()));
        let mut finding = CHECK
            .fail(
                subject,
                "Sessions are not recorded, and the configuration demands it",
            )
            .detail(format!("{}.", text::short_list(&titles, 3)))
            .cause("Sessions are not recorded");
        finding.fixes = first.fixes.clone();
        return vec![finding];
    }
    match findings
        .iter()
        .find(|finding| finding.status == crate::Status::Unknown)
    {
        Some(doubt) => vec![
            CHECK
                .unsure(subject, "Whether sessions are recorded could not be seen")
                .detail(format!("{}: {}", doubt.check.id, doubt.title))
                .missing(doubt.missing_permission.clone()),
        ],
        None => vec![
            CHECK
                .pass(subject, "Sessions are recorded, as declared")
                .detail(
                    "As far as can be seen from outside: the image needs script and cat for it.",
                ),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::facts::{ExecConfiguration, Fact, Outcome};
    use crate::finding::Status;
    use crate::testing::*;

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
