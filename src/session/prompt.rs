//! Asks the user to choose from a list on the terminal.

use std::io::{self, IsTerminal};

use model::text::sanitize_line;

use super::ExecTarget;
use crate::cli_error::CliError;
use crate::output;

/// Whether there is a terminal to ask on.
pub fn is_possible() -> bool {
    io::stdin().is_terminal()
}

/// The index of the task that the user picks.
pub async fn pick_task(targets: &[ExecTarget]) -> Result<usize, CliError> {
    let line = |target: &ExecTarget| {
        let started = target.task.started_at;
        let started = started.map_or("unknown".to_owned(), |at| at.to_string());
        let note = match target.can_be_entered() {
            true => "",
            false => ", cannot be entered",
        };
        format!(
            "{} {}, started {started}{note}",
            target.task_id(),
            target.container
        )
    };
    let lines: Vec<String> = targets.iter().map(line).collect();
    choose("Tasks", &lines).await
}

/// Shows a numbered list on standard error and reads a number. Returns the index.
pub async fn choose(heading: &str, lines: &[impl AsRef<str>]) -> Result<usize, CliError> {
    if !is_possible() {
        return Err(CliError::new(
            "--pick needs a terminal",
            "Name the task with --task and the container with --container.",
        ));
    }
    say!("{heading}:");
    for (at, line) in lines.iter().enumerate() {
        say!("  {}  {}", at + 1, sanitize_line(line.as_ref()));
    }
    let question = format!("Which one? [1-{}] ", lines.len());
    loop {
        let Some(answer) = output::ask(&question).await else {
            return Err(CliError::new("nothing was picked", ""));
        };
        if let Ok(number) = answer.trim().parse::<usize>()
            && (1..=lines.len()).contains(&number)
        {
            return Ok(number - 1);
        }
    }
}
