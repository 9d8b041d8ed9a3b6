//! Arguments of `list`, `logs` and `init`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::duration::year_or_less;

/// Arguments of `list`.
#[derive(Args)]
#[command(after_help = include_str!("help/list.txt").trim_end())]
pub struct List {
    /// Services, by short or full name (default: those of the configuration, or the whole cluster)
    #[arg(value_name = "SERVICE", conflicts_with = "all")]
    pub services: Vec<String>,
    /// Every service of the cluster
    #[arg(long)]
    pub all: bool,
    /// Output format
    #[arg(long, default_value = "human", value_name = "FORMAT")]
    pub format: TableFormat,
}

/// Formats of `list`.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TableFormat {
    Human,
    Json,
}

/// Arguments of `logs`.
#[derive(Args)]
pub struct Logs {
    /// Service, by short or full name [default: choose one from a list]
    pub service: Option<String>,
    /// Only this container of the tasks
    #[arg(long, short, value_name = "NAME")]
    pub container: Option<String>,
    /// Print new events until Ctrl-C
    #[arg(long, short)]
    pub follow: bool,
    /// How far back to start: 10m, 2h, 7d
    #[arg(long, default_value = "10m", value_parser = year_or_less, value_name = "TIME")]
    pub since: Duration,
    /// Only the last events, this many
    #[arg(long, short = 'n', value_name = "COUNT", value_parser = count)]
    pub tail: Option<usize>,
    /// Only events that match this CloudWatch Logs filter pattern
    #[arg(long, value_name = "PATTERN")]
    pub filter: Option<String>,
}

fn count(text: &str) -> Result<usize, String> {
    text.parse()
        .map_err(|_| "expected a number, like 100".to_owned())
}

/// Arguments of `init`.
#[derive(Args)]
#[command(after_help = include_str!("help/init.txt").trim_end())]
pub struct Init {
    /// File to write
    #[arg(long, short, default_value = "ecs-exec.toml", value_name = "FILE")]
    pub output: PathBuf,
    /// Overwrite an existing file
    #[arg(long)]
    pub force: bool,
}
