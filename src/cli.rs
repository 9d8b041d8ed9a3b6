//! The command line: the commands; a file for the arguments of each group of commands. What `--help` prints below the
//! options (exit statuses, examples) is in `help/`.

mod audit;
mod capture;
mod cluster;
mod console_url;
mod doctor;
mod duration;
mod global;
mod habits;
mod mcp;
pub mod misspelt;
mod parse;
mod policy;
mod principal_arn;
mod report;
mod sessions;
mod trust;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

pub use audit::{RecordFormat, Sessions, WhoCan};
pub use capture::{Capture, RealNames};
pub use cluster::{Init, List, Logs, TableFormat};
pub use doctor::{CheckFlags, Doctor, FailOn, Targets};
use global::hidden_aws_flags;
pub use global::{Color, Global};
pub use mcp::Mcp;
pub use parse::{last_value, parse};
pub use policy::{Policy, PolicyFormat, PolicyKind};
pub use principal_arn::{PrincipalArn, PrincipalKind};
pub use report::ReportFlags;
pub use sessions::{
    Cp, Exec, PortForward, RecipeArguments, Run, SessionFlags, ShortForm, Transport,
};
pub use trust::Trust;

/// The whole command line.
#[derive(Parser)]
#[command(
    name = "ecs-exec",
    about = "Opens shells in ECS containers, and says why when it cannot",
    arg_required_else_help = true,
    version,
    max_term_width = 100,
    override_usage = "ecs-exec [OPTIONS] SERVICE [CONTAINER] [COMMAND]\n       ecs-exec [OPTIONS] COMMAND …",
    after_help = include_str!("cli/help/ecs-exec.txt").trim_end()
)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
    #[command(flatten)]
    pub global: Global,
}

/// A command and its arguments.
#[derive(Subcommand)]
pub enum Command {
    /// Open a session: the explicit form of `ecs-exec SERVICE`
    #[command(after_help = include_str!("cli/help/exec.txt").trim_end())]
    #[command(alias = "execute-command")]
    Exec(Exec),
    /// Run a command, print its output, and exit with its status
    #[command(after_help = include_str!("cli/help/run.txt").trim_end())]
    Run(Run),
    /// Run a named command from the configuration
    Recipe(RecipeArguments),
    /// List services, tasks and containers, and whether sessions can be opened into them
    #[command(visible_alias = "ls")]
    List(List),
    /// Print the CloudWatch logs of a service's containers
    #[command(after_help = include_str!("cli/help/logs.txt").trim_end())]
    Logs(Logs),
    /// Forward a local port to a container, or through it to another host
    #[command(after_help = include_str!("cli/help/port-forward.txt").trim_end())]
    PortForward(PortForward),
    /// Copy files and folders to or from a container
    #[command(after_help = include_str!("cli/help/cp.txt").trim_end())]
    Cp(Cp),
    /// Check whether sessions would work, and find out why not
    Doctor(Doctor),
    /// Fix what the doctor finds: the same as doctor --fix
    #[command(
        after_help = include_str!("cli/help/fix.txt").trim_end(),
        mut_arg("fix", |flag| flag.hide(true)),
        mut_arg("demo", |flag| flag.hide(true)),
        mut_arg("snapshot", |flag| flag.hide(true)),
        mut_arg("plan", |flag| flag.hide(true)),
        mut_arg("plan_over_live", |flag| flag.hide(true)),
        mut_arg("watch", |flag| flag.hide(true)),
        mut_arg("as_principal", |flag| flag.hide(true))
    )]
    Fix(Doctor),
    /// List the users and roles that can open sessions into a service
    #[command(after_help = include_str!("cli/help/who-can.txt").trim_end())]
    WhoCan(WhoCan),
    /// List who opened sessions, when, and into what; end an open one
    #[command(after_help = include_str!("cli/help/sessions.txt").trim_end())]
    Sessions(Sessions),
    /// Write the facts that the doctor reads to a file, without secrets
    Capture(Capture),
    /// Replace the made-up names of an anonymized capture in a text by the real ones
    #[command(args = hidden_aws_flags())]
    RealNames(RealNames),
    /// Explain a check or an error text
    #[command(after_help = include_str!("cli/help/explain.txt").trim_end())]
    #[command(args = hidden_aws_flags())]
    Explain {
        /// A check's ID, an area, an error text, or `-` to read the text from standard input
        #[arg(required = true, value_name = "CHECK | AREA | TEXT | -")]
        words: Vec<String>,
    },
    /// List the checks
    #[command(args = hidden_aws_flags())]
    Checks {
        /// Output format
        #[arg(long, default_value = "human", value_name = "FORMAT")]
        format: CatalogueFormat,
    },
    /// Write an ecs-exec.toml for a cluster
    Init(Init),
    /// Trust the ecs-exec.toml of a project, so that it can set commands and profiles
    #[command(args = hidden_aws_flags())]
    Trust(Trust),
    /// Print a least-privilege IAM policy
    #[command(after_help = include_str!("cli/help/policy.txt").trim_end())]
    Policy(Policy),
    /// Serve the doctor's tools to an AI assistant, by the Model Context Protocol
    #[command(after_help = include_str!("cli/help/mcp.txt").trim_end())]
    Mcp(Mcp),
    /// Print a completion script for a shell
    #[command(after_help = include_str!("cli/help/completions.txt").trim_end())]
    #[command(args = hidden_aws_flags())]
    Completions {
        /// Shell to complete in
        shell: clap_complete::Shell,
    },
    /// Print the manual page, or write one for each command to a folder
    #[command(args = hidden_aws_flags())]
    Man {
        /// Folder for the manual pages (default: print the main page)
        #[arg(value_name = "DIR")]
        folder: Option<PathBuf>,
    },
    /// Print the JSON Schema of the doctor's report
    #[command(args = hidden_aws_flags())]
    Schema,
    /// The short form `ecs-exec SERVICE [CONTAINER] [COMMAND]`
    #[command(hide = true, name = SHORT_FORM)]
    Short(ShortForm),
    /// Evaluate expressions of custom checks, read from standard input
    #[command(hide = true, name = EVALUATE)]
    Evaluate,
    #[command(external_subcommand)]
    Other(Vec<OsString>),
}

/// The hidden command that `ecs-exec SERVICE …` becomes.
pub const SHORT_FORM: &str = "open-a-session";

/// The hidden command that evaluates expressions of custom checks in a separate process.
pub const EVALUATE: &str = "evaluate-expressions";

/// Formats of the catalogue of checks.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CatalogueFormat {
    Human,
    Json,
    Markdown,
}

impl Command {
    /// The flags for reports of a command that writes some.
    pub fn report_flags(&self) -> Option<&ReportFlags> {
        match self {
            Command::Doctor(arguments) | Command::Fix(arguments) => Some(&arguments.report),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_clap_definition_is_valid() {
        Cli::command().debug_assert();
    }
}
