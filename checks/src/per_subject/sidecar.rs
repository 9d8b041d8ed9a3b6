//! Sidecars: containers beside the one that sessions go to. A fault in them keeps no session from working.

use crate::prelude::*;

/// The container that sessions go to: the one that is named or configured, else the only essential one.
pub fn session_container<'a>(
    group: &Group<'a>,
    definition: Option<&'a TaskDefinition>,
) -> Option<&'a str> {
    group
        .container
        .or_else(|| definition.and_then(TaskDefinition::only_essential))
}

/// Whether a container only helps the one that sessions go to. An essential container may be an application of its
/// own, unless it is a log router, has a read-only root file system, or ECS reports no agent for it.
pub fn is_sidecar(
    session_container: &str,
    definition: &ContainerDefinition,
    running: Option<&Container>,
) -> bool {
    let has_no_agent = running.is_some_and(|running| running.managed_agents.is_empty());
    session_container != definition.name
        && (!definition.essential
            || definition.read_only_root
            || definition.log_router
            || has_no_agent)
}

/// A finding on a sidecar, as a note: it is no failure, and nothing has to be fixed.
pub fn as_note(mut finding: Finding, session_container: &str) -> Finding {
    if finding.status.needs_attention() {
        finding.status = Status::Skip;
        finding.detail = format!(
            "Sessions go to {session_container}; this container is a sidecar. Name it with --container to check it."
        );
        finding.fixes.clear();
        finding.missing_permission = None;
        finding.agent_link = None;
    }
    finding
}

#[cfg(test)]
mod tests {
    use crate::testing::*;
    use diagnosis::{Selection, examine};
    use model::Status;
    use model::facts::{Container, ContainerDefinition, Facts, ManagedAgent};

    /// The coder service with a second container, whose agent has stopped.
    fn with_second(change: fn(&mut ContainerDefinition)) -> Facts {
        let mut facts = healthy_coder();
        let mut second = definition(&mut facts).containers[0].clone();
        second.name = "helper".into();
        change(&mut second);
        definition(&mut facts).containers.push(second);
        let agent = ManagedAgent {
            name: "ExecuteCommandAgent".into(),
            last_status: "STOPPED".into(),
            ..ManagedAgent::default()
        };
        task(&mut facts).containers.push(Container {
            name: "helper".into(),
            runtime_id: Some("r-2".into()),
            last_status: "RUNNING".into(),
            managed_agents: vec![agent],
            ..Container::default()
        });
        facts
    }

    fn causes(facts: &Facts) -> Vec<&'static str> {
        let report = examine(facts, &Selection::default());
        report.root_causes.iter().map(|cause| cause.check).collect()
    }

    #[test]
    fn a_broken_sidecar_is_no_failure() {
        let changes: [fn(&mut ContainerDefinition); 4] = [
            |second| second.essential = false,
            |second| second.read_only_root = true,
            |second| second.log_router = true,
            |second| {
                second.essential = false;
                second.read_only_root = true;
            },
        ];
        for change in changes {
            let mut facts = with_second(change);
            assert_eq!(causes(&facts), [""; 0]);
            let report = examine(&facts, &Selection::default());
            let mut fixes = report.fixes.iter();
            assert!(!fixes.any(|fix| fix.id.starts_with("writable-root")));
            facts.target.container = Some("helper".into());
            assert_ne!(causes(&facts), [""; 0], "it was asked for");
        }
    }

    #[test]
    fn a_second_application_is_judged() {
        let facts = with_second(|_| {});
        assert_eq!(causes(&facts), ["container.agent-running"]);
    }

    #[test]
    fn sessions_go_to_the_only_essential_container() {
        let mut facts = with_second(|second| second.essential = false);
        facts.target.services[0].container = None;
        assert_eq!(causes(&facts), [""; 0]);
        let mut facts = with_second(|second| second.read_only_root = true);
        facts.target.services[0].container = None;
        assert_ne!(causes(&facts), [""; 0], "sessions may go to either");
    }

    #[test]
    fn a_finding_on_a_sidecar_is_a_note() {
        let facts = with_second(|second| second.read_only_root = true);
        let report = examine(&facts, &Selection::default());
        let mut notes = report.findings.iter().filter(|finding| {
            finding.check.id == "container.read-only-root" && finding.status == Status::Skip
        });
        let note = notes.next().unwrap();
        assert!(
            note.detail.contains("Sessions go to coder"),
            "{}",
            note.detail
        );
    }
}
