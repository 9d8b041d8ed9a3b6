use crate::prelude::*;

pub const CHECK: Check = Check {
    id: "task.exec-enabled",
    title: "The task was started with ECS Exec on",
    why: "ECS installs the agent when a task starts: sessions in a task that was started without it never work, whatever its service says now.",
    how: "enableExecuteCommand in ecs:DescribeTasks and in ecs:DescribeServices. For a plan: whether the deployment replaces the tasks of a service that turns it on.",
    actions: &["ecs:DescribeTasks"],
    remedy: "Force a new deployment, or run a standalone task again. The flag of a running task cannot be changed.",
    docs: &[aws_pages::ECS_EXEC],
    symptoms: &["container.agent-running"],
    severity: Severity::Critical,
    inference: Inference::InferredDespiteRollout,
    ..super::DEFAULTS
};

pub fn run(index: &FactIndex) -> Vec<Finding> {
    if index.facts.planned {
        return tasks_after_deployment(index);
    }
    index.each_task(&CHECK, |group, subject, task| {
        judge(index, group, subject, task)
    })
}

/// Nothing in a plan runs yet, but tasks that run now may outlive the deployment.
fn tasks_after_deployment(index: &FactIndex) -> Vec<Finding> {
    index.each_service(&CHECK, |group, subject, service| {
        let name = &service.name;
        if index.is_exec_forbidden_for(group, service) {
            return CHECK.skip(subject, "ECS Exec must be off here, as declared");
        }
        match &service.leaves_tasks_without_exec {
            None | Some(Fact::Absent) => CHECK.skip(subject, "Nothing runs yet: this is a plan"),
            Some(Fact::Unavailable(why)) => CHECK.unknown(subject, why).detail(
                "The tasks that run now were started without ECS Exec. Only a new deployment replaces them, and whether there \
                 will be one depends on this.",
            ),
            Some(Fact::Known(false)) => CHECK.pass(
                subject,
                format!("The deployment replaces the tasks of {name} with tasks that have ECS Exec on"),
            ),
            Some(Fact::Known(true)) => CHECK
                .fail(subject, format!("The tasks of {name} remain without ECS Exec after the deployment"))
                .detail(
                    "The plan turns ECS Exec on, but starts no new tasks: those that run now were started without it, and \
                     sessions in them never work.",
                )
                .group_title("Tasks that the deployment does not replace have no ECS Exec")
                .evidence("enableExecuteCommand", false)
                .evidence("serviceEnableExecuteCommand", true)
                .fix(fixes::service::force_deployment(index.facts, service)),
        }
    })
}

