//! Arguments of `mcp`.

use clap::Args;

/// `ecs-exec mcp`
#[derive(Args)]
pub struct Mcp {
    /// Also offer the tool `fix`, which changes AWS
    #[arg(long)]
    pub allow_fix: bool,
}
