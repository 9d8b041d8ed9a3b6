//! Of several containers or tasks, which one: by its name, by the configuration, or by asking on the terminal.

use std::io::{self, IsTerminal};

use model::facts::Task;
use model::text::{list, sanitize_line};

use super::{Named, Spot};
use crate::cli_error::CliError;
use crate::config::Settings;
use crate::output;
use crate::target::{Candidate, nearest, wanted};

/// The container that was named; else the configured one, the one with the service's short name, the only one.
pub async fn container(
    settings: &Settings,
    named: &Named,
    service: Option<&Candidate>,
    task: &Task,
) -> Result<String, CliError> {
    let names = task.own_containers();
    let names: Vec<&str> = names.map(|container| container.name.as_str()).collect();
    let short = service.and_then(|service| service.names.last().cloned());
    if let Some(asked) = &named.container {
        if task.has_container(asked) {
            return Ok(asked.clone());
        }
        let near = nearest(asked, names.iter().copied());
        let help = match near.first() {
            Some(near) => format!("Did you mean {near}? Its containers: {}.", names.join(", ")),
            None => format!("Its containers: {}.", names.join(", ")),
        };
        let what = format!("there is no container {asked} in task {}", task.id());
        return Err(CliError::new(what, help));
    }
    let configured = match service {
        Some(service) => service.container.clone(),
        None => task
            .service_name()
            .and_then(|name| wanted(settings, name).container),
    };
    let likely = [configured, short]
        .into_iter()
        .flatten()
        .find(|name| names.contains(&name.as_str()));
    match (likely, names.as_slice()) {
        (Some(name), _) => Ok(name),
        (None, [only]) => Ok((*only).to_owned()),
        (None, _) if named.pick && io::stdin().is_terminal() => {
            let at = ask("Containers", &names).await?;
            Ok(names[at].to_owned())
        }
        (None, several) => Err(CliError::new(
            format!(
                "task {} has several containers, and none was named",
                task.id()
            ),
            format!("Name one of {}.", list(several)),
        )),
    }
}

pub async fn pick(spots: &[Spot]) -> Result<usize, CliError> {
    let lines: Vec<String> = spots
        .iter()
        .map(|spot| {
            let started = spot
                .task
                .started_at
                .map_or("unknown".to_owned(), |at| at.to_string());
            let entered = if spot.can_be_entered() {
                ""
            } else {
                ", cannot be entered"
            };
            format!(
                "{} {}, started {started}{entered}",
                spot.task_id(),
                spot.container
            )
        })
        .collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    ask("Tasks", &lines).await
}

/// Shows a numbered list on standard error and reads a number.
async fn ask(heading: &str, lines: &[&str]) -> Result<usize, CliError> {
    if !io::stdin().is_terminal() {
        return Err(CliError::new(
            "--pick asks on the terminal, and there is none",
            "Name the task with --task, the container with --container.",
        ));
    }
    say!("{heading}:");
    for (at, line) in lines.iter().enumerate() {
        say!("  {}  {}", at + 1, sanitize_line(line));
    }
    loop {
        let question = format!("Which one? [1-{}] ", lines.len());
        let Some(answer) = output::ask(&question).await else {
            return Err(CliError::new("nothing was picked", ""));
        };
        match answer.trim().parse::<usize>() {
            Ok(number) if (1..=lines.len()).contains(&number) => return Ok(number - 1),
            _ => {}
        }
    }
}
