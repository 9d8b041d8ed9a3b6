//! Steps in a few words.

use model::step::{Step, Word};
use model::text::sanitize_line;

use super::Made;

/// A step that was done, with what it gave.
pub fn told(step: &Step, made: &Made) -> String {
    let given = match step {
        Step::Call(call) => call.into.and_then(|name| made.variables.get(name)),
        Step::Revise(_) | Step::Shell(_) => None,
    };
    match given {
        Some(given) => sanitize_line(&format!("{}: {given}", words(step))),
        None => words(step),
    }
}

/// A step in a few words: the operation and what it is done to.
pub fn words(step: &Step) -> String {
    match step {
        Step::Call(call) => {
            let told = [
                "--service",
                "--role-name",
                "--user-name",
                "--group-id",
                "--vpc-endpoint-id",
                "--vpc-id",
                "--key-id",
                "--log-group-name",
                "--bucket",
                "--network-acl-id",
            ];
            let target = call
                .options
                .iter()
                .find_map(|(name, words)| match words.as_slice() {
                    [Word::Text(text)] if told.contains(&name.as_str()) => Some(text.as_str()),
                    _ => None,
                });
            sanitize_line(&format!(
                "{} {}",
                call.operation,
                target.unwrap_or_default()
            ))
            .trim_end()
            .to_owned()
        }
        Step::Revise(revision) => sanitize_line(&format!(
            "ecs register-task-definition from {}",
            revision.definition
        )),
        Step::Shell(command) => sanitize_line(command),
    }
}
