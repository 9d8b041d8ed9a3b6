//! Which policy is printed, and how.

use clap::{Args, ValueEnum};

#[derive(Args)]
pub struct Policy {
    /// Whom it is for
    #[arg(value_name = "WHOM")]
    pub kind: PolicyKind,
    /// What to write
    #[arg(long, default_value = "json", value_name = "FORMAT")]
    pub format: PolicyFormat,
    /// The account; without it AWS is asked who this is
    #[arg(long, value_name = "NUMBER", value_parser = account)]
    pub account: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PolicyKind {
    /// Who opens sessions
    Caller,
    /// The role that containers get
    TaskRole,
    /// Who runs `ecs-exec doctor`
    Doctor,
    /// The ssmmessages endpoint
    Endpoint,
    /// Keeps callers from opening sessions past ECS
    DenyStartSession,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PolicyFormat {
    Json,
    Terraform,
}

fn account(text: &str) -> Result<String, String> {
    match text.len() == 12 && text.chars().all(|c| c.is_ascii_digit()) {
        true => Ok(text.to_owned()),
        false => Err("an account number has 12 digits".to_owned()),
    }
}

pub(super) const POLICY_EXAMPLES: &str = "\
Examples:
  ecs-exec policy caller
  ecs-exec policy doctor --format terraform --account 123456789012 > doctor.tf";
