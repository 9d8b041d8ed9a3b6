//! Facts from a Terraform plan, alone or laid over what AWS says now.

use std::path::Path;

use jiff::Timestamp;
use model::arn;
use model::facts::Facts;
use model::text;
use terraform_plan::{Ask, ClusterPlace, Plan, Unreadable};

use crate::aws::partition;
use crate::cli::Global;
use crate::cli_error::CliError;
use crate::config::{self, Settings, SourcedValue, short_name};
use crate::files::read_at_most;
use crate::target;

/// No plan that a person could review is larger, in bytes.
const MOST_BYTES: u64 = 1 << 30;

/// `is_complete`: its owner declares that there is nothing beside it.
pub fn read(path: &Path, is_complete: bool) -> Result<Plan, CliError> {
    let json = read_at_most(path, MOST_BYTES, "plan")?;
    let plan = terraform_plan::read(&json)
        .map_err(|why| CliError::new(format!("{}: {why}", path.display()), help(&why)))?;
    Ok(match is_complete {
        true => plan.declared_complete(),
        false => plan,
    })
}

fn help(why: &Unreadable) -> &'static str {
    match why {
        Unreadable::Empty
        | Unreadable::NotJson(_)
        | Unreadable::NotAPlan
        | Unreadable::Malformed(_) => "terraform show -json tfplan > tfplan.json",
        Unreadable::BinaryPlan
        | Unreadable::LogLines
        | Unreadable::State
        | Unreadable::Foreign(_)
        | Unreadable::Compressed
        | Unreadable::PlanText
        | Unreadable::QuotedReference { .. } => "",
        Unreadable::FormatVersion(_) => "Use a newer ecs-exec, or an older Terraform.",
        Unreadable::Errored => "Fix what `terraform plan` reports, and plan again.",
    }
}

/// Stands where a plan has no cluster of which it tells the name.
const NO_CLUSTER: &str = "no-cluster";

/// Where the plan is asked about: the cluster that was named, else every cluster that it has services in, those of each
/// region apart.
pub async fn places(plan: &Plan, global: &Global) -> Result<Vec<Global>, CliError> {
    let configured = config::load(global, &[]).await?.cluster;
    let said = global.cluster.as_deref().map(short_name);
    let region = global.named_region();
    let all = plan.places();
    let is_said = |place: &&ClusterPlace| said.is_none_or(|said| said == place.cluster);
    let of_region = |place: &&ClusterPlace| {
        region.is_none() || place.region.as_deref() == region || place.region.is_none()
    };
    let mut chosen: Vec<&ClusterPlace> = all.iter().filter(is_said).collect();
    if chosen.is_empty() && global.named_cluster().is_none() {
        // The environment's is not meant for this plan.
        chosen = all.iter().collect();
    }
    if chosen.iter().any(of_region) {
        chosen.retain(of_region);
    }
    if chosen.is_empty() {
        let cluster = global.cluster.clone();
        return match (all.is_empty(), cluster) {
            (true, cluster) => Ok(vec![Global {
                cluster: cluster.or_else(|| Some(NO_CLUSTER.to_owned())),
                ..global.clone()
            }]),
            (false, _) => Err(CliError::new(
                format!(
                    "the plan has no service in the cluster {}",
                    said.unwrap_or_default()
                ),
                format!(
                    "Clusters of the plan: {}.",
                    text::short_list(&plan.clusters(), 10)
                ),
            )),
        };
    }
    let places = chosen.into_iter().map(|place| {
        let mut names = [global.cluster.as_deref(), Some(configured.as_str())]
            .into_iter()
            .flatten();
        // An ARN tells the account as well.
        let name = names.find(|name| {
            let of_arn = arn::region(name);
            let is_said = global.named_cluster() == Some(*name);
            short_name(name) == place.cluster
                && (is_said
                    || of_arn.is_none_or(|of| place.region.as_deref().is_none_or(|own| own == of)))
        });
        let has_region = name.is_some_and(|name| arn::region(name).is_some());
        let region = place.region.clone().filter(|_| !has_region);
        Global {
            cluster: Some(name.unwrap_or(&place.cluster).to_owned()),
            // The environment's is not meant for this plan.
            region: match global.named_region() {
                Some(said) => Some(said.to_owned()),
                None => region.or_else(|| global.region.clone()),
            },
            ..global.clone()
        }
    });
    Ok(places.collect())
}

