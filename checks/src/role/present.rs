use std::collections::BTreeMap;

use crate::prelude::*;
use model::task_scope::TaskSet;

pub const CHECK: Check = Check {
    id: "role.present",
    title: "The task has a task role, and it exists",
    why: "The agent signs its calls with the task role's credentials. Without a role it has none and never connects. The execution role does not help: containers do not get it.",
    how: "taskRoleArn of the task's overrides, else of its task definition, else (on EC2) the role of the instance profile; then iam:GetRole.",
    actions: &[
        "ecs:DescribeTaskDefinition",
        "iam:GetRole",
        "ec2:DescribeInstances",
        "iam:GetInstanceProfile",
    ],
    remedy: "Set a task role in the task definition, or recreate the deleted one.",
    docs: &[aws_pages::TASK_ROLES],
    symptoms: &["container.agent-running"],
    masks: &[
        "role.trust",
        "role.ssmmessages",
        "role.kms-decrypt",
        "role.logs-write",
        "role.s3-write",
    ],
    severity: Severity::Critical,
    ..super::DEFAULTS
};

pub fn run(index: &FactIndex) -> Vec<Finding> {
    index.each_running(&CHECK, |group, _| judge(index, group))
}

fn judge(index: &FactIndex, group: &Group) -> Vec<Finding> {
    let roles = &group.roles;
    let mut unnamed: BTreeMap<&str, Vec<&Task>> = BTreeMap::new();
    for task in &roles.unnamed {
        unnamed.entry(&task.task_definition).or_default().push(task);
    }
    let existing = roles.by_role.iter();
    let existing = existing.map(|(role, tasks)| role_exists(index, group, role, tasks));
    let missing = unnamed.values().map(|tasks| no_role(index, group, tasks));
    let unknown = roles.unknown.iter().map(|(task, why)| {
        let subject = group.definition_subject(&task.task_definition);
        CHECK.unknown(subject, why).on(*task)
    });
    existing.chain(missing).chain(unknown).collect()
}

fn role_exists(index: &FactIndex, group: &Group, role: &str, set: &TaskSet) -> Finding {
    let name = arn::name(role);
    let subject = group.subject_of("role", role);
    let names_role = |task: &&Task| {
        let definition = index.definition(task).and_then(Fact::known);
        task.role(definition) == Some(role)
    };
    let finding = match index.facts.roles.get(role) {
        Some(Fact::Known(_)) if set.tasks.iter().any(names_role) => {
            CHECK.pass(subject, format!("Task role {name} exists"))
        }
        Some(Fact::Known(_)) => CHECK
            .pass(subject, format!("The tasks use the role {name} of their instance, which exists"))
            .detail("The task definition sets no task role. On EC2 the role of the instance profile takes its place."),
        Some(Fact::Absent) => {
            let services = affected_services(index, |group| group.roles.by_role.contains_key(role));
            CHECK
                .fail(subject, format!("The task role {name} no longer exists"))
                .detail(format!("The task definition sets {role}, but that role does not exist in IAM, so the agent gets no credentials."))
                .group_title("The task role no longer exists")
                .fix(fixes::role::recreate(index.facts, role, &services))
        }
        Some(Fact::Unavailable(why)) => CHECK.unknown(subject, why),
        None => CHECK.unknown_because(subject, format!("The facts do not contain the role {name}")),
    };
    finding.evidence("role", role).on(set.scope.clone())
}

/// The finding for tasks of one task definition that have no role.
fn no_role(index: &FactIndex, group: &Group, tasks: &[&Task]) -> Finding {
    let task = tasks[0];
    let subject = group.definition_subject(&task.task_definition);
    let title = format!("The tasks of {} have no task role", group.name());
    let finding = CHECK
        .fail(subject, title)
        .group_title("Tasks have no task role")
        .on_tasks(tasks.iter().copied());
    let finding = match index.execution_role(task) {
        Some(execution) => finding
            .detail(format!(
                "The task definition sets an execution role ({}) but no taskRoleArn. The execution role pulls the \
                 image and ships logs; the containers and the agent never get its credentials.",
                arn::name(execution)
            ))
            .evidence("executionRole", execution),
        None => finding.detail(
            "Neither the task nor its definition has a taskRoleArn, so the agent has no credentials.",
        ),
    };
    let definition = index.definition(task).and_then(Fact::known);
    finding.fix_some(definition.map(|definition| fixes::role::create(&rollout(index, definition))))
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::*;
    use model::facts::Fact;
    use model::finding::Status;

    #[test]
    fn an_existing_role_passes() {
        assert_eq!(statuses(&CHECK, &healthy_coder()), [Status::Pass]);
    }

    #[test]
    fn a_definition_without_a_role_fails() {
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
    fn an_override_sets_the_role() {
        let mut facts = healthy_coder();
        definition(&mut facts).task_role = None;
        task(&mut facts).task_role_override = Some(CODER_ROLE.into());
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
    }

    #[test]
    fn a_deleted_role_fails() {
        let mut facts = healthy_coder();
        facts.roles.insert(CODER_ROLE.into(), Fact::Absent);
        let finding = &run(&CHECK, &facts)[0];
        assert_eq!(finding.status, Status::Fail);
        assert!(finding.fixes[0].commands[0].starts_with("aws iam create-role --role-name"));
    }

    #[test]
    fn denied_reads_are_unknown() {
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
    fn on_ec2_the_role_of_the_instance_profile_counts() {
        let mut facts = healthy_coder();
        definition(&mut facts).task_role = None;
        move_to_ec2(&mut facts);
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
        for profile in facts.instance_profiles.values_mut() {
            *profile = denied("iam:GetInstanceProfile");
        }
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
        instance(&mut facts).profile = None;
        assert_eq!(statuses(&CHECK, &facts), [Status::Fail]);
    }
}
