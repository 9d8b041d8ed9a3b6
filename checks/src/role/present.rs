use super::{role_subject, services_with};
use crate::fact_index::{FactIndex, Group};
use crate::fixes;
use model::area::Area;
use model::arn;
use model::check::{Check, Inference, OnPlan};
use model::facts::{Fact, Task};
use model::finding::{Finding, Severity};
use model::task_scope::TaskSet;

pub const CHECK: Check = Check {
    id: "role.present",
    area: Area::Role,
    title: "The task has a task role, and it exists",
    why: "The agent signs its calls with the task role's credentials; without a role it has none and never connects. The execution role does not count: it is not given to containers.",
    how: "taskRoleArn of the task's overrides, else of its task definition; on EC2 that of the instance profile where neither names one; then iam:GetRole.",
    actions: &[
        "ecs:DescribeTaskDefinition",
        "iam:GetRole",
        "ec2:DescribeInstances",
        "iam:GetInstanceProfile",
    ],
    remedy: "Name a task role in the task definition, or make the one that was deleted again.",
    docs: &["https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html"],
    explains: &["container.agent-running"],
    masks: &[
        "role.trust",
        "role.ssmmessages",
        "role.kms-decrypt",
        "role.logs-write",
        "role.s3-write",
    ],
    severity: Severity::Critical,
    on_plan: OnPlan::Judges,
    inference: Inference::Inferred,
};

pub fn run(index: &FactIndex) -> Vec<Finding> {
    index.each_running(&CHECK, |group, _| judge(index, group))
}

fn judge(index: &FactIndex, group: &Group) -> Vec<Finding> {
    let roles = &group.roles;
    let mut findings: Vec<Finding> = roles
        .by_role
        .iter()
        .map(|(role, alike)| exists(index, group, role, alike))
        .collect();
    for definition in by_definition(&roles.unnamed) {
        findings.push(no_role(index, group, &definition));
    }
    for (task, why) in &roles.unknown {
        let subject = group.definition_subject(&task.task_definition);
        findings.push(CHECK.unknown(subject, why).on(*task));
    }
    findings
}

fn exists(index: &FactIndex, group: &Group, role: &str, alike: &TaskSet) -> Finding {
    let name = arn::name(role);
    let subject = role_subject(group, role);
    let finding = match index.facts.roles.get(role) {
        Some(Fact::Known(_)) if is_instance_s(index, role, &alike.tasks) => CHECK
            .pass(
                subject,
                format!("The tasks use their instance's role {name}, which exists"),
            )
            .detail("The task definition names no task role; on EC2 the instance profile stands in for it."),
        Some(Fact::Known(_)) => CHECK.pass(subject, format!("Task role {name} exists")),
        Some(Fact::Absent) => {
            let services = services_with(index, |group| group.roles.by_role.contains_key(role));
            CHECK
                .fail(subject, format!("The task role {name} does not exist any more"))
                .detail(format!(
                    "The task definition names {role}, and IAM knows no such role, so the agent gets no credentials."
                ))
                .group_title("The task role does not exist any more")
                .fix(fixes::role::recreate(index.facts, role, &services))
        }
        Some(Fact::Unavailable(why)) => CHECK.unknown(subject, why),
        None => CHECK.unknown_because(subject, format!("Nobody asked IAM about {name}")),
    };
    finding.evidence("role", role).on(alike.scope.clone())
}

/// The tasks name no role of their own.
fn is_instance_s(index: &FactIndex, role: &str, tasks: &[&Task]) -> bool {
    tasks
        .iter()
        .all(|task| task.role(index.definition(task).and_then(Fact::known)) != Some(role))
}

fn no_role(index: &FactIndex, group: &Group, tasks: &[&Task]) -> Finding {
    let task = tasks[0];
    let subject = group.definition_subject(&task.task_definition);
    let finding = CHECK
        .fail(
            subject,
            format!("The tasks of {} have no task role", group.name()),
        )
        .group_title("Tasks have no task role");
    let finding = match index.execution_role(task) {
        Some(execution) => finding
            .detail(format!(
                "The task definition names an execution role ({}) but no taskRoleArn. The execution role pulls \
                 the image and ships logs; the containers, and so the agent, never get its credentials.",
                arn::name(execution)
            ))
            .evidence("executionRole", execution),
        None => finding.detail(
            "Neither the task nor its definition has a taskRoleArn, so the agent has no credentials.",
        ),
    };
    let finding = match index.definition(task) {
        Some(Fact::Known(definition)) => {
            let services = services_with(index, |group| {
                group.by_definition.contains_key(&*task.task_definition)
            });
            finding.fix(fixes::role::create(index.facts, definition, &services))
        }
        _ => finding,
    };
    finding.on_tasks(tasks.iter().copied())
}

fn by_definition<'a>(tasks: &[&'a Task]) -> Vec<Vec<&'a Task>> {
    let mut groups: Vec<Vec<&Task>> = Vec::new();
    for &task in tasks {
        match groups
            .iter_mut()
            .find(|group| group[0].task_definition == task.task_definition)
        {
            Some(group) => group.push(task),
            None => groups.push(vec![task]),
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::*;
    use model::facts::Fact;
    use model::finding::Status;

    #[test]
    fn named_and_there() {
        assert_eq!(statuses(&CHECK, &healthy_coder()), [Status::Pass]);
    }

    #[test]
    fn the_definition_names_none() {
        let mut facts = healthy_coder();
        definition(&mut facts).task_role = None;
        let finding = &run(&CHECK, &facts)[0];
        assert_eq!(finding.status, Status::Fail);
        assert!(
            finding.detail.contains("execution role"),
            "{}",
            finding.detail
        );
    }

    #[test]
    fn an_override_names_one() {
        let mut facts = healthy_coder();
        definition(&mut facts).task_role = None;
        task(&mut facts).task_role_override = Some(CODER_ROLE.into());
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
    }

    #[test]
    fn deleted() {
        let mut facts = healthy_coder();
        facts.roles.insert(CODER_ROLE.into(), Fact::Absent);
        let finding = &run(&CHECK, &facts)[0];
        assert_eq!(finding.status, Status::Fail);
        assert!(finding.fixes[0].commands[0].starts_with("aws iam create-role --role-name"));
    }

    #[test]
    fn unreadable() {
        let mut facts = healthy_coder();
        facts.roles.insert(CODER_ROLE.into(), denied("iam:GetRole"));
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
        for fact in facts.task_definitions.values_mut() {
            *fact = denied("ecs:DescribeTaskDefinition");
        }
        let finding = &run(&CHECK, &facts)[0];
        assert_eq!(
            finding.missing_permission.as_deref(),
            Some("ecs:DescribeTaskDefinition")
        );
    }

    #[test]
    fn on_ec2_the_instance_profile_stands_in() {
        let mut facts = healthy_coder();
        definition(&mut facts).task_role = None;
        on_ec2(&mut facts);
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
        for profile in facts.instance_profiles.values_mut() {
            *profile = denied("iam:GetInstanceProfile");
        }
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
        instance(&mut facts).profile = None;
        assert_eq!(statuses(&CHECK, &facts), [Status::Fail]);
    }
}
