//! The services of a cluster.

use model::facts::{Fact, Service};
use model::text::count;

use super::last_choices::choose_named;
use super::menu::{Row, age};
use crate::aws::AwsClients;
use crate::cli::Global;
use crate::cli_error::CliError;
use crate::collect::{self, ecs};
use crate::completion::seen_names;
use crate::config::{Settings, short_name};
use crate::output::{Progress, can_ask};

/// An error if no service is named and there is no terminal to choose one on. `usage`: how to name one.
pub fn ensure_can_choose_service(is_named: bool, usage: &str) -> Result<(), CliError> {
    match is_named || can_ask() {
        true => Ok(()),
        false => Err(CliError::new(
            "no service is named",
            format!("Name one: {usage}. `ecs-exec list` shows them."),
        )),
    }
}

/// Lets the user choose a service of the cluster, and returns its full name.
///
/// # Errors
/// The services cannot be read, or there are none.
pub async fn choose_service(
    aws: &AwsClients,
    settings: &Settings,
    global: &Global,
) -> Result<String, CliError> {
    let cluster = short_name(&settings.cluster);
    let progress = Progress::start(global, &format!("Reading the services of {cluster}"));
    let names = match ecs::service_names(aws, &settings.cluster).await {
        Ok(names) => names,
        Err(failure) => return Err(unlisted(aws, settings, &failure.why.to_string()).await),
    };
    if names.is_empty() {
        return Err(CliError::new(
            format!("there is no service in cluster {cluster}"),
            "Name a task with --task; `ecs-exec list` shows them.",
        ));
    }
    let rows = rows(aws, settings, &names).await;
    progress.end();
    let place = format!("services of {} {}", aws.region.value, settings.cluster);
    choose_named(&format!("Service in {cluster}:"), rows, &place, global).await
}

/// Lets the user choose the services of a report: one of the cluster, or all of them, which is `None`. Does not ask if
/// there are fewer than two, or if they cannot be listed: the report says so.
pub async fn choose_reported_service(
    aws: &AwsClients,
    settings: &Settings,
    global: &Global,
) -> Result<Option<String>, CliError> {
    let cluster = short_name(&settings.cluster);
    let progress = Progress::start(global, &format!("Reading the services of {cluster}"));
    let Ok(names) = ecs::service_names(aws, &settings.cluster).await else {
        return Ok(None);
    };
    if names.len() < 2 {
        return Ok(None);
    }
    let mut rows = rows(aws, settings, &names).await;
    progress.end();
    let all = Row {
        cells: vec![format!("all {}", count(names.len(), "service"))],
        value: String::new(),
    };
    rows.insert(0, all);
    let place = format!("reports on {} {}", aws.region.value, settings.cluster);
    let question = format!("Service to check in {cluster}:");
    let chosen = choose_named(&question, rows, &place, global).await?;
    Ok(Some(chosen).filter(|name| !name.is_empty()))
}

/// A row for each service. Completion knows their names from now on.
async fn rows(aws: &AwsClients, settings: &Settings, names: &[String]) -> Vec<Row<String>> {
    let seen = names.iter().map(|name| (name.as_str(), None));
    seen_names::remember(&aws.region.value, &settings.cluster, seen);
    let described = ecs::services(aws, &settings.cluster, names).await;
    let rows = names.iter().map(|name| Row {
        cells: cells(name, described.get(name).and_then(Fact::known)),
        value: name.clone(),
    });
    rows.collect()
}

async fn unlisted(aws: &AwsClients, settings: &Settings, why: &str) -> CliError {
    let cluster = short_name(&settings.cluster);
    if let Some(error) = aws.rejected() {
        return error;
    }
    if ecs::cluster(aws, &settings.cluster).await.is_absent() {
        return collect::no_such_cluster(aws, settings).await;
    }
    CliError::new(
        format!("the services of {cluster} cannot be listed: {why}"),
        "Name one: ecs-exec SERVICE.",
    )
}

/// Name, tasks, exec, age of the last deployment.
fn cells(name: &str, service: Option<&Service>) -> Vec<String> {
    let Some(service) = service else {
        return vec![name.to_owned()];
    };
    let exec = match service.exec_enabled {
        true => "",
        false => "exec is off",
    };
    let (running, desired) = (service.running_count, service.desired_count);
    let deployed = service.primary().and_then(|one| one.created_at);
    vec![
        name.to_owned(),
        format!("{running} of {desired} running"),
        age("deployed", deployed),
        exec.to_owned(),
    ]
}
