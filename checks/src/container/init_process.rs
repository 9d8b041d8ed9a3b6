use crate::prelude::*;

pub const CHECK: Check = Check {
    id: "container.init-process",
    title: "The container has an init process",
    why: "Without one, processes that sessions leave behind stay as zombies until the task ends.",
    how: "linuxParameters.initProcessEnabled in ecs:DescribeTaskDefinition. An image may have an init of its own, which is not visible.",
    actions: &["ecs:DescribeTaskDefinition"],
    remedy: "Set linuxParameters.initProcessEnabled to true.",
    docs: &[aws_pages::ECS_EXEC],
    severity: Severity::Low,
    ..super::DEFAULTS
};

pub fn run(index: &FactIndex) -> Vec<Finding> {
    index.each_container_definition(&CHECK, |defined| {
        let name = &defined.container.name;
        if defined.is_windows() {
            return CHECK.skip(defined.subject, "Windows containers have no init process");
        }
        if defined.container.init_process {
            let title = format!("Container {name} has an init process");
            return CHECK.pass(defined.subject, title);
        }
        let title = format!("Container {name} has no init process");
        CHECK
            .warn(defined.subject.clone(), title)
            .fix(defined.fix(ContainerEdit::InitProcess))
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
    fn a_missing_init_process_warns_except_on_windows() {
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
