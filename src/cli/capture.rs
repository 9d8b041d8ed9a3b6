//! Arguments of `capture` and `real-names`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::doctor::Targets;
use super::duration::duration;

/// Arguments of `capture`.
#[derive(Args)]
#[command(after_help = CAPTURE_EXAMPLES)]
pub struct Capture {
    #[command(flatten)]
    pub targets: Targets,
    /// File to write; - is standard output
    #[arg(long, short, value_name = "FILE")]
    pub output: PathBuf,
    /// Replace names and account IDs, each by the same made-up one everywhere
    #[arg(long)]
    pub anonymize: bool,
    /// New file for the real names behind the made-up ones: keep it to yourself
    #[arg(long, value_name = "FILE", requires = "anonymize")]
    pub names: Option<PathBuf>,
    /// How long to wait for AWS: 30s, 2m
    #[arg(long, default_value = "30s", value_parser = duration, value_name = "TIME")]
    pub timeout: Duration,
}

/// Arguments of `real-names`.
#[derive(Args)]
#[command(after_help = REAL_NAMES_EXAMPLES)]
pub struct RealNames {
    /// The file that `capture --names` wrote
    #[arg(value_name = "NAMES")]
    pub names: PathBuf,
    /// The text with made-up names, such as a report; - is standard input
    #[arg(default_value = "-", value_name = "FILE")]
    pub answer: PathBuf,
}

const CAPTURE_EXAMPLES: &str = "\
A capture holds the names of environment variables and the keys of tags, never
their values, and no text that looks like a secret.

Examples:
  ecs-exec capture coder -o coder.json
  ecs-exec capture --all --anonymize -o cluster.json
  ecs-exec capture web --anonymize -o web.json --names web.names.json
  ecs-exec doctor --snapshot coder.json       runs the doctor without AWS";

const REAL_NAMES_EXAMPLES: &str = "\
Examples:
  ecs-exec capture web --anonymize -o web.json --names web.names.json
  ecs-exec real-names web.names.json answer.md
  ecs-exec doctor --snapshot web.json | ecs-exec real-names web.names.json";
