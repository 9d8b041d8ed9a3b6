use std::process::ExitCode;

use checks::least_privilege::{Cluster, Kind, policy};
use model::arn;
use model::facts::Fact;
use serde_json::Value;

use crate::aws::{AwsClients, partition};
use crate::cli::{Global, Policy, PolicyFormat, PolicyKind};
use crate::cli_error::CliError;
use crate::config::{self, Settings, Use, short_name};
use crate::facts::sts;
use crate::output::print;
use crate::timeouts::REPORT_TIMEOUT;

pub async fn run(arguments: &Policy, global: &Global) -> Result<ExitCode, CliError> {
    let kind = match arguments.kind {
        PolicyKind::Caller => Kind::Caller,
        PolicyKind::TaskRole => Kind::TaskRole,
        PolicyKind::Doctor => Kind::Doctor,
        PolicyKind::Endpoint => Kind::Endpoint,
        PolicyKind::DenyStartSession => Kind::DenyStartSession,
    };
    let uses: &[Use] = match kind {
        Kind::TaskRole => &[],
        _ => &[Use::Credentials],
    };
    let settings = config::load(global, uses).await?;
    let document = match kind {
        // The same in every account.
        Kind::TaskRole => policy(
            kind,
            &Cluster {
                partition: "aws",
                region: "",
                account: "",
                name: "",
            },
        ),
        _ => {
            let (account, region) = place(arguments, &settings).await?;
            let cluster = Cluster {
                partition: partition(&region),
                region: &region,
                account: &account,
                name: short_name(&settings.cluster),
            };
            policy(kind, &cluster)
        }
    };
    let text = match arguments.format {
        PolicyFormat::Json => serde_json::to_string_pretty(&document).unwrap_or_default(),
        PolicyFormat::Terraform => terraform(kind, &document, short_name(&settings.cluster)),
    };
    print(&format!("{text}\n"))?;
    Ok(ExitCode::SUCCESS)
}

/// The account and the region: said, part of the cluster's ARN, or asked of AWS.
async fn place(arguments: &Policy, settings: &Settings) -> Result<(String, String), CliError> {
    let of_arn = arn::account(&settings.cluster).map(str::to_owned);
    if let (Some(flag), Some(of_arn)) = (&arguments.account, &of_arn)
        && flag != of_arn
    {
        return Err(CliError::new(
            format!("--account says {flag}, and the cluster's ARN says {of_arn}"),
            "Leave --account out, or correct one of them.",
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
    if let Some(rejected) = aws.rejected() {
        return Err(rejected);
    }
    let why = match caller {
        Fact::Known(caller) => return Ok((caller.account, region)),
        Fact::Unavailable(why) => why.to_string(),
        Fact::Absent => "AWS does not say who this is".to_owned(),
    };
    Err(CliError::new(
        format!("the account is not known, because {why}"),
        "Say it: --account 123456789012",
    ))
}

fn terraform(kind: Kind, document: &Value, cluster: &str) -> String {
    let policy = checks::least_privilege::jsonencode(document);
    let (label, name) = match kind {
        Kind::Caller => ("ecs_exec_caller", "ecs-exec-caller"),
        Kind::TaskRole => ("ecs_exec_task", "ecs-exec-task"),
        Kind::Doctor => ("ecs_exec_doctor", "ecs-exec-doctor"),
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
