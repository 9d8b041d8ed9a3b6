//! The arguments of commands that open sessions.

use std::net::{AddrParseError, IpAddr, Ipv4Addr};
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::duration::duration;

/// `ecs-exec SERVICE [CONTAINER] [COMMAND]`
#[derive(Args)]
#[command(override_usage = "ecs-exec [OPTIONS] SERVICE [CONTAINER] [COMMAND]")]
pub struct ShortForm {
    /// Short or full name of the service
    pub service: String,
    /// Container [default: the configured one, or the only one]
    pub container: Option<String>,
    /// Command line to run [default: a shell]
    pub command: Option<String>,
    #[command(flatten)]
    pub session: SessionFlags,
}

/// `ecs-exec exec`
#[derive(Args)]
pub struct Exec {
    /// Short or full name of the service
    #[arg(required_unless_present = "task")]
    pub service: Option<String>,
    /// Container [default: the configured one, or the only one]
    #[arg(long, short, value_name = "NAME")]
    pub container: Option<String>,
    /// Program and arguments [default: a shell]
    #[arg(last = true, value_name = "CMD")]
    pub command: Vec<String>,
    #[command(flatten)]
    pub session: SessionFlags,
}

/// The flags of interactive sessions.
#[derive(Args)]
pub struct SessionFlags {
    /// Task ID, the beginning of one, or ARN [default: the newest task that can be entered]
    #[arg(long, value_name = "ID")]
    pub task: Option<String>,
    /// Choose the task and the container from a list
    #[arg(long)]
    pub pick: bool,
    /// Program that carries the session: this one (native), or the Session Manager plugin
    #[arg(long, default_value = "native", value_name = "NAME")]
    pub transport: Transport,
    /// Escape key at the beginning of a line: ~. leaves the session, ~? lists the keys; `none` turns them off
    /// [default: ~]
    #[arg(long, short = 'e', value_name = "KEY")]
    pub escape: Option<String>,
    /// Run the doctor first, and open no session if it finds a problem
    #[arg(long)]
    pub doctor: bool,
    /// Do not run the doctor if the session cannot be opened
    #[arg(long, conflicts_with = "doctor")]
    pub no_doctor: bool,
}

/// What carries a session.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Transport {
    Native,
    Plugin,
}

pub(super) const EXEC_EXAMPLES: &str = "\
On a terminal, `~.` at the beginning of a line leaves the session, even if the
remote side does not answer, and `~?` lists all such keys. `--escape none`
turns them off.

Exit status: 0 if the session ended, 255 if it could not be opened, 2 for usage
or credential errors, 128+N for signal N. ECS Exec does not report the remote
command's exit status; `ecs-exec run` does.

Examples:
  ecs-exec exec coder
  ecs-exec coder -- ls /etc            the short form
  ecs-exec exec coder -c envoy -- /bin/sh -c 'ls /etc | head'
  ecs-exec exec --task 0a1b --pick";

#[derive(Args)]
pub struct Run {
    /// Short or full name of the service
    #[arg(required_unless_present = "task")]
    pub service: Option<String>,
    /// Container [default: the configured one, or the only one]
    #[arg(long, short, value_name = "NAME")]
    pub container: Option<String>,
    /// Task ID, the beginning of one, or ARN [default: the newest task that can be entered]
    #[arg(long, value_name = "ID", conflicts_with = "all_tasks")]
    pub task: Option<String>,
    /// Run it in all tasks of the service at once; each line begins with the task's ID
    #[arg(long)]
    pub all_tasks: bool,
    /// End it after this time with status 124, for example 30s or 2m
    #[arg(long, value_parser = duration, value_name = "TIME")]
    pub timeout: Option<Duration>,
    /// Pass no standard input
    #[arg(long, short = 'n')]
    pub no_stdin: bool,
    /// Do not run the doctor if the command cannot be run
    #[arg(long)]
    pub no_doctor: bool,
    /// Program and arguments
    #[arg(last = true, required = true, value_name = "CMD")]
    pub command: Vec<String>,
}

pub(super) const RUN_EXAMPLES: &str = "\
The container needs /bin/sh and cat, and for exact output dd with base64 or od:
without them the agent drops bytes of U+FFFD, and a warning says so. Standard
output and standard error are merged. Standard input is passed on unless it is
a terminal or /dev/null; this needs base64 and sed in the container.

