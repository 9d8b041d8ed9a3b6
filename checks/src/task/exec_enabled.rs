use crate::fact_index::{FactIndex, Group};
use crate::fixes;
use model::area::Area;
use model::check::{Check, Inference, OnPlan};
use model::facts::{DeploymentController, Fact, Facts, Service, Task};
use model::finding::{Finding, Severity, Status, Subject};
use model::fix::Fix;
use model::text;

pub const CHECK: Check = Check {
    id: "task.exec-enabled",
    area: Area::Task,
    title: "The task was started with ECS Exec on",
    why: "The agent comes into a task when it starts: a task that was started without it can never be entered, whatever its service says now.",
    how: "enableExecuteCommand in ecs:DescribeTasks, beside the service's own flag. Of a plan: whether apply replaces the tasks of a service that turns it on.",
    actions: &["ecs:DescribeTasks"],
    remedy: "Force a new deployment; run a standalone task again. The flag of a running task cannot be changed.",
    docs: &["https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html"],
    explains: &["container.agent-running"],
    masks: &[],
    severity: Severity::Critical,
    on_plan: OnPlan::Judges,
    inference: Inference::InferredDespiteRollout,
};

pub fn run(index: &FactIndex) -> Vec<Finding> {
    if index.facts.planned {
        return through_apply(index);
    }
    index.each_task(&CHECK, |group, subject, task| {
        judge(index, group, subject, task)
    })
}

/// Nothing of a plan runs yet, but what runs now may outlive apply.
fn through_apply(index: &FactIndex) -> Vec<Finding> {
    index.each_service(&CHECK, |group, subject, service| {
        let name = &service.name;
        if index.is_exec_forbidden_for(group, service) {
            return CHECK.skip(subject, "ECS Exec must be off here, as declared");
        }
        match &service.leaves_tasks_without_exec {
            None | Some(Fact::Absent) => CHECK.skip(subject, "Nothing runs yet: this is a plan"),
            Some(Fact::Unavailable(why)) => CHECK.unknown(subject, why).detail(
                "The tasks that run now were started without ECS Exec, and only a new deployment starts others: \
                 whether apply makes one hangs on that.",
            ),
            Some(Fact::Known(false)) => CHECK.pass(
                subject,
                format!("Apply replaces the tasks of {name}, so that they are started with ECS Exec on"),
            ),
            Some(Fact::Known(true)) => CHECK
                .fail(subject, format!("The tasks of {name} stay without ECS Exec after apply"))
                .detail(
                    "The plan has ECS Exec on, and that alone starts no new tasks: those that run now were started \
                     without it, keep that for life, and cannot be entered.",
                )
                .group_title("Tasks that apply does not replace have no ECS Exec")
                .evidence("enableExecuteCommand", false)
                .evidence("serviceEnableExecuteCommand", true)
                .fix(fixes::service::force_deployment(index.facts, service)),
        }
    })
}

/// Mends it for all tasks of the service.
fn of_service(facts: &Facts, service: &Service) -> Fix {
    match service.exec_enabled {
        true => fixes::service::force_deployment(facts, service),
        false => fixes::service::enable_exec(facts, service),
    }
}

fn judge<'a>(index: &FactIndex<'a>, group: &Group<'a>, subject: Subject, task: &Task) -> Finding {
    let fix = || group.service_fix(index.facts, of_service);
    let id = task.id();
    if index.is_exec_forbidden(group, task) {
        CHECK.skip(subject, "ECS Exec must be off here, as declared")
    } else if task.exec_enabled {
        CHECK.pass(
            subject,
            ["Task ", id, " was started with ECS Exec on"].concat(),
        )
    } else {
        let service = group.service_fact.and_then(Fact::known);
        let finding = CHECK
            .fail(subject, format!("Task {id} was started without ECS Exec"))
            .evidence("enableExecuteCommand", false);
        match service {
            Some(service) if service.exec_enabled && service.is_replacing(task) => being_replaced(group, finding),
            Some(service) if service.exec_enabled => {
                older_than_flag(index, finding, service, task).fix_some(fix())
            }
            Some(service) => {
                let finding = finding
                    .detail("The task has enableExecuteCommand=false, as its service has.")
                    .group_title("Tasks were started without ECS Exec");
                match service.controller {
                    DeploymentController::Ecs => finding.fix_some(fix()),
                    // The flag is one thing to fix; a deployment by the controller that replaces the tasks is another.
                    DeploymentController::CodeDeploy | DeploymentController::External => finding
                        .explained_only_by(&[])
                        .fix(fixes::service::force_deployment(index.facts, service)),
                }
            }
            None if group.service.is_some() => finding
                .detail("The task has enableExecuteCommand=false; its service could not be read.")
                .group_title("Tasks were started without ECS Exec"),
            None => finding
                .detail("The task has enableExecuteCommand=false, and belongs to no service that would replace it.")
                .group_title("Tasks were started without ECS Exec")
                .fix(fixes::task::run_again(index.facts, task)),
        }
    }
}

/// Another deployment would only start the wait anew. Where a new task runs already, sessions go to that one.
fn being_replaced(group: &Group, mut finding: Finding) -> Finding {
    if group.running().iter().any(|task| task.has_running_agent()) {
        finding.status = Status::Warn;
    }
    finding
        .detail(
            "A deployment is rolling out that replaces this task by one with ECS Exec: wait until it is done, \
             and do not force another one.",
        )
        .group_title("Tasks without ECS Exec are being replaced")
}

fn older_than_flag(index: &FactIndex, finding: Finding, service: &Service, task: &Task) -> Finding {
    let age = task.started_at.map_or(String::new(), |started| {
        format!(
            " It has been running for {}.",
            text::span(index.age(started))
        )
    });
    finding
        .detail(format!(
            "{} has ECS Exec enabled now, but the task has enableExecuteCommand=false: it was started before \
             the flag was set, and keeps that for life.{age}",
            service.name
        ))
        .group_title("Tasks are older than their service's exec flag")
        .evidence("serviceEnableExecuteCommand", true)
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
    fn started_with_exec() {
        assert_eq!(statuses(&CHECK, &healthy_coder()), [Status::Pass]);
    }

    #[test]
    fn older_than_the_flag() {
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
    fn one_that_is_being_replaced_asks_for_patience() {
        let mut facts = healthy_coder();
        task(&mut facts).exec_enabled = false;
        begin_rollout(&mut facts);
        let finding = &run(&CHECK, &facts)[0];
        assert_eq!(finding.status, Status::Fail);
        assert!(finding.fixes.is_empty());
        assert!(finding.detail.contains("wait"), "{}", finding.detail);
    }

    #[test]
    fn off_on_both() {
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
    fn tasks_that_outlive_apply() {
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
    fn tasks_that_cannot_be_described() {
        let mut facts = healthy_coder();
        for fact in facts.tasks.values_mut() {
            *fact = denied("ecs:DescribeTasks");
        }
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }
}
