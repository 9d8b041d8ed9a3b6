//! This machine: the Session Manager plugin, the AWS CLI, and the network.

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
const TIMEOUT: Duration = Duration::from_secs(5);

/// Finds the Session Manager plugin on PATH and runs it for its version. A process takes longer to start than a call
/// takes, so this runs on another thread.
pub async fn plugin() -> Fact<Plugin> {
    let started = spawn_blocking(|| {
        let path = on_path(PLUGIN)?;
        let child = start_version_query(&path);
        Some((path, child))
    });
    match started.await.ok().flatten() {
        Some((path, child)) => Fact::Known(Plugin {
            version: version(child).await.into(),
            path: path.display().to_string(),
        }),
        None => Fact::Absent,
    }
}

/// Path of the AWS CLI.
pub async fn aws_cli() -> Fact<String> {
    match spawn_blocking(|| on_path("aws")).await {
        Ok(Some(path)) => Fact::Known(path.display().to_string()),
        Ok(None) | Err(_) => Fact::Absent,
    }
}

/// A program in one of the absolute folders in PATH. What an empty or relative entry finds would depend on the working
/// directory, which someone else may control.
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

/// Whether this machine can connect to a host on port 443.
pub async fn stream(host: String) -> Fact<Reach> {
    let proxy = proxy_for(&host, |name| std::env::var(name).ok());
    if proxy.is_some() {
        return Fact::Known(Reach {
            host,
            failure: None,
            proxy,
        });
    }
    let failure = match timeout(TIMEOUT, TcpStream::connect((host.as_str(), 443))).await {
        Ok(Ok(_)) => None,
        Ok(Err(error)) => Some(error.to_string()),
        Err(_) => Some(format!("no response within {} seconds", TIMEOUT.as_secs())),
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

/// Starts the program with only the variables that it needs: its version needs no credentials.
fn start_version_query(path: &Path) -> io::Result<Child> {
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

async fn version(child: io::Result<Child>) -> Result<String, Unavailable> {
    let unavailable =
        |reason, message: &str| Unavailable::new(format!("{PLUGIN} --version"), reason, message);
    let not_started =
        |error: io::Error| unavailable(Reason::Failed, &format!("cannot start it: {error}"));
    let child = child.map_err(not_started)?;
    let output = timeout(TIMEOUT, child.wait_with_output())
        .await
        .map_err(|_| unavailable(Reason::TimedOut, "it did not print its version in time"))?
        .map_err(not_started)?;
    let text = String::from_utf8_lossy(&output.stdout);
    parse_version(&text).ok_or_else(|| unavailable(Reason::Failed, "its output is not a version"))
}

/// The first word of three or more numbers separated by dots.
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
    fn a_host_in_no_proxy_needs_no_proxy() {
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
    fn only_dotted_numbers_are_a_version() {
        assert_eq!(parse_version("1.2.764.0\n").as_deref(), Some("1.2.764.0"));
        assert_eq!(parse_version("version 1.2.3").as_deref(), Some("1.2.3"));
        for bad in ["", "usage: …", "1.2", "1.2.x.4", "\u{1b}[1m"] {
            assert_eq!(parse_version(bad), None, "{bad}");
        }
    }
}
