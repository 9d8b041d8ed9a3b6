//! Arguments of `ecs-exec trust`.

use std::path::PathBuf;

use clap::Args;

#[derive(Args)]
#[command(after_help = TRUST_EXAMPLES)]
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

const TRUST_EXAMPLES: &str = "\
In the ecs-exec.toml of a project, the keys shell, recipes, profile, checks and
plugins take effect only after you trust the file. If the file changes, trust it
again. Without a terminal, set ECS_EXEC_TRUST to the SHA-256 of the file.

Examples:
  ecs-exec trust
  ecs-exec trust infra/ecs-exec.toml
  ecs-exec trust --revoke
  ECS_EXEC_TRUST=$(sha256sum ecs-exec.toml | cut -d' ' -f1)   store the result in the settings of your CI";
