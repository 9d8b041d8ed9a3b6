use super::definitions::each_defined;
use crate::check::Check;
use crate::facts::ContainerDefinition;
use crate::finding::{Finding, Severity};
use crate::text;
use crate::world::World;

pub const CHECK: Check = Check {
    id: "container.aws-credentials-env",
    title: "The container's environment holds no AWS keys",
    why: "The agent takes AWS keys that it finds in the container's environment instead of the task role's credentials, and those keys seldom allow ssmmessages.",
    how: "Names, never values, of variables and secrets in ecs:DescribeTaskDefinition. What is in environment files, or set by the image, cannot be seen.",
    actions: &["ecs:DescribeTaskDefinition"],
    remedy: "Take the variables out of the task definition, or rename them for the application.",
    docs: &[
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec-troubleshooting.html",
    ],
    explains: &["container.agent-running"],
    masks: &[],
    severity: Severity::High,
    run,
};

const KEYS: [&str; 4] = [
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_KEY",
    "AWS_SECRET_ACCESS_KEY",
];

fn run(world: &World) -> Vec<Finding> {
    each_defined(world, &CHECK, |defined| {
        let name = &defined.container.name;
        let found = keys(defined.container);
        if !found.is_empty() {
            let title = format!("Container {name} sets {}", text::list(&found));
            let subject = defined.subject.clone();
            let finding = if defined.agent_is_proven() {
                CHECK.warn(subject, title).detail(
                    "The agent has long been up with them; whether those keys allow ssmmessages cannot be seen.",
                )
            } else {
                CHECK.fail(subject, title).detail(
                    "The agent uses these keys instead of the task role. Take the variables out of the task definition, \
                     or rename them for the application.",
                )
            };
            let fix = defined.change().without_variables(&found);
            return finding
                .fix(fix)
                .cause("Containers have AWS keys in their environment")
                .evidence("variables", found);
        }
        if defined.container.environment_files > 0 {
            let proven = defined.agent_is_proven();
            let finding = CHECK.unsure(
                defined.subject,
                format!("Container {name} has environment files, whose content cannot be seen"),
            );
            return if proven { finding.harmless() } else { finding };
        }
        CHECK.pass(
            defined.subject,
            format!("Container {name} has no AWS keys in its environment"),
        )
    })
}

fn keys(container: &ContainerDefinition) -> Vec<&str> {
    container
        .environment
        .iter()
        .chain(&container.secrets)
        .map(String::as_str)
        .filter(|name| KEYS.contains(name))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::finding::Status;
    use crate::testing::{definition, denied, healthy_coder, statuses, task};

    fn agent_down(facts: &mut crate::Facts) {
        task(facts).containers[0].managed_agents[0].last_status = "STOPPED".into();
    }

    #[test]
    fn keys_as_variables_or_secrets() {
        let mut facts = healthy_coder();
        definition(&mut facts).containers[0].environment = vec!["AWS_REGION".into()];
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
        definition(&mut facts).containers[0].secrets = vec!["AWS_ACCESS_KEY_ID".into()];
        assert_eq!(statuses(&CHECK, &facts), [Status::Warn]);
        agent_down(&mut facts);
        assert_eq!(statuses(&CHECK, &facts), [Status::Fail]);
    }

    #[test]
    fn environment_files_and_denials_are_unknown() {
        let mut facts = healthy_coder();
        definition(&mut facts).containers[0].environment_files = 1;
        agent_down(&mut facts);
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
        for fact in facts.task_definitions.values_mut() {
            *fact = denied("ecs:DescribeTaskDefinition");
        }
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }
}
