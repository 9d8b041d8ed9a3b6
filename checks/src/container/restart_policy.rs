use crate::prelude::*;

pub const CHECK: Check = Check {
    id: "container.restart-policy",
    title: "ECS does not restart the container in place",
    why: "The agent starts with the task. When a restart policy restarts a container inside its task, the agent does not start again, and sessions fail with TargetNotConnectedException until the task is replaced.",
    how: "restartPolicy in ecs:DescribeTaskDefinition. ECS does not report whether it has restarted a container.",
    actions: &["ecs:DescribeTaskDefinition"],
    remedy: "Replace the task after a restart, or remove the restart policy.",
    docs: &[
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/container-restart-policy.html",
        "https://github.com/aws/containers-roadmap/issues/2469",
    ],
    symptoms: &["container.agent-running"],
    severity: Severity::Low,
    ..super::DEFAULTS
};

pub fn run(index: &FactIndex) -> Vec<Finding> {
    index.each_container_definition(&CHECK, |defined| {
        let name = &defined.container.name;
        if !defined.container.restarts {
            let title = format!("Container {name} has no restart policy");
            return CHECK.pass(defined.subject, title);
        }
        let title = format!("Container {name} has a restart policy");
        let finding = CHECK
            .warn(defined.subject.clone(), title)
            .detail(
                "Once ECS has restarted the container, it has no agent until its task is replaced. \
                 ECS does not report whether that has happened.",
            )
            .group_title("Containers with a restart policy lose their agent when they restart")
            .agent_link(AgentLink::AtRisk)
            .evidence("restartPolicy", true);
        match defined.agent_is_lost() {
            true => defined.known_services().fold(finding, |finding, service| {
                finding.fix(fixes::service::force_deployment(index.facts, service))
            }),
            false => finding.fix(defined.fix(ContainerEdit::WithoutRestartPolicy)),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::*;
    use diagnosis::{Selection, examine};
    use model::facts::Facts;
    use model::finding::Status;

    fn restarts() -> Facts {
        let mut facts = healthy_coder();
        definition(&mut facts).containers[0].restarts = true;
        facts
    }

    #[test]
    fn a_restart_policy_warns() {
        assert_eq!(statuses(&CHECK, &healthy_coder()), [Status::Pass]);
        let mut facts = restarts();
        assert_eq!(statuses(&CHECK, &facts), [Status::Warn]);
        for fact in facts.task_definitions.values_mut() {
            *fact = denied("ecs:DescribeTaskDefinition");
        }
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }

    #[test]
    fn a_restart_explains_a_lost_agent_that_nothing_else_explains() {
        let mut facts = restarts();
        task(&mut facts).containers[0].managed_agents[0].last_status = "STOPPED".into();
        let report = examine(&facts, &Selection::default());
        assert_eq!(report.root_causes[0].check, CHECK.id);
        assert_eq!(report.root_causes[0].symptoms, ["container.agent-running"]);
        let fixes = &report.root_causes[0].fixes;
        assert!(fixes[0].starts_with("force-deployment:"), "{fixes:?}");
    }
}
