use crate::prelude::*;

pub const CHECK: Check = Check {
    id: "cluster.exists",
    title: "The cluster exists",
    why: "The services and tasks are in this cluster.",
    how: "ecs:DescribeClusters in the region.",
    actions: &["ecs:DescribeClusters"],
    remedy: "Choose another cluster with --cluster, or another region with --region.",
    docs: &["https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeClusters.html"],
    symptoms: &["service.exists", "task.exists"],
    severity: Severity::Critical,
    ..super::DEFAULTS
};

pub fn run(index: &FactIndex) -> Vec<Finding> {
    let facts = index.facts;
    let name = &facts.cluster_name;
    vec![CHECK.judge(
        index.cluster_subject(),
        &facts.cluster,
        |subject| {
            let title = format!("There is no cluster {name} in {}", facts.region);
            CHECK
                .fail(subject, title)
                .group_title("The cluster does not exist")
        },
        |subject, cluster| {
            CHECK
                .pass(subject, format!("Cluster {name} exists"))
                .evidence("arn", cluster.arn.as_str())
                .evidence("status", cluster.status.as_str())
        },
    )]
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{denied, healthy, statuses};
    use model::facts::Fact;
    use model::finding::Status;

    #[test]
    fn a_missing_cluster_fails_and_a_denied_read_is_unknown() {
        let mut facts = healthy();
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
        facts.cluster = Fact::Absent;
        assert_eq!(statuses(&CHECK, &facts), [Status::Fail]);
        facts.cluster = denied("ecs:DescribeClusters");
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }
}
