//! Arguments of `capture` and `real-names`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::doctor::Targets;
use super::duration::duration;

/// Arguments of `capture`.
#[derive(Args)]
#[command(after_help = include_str!("help/capture.txt").trim_end())]
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
#[command(after_help = include_str!("help/real-names.txt").trim_end())]
pub struct RealNames {
    /// The file that `capture --names` wrote
    #[arg(value_name = "NAMES")]
    pub names: PathBuf,
    /// The text with made-up names, such as a report; - is standard input
    #[arg(default_value = "-", value_name = "FILE")]
    pub answer: PathBuf,
}
