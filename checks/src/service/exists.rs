use crate::prelude::*;

pub const CHECK: Check = Check {
    id: "service.exists",
    title: "The service exists",
    why: "A service that was misspelled or deleted has no tasks.",
    how: "ecs:DescribeServices in the cluster. ECS reports a deleted service as INACTIVE for a while.",
    actions: &["ecs:DescribeServices", "ecs:ListServices"],
    remedy: "Correct the name. ecs:ListServices lists the services that exist.",
    docs: &["https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeServices.html"],
    symptoms: &["service.running-tasks"],
    severity: Severity::Critical,
    ..super::DEFAULTS
};

pub fn run(index: &FactIndex) -> Vec<Finding> {
    let unlisted = index.facts.unlisted.as_ref().map(|why| {
        CHECK.unknown(index.cluster_subject(), why).detail(
            "The cluster may have services and standalone tasks that are not in this report.",
        )
    });
    unlisted.into_iter().chain(each(index)).collect()
}

fn each(index: &FactIndex) -> Vec<Finding> {
    index
        .groups
        .iter()
        .filter_map(|group| {
            let name = group.service?;
            let subject = group.subject();
            Some(match group.service_fact? {
                Fact::Known(service) if service.is_deleted() => CHECK
                    .fail(subject, format!("The service {name} was deleted"))
                    .group_title("The service was deleted")
                    .evidence("status", service.status.as_str()),
                Fact::Known(service) if service.is_draining() => CHECK
                    .warn(subject, format!("The service {name} is being deleted"))
                    .group_title("The service is being deleted")
                    .evidence("status", service.status.as_str()),
                Fact::Known(service) => CHECK
                    .pass(subject, format!("Service {name} exists"))
                    .evidence("arn", service.arn.as_str())
                    .evidence("status", service.status.as_str()),
                Fact::Absent => CHECK
                    .fail(
                        subject,
                        format!("There is no service {name} in {}", index.facts.cluster_name),
                    )
                    .group_title("The service does not exist"),
                Fact::Unavailable(why) => CHECK.unknown(subject, why),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{CODER, denied, healthy_coder, service, statuses};
    use model::facts::Fact;
    use model::finding::Status;

    #[test]
    fn services_that_cannot_be_listed_are_unknown() {
        let mut facts = healthy_coder();
        facts.target.services.clear();
        facts.unlisted = denied::<()>("ecs:ListServices").unavailable().cloned();
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }

    #[test]
    fn deleted_and_missing_services_fail_and_unreadable_ones_are_unknown() {
        let mut facts = healthy_coder();
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
        service(&mut facts).status = "INACTIVE".into();
        assert_eq!(statuses(&CHECK, &facts), [Status::Fail]);
        facts.services.insert(CODER.into(), Fact::Absent);
        assert_eq!(statuses(&CHECK, &facts), [Status::Fail]);
        facts
            .services
            .insert(CODER.into(), denied("ecs:DescribeServices"));
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }
}
