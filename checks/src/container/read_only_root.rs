use crate::per_subject::container_definition::DefinedContainer;
use crate::prelude::*;

pub const CHECK: Check = Check {
    id: "container.read-only-root",
    title: "The container's root file system is writable",
    why: "The agent writes files in the container. With readonlyRootFilesystem it cannot start, unless volumes are mounted at its folders.",
    how: "readonlyRootFilesystem, mountPoints and tmpfs in ecs:DescribeTaskDefinition. AWS does not support a read-only root file system with ECS Exec. With writable volumes at the agent's folders it works for some users.",
    actions: &["ecs:DescribeTaskDefinition"],
    remedy: "Set readonlyRootFilesystem to false in the task definition and deploy it.",
    docs: &[aws_pages::ECS_EXEC],
    symptoms: &["container.agent-running"],
    severity: Severity::High,
    ..super::DEFAULTS
};

/// The folders in which the agent writes.
const AGENT_FOLDERS: [&str; 3] = [
    "/managed-agents",
    "/var/lib/amazon/ssm",
    "/var/log/amazon/ssm",
];

pub fn run(index: &FactIndex) -> Vec<Finding> {
    index.each_container_definition(&CHECK, |defined| {
        let name = &defined.container.name;
        if !defined.container.read_only_root {
            let title = format!("Container {name} has a writable root file system");
            return CHECK.pass(defined.subject, title);
        }
        judge(&defined)
            .fix(defined.fix(ContainerEdit::WritableRoot))
            .group_title("Containers have a read-only root file system")
            .evidence("readonlyRootFilesystem", true)
    })
}

fn judge(defined: &DefinedContainer) -> Finding {
    let name = &defined.container.name;
    let title = format!("Container {name} has a read-only root file system");
    let subject = defined.subject.clone();
    let mounts = &defined.container.mounts;
    let mut mounted = AGENT_FOLDERS.to_vec();
    mounted.retain(|folder| mounts.iter().any(|mount| mount.makes_writable(folder)));
    let detail = if !mounted.is_empty() {
        let folders = text::list(&mounted);
        format!(
            "Volumes make {folders} writable, which is enough for some users. AWS does not support it."
        )
    } else if defined.agent_is_proven() {
        "The agent is RUNNING nevertheless. Its folders may be writable; it may not be able to start again."
            .to_owned()
    } else {
        return CHECK.fail(subject, title).detail(
            "The agent cannot write its files, so it cannot start. Set readonlyRootFilesystem to false in the task \
             definition, register it, and deploy it.",
        );
    };
    let paths: Vec<&str> = mounts.iter().map(|mount| mount.path.as_str()).collect();
    CHECK
        .warn(subject, title)
        .detail(detail)
        .agent_link(AgentLink::AtRisk)
        .evidence("mounts", paths)
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{definition, denied, healthy_coder, statuses, task};
    use diagnosis::{Selection, examine};
    use model::facts::{Facts, Mount};
    use model::finding::Status;

    fn read_only() -> Facts {
        let mut facts = healthy_coder();
        definition(&mut facts).containers[0].read_only_root = true;
        facts
    }

    fn stop_agent(facts: &mut Facts) {
        task(facts).containers[0].managed_agents[0].last_status = "STOPPED".into();
    }

    fn mount(facts: &mut Facts, path: &str, read_only: bool) {
        definition(facts).containers[0].mounts.push(Mount {
            path: path.into(),
            read_only,
        });
    }

    #[test]
    fn a_read_only_root_file_system_fails() {
        assert_eq!(statuses(&CHECK, &healthy_coder()), [Status::Pass]);
        let mut facts = read_only();
        stop_agent(&mut facts);
        assert_eq!(statuses(&CHECK, &facts), [Status::Fail]);
        for fact in facts.task_definitions.values_mut() {
            *fact = denied("ecs:DescribeTaskDefinition");
        }
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }

    #[test]
    fn a_long_running_agent_makes_it_a_warning() {
        let mut facts = read_only();
        assert_eq!(statuses(&CHECK, &facts), [Status::Warn]);
        let now = facts.taken_at;
        task(&mut facts).containers[0].managed_agents[0].last_started_at = Some(now);
        assert_eq!(statuses(&CHECK, &facts), [Status::Fail]);
    }

    #[test]
    fn volumes_at_the_agents_folders_make_it_a_warning() {
        let young = || {
            let mut facts = read_only();
            let now = facts.taken_at;
            task(&mut facts).containers[0].managed_agents[0].last_started_at = Some(now);
            facts
        };
        for (path, read_only, status) in [
            ("/var/lib/amazon/ssm", false, Status::Warn),
            ("/var/lib/amazon/", false, Status::Warn),
            ("/managed-agents", false, Status::Warn),
            ("/var/lib/amazon/ssm", true, Status::Fail),
            ("/var/lib/amazon/ssm/inner", false, Status::Fail),
            ("/var/lib/ama", false, Status::Fail),
            ("/data", false, Status::Fail),
        ] {
            let mut facts = young();
            mount(&mut facts, path, read_only);
            assert_eq!(statuses(&CHECK, &facts), [status], "{path}");
        }
    }

    #[test]
    fn with_volumes_it_is_the_cause_only_if_there_is_no_other() {
        let mut facts = read_only();
        mount(&mut facts, "/var/lib/amazon/ssm", false);
        let causes = |facts: &Facts| -> Vec<&str> {
            let report = examine(facts, &Selection::default());
            report.root_causes.iter().map(|cause| cause.check).collect()
        };
        assert_eq!(causes(&facts), [""; 0]);
        stop_agent(&mut facts);
        assert_eq!(causes(&facts), [CHECK.id]);
    }
}
