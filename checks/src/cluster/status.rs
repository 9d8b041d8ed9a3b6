use crate::prelude::*;

pub const CHECK: Check = Check {
    id: "cluster.status",
    title: "The cluster is ACTIVE",
    why: "ECS rejects calls to a cluster that is being created or deleted.",
    how: "status in ecs:DescribeClusters.",
    actions: &["ecs:DescribeClusters"],
    remedy: "Wait until the cluster is ACTIVE, or create a new one.",
    docs: &["https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Cluster.html"],
    symptoms: &["service.running-tasks"],
    severity: Severity::High,
    ..super::DEFAULTS
};

pub fn run(index: &FactIndex) -> Vec<Finding> {
    let facts = index.facts;
    vec![CHECK.judge(
        index.cluster_subject(),
        &facts.cluster,
        |subject| CHECK.skip(subject, "There is no such cluster"),
        |subject, cluster| {
            let status = cluster.status.as_str();
            let name = &cluster.name;
            match status {
                _ if cluster.is_active() => {
                    CHECK.pass(subject, format!("Cluster {name} is ACTIVE"))
                }
                "FAILED" | "DEPROVISIONING" | "PROVISIONING" | "INACTIVE" => CHECK
                    .fail(subject, format!("Cluster {name} is {status}, not ACTIVE"))
                    .group_title("The cluster is not ACTIVE"),
                _ => CHECK.unknown_because(
                    subject,
                    format!("Cluster {name} is {status}, a status that this version does not know"),
                ),
            }
            .evidence("status", status)
        },
    )]
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{denied, healthy_coder, known, statuses};
    use model::finding::Status;

    #[test]
    fn only_active_passes() {
        let mut facts = healthy_coder();
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
        known(&mut facts.cluster).status = "FAILED".into();
        assert_eq!(statuses(&CHECK, &facts), [Status::Fail]);
        known(&mut facts.cluster).status = "DREAMING".into();
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
        facts.cluster = denied("ecs:DescribeClusters");
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }
}
