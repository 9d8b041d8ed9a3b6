//! A value of each variable with all members that its type has, so that the checker finds misspelled ones.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use cel::common::value::Val;
use model::Facts;
use model::facts::{
    AwsVpc, Cluster, Container, ContainerDefinition, ContainerLog, Deployment, Event,
    ExecConfiguration, ExecLog, ManagedAgent, ProxyEnvironment, Role, Service, Task,
    TaskDefinition, TaskInterface,
};
use serde_json::json;

use super::facts_value::{content, value, with_members};
use super::unknown_reads::UnknownReads;
use super::variables::task_content;

/// By variable. What is null in a sample can be anything.
static SAMPLES: LazyLock<BTreeMap<&'static str, Box<dyn Val>>> = LazyLock::new(|| {
    let container = Container {
        managed_agents: vec![ManagedAgent::default()],
        ..Container::default()
    };
    let task = Task {
        interface: Some(TaskInterface::default()),
        containers: vec![container.clone()],
        ..Task::default()
    };
    let container_definition = ContainerDefinition {
        proxy: Some(ProxyEnvironment::default()),
        log: Some(ContainerLog::default()),
        ..ContainerDefinition::default()
    };
    let service = Service {
        deployments: vec![Deployment::default()],
        events: vec![Event {
            at: None,
            message: String::new(),
        }],
        awsvpc: Some(AwsVpc::default()),
        ..Service::default()
    };
    let role = Role {
        arn: String::new(),
        name: String::new(),
        trust: serde_json::Value::Null,
        boundary: None,
    };
    let members = [
        ("task", content("")),
        ("definition", content(&container_definition)),
    ];
    let container = with_members(content(&container), members);
    let definition = TaskDefinition {
        containers: vec![container_definition],
        ..TaskDefinition::default()
    };
    let facts = facts();
    let task = facts.as_ref().map(|facts| task_content(&task, facts));
    let contents = [
        ("cluster", Some(content(cluster()))),
        ("service", Some(content(service))),
        ("definition", Some(content(definition))),
        ("container", Some(container)),
        ("role", Some(content(role))),
        ("task", task),
        ("facts", facts.as_ref().map(content)),
    ];
    let samples = contents.into_iter().filter_map(|(name, content)| {
        Some((name, value(content?, &UnknownReads::default()).ok()?))
    });
    samples.collect()
});

/// The sample of a variable.
pub fn sample(variable: &str) -> Option<&'static dyn Val> {
    SAMPLES.get(variable).map(Box::as_ref)
}

/// The smallest snapshot. Its maps are empty, so the checker accepts every member of their values.
fn facts() -> Option<Facts> {
    let absent = || json!("absent");
    serde_json::from_value(json!({
        "format": 1, "taken_at": "2026-01-01T00:00:00Z", "partition": "", "region": "",
        "account": null, "cluster_name": "", "target": {},
        "local": {"os": "", "region_source": "", "credentials": absent(), "plugin": absent()},
        "caller": absent(), "cluster": {"known": cluster()}, "services": {}, "service_tasks": {},
        "tasks": {}, "task_definitions": {}, "roles": {}, "simulations": [], "network": {},
    }))
    .ok()
}

fn cluster() -> Cluster {
    Cluster {
        exec_configuration: Some(ExecConfiguration {
            log: Some(ExecLog::default()),
            ..ExecConfiguration::default()
        }),
        ..Cluster::default()
    }
}

#[cfg(test)]
mod tests {
    use super::super::subject_kind::VARIABLES;
    use super::sample;

    #[test]
    fn every_variable_has_a_sample() {
        for variable in VARIABLES {
            assert!(sample(variable).is_some(), "{variable}");
        }
    }
}
