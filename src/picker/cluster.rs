//! The clusters of a region.

use aws_sdk_ecs::types::ClusterField;

use super::last_choices::{offer_first, remember};
use super::menu::{Row, choose};
use crate::aws::AwsClients;
use crate::cli::Global;
use crate::cli_error::CliError;
use crate::collect::ecs;
use crate::completion::seen_names;
use crate::output::{Progress, can_ask};

/// How many clusters `DescribeClusters` accepts.
const CLUSTERS_PER_CALL: usize = 100;

/// What to do if no cluster is named.
pub const CLUSTER_HELP: &str =
    "Name one with --cluster, or run `ecs-exec init` to write an ecs-exec.toml.";

/// The cluster that a command is about, if none is named: the only one of the region, else the one that the user
/// chooses.
///
/// # Errors
/// There is none, or there are several and no terminal to choose on.
pub async fn choose_cluster(aws: &AwsClients, global: &Global) -> Result<String, CliError> {
    let region = aws.region.value.as_str();
    let progress = Progress::start(global, &format!("Reading the clusters of {region}"));
    let names = ecs::cluster_names(aws).await.map_err(|failure| {
        aws.rejected().unwrap_or_else(|| {
            CliError::new(
                format!(
                    "no cluster is named, and those of {region} cannot be listed: {}",
                    failure.why
                ),
                CLUSTER_HELP,
            )
        })
    })?;
    seen_names::remember_clusters(region, &names);
    let name = match names.as_slice() {
        [] => {
            return Err(CliError::new(
                format!("there is no cluster in {region}"),
                "Choose another region with --region, or another account with --profile.",
            ));
        }
        [only] => return Ok(only.clone()),
        _ if !can_ask() => {
            return Err(CliError::new(
                format!(
                    "no cluster is named, and there are {} in {region}: {}",
                    names.len(),
                    model::text::short_list(&names, 12)
                ),
                CLUSTER_HELP,
            ));
        }
        several => {
            let mut rows = rows(aws, several).await;
            progress.end();
            let place = format!("clusters of {region} {}", profile(global));
            offer_first(&mut rows, &place, String::as_str);
            let name = choose(&format!("Cluster in {region}:"), rows, global).await?;
            remember(&place, &name);
            name
        }
    };
    Ok(name)
}

fn profile(global: &Global) -> String {
    let variable = || std::env::var(crate::config::AWS_PROFILE).ok();
    global.profile.clone().or_else(variable).unwrap_or_default()
}

/// The clusters with their sizes, those with tasks first. Without the permission to describe them, by name.
async fn rows(aws: &AwsClients, names: &[String]) -> Vec<Row<String>> {
    let mut rows = Vec::new();
    for names in names.chunks(CLUSTERS_PER_CALL) {
        let answer = aws
            .call("ecs:DescribeClusters", || {
                aws.ecs
                    .describe_clusters()
                    .set_clusters(Some(names.to_vec()))
                    .include(ClusterField::Statistics)
                    .send()
            })
            .await;
        let described = answer
            .ok()
            .map(|answer| answer.clusters.unwrap_or_default());
        for name in names {
            let known = described.iter().flatten();
            let cluster = known
                .into_iter()
                .find(|one| one.cluster_name() == Some(name));
            let (services, tasks) = cluster.map_or((0, 0), |cluster| {
                (
                    cluster.active_services_count(),
                    cluster.running_tasks_count(),
                )
            });
            let sizes = match cluster {
                Some(_) => [counted(services, "service"), counted(tasks, "task")],
                None => [String::new(), String::new()],
            };
            let [services, running] = sizes;
            rows.push((
                tasks,
                Row {
                    cells: vec![name.clone(), services, running],
                    value: name.clone(),
                },
            ));
        }
    }
    rows.sort_by_key(|(tasks, _)| *tasks == 0);
    rows.into_iter().map(|(_, row)| row).collect()
}

fn counted(count: i32, noun: &str) -> String {
    match count {
        1 => format!("1 {noun}"),
        count => format!("{count} {noun}s"),
    }
}
