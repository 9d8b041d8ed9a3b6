//! The facts of a file, looked at for only what was asked about.

use std::collections::BTreeSet;

use model::facts::{Fact, Task};
use model::text::short_list;
use model::{Facts, arn};

use crate::cli::{Global, Targets};
use crate::cli_error::CliError;
use crate::facts::snapshot;
use crate::target::ambiguous_task;

/// Refuses what is not in the file, as AWS does what is not in the cluster.
pub fn narrowed(mut facts: Facts, targets: &Targets) -> Result<Facts, CliError> {
    if !targets.services.is_empty() {
        for service in &targets.services {
            refuse_missing_service(&facts, service)?;
        }
        facts.target.services.retain(|wanted| {
            let mut services = targets.services.iter();
            services.any(|service| means(service, &wanted.name))
        });
    }
    if !targets.task.is_empty() {
        facts.target.tasks = named_tasks(&facts, &targets.task)?;
        facts.target.services.clear();
    }
    if let Some(container) = &targets.container {
        refuse_missing_container(&facts, container)?;
        facts.target.container = Some(container.clone());
    }
    Ok(facts)
}

/// Flags that name another place than the file's; the environment's and the configuration's are not meant for it.
pub fn refuse_other_place(facts: &Facts, global: &Global) -> Result<(), CliError> {
    let cluster = global.named_cluster();
    if let Some(cluster) = cluster
        && arn::name(cluster) != arn::name(&facts.cluster_name)
    {
        return Err(CliError::new(
            format!(
                "these facts are of cluster {}, not of {cluster}",
                arn::name(&facts.cluster_name)
            ),
            "Leave --cluster out: a file says itself what it is of.",
        ));
    }
    let region = global.named_region().map(|region| ("--region", region));
    let of_arn = cluster.and_then(arn::region);
    let regions = region
        .into_iter()
        .chain(of_arn.map(|region| ("--cluster", region)));
    for (flag, region) in regions {
        if region != facts.region {
            return Err(CliError::new(
                format!(
                    "these facts are of region {}, not of {region}",
                    facts.region
                ),
                format!("Leave {flag} out: a file says itself what it is of."),
            ));
        }
    }
    if let (Some(account), Some(of)) = (cluster.and_then(arn::account), &facts.account)
        && account != of
    {
        return Err(CliError::new(
            format!("these facts are of account {of}, not of {account}"),
            "Leave --cluster out: a file says itself what it is of.",
        ));
    }
    if global.named_profile().is_some() {
        return Err(CliError::new(
            "--profile says with whose credentials AWS is asked, and it is not asked",
            "Leave it out, or leave out --demo or --snapshot.",
        ));
    }
    Ok(())
}

fn refuse_missing_service(facts: &Facts, service: &str) -> Result<(), CliError> {
    let names = facts
        .target
        .services
        .iter()
        .map(|wanted| wanted.name.as_str());
    if names.clone().any(|name| means(service, name)) {
        return Ok(());
    }
    Err(CliError::new(
        format!("there is no service {service} among these facts"),
        match snapshot::demo(service) {
            Ok(_) => format!("The demo of that name: --demo={service}."),
            Err(_) => format!("Its services: {}.", names.collect::<Vec<_>>().join(", ")),
        },
    ))
}

/// The ARNs of the tasks that are named by ID, its beginning, or ARN.
fn named_tasks(facts: &Facts, written: &[String]) -> Result<Vec<String>, CliError> {
    let mut named = BTreeSet::new();
    for one in written {
        let id = arn::name(one);
        let tasks = facts.tasks.keys();
        let fits: Vec<&String> = tasks.filter(|arn| arn::name(arn).starts_with(id)).collect();
        match fits.as_slice() {
            [only] if !id.is_empty() => named.insert((*only).clone()),
            [] => {
                return Err(CliError::new(
                    format!("there is no task {one} among these facts"),
                    format!("Its tasks: {}.", short_list(&ids(facts.tasks.keys()), 6)),
                ));
            }
            several => return Err(ambiguous_task(one, &ids(several.iter().copied()))),
        };
    }
    Ok(named.into_iter().collect())
}

fn ids<'a>(arns: impl Iterator<Item = &'a String>) -> Vec<&'a str> {
    arns.map(|arn| arn::name(arn)).collect()
}

/// Where nobody runs, nobody can say that a container is missing.
fn refuse_missing_container(facts: &Facts, wanted: &str) -> Result<(), CliError> {
    let of_services = facts
        .target
        .services
        .iter()
        .filter_map(|service| facts.service_tasks.get(&service.name).and_then(Fact::known));
    let arns = of_services.flatten().chain(&facts.target.tasks);
    let tasks = arns.filter_map(|arn| facts.tasks.get(arn)?.known());
    let names: BTreeSet<&str> = tasks
        .filter(|task| task.is_running())
        .flat_map(|task: &Task| &task.containers)
        .map(|container| container.name.as_str())
        .collect();
    if names.is_empty() || names.contains(wanted) {
        return Ok(());
    }
    Err(CliError::new(
        format!("there is no container {wanted} in these tasks"),
        format!(
            "Their containers: {}.",
            names.into_iter().collect::<Vec<_>>().join(", ")
        ),
    ))
}

/// A full name, or its end after a dash.
fn means(written: &str, full: &str) -> bool {
    full == written
        || full
            .strip_suffix(written)
            .is_some_and(|prefix| prefix.ends_with('-'))
}
