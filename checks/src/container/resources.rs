use crate::prelude::*;

pub const CHECK: Check = Check {
    id: "container.resources",
    title: "The container has enough memory for a session",
    why: "The exec agent and the shell run in the container and count against its memory: a container with little memory is killed when a session starts.",
    how: "memory of the container, else of the task, in ecs:DescribeTaskDefinition, compared with 128 MiB. How much of it is in use is not visible.",
    actions: &["ecs:DescribeTaskDefinition"],
    remedy: "Give the container more memory.",
    docs: &[aws_pages::ECS_EXEC],
    severity: Severity::Low,
    ..super::DEFAULTS
};

const MIN_MIB: u32 = 128;

pub fn run(index: &FactIndex) -> Vec<Finding> {
    index.each_container_definition(&CHECK, |defined| {
        let name = &defined.container.name;
        let Some(mib) = defined.container.memory_mib.or(defined.definition.memory_mib) else {
            return CHECK.skip(defined.subject, format!("Container {name} has no memory limit"));
        };
        let title = format!("Container {name} has {mib} MiB of memory");
        let finding = match mib < MIN_MIB {
            true => CHECK
                .warn(defined.subject, title)
                .detail("The exec agent needs some tens of MiB, and the shell more: a session may get the container killed.")
                .group_title("Containers have little memory for a session"),
            false => CHECK.pass(defined.subject, title),
        };
        finding.evidence("memoryMiB", mib)
    })
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::*;
    use model::finding::Status;

    #[test]
    fn little_memory_warns() {
        let mut facts = healthy_coder();
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
        definition(&mut facts).containers[0].memory_mib = Some(64);
        assert_eq!(statuses(&CHECK, &facts), [Status::Warn]);
        definition(&mut facts).containers[0].memory_mib = None;
        definition(&mut facts).memory_mib = None;
        assert_eq!(statuses(&CHECK, &facts), [Status::Skip]);
        for fact in facts.task_definitions.values_mut() {
            *fact = denied("ecs:DescribeTaskDefinition");
        }
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }
}
