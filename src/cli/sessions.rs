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
    /// The same as CONTAINER
    #[arg(
        long = "container",
        short,
        value_name = "NAME",
        conflicts_with = "container"
    )]
    pub container_flag: Option<String>,
    #[command(flatten)]
    pub session: SessionFlags,
}

/// `ecs-exec exec`
#[derive(Args)]
pub struct Exec {
    /// Short or full name of the service [default: choose one from a list]
    pub service: Option<String>,
    /// Container [default: the configured one, or the only one]
    #[arg(long, short, value_name = "NAME")]
    pub container: Option<String>,
    /// Command line to run, as `aws ecs execute-command` takes it
    #[arg(
        long = "command",
        value_name = "LINE",
        hide = true,
        conflicts_with = "command"
    )]
    pub command_line: Option<String>,
    /// Program and arguments [default: a shell]
    #[arg(last = true, value_name = "CMD")]
    pub command: Vec<String>,
    /// `SERVICE -- CMD` without the command's name: the service may be a misspelt command.
    #[arg(skip)]
    pub is_implied: bool,
    #[command(flatten)]
    pub session: SessionFlags,
}

/// The flags of interactive sessions.
#[derive(Args, Default)]
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
    /// Run it as this user of the container; the image needs setpriv (of util-linux) or su, and must start as root
    #[arg(long, short, value_name = "NAME")]
    pub user: Option<String>,
    /// Keep AWS from ending an idle session
    ///
    /// Systems Manager ends sessions that are idle, after 20 minutes unless the account sets another time. This sends the
    /// size of the terminal again every 4 minutes, which programs do not notice. AWS does not document what it counts as
    /// activity, so it may end the session all the same. The risk: a session that you forget stays open, with the task's
    /// permissions, for whoever comes to your keyboard. Sessions still end at the account's maximum duration.
    #[arg(long)]
    pub keep_alive: bool,
    /// Run the doctor first, and open no session if it finds a problem
    #[arg(long)]
    pub doctor: bool,
    /// Do not run the doctor if the session cannot be opened
    #[arg(long, conflicts_with = "doctor")]
    pub no_doctor: bool,
    /// Accepted because docker, kubectl and the AWS CLI have it: sessions are always interactive
    #[arg(long, short, hide = true)]
    pub interactive: bool,
    /// Accepted as `interactive` is
    #[arg(long, short, hide = true)]
    pub tty: bool,
}

/// What carries a session.
#[derive(Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Transport {
    #[default]
    Native,
    Plugin,
}

/// `ecs-exec run`
#[derive(Args)]
pub struct Run {
    /// Short or full name of the service [default: choose one from a list]
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
    /// Run it as this user of the container; the image needs setpriv (of util-linux) or su, and must start as root
    #[arg(long, short, value_name = "NAME")]
    pub user: Option<String>,
    /// Pass no standard input
    #[arg(long, short = 'n')]
    pub no_stdin: bool,
    /// Do not run the doctor if the command cannot be run
    #[arg(long)]
    pub no_doctor: bool,
    /// Accepted because docker and kubectl have it: standard input is always passed
    #[arg(long, short, hide = true)]
    pub interactive: bool,
    /// Accepted as `interactive` is
    #[arg(long, short, hide = true)]
    pub tty: bool,
    /// Program and arguments
    #[arg(last = true, required = true, value_name = "CMD")]
    pub command: Vec<String>,
}

/// `ecs-exec recipe`
#[derive(Args)]
#[command(after_help = "Exit status: as of `run`, or as of `exec` for an interactive recipe.")]
pub struct RecipeArguments {
    /// Name of the recipe
    #[arg(required_unless_present = "list")]
    pub name: Option<String>,
    /// List the recipes
    #[arg(long)]
    pub list: bool,
    /// Container [default: the recipe's]
    #[arg(long, short, value_name = "NAME")]
    pub container: Option<String>,
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

/// `ecs-exec port-forward`
#[derive(Args)]
pub struct PortForward {
    /// Short or full name of the service; if left out, it is chosen from a list
    pub service: Option<String>,
    /// PORT, LOCAL:REMOTE, or LOCAL:HOST:REMOTE to reach another host through the container; as LOCAL, 0 is any free
    /// port
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

/// `ecs-exec cp`
#[derive(Args)]
pub struct Cp {
    /// SERVICE:PATH in a container, a local path, or `-` for standard input
    pub from: String,
    /// SERVICE:PATH in a container, a local path, or `-` for standard output
    pub to: String,
    /// Copy a folder with all that is in it; the container needs tar
    #[arg(long, short)]
    pub recursive: bool,
    /// Container [default: the configured one, or the only one]
    #[arg(long, short, value_name = "NAME")]
    pub container: Option<String>,
    /// Task ID, the beginning of one, or ARN [default: the newest task that can be entered]
    #[arg(long, value_name = "ID")]
    pub task: Option<String>,
}
