//! Arguments of `doctor` and `fix`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::duration::duration;
use super::principal_arn::{PrincipalArn, principal_arn};
use super::report::ReportFlags;

/// The services, tasks and containers to look at.
#[derive(Args)]
pub struct Targets {
    /// Services, by short or full name (default: those of the configuration, or the whole cluster; doctor asks on a
    /// terminal)
    #[arg(value_name = "SERVICE", conflicts_with = "all")]
    pub services: Vec<String>,
    /// Every service of the cluster
    #[arg(long, conflicts_with = "task")]
    pub all: bool,
    /// Only this task (of SERVICE, if one is named), by ID, start of an ID, or ARN. Repeatable
    #[arg(long, value_name = "ID")]
    pub task: Vec<String>,
    /// Only this container of the tasks
    #[arg(long, short, value_name = "NAME")]
    pub container: Option<String>,
}

/// Arguments of `doctor` and `fix`.
#[derive(Args)]
#[command(after_help = include_str!("help/doctor.txt").trim_end())]
pub struct Doctor {
    #[command(flatten)]
    pub targets: Targets,
    #[command(flatten)]
    pub report: ReportFlags,
    #[command(flatten)]
    pub checks: CheckFlags,
    #[command(flatten)]
    pub facts: FactFlags,
    #[command(flatten)]
    pub fix: FixFlags,
}

/// Which checks run, and which results fail the run.
#[derive(Args)]
#[command(next_help_heading = "Checks")]
pub struct CheckFlags {
    /// Run only these checks or areas
    #[arg(long, value_delimiter = ',', value_name = "CHECK,…")]
    pub only: Vec<String>,
    /// Run all checks but these checks or areas
    #[arg(long, value_delimiter = ',', value_name = "CHECK,…")]
    pub skip: Vec<String>,
    /// Minimum status that fails the run
    #[arg(long, default_value = "fail", value_name = "STATUS")]
    pub fail_on: FailOn,
    /// Exit with 0, not 3, if required checks could not run
    #[arg(long)]
    pub allow_unknown: bool,
}

/// The minimum status that fails the run.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    Warn,
    Fail,
}

/// Where the facts come from.
#[derive(Args)]
#[command(next_help_heading = "Facts")]
pub struct FactFlags {
    /// Check whether this role or user could open sessions, not you
    #[arg(
        long = "as", value_name = "ARN", value_parser = principal_arn,
        conflicts_with_all = ["live", "demo", "snapshot", "plan", "fix"]
    )]
    pub as_principal: Option<PrincipalArn>,
    /// Open a session into each target and run a command in it: the only proof that sessions work
    #[arg(long, conflicts_with_all = ["demo", "snapshot"])]
    pub live: bool,
    /// Built-in facts: healthy, stale-tasks, task-role, caller-policy or no-endpoint
    #[arg(
        long, value_name = "NAME", num_args = 0..=1, default_missing_value = "stale-tasks",
        require_equals = true, conflicts_with_all = ["snapshot", "plan"]
    )]
    pub demo: Option<String>,
    /// Read the facts from a file that `ecs-exec capture` wrote, not from AWS
    #[arg(long, value_name = "FILE")]
    pub snapshot: Option<PathBuf>,
    /// Check a Terraform plan (`terraform show -json`), a CloudFormation template or change set, a `cdk.out` folder, or
    /// a Pulumi preview (`pulumi preview --json --show-sames`) before it is deployed
    #[arg(long, value_name = "PATH", conflicts_with_all = ["snapshot", "task", "live"])]
    pub plan: Option<PathBuf>,
    /// Read what the plan does not manage from AWS
    #[arg(long, requires = "plan", conflicts_with_all = ["demo", "snapshot"])]
    pub plan_over_live: bool,
    /// The plan is complete: no other stack adds endpoints, routes or policies to what it manages
    #[arg(long, requires = "plan")]
    pub plan_is_complete: bool,
    /// Repeat the checks until rollouts are complete, then report
    #[arg(long, conflicts_with_all = ["demo", "snapshot", "plan", "fix"])]
    pub watch: bool,
    /// How long to wait for AWS (default: 30s) and for rollouts (default: 15m)
    #[arg(long, value_parser = duration, value_name = "TIME")]
    pub timeout: Option<Duration>,
}

/// Whether root causes are fixed, and how.
#[derive(Args)]
#[command(next_help_heading = "Fix")]
pub struct FixFlags {
    /// Show the fixes of the root causes, ask, apply them, wait, and check again
    #[arg(long)]
    pub fix: bool,
    /// Apply the fixes without asking
    #[arg(long, short)]
    pub yes: bool,
    /// Show the fixes, and apply none
    #[arg(long, conflicts_with = "yes")]
    pub dry_run: bool,
    /// Also change what infrastructure code usually manages: roles, endpoints, security groups
    #[arg(long)]
    pub allow_drift: bool,
}
