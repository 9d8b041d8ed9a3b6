use crate::fact_index::FactIndex;
use crate::per_definition::each_defined;
use model::area::Area;
use model::check::{Check, Inference, OnPlan};
use model::finding::{Finding, Severity};
use model::step::ContainerEdit;

pub const CHECK: Check = Check {
    id: "container.init-process",
    area: Area::Container,
    title: "The container has an init process",
    why: "Without one the processes that sessions leave behind stay as zombies until the task ends.",
    how: "linuxParameters.initProcessEnabled in ecs:DescribeTaskDefinition. An image may bring an init of its own, which cannot be seen.",
    actions: &["ecs:DescribeTaskDefinition"],
    remedy: "Set linuxParameters.initProcessEnabled to true.",
    docs: &["https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html"],
    explains: &[],
    masks: &[],
    severity: Severity::Low,
    on_plan: OnPlan::Judges,
    inference: Inference::Inferred,
};

pub fn run(index: &FactIndex) -> Vec<Finding> {
    each_defined(index, &CHECK, |defined| {
        let name = &defined.container.name;
        let windows = defined
            .definition
            .operating_system
            .as_deref()
            .is_some_and(|family| family.starts_with("WINDOWS"));
        if windows {
            return CHECK.skip(defined.subject, "Windows containers have none");
        }
        if defined.container.init_process {
            return CHECK.pass(
                defined.subject,
                format!("Container {name} has an init process"),
            );
        }
        let fix = defined.change().fix(ContainerEdit::InitProcess);
        CHECK
            .warn(
                defined.subject,
                format!("Container {name} has no init process"),
            )
            .fix(fix)
            .detail("Set linuxParameters.initProcessEnabled to true in the task definition.")
            .group_title("Containers have no init process")
    })
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{definition, denied, healthy_coder, statuses};
    use model::finding::Status;

    #[test]
    fn with_without_on_windows_and_unreadable() {
        let mut facts = healthy_coder();
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
        definition(&mut facts).containers[0].init_process = false;
        assert_eq!(statuses(&CHECK, &facts), [Status::Warn]);
        definition(&mut facts).operating_system = Some("WINDOWS_SERVER_2022_CORE".into());
        assert_eq!(statuses(&CHECK, &facts), [Status::Skip]);
        for fact in facts.task_definitions.values_mut() {
            *fact = denied("ecs:DescribeTaskDefinition");
        }
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }
}
