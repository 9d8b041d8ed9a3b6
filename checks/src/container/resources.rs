use crate::fact_index::FactIndex;
use crate::per_definition::each_defined;
use model::area::Area;
use model::check::{Check, Inference, OnPlan};
use model::finding::{Finding, Severity};

pub const CHECK: Check = Check {
    id: "container.resources",
    area: Area::Container,
    title: "The container has memory to spare for a session",
    why: "The exec agent and the shell live in the container and count against its memory: one that has little is killed when a session starts.",
    how: "memory of the container, else of the task, in ecs:DescribeTaskDefinition, against 128 MiB. How much of it is in use cannot be seen.",
    actions: &["ecs:DescribeTaskDefinition"],
    remedy: "Give the container more memory.",
    docs: &["https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html"],
    explains: &[],
    masks: &[],
    severity: Severity::Low,
    on_plan: OnPlan::Judges,
    inference: Inference::Inferred,
};

const LEAST_MIB: u32 = 128;

pub fn run(index: &FactIndex) -> Vec<Finding> {
    each_defined(index, &CHECK, |defined| {
        let name = &defined.container.name;
        match defined.container.memory_mib.or(defined.definition.memory_mib) {
            Some(mib) if mib < LEAST_MIB => CHECK
                .warn(
                    defined.subject,
                    format!("Container {name} has {mib} MiB of memory"),
                )
                .detail("The exec agent takes some tens of MiB of it, and the shell its own: a session may get the container killed.")
                .group_title("Containers have little memory for a session")
                .evidence("memoryMiB", mib),
            Some(mib) => CHECK
                .pass(defined.subject, format!("Container {name} has {mib} MiB of memory"))
                .evidence("memoryMiB", mib),
            None => CHECK.skip(defined.subject, format!("Container {name} has no memory limit")),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::*;
    use model::finding::Status;

    #[test]
    fn plenty_little_and_no_limit() {
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
