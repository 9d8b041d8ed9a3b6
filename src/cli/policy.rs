//! Arguments of `policy`.

use clap::{Args, ValueEnum};

/// Arguments of `policy`.
#[derive(Args)]
pub struct Policy {
    /// Principal the policy is for
    #[arg(value_name = "WHOM")]
    pub kind: PolicyKind,
    /// Output format
    #[arg(long, default_value = "json", value_name = "FORMAT")]
    pub format: PolicyFormat,
    /// AWS account ID (default: that of the cluster or of the caller)
    #[arg(long, value_name = "NUMBER", value_parser = account)]
    pub account: Option<String>,
}

/// The principals that policies are for.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PolicyKind {
    /// Users and roles that open sessions
    Caller,
    /// The task role of the containers
    TaskRole,
    /// Users and roles that run `ecs-exec doctor`
    Doctor,
    /// Users and roles that run `ecs-exec who-can` and `ecs-exec sessions`
    Auditor,
    /// The interface endpoint for ssmmessages
    Endpoint,
    /// Denies ssm:StartSession, which bypasses ECS Exec
    DenyStartSession,
}

/// Formats of a policy.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PolicyFormat {
    Json,
    Terraform,
}

fn account(text: &str) -> Result<String, String> {
    match text.len() == 12 && text.chars().all(|c| c.is_ascii_digit()) {
        true => Ok(text.to_owned()),
        false => Err("an account ID has 12 digits".to_owned()),
    }
}
