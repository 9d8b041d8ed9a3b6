//! The command line: commands here, the arguments of each kind in a file.

mod cluster;
mod doctor;
mod global;
mod policy;
mod report;
mod sessions;
mod trust;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

pub use cluster::{Init, List, Logs, TableFormat};
pub use doctor::{Capture, Doctor, FailOn, RealNames, Targets};
pub use global::{Color, Global};
pub use policy::{Policy, PolicyFormat, PolicyKind};
pub use report::{Format, ReportFlags, WantedFormat};
pub use sessions::{Cp, Exec, PortForward, RecipeArguments, Run, SessionFlags, Short, Transport};
pub use trust::Trust;

use cluster::LOGS_EXAMPLES;
use doctor::FIX_EXAMPLES;
use policy::POLICY_EXAMPLES;
use sessions::{CP_EXAMPLES, EXEC_EXAMPLES, FORWARD_EXAMPLES, RUN_EXAMPLES};

#[derive(Parser)]
#[command(
    name = "ecs-exec",
    about = "Opens shells in ECS containers, and says why when it cannot",
    arg_required_else_help = true,
    version,
    max_term_width = 100,
    override_usage = "ecs-exec [OPTIONS] SERVICE [CONTAINER] [COMMAND]\n       ecs-exec [OPTIONS] COMMAND …",
    after_help = EXAMPLES
)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
    #[command(flatten)]
    pub global: Global,
}

const EXAMPLES: &str = "\
A service that has a command's name is reached with `ecs-exec exec NAME`.

Examples:
  ecs-exec coder                     a shell in the service coder
  ecs-exec litellm litellm \"/bin/sh -c 'curl localhost:4000/health'\"
  ecs-exec run coder -- cat /etc/os-release
  ecs-exec list                      services, their tasks and containers
  ecs-exec logs coder --follow
  ecs-exec doctor coder              would a session work? if not, why not?
  ecs-exec doctor --all --cluster c  the same for a whole cluster
  ecs-exec doctor --plan plan.json   the same before terraform apply
  ecs-exec fix coder                 mend what stands in the way
  ecs-exec capture coder -o c.json   what the doctor knows, for somebody else
  ecs-exec doctor --demo             what a report looks like, without AWS
  ecs-exec explain TEXT              what an error of ECS Exec means";

#[derive(Subcommand)]
pub enum Command {
    /// Open a session: the explicit form of `ecs-exec SERVICE`
    #[command(after_help = EXEC_EXAMPLES)]
    Exec(Exec),
    /// Run a command, print its output, end with its exit status
    #[command(after_help = RUN_EXAMPLES)]
    Run(Run),
    /// Run a command that the configuration has a name for
    Recipe(RecipeArguments),
    /// List services, their tasks and containers, and whether they can be entered
    List(List),
    /// Print what a service's containers wrote to CloudWatch Logs
    #[command(after_help = LOGS_EXAMPLES)]
    Logs(Logs),
    /// Forward a port of this machine to one of a container, or to one that it can reach
    #[command(after_help = FORWARD_EXAMPLES)]
    PortForward(PortForward),
    /// Copy a file to or from a container
    #[command(after_help = CP_EXAMPLES)]
    Cp(Cp),
    /// Find out whether a session would work, and what stands in its way
    Doctor(Doctor),
    /// Mend what the doctor finds: the same as doctor --fix
    #[command(
        after_help = FIX_EXAMPLES,
        mut_arg("fix", |flag| flag.hide(true)),
        mut_arg("demo", |flag| flag.hide(true)),
        mut_arg("snapshot", |flag| flag.hide(true)),
        mut_arg("plan", |flag| flag.hide(true)),
        mut_arg("plan_over_live", |flag| flag.hide(true)),
        mut_arg("watch", |flag| flag.hide(true))
    )]
    Fix(Doctor),
    /// Write what the doctor knows to a file, without secrets, to be read elsewhere
    Capture(Capture),
    /// Print a text about an anonymized capture with the real names in it
    RealNames(RealNames),
    /// Say what a check is about, or what an error text means
    #[command(after_help = EXPLAIN_EXAMPLES)]
    Explain {
        /// A check's ID, an area, an error text, or `-` to read one from standard input
        #[arg(required = true, value_name = "CHECK | AREA | TEXT | -")]
        words: Vec<String>,
    },
    /// List every check
    Checks {
        /// What to write
        #[arg(long, default_value = "human", value_name = "FORMAT")]
        format: CatalogueFormat,
    },
    /// Write an ecs-exec.toml for a cluster
    Init(Init),
    /// Let the ecs-exec.toml of a project say what is run, and as whom
    Trust(Trust),
    /// Print the least policy for somebody who has a part in ECS Exec
    #[command(after_help = POLICY_EXAMPLES)]
    Policy(Policy),
    /// Print a script that completes commands and flags in a shell
    #[command(after_help = COMPLETIONS_EXAMPLES)]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page; with a folder, write one for each command there
    Man {
        /// Where to write them
        #[arg(value_name = "DIR")]
        folder: Option<PathBuf>,
    },
    /// Print the JSON Schema of the doctor's report
    Schema,
    /// What `ecs-exec SERVICE [CONTAINER] [COMMAND]` stands for
    #[command(hide = true, name = SHORT_FORM)]
    Short(Short),
    /// Evaluate the expressions of custom checks, read from standard input
    #[command(hide = true, name = EVALUATE)]
    Evaluate,
    #[command(external_subcommand)]
    Other(Vec<OsString>),
}

/// The hidden command into which `ecs-exec SERVICE …` is turned.
pub const SHORT_FORM: &str = "open-a-session";

/// The hidden command that evaluates expressions in a process of their own.
pub const EVALUATE: &str = "evaluate-expressions";

const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  ecs-exec completions bash > ~/.local/share/bash-completion/completions/ecs-exec
  ecs-exec completions zsh > ~/.zfunc/_ecs-exec
  ecs-exec completions fish > ~/.config/fish/completions/ecs-exec.fish";

const EXPLAIN_EXAMPLES: &str = "\
Exit status: 0 where it is known, 1 where it is not.

Examples:
  ecs-exec explain role.ssmmessages
  ecs-exec explain \"An error occurred (TargetNotConnectedException) when calling …\"
  aws ecs execute-command … 2>&1 | ecs-exec explain -";

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CatalogueFormat {
    Human,
    Json,
    Markdown,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_commands_fit_together() {
        Cli::command().debug_assert();
    }
}
