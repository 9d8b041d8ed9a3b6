use crate::prelude::*;

pub const CHECK: Check = Check {
    id: "cluster.exec-logging",
    title: "Sessions are recorded",
    why: "An audit of who did what in a container needs the records that the exec configuration sends to CloudWatch Logs or S3. Container Insights does not record sessions.",
    how: "executeCommandConfiguration in ecs:DescribeClusters. Without one, or with DEFAULT, only sessions into containers with the awslogs driver are recorded.",
    actions: &["ecs:DescribeClusters", "ecs:DescribeTaskDefinition"],
    remedy: "Set logging to OVERRIDE in the exec configuration, with a log group or a bucket.",
    docs: &[
        "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ExecuteCommandConfiguration.html",
    ],
    symptoms: &["policy.logging-required"],
    severity: Severity::Low,
    ..super::DEFAULTS
};

const NOT_RECORDED: &str = "Sessions are not recorded";

pub fn run(index: &FactIndex) -> Vec<Finding> {
    vec![CHECK.judge(
        index.cluster_subject(),
        &index.facts.cluster,
        |subject| CHECK.skip(subject, "There is no such cluster"),
        |subject, cluster| judge(index, subject, cluster),
    )]
}

fn judge(index: &FactIndex, subject: Subject, cluster: &Cluster) -> Finding {
    let logging = cluster.exec_logging();
    let not_recorded = |subject, detail: &str| {
        CHECK
            .warn(subject, NOT_RECORDED)
            .detail(detail)
            .group_title(NOT_RECORDED)
    };
    let finding = match logging {
        "OVERRIDE" => {
            let log = cluster.exec_log();
            let names = log.map(|log| [log.log_group.as_deref(), log.bucket.as_deref()]);
            let names: Vec<&str> = names.into_iter().flatten().flatten().collect();
            match names.as_slice() {
                [] => not_recorded(
                    subject,
                    "The exec configuration sets neither a log group nor a bucket.",
                ),
                some => CHECK.pass(
                    subject,
                    format!("Sessions are recorded in {}", text::list(some)),
                ),
            }
        }
        "NONE" => not_recorded(subject, "The exec configuration sets logging to NONE."),
        "DEFAULT" => judge_containers(index, subject),
        other => CHECK.unknown_because(
            subject,
            format!("The cluster's exec logging is {other}, which this version does not know"),
        ),
    };
    finding.evidence("logging", logging)
}

/// With DEFAULT the log driver of each container decides.
fn judge_containers(index: &FactIndex, subject: Subject) -> Finding {
    let definitions = index.facts.task_definitions.values();
    let definitions = definitions.filter_map(Fact::known);
    let mut unread = None;
    let mut unrecorded: Vec<String> = Vec::new();
    for definition in definitions {
        unread = unread.or(definition.containers_unread.as_ref());
        for container in &definition.containers {
            let log = container.log.as_ref();
            if !log.is_some_and(ContainerLog::is_awslogs) {
                unrecorded.push(format!("{}/{}", definition.family, container.name));
            }
        }
    }
    match (unrecorded.as_slice(), unread) {
        ([], Some(why)) => CHECK.unknown(subject, why),
        ([], None) => CHECK.pass(subject, "Sessions are recorded in the log groups of their containers"),
        (names, _) => CHECK
            .warn(subject, format!("Sessions in {} are not recorded", text::short_list(names, 3)))
            .detail("Logging is DEFAULT, which records with the awslogs driver of the container. These containers do not use it.")
            .group_title(NOT_RECORDED)
            .evidence("containers", unrecorded),
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{definition, denied, healthy_coder, known, statuses};
    use model::facts::{ExecConfiguration, ExecLog};
    use model::finding::Status;

    fn of(configuration: Option<ExecConfiguration>) -> Vec<Status> {
        let mut facts = healthy_coder();
        known(&mut facts.cluster).exec_configuration = configuration;
        statuses(&CHECK, &facts)
    }

    #[test]
    fn the_exec_configuration_decides() {
        let with = |logging: &str, log_group: Option<&str>| {
            Some(ExecConfiguration {
                kms_key: None,
                logging: logging.into(),
                log: Some(ExecLog {
                    log_group: log_group.map(str::to_owned),
                    ..ExecLog::default()
                }),
            })
        };
        assert_eq!(of(with("OVERRIDE", Some("/exec"))), [Status::Pass]);
        assert_eq!(of(with("OVERRIDE", None)), [Status::Warn]);
        assert_eq!(of(with("NONE", None)), [Status::Warn]);
        assert_eq!(of(with("MAYBE", None)), [Status::Unknown]);
    }

    #[test]
    fn with_default_logging_the_container_s_driver_decides() {
        assert_eq!(of(None), [Status::Pass]);
        let mut facts = healthy_coder();
        definition(&mut facts).containers[0].log = None;
        assert_eq!(statuses(&CHECK, &facts), [Status::Warn]);
    }

    #[test]
    fn a_denied_read_is_unknown() {
        let mut facts = healthy_coder();
        facts.cluster = denied("ecs:DescribeClusters");
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }
}
