use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use model::facts::{Fact, Plugin, Reach, Reason, Unavailable};
use model::no_proxy;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::environment::PROXIES;

const PLUGIN: &str = "session-manager-plugin";
const PATIENCE: Duration = Duration::from_secs(5);

/// Looks for the Session Manager plugin on PATH and asks it for its version. To start a process takes longer than to ask
/// AWS something: it is done beside that.
pub async fn plugin() -> Fact<Plugin> {
    let started = spawn_blocking(|| {
        let path = on_path(PLUGIN)?;
        let asked = ask_version(&path);
        Some((path, asked))
    });
    match started.await.ok().flatten() {
        Some((path, asked)) => Fact::Known(Plugin {
            version: version(asked).await.into(),
            path: path.display().to_string(),
        }),
        None => Fact::Absent,
    }
}

/// Where the AWS CLI is.
pub async fn aws_cli() -> Fact<String> {
    match spawn_blocking(|| on_path("aws")).await {
        Ok(Some(path)) => Fact::Known(path.display().to_string()),
        Ok(None) | Err(_) => Fact::Absent,
    }
}

/// A program in one of PATH's absolute folders. What an empty or a relative entry finds would depend on the working
/// folder, whosever that is.
fn on_path(program: &str) -> Option<PathBuf> {
    which::which_in_global(program, Some(absolute_path()?))
        .ok()?
        .next()
}

fn absolute_path() -> Option<OsString> {
    let path = std::env::var_os("PATH")?;
    let folders = std::env::split_paths(&path).filter(|folder| folder.is_absolute());
    std::env::join_paths(folders).ok()
}

/// Whether this machine reaches a host on port 443.
pub async fn stream(host: String) -> Fact<Reach> {
    let proxy = proxy_for(&host, |name| std::env::var(name).ok());
    if proxy.is_some() {
        return Fact::Known(Reach {
            host,
            failure: None,
            proxy,
        });
    }
    let failure = match timeout(PATIENCE, TcpStream::connect((host.as_str(), 443))).await {
        Ok(Ok(_)) => None,
        Ok(Err(error)) => Some(error.to_string()),
        Err(_) => Some(format!("no answer within {} seconds", PATIENCE.as_secs())),
    };
    Fact::Known(Reach {
        host,
        failure,
        proxy: None,
    })
}

/// The variable that sends requests to a host through a proxy.
fn proxy_for(host: &str, variable: impl Fn(&str) -> Option<String>) -> Option<String> {
    let set = |name: &&str| variable(name).is_some_and(|value| !value.is_empty());
    let proxy = PROXIES.into_iter().find(set)?;
    let exceptions = ["NO_PROXY", "no_proxy"]
        .into_iter()
        .find(set)
        .and_then(variable);
    let covered = exceptions.is_some_and(|list| no_proxy::covers(&list, host));
    (!covered).then(|| proxy.to_owned())
}

/// With no more of the environment than a program needs to start: its version depends on no credentials.
fn ask_version(path: &Path) -> io::Result<Child> {
    let needed = ["SYSTEMROOT", "WINDIR", "HOME"];
    let needed = needed.map(|name| (name, std::env::var_os(name)));
    let path_too = ("PATH", absolute_path());
    let environment = needed.into_iter().chain([path_too]);
    Command::new(path)
        .arg("--version")
        .env_clear()
        .envs(environment.filter_map(|(name, value)| Some((name, value?))))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
}

async fn version(asked: io::Result<Child>) -> Result<String, Unavailable> {
    let unavailable =
        |reason, message: &str| Unavailable::new(format!("{PLUGIN} --version"), reason, message);
    let not_started = |error: io::Error| {
        unavailable(Reason::Failed, &format!("it could not be started: {error}"))
    };
    let asked = asked.map_err(not_started)?;
    let output = timeout(PATIENCE, asked.wait_with_output())
        .await
        .map_err(|_| {
            unavailable(
                Reason::TimedOut,
                "it did not answer when asked for its version",
            )
        })?
        .map_err(not_started)?;
    let text = String::from_utf8_lossy(&output.stdout);
    parse_version(&text).ok_or_else(|| {
        unavailable(
            Reason::Failed,
            "what it printed does not look like a version",
        )
    })
}

/// Three numbers or more with dots, wherever they stand.
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
    fn proxies() {
        let of = |set: &[(&str, &str)]| {
            proxy_for("ssmmessages.us-west-2.amazonaws.com", |name| {
                let found = set.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| (*value).to_owned())
            })
        };
        assert_eq!(of(&[]), None);
        assert_eq!(
            of(&[("https_proxy", "http://p:1")]).as_deref(),
            Some("https_proxy")
        );
        assert_eq!(
            of(&[
                ("HTTPS_PROXY", "http://p:1"),
                ("NO_PROXY", ".amazonaws.com")
            ]),
            None
        );
        assert_eq!(of(&[("HTTPS_PROXY", "")]), None);
    }

    #[test]
    fn versions() {
        assert_eq!(parse_version("1.2.764.0\n").as_deref(), Some("1.2.764.0"));
        assert_eq!(parse_version("version 1.2.3").as_deref(), Some("1.2.3"));
        for bad in ["", "usage: …", "1.2", "1.2.x.4", "\u{1b}[1m"] {
            assert_eq!(parse_version(bad), None, "{bad}");
        }
    }
}