fn judge(index: &FactIndex, group: &Group, subject: Subject, task: &Task) -> Finding {
    let id = task.id();
    if index.is_exec_forbidden(group, task) {
        return CHECK.skip(subject, "ECS Exec must be off here, as declared");
    }
    if task.exec_enabled {
        return CHECK.pass(subject, format!("Task {id} was started with ECS Exec on"));
    }
    let mut finding = CHECK
        .fail(subject, format!("Task {id} was started without ECS Exec"))
        .evidence("enableExecuteCommand", false)
        .group_title("Tasks were started without ECS Exec");
    let Some(service) = group.known_service() else {
        return match group.service {
            Some(_) => finding
                .detail("The task has enableExecuteCommand=false. Its service could not be read."),
            None => finding
                .detail("The task has enableExecuteCommand=false and belongs to no service that would replace it.")
                .fix(fixes::task::run_again(index.facts, task)),
        };
    };
    if !service.exec_enabled {
        finding = finding.detail("The task and its service have enableExecuteCommand=false.");
        return match service.controller {
            DeploymentController::Ecs => {
                finding.fix(fixes::service::enable_exec(index.facts, service))
            }
            // The flag needs one fix, and the deployment by the other controller needs another.
            DeploymentController::CodeDeploy | DeploymentController::External => finding
                .explained_only_by(&[])
                .fix(fixes::service::force_deployment(index.facts, service)),
        };
    }
    if service.is_replacing(task) {
        // Sessions go to the new task if it runs already. Another deployment would only prolong the wait.
        if group.running().iter().any(|task| task.has_running_agent()) {
            finding.status = Status::Warn;
        }
        return finding
            .detail(
                "A deployment is replacing this task with one that has ECS Exec: wait until it is complete, and do \
                 not force another one.",
            )
            .group_title("Tasks without ECS Exec are being replaced");
    }
    let age = task.started_at.map_or(String::new(), |started| {
        let age = text::span(index.age(started));
        format!(" It has been running for {age}.")
    });
    finding
        .detail(format!(
            "{} has ECS Exec enabled now, but the task has enableExecuteCommand=false: it was started before the \
             flag was set, and a running task keeps its flag.{age}",
            service.name
        ))
        .group_title("Tasks are older than their service's exec flag")
        .evidence("serviceEnableExecuteCommand", true)
        .fix(fixes::service::force_deployment(index.facts, service))
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{
        begin_rollout, denied, healthy_coder, make_standalone, run, service, statuses, task,
    };
    use model::facts::Fact;
    use model::finding::Status;

    #[test]
    fn a_task_started_with_exec_passes() {
        assert_eq!(statuses(&CHECK, &healthy_coder()), [Status::Pass]);
    }

    #[test]
    fn a_task_older_than_the_flag_fails() {
        let mut facts = healthy_coder();
        task(&mut facts).exec_enabled = false;
        let finding = &run(&CHECK, &facts)[0];
        assert_eq!(finding.status, Status::Fail);
        assert_eq!(
            finding.group_title,
            "Tasks are older than their service's exec flag"
        );
        assert_eq!(
            finding.fixes[0].commands,
            [
                "aws ecs update-service --cluster coder-production-cluster --service coder-production-coder \
              --force-new-deployment --region us-west-2"
            ]
        );
    }

    #[test]
    fn a_task_that_is_being_replaced_has_no_fix_but_waiting() {
        let mut facts = healthy_coder();
        task(&mut facts).exec_enabled = false;
        begin_rollout(&mut facts);
        let finding = &run(&CHECK, &facts)[0];
        assert_eq!(finding.status, Status::Fail);
        assert!(finding.fixes.is_empty());
        assert!(finding.detail.contains("wait"), "{}", finding.detail);
    }

    #[test]
    fn the_fix_enables_exec_if_service_and_task_lack_it() {
        let mut facts = healthy_coder();
        task(&mut facts).exec_enabled = false;
        service(&mut facts).exec_enabled = false;
        let finding = &run(&CHECK, &facts)[0];
        assert!(finding.fixes[0].commands[0].contains("--enable-execute-command"));
    }

    #[test]
    fn a_standalone_task_is_run_again() {
        let mut facts = healthy_coder();
        make_standalone(&mut facts);
        task(&mut facts).exec_enabled = false;
        let fix = &run(&CHECK, &facts)[0].fixes[0];
        assert!(fix.commands[0].starts_with("aws ecs run-task"));
        assert!(fix.commands[0].contains("--enable-execute-command"));
        assert!(fix.commands[0].contains("awsvpcConfiguration"));
    }

    #[test]
    fn tasks_that_outlive_apply_fail() {
        let mut facts = healthy_coder();
        facts.planned = true;
        assert_eq!(statuses(&CHECK, &facts), [Status::Skip]);
        service(&mut facts).leaves_tasks_without_exec = Some(Fact::Known(false));
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
        service(&mut facts).leaves_tasks_without_exec = Some(denied("terraform apply"));
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
        service(&mut facts).leaves_tasks_without_exec = Some(Fact::Known(true));
        let finding = &run(&CHECK, &facts)[0];
        assert_eq!(finding.status, Status::Fail);
        let terraform = finding.fixes[0].terraform.as_deref().unwrap();
        assert!(
            terraform.contains("force_new_deployment = true"),
            "{terraform}"
        );
    }

    #[test]
    fn tasks_that_cannot_be_described_are_unknown() {
        let mut facts = healthy_coder();
        for fact in facts.tasks.values_mut() {
            *fact = denied("ecs:DescribeTasks");
        }
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }
}
