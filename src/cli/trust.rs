//! Arguments of `ecs-exec trust`.

use std::path::PathBuf;

use clap::Args;

/// `ecs-exec trust`
#[derive(Args)]
#[command(after_help = include_str!("help/trust.txt").trim_end())]
pub struct Trust {
    /// The file; default: the nearest ecs-exec.toml in the working folder or above it
    #[arg(value_name = "FILE", conflicts_with = "list")]
    pub file: Option<PathBuf>,
    /// Stop trusting the file
    #[arg(long, conflicts_with = "list")]
    pub revoke: bool,
    /// List the trusted files
    #[arg(long)]
    pub list: bool,
}
