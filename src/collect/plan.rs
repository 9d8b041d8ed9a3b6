//! Facts from a plan of Terraform, CloudFormation or Pulumi, alone or over what AWS says now.

mod any_tool;

use std::path::Path;

use cloudformation_plan::{CloudFormationPlan, TemplateError};
use jiff::Timestamp;
use pulumi_plan::{PreviewError, PulumiPlan};
use terraform_plan::{ClusterLocation, PlanError, PlanRequest, TerraformPlan};

use crate::aws::partition;
use crate::cli::Global;
use crate::cli_error::CliError;
use model::{Facts, arn, text};

use crate::config::{self, Settings, SourcedValue, short_name};
use crate::files::read_at_most;
use crate::target;

pub use any_tool::Plan;

/// Larger plans than anyone could review are refused.
const MAX_BYTES: u64 = 1 << 30;

/// Reads a plan file, or the folder of a CDK assembly. `is_complete`: the user declares that nothing exists besides what
/// the plan contains.
pub fn read(path: &Path, is_complete: bool) -> Result<Plan, CliError> {
    let plan = if path.is_dir() {
        Plan::CloudFormation(template(path, cloudformation_plan::read(path))?)
    } else {
        let content = read_at_most(path, MAX_BYTES, "plan")?;
        if pulumi_plan::recognizes(&content) {
            Plan::Pulumi(Box::new(pulumi(path, &content)?))
        } else if cloudformation_plan::recognizes(&content) {
            let read = cloudformation_plan::read_content(&content, path);
            Plan::CloudFormation(template(path, read)?)
        } else {
            Plan::Terraform(Box::new(terraform(path, &content)?))
        }
    };
    Ok(match is_complete {
        true => plan.declared_complete(),
        false => plan,
    })
}

fn terraform(path: &Path, json: &[u8]) -> Result<TerraformPlan, CliError> {
    terraform_plan::read(json)
        .map_err(|error| CliError::new(format!("{}: {error}", path.display()), hint(&error)))
}

/// The preview, or its error with what to run unless the error says it.
fn pulumi(path: &Path, json: &[u8]) -> Result<PulumiPlan, CliError> {
    pulumi_plan::read(json).map_err(|error| {
        let hint = match &error {
            PreviewError::NativeOnly => "",
            PreviewError::Errored(_) => "Fix what `pulumi preview` reports, and preview again.",
            _ => "pulumi preview --json --show-sames > preview.json",
        };
        CliError::new(format!("{}: {error}", path.display()), hint)
    })
}

/// The template, or its error with what to run unless the error says it.
fn template(
    path: &Path,
    read: Result<CloudFormationPlan, TemplateError>,
) -> Result<CloudFormationPlan, CliError> {
    read.map_err(|error| {
        let hint = match &error {
            TemplateError::Yaml(_) | TemplateError::Json(_) | TemplateError::Malformed(_) => {
                "aws cloudformation validate-template --template-body file://template.yaml"
            }
            TemplateError::File { .. } => "Run `cdk synth`, and pass its output folder (cdk.out).",
            _ => "",
        };
        CliError::new(format!("{}: {error}", path.display()), hint)
    })
}

/// What to run, unless the error says it.
fn hint(error: &PlanError) -> &'static str {
    match error {
        PlanError::Empty
        | PlanError::NotJson(_)
        | PlanError::NotAPlan
        | PlanError::Malformed(_) => "terraform show -json tfplan > tfplan.json",
        PlanError::FormatVersion(_) => "Use a newer ecs-exec, or an older Terraform.",
        PlanError::Errored => "Fix what `terraform plan` reports, and plan again.",
        _ => "",
    }
}

/// The cluster name of a plan that shows none.
const NO_CLUSTER: &str = "no-cluster";

/// The clusters to judge: the one that the user named, else each cluster and region that has services in the plan.
pub async fn locations(plan: &Plan, global: &Global) -> Result<Vec<Global>, CliError> {
    let configured = config::load(global, &[]).await?.cluster;
    let requested = global.cluster.as_deref().map(short_name);
    let region = global.named_region();
    let all = plan.cluster_locations();
    if all.is_empty() {
        let cluster = global.cluster.clone();
        return Ok(vec![Global {
            cluster: cluster.or_else(|| Some(NO_CLUSTER.to_owned())),
            ..global.clone()
        }]);
    }
    let account = global.cluster.as_deref().and_then(arn::account);
    let is_requested = |one: &&ClusterLocation| {
        let is_in_account =
            one.account.is_none() || account.is_none() || one.account.as_deref() == account;
        is_in_account && requested.is_none_or(|name| name == one.cluster)
    };
    let mut chosen: Vec<&ClusterLocation> = all.iter().filter(is_requested).collect();
    if chosen.is_empty() && global.named_cluster().is_none() {
        // A cluster of the environment is not meant for this plan.
        chosen = all.iter().collect();
    }
    let is_in_region = |one: &ClusterLocation| {
        region.is_none() || one.region.as_deref() == region || one.region.is_none()
    };
    if chosen.iter().any(|one| is_in_region(one)) {
        chosen.retain(|one| is_in_region(one));
    }
    if chosen.is_empty() {
        let clusters = text::short_list(&plan.clusters(), 10);
        return Err(CliError::new(
            format!(
                "the plan has no service in cluster {}",
                requested.unwrap_or_default()
            ),
            format!("Clusters of the plan: {clusters}."),
        ));
    }
    let globals = chosen
        .into_iter()
        .map(|location| at(location, global, &configured));
    Ok(globals.collect())
}

