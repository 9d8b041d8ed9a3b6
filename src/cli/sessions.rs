//! Commands that enter a container.

use std::time::Duration;

use clap::{Args, ValueEnum};

use super::doctor::duration;

/// `ecs-exec SERVICE [CONTAINER] [COMMAND]`
#[derive(Args)]
#[command(override_usage = "ecs-exec [OPTIONS] SERVICE [CONTAINER] [COMMAND]")]
pub struct Short {
    /// Service, by short or full name
    pub service: String,
    /// Container; without it the configured one, or the only one
    pub container: Option<String>,
    /// What to run, as one text; without it a shell
    pub command: Option<String>,
    #[command(flatten)]
    pub session: SessionFlags,
}

#[derive(Args)]
pub struct Exec {
    /// Service, by short or full name
    #[arg(required_unless_present = "task")]
    pub service: Option<String>,
    /// Container; without it the configured one, or the only one
    #[arg(long, short, value_name = "NAME")]
    pub container: Option<String>,
    /// A program and its arguments; without it a shell
    #[arg(last = true, value_name = "CMD")]
    pub command: Vec<String>,
    #[command(flatten)]
    pub session: SessionFlags,
}

#[derive(Args)]
pub struct SessionFlags {
    /// Task, by ID, by ARN, or by the beginning of an ID; without it the newest that can be entered
    #[arg(long, value_name = "ID")]
    pub task: Option<String>,
    /// Choose the task, and the container, from a list
    #[arg(long)]
    pub pick: bool,
    /// What carries the session: this program itself, or the Session Manager plugin
    #[arg(long, default_value = "native", value_name = "NAME")]
    pub transport: Transport,
    /// The key that, at the beginning of a line, begins those of this program: ~. leaves, ~? lists them; none turns
    /// them off [default: ~]
    #[arg(long, short = 'e', value_name = "KEY")]
    pub escape: Option<String>,
    /// Ask the doctor first, and open nothing where it finds a cause
    #[arg(long)]
    pub doctor: bool,
    /// Do not ask the doctor when the session cannot be opened
    #[arg(long, conflicts_with = "doctor")]
    pub no_doctor: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Transport {
    Native,
    Plugin,
}

pub(super) const EXEC_EXAMPLES: &str = "\
At a terminal, `~.` at the beginning of a line leaves the session, also where
nobody answers, and `~?` lists such keys. `--escape none` turns them off.

Exit status: 0 when the session ended, 255 when it could not be opened, 2 for
a usage error, or without credentials, as everywhere; 128 and more for a
signal. ECS Exec does not report the remote command's exit status;
`ecs-exec run` does.

Examples:
  ecs-exec exec coder
  ecs-exec coder -- ls /etc            the same, without the word exec
  ecs-exec exec coder -c envoy -- /bin/sh -c 'ls /etc | head'
  ecs-exec exec --task 0a1b --pick";

#[derive(Args)]
pub struct Run {
    /// Service, by short or full name
    #[arg(required_unless_present = "task")]
    pub service: Option<String>,
    /// Container; without it the configured one, or the only one
    #[arg(long, short, value_name = "NAME")]
    pub container: Option<String>,
    /// Task, by ID, by ARN, or by the beginning of an ID; without it the newest that can be entered
    #[arg(long, value_name = "ID", conflicts_with = "all_tasks")]
    pub task: Option<String>,
    /// Run it in every task of the service at once, each line with the task's ID before it
    #[arg(long)]
    pub all_tasks: bool,
    /// End it after this time, with status 124
    #[arg(long, value_parser = duration, value_name = "TIME")]
    pub timeout: Option<Duration>,
    /// Pass no standard input on
    #[arg(long, short = 'n')]
    pub no_stdin: bool,
    /// Do not ask the doctor when it cannot be run
    #[arg(long)]
    pub no_doctor: bool,
    /// A program and its arguments
    #[arg(last = true, required = true, value_name = "CMD")]
    pub command: Vec<String>,
}

pub(super) const RUN_EXAMPLES: &str = "\
The container needs /bin/sh and cat, and dd with base64 or od for output byte
for byte: without them the agent drops bytes of U+FFFD, and a warning says so.
Standard output and standard error come together. Standard input is passed on
where it is neither a terminal nor /dev/null; for that the container needs
base64 and sed.

Exit status: the command's; 124 after --timeout, 141 when nobody reads the
output any more, 255 when it could not be run or its output not be written,
2 for a usage error, or without credentials, as everywhere.

Examples:
  ecs-exec run coder -- cat /etc/os-release
  ecs-exec run litellm -- sh -c 'curl -s localhost:4000/health' | jq .
  ecs-exec run coder --all-tasks -- uptime
  ecs-exec run clickhouse -- clickhouse-client < query.sql";

#[derive(Args)]
#[command(after_help = "Exit status: as that of run; of an interactive recipe, as that of exec.")]
pub struct RecipeArguments {
    /// The recipe's name
    #[arg(required_unless_present = "list")]
    pub name: Option<String>,
    /// Show the recipes that there are
    #[arg(long)]
    pub list: bool,
    /// Task, by ID, by ARN, or by the beginning of an ID; without it the newest that can be entered
    #[arg(long, value_name = "ID")]
    pub task: Option<String>,
    /// Do not ask the doctor when it cannot be run
    #[arg(long)]
    pub no_doctor: bool,
    /// As of exec, where the recipe is interactive
    #[arg(long, short = 'e', value_name = "KEY")]
    pub escape: Option<String>,
}

#[derive(Args)]
pub struct PortForward {
    /// Service, by short or full name
    pub service: String,
    /// LOCAL:REMOTE, or LOCAL:HOST:REMOTE to go through the container to a host
    pub ports: String,
    /// Container; without it the configured one, or the only one
    #[arg(long, short, value_name = "NAME")]
    pub container: Option<String>,
    /// Task, by ID, by ARN, or by the beginning of an ID; without it the newest that can be entered
    #[arg(long, value_name = "ID")]
    pub task: Option<String>,
}

pub(super) const FORWARD_EXAMPLES: &str = "\
Needs the Session Manager plugin, and ssm:StartSession on the task: it goes
past ECS.

Exit status: 0 when the session ended, 255 when it could not be opened.

Examples:
  ecs-exec port-forward litellm 8080:4000
  ecs-exec port-forward coder 5432:db.internal:5432";

#[derive(Args)]
pub struct Cp {
    /// SERVICE:PATH in a container, or a path of this machine
    pub from: String,
    /// SERVICE:PATH in a container, or a path of this machine
    pub to: String,
    /// Container; without it the configured one, or the only one
    #[arg(long, short, value_name = "NAME")]
    pub container: Option<String>,
    /// Task, by ID, by ARN, or by the beginning of an ID; without it the newest that can be entered
    #[arg(long, value_name = "ID")]
    pub task: Option<String>,
}

pub(super) const CP_EXAMPLES: &str = "\
One file at a time, through a session; checked by its SHA-256 at both ends.
The container needs /bin/sh, cat and sha256sum; base64 and sed to copy a file
into it, dd with base64 or od to copy any file out of it.

Exit status: 0 when the copy is whole, 255 when it is not there.

Examples:
  ecs-exec cp coder:/etc/os-release .
  ecs-exec cp fix.sql clickhouse:/tmp/fix.sql";
