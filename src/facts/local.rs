use std::process::Stdio;
use std::time::Duration;

use ecs_exec_checks::facts::{Fact, Plugin, Reason, Unavailable};
use tokio::process::Command;
use tokio::time::timeout;

const PLUGIN: &str = "session-manager-plugin";
const PATIENCE: Duration = Duration::from_secs(5);

/// Looks for the Session Manager plugin on PATH and asks it for its version.
pub async fn plugin() -> Fact<Plugin> {
    match which::which(PLUGIN) {
        Ok(path) => Fact::Known(Plugin {
            version: version(&path).await.into(),
            path: path.display().to_string(),
        }),
        Err(_) => Fact::Absent,
    }
}

async fn version(path: &std::path::Path) -> Result<String, Unavailable> {
    let unavailable =
        |reason, message: &str| Unavailable::new(format!("{PLUGIN} --version"), reason, message);
    let output = Command::new(path)
        .arg("--version")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = timeout(PATIENCE, output)
        .await
        .map_err(|_| {
            unavailable(
                Reason::TimedOut,
                "it did not answer when asked for its version",
            )
        })?
        .map_err(|error| {
            unavailable(Reason::Failed, &format!("it could not be started: {error}"))
        })?;
    let text = String::from_utf8_lossy(&output.stdout);
    parse_version(&text).ok_or_else(|| {
        unavailable(
            Reason::Failed,
            "what it printed does not look like a version",
        )
    })
}

/// Four numbers with dots, somewhere in the first line.
fn parse_version(text: &str) -> Option<String> {
    text.split_whitespace()
        .find(|word| {
            let parts: Vec<&str> = word.split('.').collect();
            parts.len() >= 3 && parts.iter().all(|part| part.parse::<u32>().is_ok())
        })
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions() {
        assert_eq!(parse_version("1.2.764.0\n").as_deref(), Some("1.2.764.0"));
        assert_eq!(parse_version("version 1.2.3").as_deref(), Some("1.2.3"));
        for bad in ["", "usage: …", "1.2", "1.2.x.4", "\u{1b}[1m"] {
            assert_eq!(parse_version(bad), None, "{bad}");
        }
    }
}
