//! Words in the place of a service that are meant as commands: misspelt, or those of other tools.

use clap::CommandFactory;

use super::Cli;
use crate::target::{nearest, similarity};

/// Words of other tools that are no commands here, and what does the same.
const OTHER_WORDS: [(&str, &str); 27] = [
    ("attach", "exec"),
    ("check", "doctor"),
    ("config", "init"),
    ("connect", "exec"),
    ("copy", "cp"),
    ("describe", "doctor"),
    ("diagnose", "doctor"),
    ("docker", "exec"),
    ("enter", "exec"),
    ("execute", "exec"),
    ("forward", "port-forward"),
    ("get", "list"),
    ("history", "sessions"),
    ("kubectl", "exec"),
    ("login", "exec"),
    ("pf", "port-forward"),
    ("ps", "list"),
    ("scp", "cp"),
    ("services", "list"),
    ("shell", "exec"),
    ("ssh", "exec"),
    ("start-session", "exec"),
    ("status", "list"),
    ("tail", "logs -f"),
    ("tasks", "list"),
    ("version", "--version"),
    ("who", "who-can"),
];

/// Longer names are misspelt in more ways than by a slip of the finger.
const SHORT_COMMAND: usize = 4;

/// Two names that are at least this similar (0 to 1) are taken for one, misspelt.
const MISSPELT: f64 = 0.8;

/// The command, or flag, that somebody means who writes this word in the place of a service.
pub fn meant_command(word: &str) -> Option<String> {
    let word = word.to_lowercase();
    let other = OTHER_WORDS.iter().find(|(other, _)| *other == word);
    if let Some((_, meant)) = other {
        return Some((*meant).to_owned());
    }
    let commands = commands();
    let near = nearest(&word, commands.iter().map(String::as_str));
    let near = near.into_iter().find(|near| match near.len() {
        0..=SHORT_COMMAND => is_slip(&word, near),
        _ => similarity(&word, near) >= MISSPELT,
    });
    near.map(str::to_owned)
}

/// Whether fingers slipped on a short name: two letters changed places, one came twice, or the last is missing. Many
/// services have names that are otherwise similar to a short one.
fn is_slip(word: &str, command: &str) -> bool {
    let (typed, meant) = (word.as_bytes(), command.as_bytes());
    let swapped = || {
        let mut pairs = (1..meant.len()).map(|at| {
            let mut other = meant.to_vec();
            other.swap(at - 1, at);
            other
        });
        meant.len() > 2 && pairs.any(|other| other == typed)
    };
    let doubled = || {
        let mut letters = (0..meant.len()).map(|at| {
            let mut other = meant.to_vec();
            other.insert(at, meant[at]);
            other
        });
        letters.any(|other| other == typed)
    };
    let cut =
        meant.len() == SHORT_COMMAND && meant.split_last().is_some_and(|(_, rest)| rest == typed);
    typed != meant && (cut || swapped() || doubled())
}

/// A known command that is similar to this one.
pub fn similar_command(word: &str) -> Option<String> {
    let commands = commands();
    let near = nearest(word, commands.iter().map(String::as_str));
    near.first().map(|near| (*near).to_owned())
}

fn commands() -> Vec<String> {
    let program = Cli::command();
    let visible = program
        .get_subcommands()
        .filter(|command| !command.is_hide_set());
    visible
        .map(|command| command.get_name().to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misspelt_commands_are_distinguished_from_services() {
        for (word, meant) in [
            ("doctr", Some("doctor")),
            ("DOCTOR", Some("doctor")),
            ("ps", Some("list")),
            ("port-foward", Some("port-forward")),
            ("coder", None),
            ("web", None),
            ("main", None),
            ("docs", None),
            ("exce", Some("exec")),
            ("lsit", Some("list")),
            ("fxi", Some("fix")),
            ("mpc", Some("mcp")),
            ("log", Some("logs")),
            ("ini", Some("init")),
            ("execc", Some("exec")),
            ("tail", Some("logs -f")),
            ("scp", Some("cp")),
            ("session", Some("sessions")),
            ("recipes", Some("recipe")),
        ] {
            assert_eq!(meant_command(word).as_deref(), meant, "{word}");
        }
    }

    #[test]
    fn usual_names_of_services_are_no_commands() {
        for name in [
            "api",
            "app",
            "web",
            "worker",
            "db",
            "redis",
            "nginx",
            "proxy",
            "cron",
            "auth",
            "blog",
            "blogs",
            "logs-api",
            "init-db",
            "list-service",
            "execute-api",
            "exec-api",
            "copier",
            "runner",
            "tailor",
            "trusted",
            "dist",
            "last",
            "mist",
            "lint",
            "next",
            "sun",
            "mix",
            "fox",
            "max",
            "pc",
            "main",
            "men",
            "doc",
            "checkout",
            "catalog",
            "capture-service",
            "policies-api",
            "core",
            "cpu",
        ] {
            let meant = meant_command(name);
            assert_eq!(meant, None, "{name}");
        }
    }
}