Exit status: that of the command; 124 after --timeout, 141 if the reader of the
output has gone, 255 if the command could not be run or its output could not be
written, 2 for usage or credential errors.

Examples:
  ecs-exec run coder -- cat /etc/os-release
  ecs-exec run litellm -- sh -c 'curl -s localhost:4000/health' | jq .
  ecs-exec run coder --all-tasks -- uptime
  ecs-exec run clickhouse -- clickhouse-client < query.sql";

#[derive(Args)]
#[command(after_help = "Exit status: as of `run`, or as of `exec` for an interactive recipe.")]
pub struct RecipeArguments {
    /// Name of the recipe
    #[arg(required_unless_present = "list")]
    pub name: Option<String>,
    /// List the recipes
    #[arg(long)]
    pub list: bool,
    /// Task ID, the beginning of one, or ARN [default: the newest task that can be entered]
    #[arg(long, value_name = "ID")]
    pub task: Option<String>,
    /// Do not run the doctor if the command cannot be run
    #[arg(long)]
    pub no_doctor: bool,
    /// Escape key, as of exec, if the recipe is interactive
    #[arg(long, short = 'e', value_name = "KEY")]
    pub escape: Option<String>,
}

#[derive(Args)]
pub struct PortForward {
    /// Short or full name of the service
    pub service: String,
    /// PORT, LOCAL:REMOTE, or LOCAL:HOST:REMOTE to reach another host through the container; as LOCAL, 0 is any free
    /// port
    #[arg(required = true)]
    pub ports: Vec<String>,
    /// Container [default: the configured one, or the only one]
    #[arg(long, short, value_name = "NAME")]
    pub container: Option<String>,
    /// Task ID, the beginning of one, or ARN [default: the newest task that can be entered]
    #[arg(long, value_name = "ID")]
    pub task: Option<String>,
    /// Address of this machine to listen on; others than the default are open to the network
    #[arg(long, value_name = "IP", default_value = "127.0.0.1", value_parser = address)]
    pub address: IpAddr,
    /// Program that carries the session: this one (native), or the Session Manager plugin
    #[arg(long, default_value = "native", value_name = "NAME")]
    pub transport: Transport,
    /// Do not run the doctor if the ports cannot be forwarded
    #[arg(long)]
    pub no_doctor: bool,
}

fn address(text: &str) -> Result<IpAddr, AddrParseError> {
    match text {
        "localhost" => Ok(Ipv4Addr::LOCALHOST.into()),
        text => text.parse(),
    }
}

pub(super) const FORWARD_EXAMPLES: &str = "\
Any number of connections to each port, until Ctrl-C. This takes the permission
ssm:StartSession on the task and on the documents AWS-StartPortForwardingSession
and AWS-StartPortForwardingSessionToRemoteHost. Without it, ports are forwarded
through ECS Exec, more slowly, if the image has base64, dd, and one of socat,
nc, python3, python, perl or bash. Standard error says which way was taken.

If a local program closes only its sending side, the server learns of it once
it has sent nothing for five seconds: a session cannot close one direction only.

Exit status: 130 after Ctrl-C, 255 if the ports could not be forwarded or a
session ended by itself, 2 for usage or credential errors and ports in use.

Examples:
  ecs-exec port-forward litellm 4000
  ecs-exec port-forward litellm 8080:4000
  ecs-exec port-forward coder 8080:80 5432:db.internal:5432
  ecs-exec port-forward coder 0:80             any free port, which is printed";

#[derive(Args)]
pub struct Cp {
    /// SERVICE:PATH in a container, or a local path
    pub from: String,
    /// SERVICE:PATH in a container, or a local path
    pub to: String,
    /// Container [default: the configured one, or the only one]
    #[arg(long, short, value_name = "NAME")]
    pub container: Option<String>,
    /// Task ID, the beginning of one, or ARN [default: the newest task that can be entered]
    #[arg(long, value_name = "ID")]
    pub task: Option<String>,
}

pub(super) const CP_EXAMPLES: &str = "\
Copies one file through a session and compares SHA-256 checksums. The container
needs /bin/sh, cat and sha256sum; also base64 and sed to receive a file, and dd
with base64 or od to send one.

Exit status: 0 if the copy is complete, 255 if it failed, 2 for usage or
credential errors.

Examples:
  ecs-exec cp coder:/etc/os-release .
  ecs-exec cp fix.sql clickhouse:/tmp/fix.sql";
