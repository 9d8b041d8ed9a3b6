//! The managed agents and the GuardDuty container in DescribeTasks, which the emulator lacks.

use serde_json::{Value, json};

#[derive(Clone, Copy, Default)]
pub enum Agent {
    #[default]
    Running,
    Pending,
    Stopped,
    Absent,
}

/// The emulator reports no managed agents; AWS reports one for each container of a task started with exec.
pub fn add_agents(answer: &[u8], agent: Agent) -> Vec<u8> {
    let mut answer: Value = serde_json::from_slice(answer).unwrap();
    let status = match agent {
        Agent::Running => "RUNNING",
        Agent::Pending => "PENDING",
        Agent::Stopped => "STOPPED",
        Agent::Absent => return answer.to_string().into_bytes(),
    };
    for task in answer["tasks"].as_array_mut().into_iter().flatten() {
        if task["enableExecuteCommand"] != json!(true) {
            continue;
        }
        for container in task["containers"].as_array_mut().into_iter().flatten() {
            container["managedAgents"] =
                json!([{"name": "ExecuteCommandAgent", "lastStatus": status}]);
        }
    }
    answer.to_string().into_bytes()
}

/// Adds the container of GuardDuty, whose image could not be pulled.
pub fn add_guardduty_container(answer: &[u8]) -> Vec<u8> {
    let mut answer: Value = serde_json::from_slice(answer).unwrap();
    for task in answer["tasks"].as_array_mut().into_iter().flatten() {
        let containers = task["containers"].as_array_mut().into_iter();
        containers.for_each(|containers| {
            containers.push(json!({
                "name": "aws-gd-agent", "lastStatus": "STOPPED",
                "reason": "CannotPullContainerError: the registry refuses",
            }));
        });
    }
    answer.to_string().into_bytes()
}
