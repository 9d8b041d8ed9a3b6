//! Commands that show what a cluster has.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::doctor::duration;

#[derive(Args)]
#[command(after_help = "Exit status: 0, or 2 where the cluster could not be read.")]
pub struct List {
    /// Services, by short or full name; none: those of the configuration, or the whole cluster
    #[arg(value_name = "SERVICE", conflicts_with = "all")]
    pub services: Vec<String>,
    /// Every service of the cluster
    #[arg(long)]
    pub all: bool,
    /// What to write
    #[arg(long, default_value = "human", value_name = "FORMAT")]
    pub format: TableFormat,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TableFormat {
    Human,
    Json,
}

#[derive(Args)]
pub struct Logs {
    /// Service, by short or full name
    pub service: String,
    /// Only this container
    #[arg(long, short, value_name = "NAME")]
    pub container: Option<String>,
    /// Go on with what is written from now on, until Ctrl-C
    #[arg(long, short)]
    pub follow: bool,
    /// How far back to begin: 10m, 2h
    #[arg(long, default_value = "10m", value_parser = duration, value_name = "TIME")]
    pub since: Duration,
    /// Only events that match, in the filter language of CloudWatch Logs
    #[arg(long, value_name = "PATTERN")]
    pub filter: Option<String>,
}

pub(super) const LOGS_EXAMPLES: &str = "\
Exit status: 0, or 2 where the logs could not be read; Ctrl-C ends --follow with 130.

Examples:
  ecs-exec logs coder --since 1h
  ecs-exec logs coder --follow --filter '?ERROR ?WARN'";

#[derive(Args)]
pub struct Init {
    /// Where to write it
    #[arg(long, short, default_value = "ecs-exec.toml", value_name = "FILE")]
    pub output: PathBuf,
    /// Write over a file that is there
    #[arg(long)]
    pub force: bool,
}
