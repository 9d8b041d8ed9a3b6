//! The services of a cluster.

use jiff::Timestamp;
use model::facts::{Fact, Service};
use model::text::span;

use super::last_choices::{offer_first, remember};
use super::menu::{Row, choose};
use crate::aws::AwsClients;
use crate::cli::Global;
use crate::cli_error::CliError;
use crate::collect::{self, ecs};
use crate::completion::seen_names;
use crate::config::{Settings, short_name};
use crate::output::Progress;

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
    let seen = names.iter().map(|name| (name.as_str(), None));
    seen_names::remember(&aws.region.value, &settings.cluster, seen);
    let described = ecs::services(aws, &settings.cluster, &names).await;
    progress.end();
    let mut rows: Vec<Row<String>> = names
        .iter()
        .map(|name| Row {
            cells: cells(name, described.get(name).and_then(Fact::known)),
            value: name.clone(),
        })
        .collect();
    let place = format!("services of {} {}", aws.region.value, settings.cluster);
    offer_first(&mut rows, &place, String::as_str);
    let name = choose(&format!("Service in {cluster}:"), rows, global).await?;
    remember(&place, &name);
    Ok(name)
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
    let age = deployed.map(|at| span(Timestamp::now().as_second() - at.as_second()));
    vec![
        name.to_owned(),
        format!("{running} of {desired} running"),
        age.map(|age| format!("deployed {age} ago"))
            .unwrap_or_default(),
        exec.to_owned(),
    ]
}
