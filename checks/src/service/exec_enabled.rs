use crate::prelude::*;

pub const CHECK: Check = Check {
    id: "service.exec-enabled",
    title: "The service has ECS Exec enabled",
    why: "ECS installs the exec agent only in tasks of services that have enableExecuteCommand set.",
    how: "enableExecuteCommand in ecs:DescribeServices. It applies to new tasks; task.exec-enabled checks those that run.",
    actions: &["ecs:DescribeServices"],
    remedy: "Set enableExecuteCommand on the service and force a new deployment.",
    docs: &[aws_pages::ECS_EXEC],
    symptoms: &["task.exec-enabled", "container.agent-running"],
    severity: Severity::Critical,
    ..super::DEFAULTS
};

pub fn run(index: &FactIndex) -> Vec<Finding> {
    index.each_service(&CHECK, |group, subject, service| {
        let name = &service.name;
        if index.is_exec_forbidden_for(group, service) {
            return CHECK.skip(subject, "ECS Exec must be off here, as declared");
        }
        if service.exec_enabled {
            return CHECK.pass(subject, format!("{name} has ECS Exec enabled"));
        }
        if service.is_deleted() {
            return CHECK.skip(subject, "The service was deleted");
        }
        let finding = match all_tasks_have_exec(group) {
            true => CHECK
                .warn(subject, format!("ECS Exec is off on {name}, though sessions in its running tasks still work"))
                .detail("The running tasks were started with ECS Exec; those that replace them will not be.")
                .group_title("ECS Exec was turned off"),
            false => CHECK
                .fail(subject, format!("ECS Exec is not enabled on {name}"))
                .detail(
                    "The service has enableExecuteCommand=false, so its tasks are started without the exec agent.",
                )
                .group_title("ECS Exec is not enabled on the service"),
        };
        finding
            .evidence("enableExecuteCommand", false)
            .fix(fixes::service::enable_exec(index.facts, service))
    })
}

/// Whether sessions in the running tasks work, whatever the flag of the service says now.
fn all_tasks_have_exec(group: &Group) -> bool {
    let running = group.running();
    !running.is_empty() && running.iter().all(|task| task.exec_enabled)
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{CODER, denied, healthy_coder, run, service, statuses, task};
    use model::facts::{DeploymentController, Fact};
    use model::finding::Status;
    use model::fix::Disposition;

    #[test]
    fn a_disabled_service_fails_unless_its_task_has_exec() {
        let mut facts = healthy_coder();
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
        service(&mut facts).exec_enabled = false;
        assert_eq!(
            statuses(&CHECK, &facts),
            [Status::Warn],
            "its task has ECS Exec"
        );
        task(&mut facts).exec_enabled = false;
        let finding = &run(&CHECK, &facts)[0];
        assert_eq!(finding.status, Status::Fail);
        assert_eq!(
            finding.fixes[0].commands,
            [
                "aws ecs update-service --cluster coder-production-cluster --service coder-production-coder \
              --enable-execute-command --force-new-deployment --region us-west-2"
            ]
        );
        facts
            .services
            .insert(CODER.into(), denied("ecs:DescribeServices"));
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
        facts.services.insert(CODER.into(), Fact::Absent);
        assert_eq!(statuses(&CHECK, &facts), [Status::Skip]);
    }

    #[test]
    fn no_deployment_is_forced_if_ecs_refuses_it() {
        for controller in [
            DeploymentController::CodeDeploy,
            DeploymentController::External,
        ] {
            let mut facts = healthy_coder();
            service(&mut facts).exec_enabled = false;
            task(&mut facts).exec_enabled = false;
            service(&mut facts).controller = controller;
            let fix = &run(&CHECK, &facts)[0].fixes[0];
            assert_eq!(fix.disposition, Disposition::Manual);
            assert!(!fix.commands[0].contains("--force-new-deployment"));
        }
    }
}
