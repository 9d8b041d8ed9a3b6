//! `ecs-exec policy`: least-privilege IAM policies.

use std::process::ExitCode;

use aws_rules::iam::document as policy_document;
use checks::least_privilege::{self, Cluster};
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
    let kind = arguments.kind;
    let (settings, account, region) = match kind {
        // The same in every account.
        PolicyKind::TaskRole => (
            config::load(global, &[]).await?,
            String::new(),
            String::new(),
        ),
        _ => {
            let settings = place::load(global, &[Use::Credentials]).await?;
            let (account, region) = account_and_region(arguments, &settings).await?;
            (settings, account, region)
        }
    };
    let cluster = Cluster {
        partition: partition(&region),
        region: &region,
        account: &account,
        name: short_name(&settings.cluster),
    };
    let document = document(kind, &cluster);
    let text = match arguments.format {
        PolicyFormat::Json => serde_json::to_string_pretty(&document).unwrap_or_default(),
        PolicyFormat::Terraform => terraform(kind, &document, short_name(&settings.cluster)),
    };
    print(&format!("{text}\n"))?;
    Ok(ExitCode::SUCCESS)
}

fn document(kind: PolicyKind, cluster: &Cluster) -> Value {
    match kind {
        PolicyKind::Caller => least_privilege::caller(cluster),
        PolicyKind::TaskRole => policy_document::task_role(),
        PolicyKind::Doctor => least_privilege::doctor(cluster),
        PolicyKind::Auditor => least_privilege::auditor(cluster),
        PolicyKind::Endpoint => policy_document::document([policy_document::endpoint_statement(
            Some(cluster.account),
            &policy_document::TASK_ROLE_ACTIONS,
        )]),
        PolicyKind::DenyStartSession => policy_document::deny_start_session(&cluster.arn()),
    }
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

fn terraform(kind: PolicyKind, document: &Value, cluster: &str) -> String {
    let policy = least_privilege::jsonencode(document);
    let name = match kind {
        PolicyKind::Caller => "ecs-exec-caller",
        PolicyKind::TaskRole => "ecs-exec-task",
        PolicyKind::Doctor => "ecs-exec-doctor",
        PolicyKind::Auditor => "ecs-exec-auditor",
        PolicyKind::DenyStartSession => "ecs-exec-deny-start-session",
        PolicyKind::Endpoint => {
            return format!(
                "resource \"aws_vpc_endpoint_policy\" \"ssmmessages\" {{\n  vpc_endpoint_id = aws_vpc_endpoint.ssmmessages.id\n  policy          = {policy}\n}}"
            );
        }
    };
    let label = name.replace('-', "_");
    let name = match kind {
        PolicyKind::TaskRole => name.to_owned(),
        _ => format!("{name}-{cluster}"),
    };
    format!(
        "resource \"aws_iam_policy\" \"{label}\" {{\n  name   = \"{name}\"\n  policy = {policy}\n}}"
    )
}
