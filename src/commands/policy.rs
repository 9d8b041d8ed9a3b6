//! `ecs-exec policy`: least-privilege IAM policies.

use std::process::ExitCode;

use checks::least_privilege::{Cluster, Kind, policy};
use model::arn;
use model::facts::Fact;
use serde_json::Value;

use crate::aws::{AwsClients, partition};
use crate::cli::{Global, Policy, PolicyFormat, PolicyKind};
use crate::cli_error::CliError;
use crate::collect::sts;
use crate::config::{self, Settings, Use, short_name};
use crate::output::print;
use crate::place;
use crate::timeouts::REPORT_TIMEOUT;

/// `ecs-exec policy`
pub async fn run(arguments: &Policy, global: &Global) -> Result<ExitCode, CliError> {
    let kind = match arguments.kind {
        PolicyKind::Caller => Kind::Caller,
        PolicyKind::TaskRole => Kind::TaskRole,
        PolicyKind::Doctor => Kind::Doctor,
        PolicyKind::Auditor => Kind::Auditor,
        PolicyKind::Endpoint => Kind::Endpoint,
        PolicyKind::DenyStartSession => Kind::DenyStartSession,
    };
    let uses: &[Use] = match kind {
        Kind::TaskRole => &[],
        _ => &[Use::Credentials],
    };
    let settings = match kind {
        Kind::TaskRole => config::load(global, uses).await?,
        _ => place::load(global, uses).await?,
    };
    let (account, region) = match kind {
        // The same in every account.
        Kind::TaskRole => (String::new(), String::new()),
        _ => account_and_region(arguments, &settings).await?,
    };
    let cluster = Cluster {
        partition: partition(&region),
        region: &region,
        account: &account,
        name: short_name(&settings.cluster),
    };
    let document = policy(kind, &cluster);
    let text = match arguments.format {
        PolicyFormat::Json => serde_json::to_string_pretty(&document).unwrap_or_default(),
        PolicyFormat::Terraform => terraform(kind, &document, short_name(&settings.cluster)),
    };
    print(&format!("{text}\n"))?;
    Ok(ExitCode::SUCCESS)
}

/// The account and the region, from the flags, the cluster's ARN, or AWS.
async fn account_and_region(
    arguments: &Policy,
    settings: &Settings,
) -> Result<(String, String), CliError> {
    let of_arn = arn::account(&settings.cluster).map(str::to_owned);
    if let (Some(flag), Some(of_arn)) = (&arguments.account, &of_arn)
        && flag != of_arn
    {
        return Err(CliError::new(
            format!("--account is {flag}, but the cluster's ARN has account {of_arn}"),
            "Remove --account, or correct one of them.",
        ));
    }
    let account = arguments.account.clone().or(of_arn);
    let region = settings.region.as_ref().map(|region| region.value.clone());
    if let (Some(account), Some(region)) = (&account, &region) {
        return Ok((account.clone(), region.clone()));
    }
    let aws = AwsClients::connect(settings, REPORT_TIMEOUT).await?;
    let region = aws.region.value.clone();
    if let Some(account) = account {
        return Ok((account, region));
    }
    let caller = sts::caller(&aws).await;
    aws.ensure_accepted()?;
    let why = match caller {
        Fact::Known(caller) => return Ok((caller.account, region)),
        Fact::Unavailable(why) => why.to_string(),
        Fact::Absent => "AWS did not identify the caller".to_owned(),
    };
    Err(CliError::new(
        format!("cannot determine the account: {why}"),
        "Add --account 123456789012.",
    ))
}

fn terraform(kind: Kind, document: &Value, cluster: &str) -> String {
    let policy = checks::least_privilege::jsonencode(document);
    let (label, name) = match kind {
        Kind::Caller => ("ecs_exec_caller", "ecs-exec-caller"),
        Kind::TaskRole => ("ecs_exec_task", "ecs-exec-task"),
        Kind::Doctor => ("ecs_exec_doctor", "ecs-exec-doctor"),
        Kind::Auditor => ("ecs_exec_auditor", "ecs-exec-auditor"),
        Kind::DenyStartSession => ("ecs_exec_deny_start_session", "ecs-exec-deny-start-session"),
        Kind::Endpoint => {
            return format!(
                "resource \"aws_vpc_endpoint_policy\" \"ssmmessages\" {{\n  vpc_endpoint_id = aws_vpc_endpoint.ssmmessages.id\n  policy          = {policy}\n}}"
            );
        }
    };
    let name = match kind {
        Kind::TaskRole => name.to_owned(),
        _ => format!("{name}-{cluster}"),
    };
    format!(
        "resource \"aws_iam_policy\" \"{label}\" {{\n  name   = \"{name}\"\n  policy = {policy}\n}}"
    )
}
