use crate::fact_index::FactIndex;
use model::area::Area;
use model::check::{Check, Inference, OnPlan};
use model::facts::{Cluster, Fact};
use model::finding::{Finding, Severity, Subject};
use model::text;

pub const CHECK: Check = Check {
    id: "cluster.exec-logging",
    area: Area::Cluster,
    title: "Sessions are recorded",
    why: "Who did what in a container can be told only where the cluster's exec configuration sends sessions to CloudWatch Logs or S3. Container Insights does not record them.",
    how: "executeCommandConfiguration in ecs:DescribeClusters. Without one, or with DEFAULT, a session is recorded where its container uses the awslogs driver, and nowhere else.",
    actions: &["ecs:DescribeClusters", "ecs:DescribeTaskDefinition"],
    remedy: "Set logging to OVERRIDE in the exec configuration, with a log group or a bucket.",
    docs: &[
        "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ExecuteCommandConfiguration.html",
    ],
    explains: &["policy.logging-required"],
    masks: &[],
    severity: Severity::Low,
    on_plan: OnPlan::Judges,
    inference: Inference::Direct,
};

pub fn run(index: &FactIndex) -> Vec<Finding> {
    let subject = Subject::new("cluster", index.facts.cluster_name.as_str());
    vec![CHECK.judge(
        subject,
        &index.facts.cluster,
        |subject| CHECK.skip(subject, "There is no such cluster"),
        |subject, cluster| judge(index, subject, cluster),
    )]
}

fn judge(index: &FactIndex, subject: Subject, cluster: &Cluster) -> Finding {
    let configuration = cluster.exec_configuration.as_ref();
    let logging = configuration.map_or("DEFAULT", |exec| exec.logging.as_str());
    let finding = match logging {
        "OVERRIDE" => {
            let log = configuration.and_then(|exec| exec.log.as_ref());
            let places: Vec<&str> = log
                .into_iter()
                .flat_map(|log| [log.log_group.as_deref(), log.bucket.as_deref()])
                .flatten()
                .collect();
            match places.as_slice() {
                [] => nowhere(
                    subject,
                    "The exec configuration names neither a log group nor a bucket.",
                ),
                some => CHECK.pass(
                    subject,
                    format!("Sessions are recorded in {}", text::list(some)),
                ),
            }
        }
        "NONE" => nowhere(subject, "The exec configuration sets logging to NONE."),
        "DEFAULT" => by_container(index, subject),
        other => CHECK.unknown_because(
            subject,
            format!("The cluster's exec logging is {other}, which this version does not know"),
        ),
    };
    finding.evidence("logging", logging)
}

fn nowhere(subject: Subject, detail: &'static str) -> Finding {
    CHECK
        .warn(subject, "Nothing records what is done in sessions")
        .detail(detail)
        .group_title("Nothing records what is done in sessions")
}

/// DEFAULT leaves it to each container's own log driver.
fn by_container(index: &FactIndex, subject: Subject) -> Finding {
    let mut silent: Vec<String> = Vec::new();
    let definitions = || {
        let all = index.facts.task_definitions.values();
        all.filter_map(Fact::known)
    };
    for definition in definitions() {
        for container in &definition.containers {
            let logs = container
                .log
                .as_ref()
                .is_some_and(|log| log.driver == "awslogs");
            if !logs {
                silent.push(format!("{}/{}", definition.family, container.name));
            }
        }
    }
    let unread = definitions().find_map(|definition| definition.containers_unread.as_ref());
    if let (true, Some(why)) = (silent.is_empty(), unread) {
        return CHECK.unknown(subject, why);
    }
    if silent.is_empty() {
        return CHECK.pass(
            subject,
            "Sessions are recorded where their containers log to",
        );
    }
    CHECK
        .warn(
            subject,
            format!("Nothing records sessions into {}", text::short_list(&silent, 3)),
        )
        .detail("Logging is DEFAULT, which records into the container's own awslogs configuration, and these have none.")
        .group_title("Nothing records what is done in sessions")
        .evidence("containers", silent)
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
    fn overridden_off_and_empty() {
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
    fn by_default_the_container_s_driver_decides() {
        assert_eq!(of(None), [Status::Pass]);
        let mut facts = healthy_coder();
        definition(&mut facts).containers[0].log = None;
        assert_eq!(statuses(&CHECK, &facts), [Status::Warn]);
    }

    #[test]
    fn unreadable() {
        let mut facts = healthy_coder();
        facts.cluster = denied("ecs:DescribeClusters");
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }
}
