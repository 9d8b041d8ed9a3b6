//! The tasks of a service, and the containers of a task.

use model::facts::{Container, Task};

use super::menu::{Row, age, choose};
use crate::cli::Global;
use crate::cli_error::CliError;
use crate::session::ExecTarget;

/// Lets the user choose one of several tasks, which are in the order in which they are offered. Returns its index.
pub async fn choose_task(targets: &[ExecTarget], global: &Global) -> Result<usize, CliError> {
    let rows = targets.iter().enumerate().map(|(at, target)| Row {
        cells: cells(target),
        value: at,
    });
    choose("Task:", rows.collect(), global).await
}

/// Lets the user choose one of the containers of a task. Returns its name.
pub async fn choose_container(task: &Task, global: &Global) -> Result<String, CliError> {
    let rows = task.own_containers().map(|container| Row {
        cells: vec![
            container.name.to_string(),
            container.last_status.to_lowercase(),
            health(container),
            match container.has_running_agent() {
                true => String::new(),
                false => "no running agent".to_owned(),
            },
        ],
        value: container.name.to_string(),
    });
    let question = format!("Container of task {}:", short(task.id()));
    choose(&question, rows.collect(), global).await
}

fn cells(target: &ExecTarget) -> Vec<String> {
    let task = &target.task;
    let container = task
        .containers
        .iter()
        .find(|one| one.name == target.container);
    vec![
        short(task.id()).to_owned(),
        target.container.clone(),
        age("started", task.started_at),
        container.map(health).unwrap_or_default(),
        match target.can_be_entered() {
            true => String::new(),
            false => "cannot be entered".to_owned(),
        },
    ]
}

/// The result of the container's health check; empty without one.
fn health(container: &Container) -> String {
    let health = container.health_status.as_deref().unwrap_or_default();
    match health {
        "UNKNOWN" => String::new(),
        health => health.to_lowercase(),
    }
}

/// The start of the ID, which `--task` accepts.
fn short(id: &str) -> &str {
    id.get(..12).unwrap_or(id)
}
