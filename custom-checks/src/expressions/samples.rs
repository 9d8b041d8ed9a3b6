//! Which members the variables have, so that a misspelt one is an error before anything runs.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use checks::Facts;
use checks::facts::{
    AwsVpc, Cluster, Container, ContainerDefinition, ContainerLog, Deployment, Event,
    ExecConfiguration, ExecLog, ManagedAgent, ProxyEnvironment, Role, Service, Task,
    TaskDefinition, TaskInterface,
};
use serde_json::json;

use super::facts_value::node;
use super::node::Node;
use super::variables::task_node;

/// An example of each variable, with everything in it that can be there. What is null in it can be anything.
static EXAMPLES: LazyLock<BTreeMap<&'static str, Node>> = LazyLock::new(|| {
    let mut examples = BTreeMap::from([
        ("cluster", node(&cluster())),
        ("service", node(&service())),
        ("definition", node(&definition())),
        (
            "container",
            node(&container())
                .with("task", Node::text(Some("")))
                .with("definition", node(&container_definition())),
        ),
        ("role", node(&role())),
    ]);
    if let Some(facts) = facts() {
        examples.insert("task", task_node(&task(), &facts));
        examples.insert("facts", node(&facts));
    }
    examples
});

pub fn example(variable: &str) -> Option<&'static Node> {
    EXAMPLES.get(variable)
}

/// The least that a snapshot holds; all its maps are empty, so that nothing is said of what they hold.
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

fn service() -> Service {
    Service {
        deployments: vec![Deployment::default()],
        events: vec![Event {
            at: None,
            message: String::new(),
        }],
        awsvpc: Some(AwsVpc::default()),
        ..Service::default()
    }
}

fn task() -> Task {
    Task {
        interface: Some(TaskInterface::default()),
        containers: vec![container()],
        ..Task::default()
    }
}

fn container() -> Container {
    Container {
        managed_agents: vec![ManagedAgent::default()],
        ..Container::default()
    }
}

fn definition() -> TaskDefinition {
    TaskDefinition {
        containers: vec![container_definition()],
        ..TaskDefinition::default()
    }
}

fn container_definition() -> ContainerDefinition {
    ContainerDefinition {
        proxy: Some(ProxyEnvironment::default()),
        log: Some(ContainerLog::default()),
        ..ContainerDefinition::default()
    }
}

fn role() -> Role {
    Role {
        arn: String::new(),
        name: String::new(),
        trust: serde_json::Value::Null,
        boundary: None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::subject_kind::VARIABLES;
    use super::example;

    #[test]
    fn every_variable_has_an_example() {
        for variable in VARIABLES {
            assert!(example(variable).is_some(), "{variable}");
        }
    }
}