/// What the plan is asked about the cluster of the settings.
pub fn ask(
    plan: &Plan,
    settings: &Settings,
    global: &Global,
    container: Option<&str>,
) -> Result<Ask, CliError> {
    let cluster_name = short_name(&settings.cluster).to_owned();
    let region = region(plan, &cluster_name, settings, global)?;
    let account = account(plan, &cluster_name, settings, global)?;
    Ok(Ask {
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

/// The region of a configuration, or of the environment, may be a guess, and the plan knows better. One that was said
/// counts, and has to be the plan's.
fn region(
    plan: &Plan,
    cluster: &str,
    settings: &Settings,
    global: &Global,
) -> Result<String, CliError> {
    let said = global.named_region();
    let said = said.or_else(|| arn::region(global.named_cluster()?));
    match (plan.region_of(cluster), said) {
        (Some(of), Some(said)) if of != said => Err(CliError::new(
            format!("the plan is of region {of}, not of {said}"),
            "Leave the region out: the plan tells it.",
        )),
        (Some(of), _) => Ok(of),
        (None, Some(said)) => Ok(said.to_owned()),
        (None, None) => match &settings.region {
            Some(region) => Ok(region.value.clone()),
            // Nothing of it is in a region.
            None if cluster == NO_CLUSTER => Ok("no-region".to_owned()),
            None => Err(CliError::new(
                "the plan does not tell the region",
                "Say it with --region.",
            )),
        },
    }
}

/// The account of the cluster's ARN, where the plan does not tell of another.
fn account(
    plan: &Plan,
    cluster: &str,
    settings: &Settings,
    global: &Global,
) -> Result<Option<String>, CliError> {
    let of = plan.account_of(cluster);
    if let (Some(of), Some(said)) = (&of, global.named_cluster().and_then(arn::account))
        && of != said
    {
        return Err(CliError::new(
            format!("the plan is of account {of}, not of {said}"),
            "Name the cluster without its account: the plan tells it.",
        ));
    }
    let configured = arn::account(&settings.cluster).map(str::to_owned);
    Ok(configured.filter(|configured| of.is_none_or(|of| of == *configured)))
}

/// Where AWS is asked about what is not part of the plan: in the cluster and the region that the plan was asked about.
pub fn place(settings: &Settings, ask: &Ask) -> Settings {
    let mut settings = settings.clone();
    if short_name(&settings.cluster) != ask.cluster_name {
        settings.cluster.clone_from(&ask.cluster_name);
    }
    let is_there = settings.region.as_ref();
    if is_there.is_none_or(|region| region.value != ask.region) {
        settings.region = Some(SourcedValue {
            value: ask.region.clone(),
            source: "the Terraform plan".to_owned(),
        });
    }
    settings
}

/// What AWS says of one account is nothing of another.
pub fn refuse_other_account(plan: &Plan, ask: &Ask, live: &Facts) -> Result<(), CliError> {
    match (plan.account_of(&ask.cluster_name), &live.account) {
        (Some(planned), Some(asked)) if planned != *asked => Err(CliError::new(
            format!("the plan is for account {planned}, and AWS was asked about account {asked}"),
            "Use credentials of the plan's account, or judge the plan alone, without --plan-over-live.",
        )),
        _ => Ok(()),
    }
}

/// The facts, with the containers and shells that the configuration names for the services.
pub fn configured(mut facts: Facts, settings: &Settings) -> Facts {
    for wanted in &mut facts.target.services {
        *wanted = target::wanted(settings, &wanted.name);
    }
    facts
}
