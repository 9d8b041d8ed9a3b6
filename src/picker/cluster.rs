//! The clusters of a region.

use aws_sdk_ecs::types::ClusterField;
use model::text::{count, short_list};

use super::last_choices::choose_named;
use super::menu::Row;
use crate::aws::AwsClients;
use crate::cli::Global;
use crate::cli_error::CliError;
use crate::collect::ecs;
use crate::completion::seen_names;
use crate::config::Settings;
use crate::output::{Progress, can_ask};

/// How many clusters `DescribeClusters` accepts.
const CLUSTERS_PER_CALL: usize = 100;

/// What to do if no cluster is named.
const CLUSTER_HELP: &str = "Name one with --cluster. `ecs-exec init --cluster NAME` writes an ecs-exec.toml that names it.";

/// The cluster that a command is about, if none is named: the only one of the region, else the one that the user
/// chooses.
///
/// # Errors
/// There is none, or there are several and no terminal to choose on.
pub async fn choose_cluster(
    aws: &AwsClients,
    settings: &Settings,
    global: &Global,
) -> Result<String, CliError> {
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
    match names.as_slice() {
        [] => Err(CliError::new(
            format!("there is no cluster in {region}"),
            "Choose another region with --region, or another account with --profile.",
        )),
        [only] => Ok(only.clone()),
        several if !can_ask() => Err(CliError::new(
            format!(
                "no cluster is named, and there are {} in {region}: {}",
                several.len(),
                short_list(several, 12)
            ),
            CLUSTER_HELP,
        )),
        several => {
            let rows = rows(aws, several).await;
            progress.end();
            let profile = settings.profile.as_ref();
            let profile = profile.map_or("", |profile| profile.value.as_str());
            let place = format!("clusters of {region} {profile}");
            choose_named(&format!("Cluster in {region}:"), rows, &place, global).await
        }
    }
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
            let counted = |number: i32, noun| count(usize::try_from(number).unwrap_or(0), noun);
            let mut cells = vec![name.clone()];
            if let Some(cluster) = cluster {
                cells.push(counted(cluster.active_services_count(), "service"));
                cells.push(counted(cluster.running_tasks_count(), "task"));
            }
            let value = name.clone();
            let tasks = cluster.map_or(0, |cluster| cluster.running_tasks_count());
            rows.push((tasks, Row { cells, value }));
        }
    }
    rows.sort_by_key(|(tasks, _)| *tasks == 0);
    rows.into_iter().map(|(_, row)| row).collect()
}