/// The options for one cluster of the plan.
fn at(location: &ClusterLocation, global: &Global, configured: &str) -> Global {
    let of_location = location.region.as_deref();
    // An ARN includes the account.
    let names = [global.cluster.as_deref(), Some(configured)];
    let name = names.into_iter().flatten().find(|name| {
        let is_in_region = |region| of_location.is_none_or(|of| of == region);
        let account = location.account.as_deref();
        short_name(name) == location.cluster
            && (account.is_none() || arn::account(name) == account)
            && (global.named_cluster() == Some(*name) || arn::region(name).is_none_or(is_in_region))
    });
    let has_region = name.is_some_and(|name| arn::region(name).is_some());
    let region = location.region.clone().filter(|_| !has_region);
    Global {
        cluster: Some(name.map_or_else(|| full_name(location), str::to_owned)),
        // A region of the environment is not meant for this plan.
        region: match global.named_region() {
            Some(named) => Some(named.to_owned()),
            None => region.or_else(|| global.region.clone()),
        },
        ..global.clone()
    }
}

/// The name of a cluster; its ARN if the plan is for several accounts.
fn full_name(location: &ClusterLocation) -> String {
    let ClusterLocation {
        cluster,
        region,
        account,
    } = location;
    match (region, account) {
        (Some(region), Some(account)) => {
            let partition = partition(region);
            format!("arn:{partition}:ecs:{region}:{account}:cluster/{cluster}")
        }
        _ => cluster.clone(),
    }
}

/// The request for the cluster of the settings.
pub fn request(
    plan: &Plan,
    settings: &Settings,
    global: &Global,
    container: Option<&str>,
) -> Result<PlanRequest, CliError> {
    let cluster_name = short_name(&settings.cluster).to_owned();
    let region = region(plan, &cluster_name, settings, global)?;
    let account = account(plan, &cluster_name, settings, global)?;
    Ok(PlanRequest {
        partition: partition(&region).to_owned(),
        cluster_name,
        region,
        account,
        services: Vec::new(),
        container: container.map(str::to_owned),
        expect: settings.expect.clone(),
        taken_at: Timestamp::now(),
    })
}

/// The region of the plan, which must equal one that the user named. Other configured regions are only a fallback.
fn region(
    plan: &Plan,
    cluster: &str,
    settings: &Settings,
    global: &Global,
) -> Result<String, CliError> {
    let named = global.named_region();
    let named = named.or_else(|| arn::region(global.named_cluster()?));
    match (plan.region_of(cluster), named) {
        (Some(planned), Some(named)) if planned != named => Err(CliError::new(
            format!("the plan is for region {planned}, not {named}"),
            "Omit the region: the plan sets it.",
        )),
        (Some(planned), _) => Ok(planned),
        (None, Some(named)) => Ok(named.to_owned()),
        (None, None) => match &settings.region {
            Some(region) => Ok(region.value.clone()),
            // Nothing in the plan has a region.
            None if cluster == NO_CLUSTER => Ok("no-region".to_owned()),
            None => Err(CliError::new(
                "the plan does not show its region",
                "Pass --region.",
            )),
        },
    }
}

/// The account of the cluster's ARN; `None` if the plan shows another one.
fn account(
    plan: &Plan,
    cluster: &str,
    settings: &Settings,
    global: &Global,
) -> Result<Option<String>, CliError> {
    let planned = plan.account_of(cluster);
    if let (Some(planned), Some(named)) = (&planned, global.named_cluster().and_then(arn::account))
        && planned != named
    {
        return Err(CliError::new(
            format!("the plan is for account {planned}, not {named}"),
            "Omit the account from the cluster: the plan sets it.",
        ));
    }
    let configured = arn::account(&settings.cluster).map(str::to_owned);
    Ok(configured.filter(|configured| planned.is_none_or(|planned| planned == *configured)))
}

/// The settings to read from AWS what the plan does not contain: with the cluster and region of the request.
pub fn live_settings(settings: &Settings, request: &PlanRequest) -> Settings {
    let mut settings = settings.clone();
    if short_name(&settings.cluster) != request.cluster_name {
        settings.cluster.clone_from(&request.cluster_name);
    }
    let region = settings.region.as_ref();
    if region.is_none_or(|region| region.value != request.region) {
        settings.region = Some(SourcedValue {
            value: request.region.clone(),
            source: "the plan".to_owned(),
        });
    }
    settings
}

/// Refuses facts that were read from another account than the plan's.
pub fn check_account(plan: &Plan, request: &PlanRequest, live: &Facts) -> Result<(), CliError> {
    match (plan.account_of(&request.cluster_name), &live.account) {
        (Some(planned), Some(live)) if planned != *live => Err(CliError::new(
            format!(
                "the plan is for account {planned}, and the credentials are for account {live}"
            ),
            "Use credentials of the plan's account, or omit --plan-over-live.",
        )),
        _ => Ok(()),
    }
}

/// The facts, with the containers and shells that the configuration sets for the services.
pub fn with_configured_targets(mut facts: Facts, settings: &Settings) -> Facts {
    for service in &mut facts.target.services {
        *service = target::service_target(settings, &service.name);
    }
    facts
}
