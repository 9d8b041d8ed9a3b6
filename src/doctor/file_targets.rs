//! Applies the targets of the command line to facts that come from a file.

use std::collections::BTreeSet;

use model::facts::{Fact, Task};
use model::text::short_list;
use model::{Facts, arn};

use crate::cli::{Global, Targets};
use crate::cli_error::CliError;
use crate::collect::capture_file;
use crate::target::ambiguous_task;

/// Keeps the named services, tasks and container; an error if they are not in the file.
pub fn select_targets(mut facts: Facts, targets: &Targets) -> Result<Facts, CliError> {
    if !targets.services.is_empty() {
        for service in &targets.services {
            ensure_service_exists(&facts, service)?;
        }
        facts.target.services.retain(|target| {
            let mut services = targets.services.iter();
            services.any(|service| is_name_of(service, &target.name))
        });
    }
    if !targets.task.is_empty() {
        facts.target.tasks = named_tasks(&facts, &targets.task)?;
        ensure_tasks_of_services(&facts, &targets.services)?;
        facts.target.services.clear();
    }
    if let Some(container) = &targets.container {
        ensure_container_exists(&facts, container)?;
        facts.target.container = Some(container.clone());
    }
    Ok(facts)
}

/// An error if a named task belongs to none of the named services. `services`: as the user wrote them.
pub fn ensure_tasks_of_services(facts: &Facts, services: &[String]) -> Result<(), CliError> {
    if services.is_empty() {
        return Ok(());
    }
    let tasks = facts.target.tasks.iter();
    for task in tasks.filter_map(|arn| facts.tasks.get(arn)?.known()) {
        let own = task.service_name();
        let is_own = |service: &String| own.is_some_and(|own| is_name_of(service, own));
        if !services.iter().any(is_own) {
            let task = task.id();
            return Err(CliError::new(
                match own {
                    Some(own) => format!(
                        "task {task} belongs to service {own}, not to {}",
                        services.join(" or ")
                    ),
                    None => format!("task {task} belongs to no service"),
                },
                format!("Leave out the service: ecs-exec doctor --task {task}"),
            ));
        }
    }
    Ok(())
}

/// Rejects flags that name another cluster, region or account than the file's. The environment and the configuration
/// are not meant for files.
pub fn ensure_same_location(facts: &Facts, global: &Global) -> Result<(), CliError> {
    let cluster = global.named_cluster();
    let own_cluster = arn::name(&facts.cluster_name);
    let named = [
        (
            "--cluster",
            "cluster",
            cluster.map(arn::name),
            Some(own_cluster),
        ),
        (
            "--region",
            "region",
            global.named_region(),
            Some(facts.region.as_str()),
        ),
        (
            "--cluster",
            "region",
            cluster.and_then(arn::region),
            Some(facts.region.as_str()),
        ),
        (
            "--cluster",
            "account",
            cluster.and_then(arn::account),
            facts.account.as_deref(),
        ),
    ];
    for (flag, what, named, own) in named {
        if let (Some(named), Some(own)) = (named, own)
            && named != own
        {
            return Err(CliError::new(
                format!("these facts are from {what} {own}, not from {named}"),
                format!("Remove {flag}: the file says which cluster it is about."),
            ));
        }
    }
    if global.named_profile().is_some() {
        return Err(CliError::new(
            "--profile has no effect, because the facts are not read from AWS",
            "Remove --profile, or remove --demo or --snapshot.",
        ));
    }
    Ok(())
}

fn ensure_service_exists(facts: &Facts, service: &str) -> Result<(), CliError> {
    let services = facts.target.services.iter();
    let names: Vec<&str> = services.map(|target| target.name.as_str()).collect();
    if names.iter().any(|name| is_name_of(service, name)) {
        return Ok(());
    }
    let hint = match capture_file::demo(service) {
        Ok(_) => format!("To see the demo of that name, use --demo={service}."),
        Err(_) => format!("Its services: {}.", names.join(", ")),
    };
    Err(CliError::new(
        format!("there is no service {service} in these facts"),
        hint,
    ))
}

/// The ARNs of tasks that are named by ID, start of an ID, or ARN.
fn named_tasks(facts: &Facts, written: &[String]) -> Result<Vec<String>, CliError> {
    let mut named = BTreeSet::new();
    for name in written {
        let id = arn::name(name);
        let tasks = facts.tasks.keys();
        let matches: Vec<&String> = tasks.filter(|arn| arn::name(arn).starts_with(id)).collect();
        match matches.as_slice() {
            [only] if !id.is_empty() => named.insert((*only).clone()),
            [] => {
                return Err(CliError::new(
                    format!("there is no task {name} in these facts"),
                    format!("Its tasks: {}.", short_list(&ids(facts.tasks.keys()), 6)),
                ));
            }
            several => return Err(ambiguous_task(name, &ids(several.iter().copied()))),
        };
    }
    Ok(named.into_iter().collect())
}

fn ids<'a>(arns: impl Iterator<Item = &'a String>) -> Vec<&'a str> {
    arns.map(|arn| arn::name(arn)).collect()
}

/// Accepts every container if no task is running: the names of containers are not known then.
fn ensure_container_exists(facts: &Facts, container: &str) -> Result<(), CliError> {
    let services = facts.target.services.iter();
    let arns = services
        .filter_map(|service| facts.service_tasks.get(&service.name).and_then(Fact::known))
        .flatten()
        .chain(&facts.target.tasks);
    let tasks = arns.filter_map(|arn| facts.tasks.get(arn)?.known());
    let names: BTreeSet<&str> = tasks
        .filter(|task| task.is_running())
        .flat_map(|task: &Task| &task.containers)
        .map(|container| container.name.as_str())
        .collect();
    if names.is_empty() || names.contains(container) {
        return Ok(());
    }
    let names: Vec<&str> = names.into_iter().collect();
    Err(CliError::new(
        format!("there is no container {container} in these tasks"),
        format!("Their containers: {}.", names.join(", ")),
    ))
}

/// Whether a full name is meant: written in full, or from a dash on.
fn is_name_of(written: &str, full: &str) -> bool {
    let prefix = full.strip_suffix(written);
    prefix.is_some_and(|prefix| prefix.is_empty() || prefix.ends_with('-'))
}
