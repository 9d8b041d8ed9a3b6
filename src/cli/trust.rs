//! Trust in the files of projects.

use std::path::PathBuf;

use clap::Args;

#[derive(Args)]
#[command(after_help = TRUST_EXAMPLES)]
pub struct Trust {
    /// The file; none: the ecs-exec.toml of the working folder, or the nearest one above it
    #[arg(value_name = "FILE", conflicts_with = "list")]
    pub file: Option<PathBuf>,
    /// Take the trust back
    #[arg(long, conflicts_with = "list")]
    pub revoke: bool,
    /// List the files that are trusted
    #[arg(long)]
    pub list: bool,
}

const TRUST_EXAMPLES: &str = "\
In the ecs-exec.toml of a project, the keys shell, recipes, profile, checks and
plugins take effect only once the file is trusted. A file that changes has to be
trusted again. Without a terminal, ECS_EXEC_TRUST=SHA256 trusts the file whose
content has this SHA-256.

Examples:
  ecs-exec trust
  ecs-exec trust infra/ecs-exec.toml
  ecs-exec trust --revoke
  ECS_EXEC_TRUST=$(sha256sum ecs-exec.toml | cut -d' ' -f1)   to be kept in the CI's own settings";
