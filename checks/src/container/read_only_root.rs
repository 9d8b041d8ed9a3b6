use super::definitions::each_defined;
use crate::check::Check;
use crate::finding::{Finding, Severity};
use crate::world::World;

pub const CHECK: Check = Check {
    id: "container.read-only-root",
    title: "The container's root file system can be written to",
    why: "The agent writes its files into the container; with readonlyRootFilesystem it cannot start.",
    how: "readonlyRootFilesystem in ecs:DescribeTaskDefinition. Where the agent has been up for long all the same, volumes at its folders make up for it.",
    actions: &["ecs:DescribeTaskDefinition"],
    remedy: "Set readonlyRootFilesystem to false in the task definition and deploy it.",
    docs: &["https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html"],
    explains: &["container.agent-running"],
    masks: &[],
    severity: Severity::High,
    run,
};

fn run(world: &World) -> Vec<Finding> {
    each_defined(world, &CHECK, |defined| {
        let name = &defined.container.name;
        if !defined.container.read_only_root {
            return CHECK.pass(
                defined.subject,
                format!("Container {name} can write to its root file system"),
            );
        }
        let title = format!("Container {name} has a read-only root file system");
        let subject = defined.subject.clone();
        let finding = if defined.agent_is_proven() {
            CHECK.warn(subject, title).detail(
                "The agent runs all the same, so it may have writable folders of its own; it is not sure to start again.",
            )
        } else {
            CHECK.fail(subject, title).detail(
                "Set readonlyRootFilesystem to false in the task definition, register it, and deploy it.",
            )
        };
        let fix = defined.change().writable_root();
        finding
            .fix(fix)
            .cause("Containers have a read-only root file system")
            .evidence("readonlyRootFilesystem", true)
    })
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::finding::Status;
    use crate::testing::{definition, denied, healthy_coder, statuses, task};

    #[test]
    fn writable_read_only_and_unreadable() {
        let mut facts = healthy_coder();
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
        definition(&mut facts).containers[0].read_only_root = true;
        task(&mut facts).containers[0].managed_agents[0].last_status = "STOPPED".into();
        assert_eq!(statuses(&CHECK, &facts), [Status::Fail]);
        for fact in facts.task_definitions.values_mut() {
            *fact = denied("ecs:DescribeTaskDefinition");
        }
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }

    #[test]
    fn an_agent_that_has_long_been_up_beats_the_rule() {
        let mut facts = healthy_coder();
        definition(&mut facts).containers[0].read_only_root = true;
        assert_eq!(statuses(&CHECK, &facts), [Status::Warn]);
        let now = facts.taken_at;
        task(&mut facts).containers[0].managed_agents[0].last_started_at = Some(now);
        assert_eq!(statuses(&CHECK, &facts), [Status::Fail]);
    }
}
