//! Facts from AWS. Every branch starts as soon as its own inputs are there, and each resource is read once.
//!
//! The longest chain for one service: ListTasks → DescribeTasks → DescribeTaskDefinition →
//! SimulatePrincipalPolicy, and one more simulation where the execution role may be mixed up with the task role.

use std::collections::BTreeMap;
use std::time::Duration;

use ecs_exec_checks::facts::*;
use futures::future::{FutureExt, join};
use futures::join;
use jiff::Timestamp;

use super::aws::Aws;
use super::missing::refuse_missing_targets;
use super::task_roles::{definitions, roles};
use super::workload::workload;
use super::{ec2, ecs, local, simulations, sts};
use crate::config::{Settings, short_name};
use crate::target::Request;
use crate::trouble::Trouble;

pub struct Gathered {
    pub facts: Facts,
    /// How often each AWS action was called.
    pub calls: BTreeMap<String, u64>,
}

/// Reads everything that the checks need to know about the request's targets.
pub async fn gather(
    settings: &Settings,
    request: &Request,
    timeout: Duration,
) -> Result<Gathered, Trouble> {
    let aws = Aws::connect(settings, timeout).await?;
    let gathered = collect(&aws, settings, request).await;
    match aws.rejected() {
        Some(trouble) => Err(trouble),
        None => Ok(Gathered {
            facts: gathered?,
            calls: aws.calls(),
        }),
    }
}

async fn collect(aws: &Aws, settings: &Settings, request: &Request) -> Result<Facts, Trouble> {
    let cluster_name = short_name(&settings.cluster);
    let partition = partition(&aws.region.value);
    let endpoint_services = [endpoint_service(
        partition,
        &aws.region.value,
        "ssmmessages",
    )];

    let caller = sts::caller(aws).shared();
    let cluster = ecs::cluster(aws, &settings.cluster).shared();
    let workload = workload(aws, settings, request).shared();
    let roles = async {
        let workload = workload.clone().await;
        let definitions = definitions(aws, &workload).await;
        let roles = roles(aws, &workload, &definitions).await;
        (definitions, roles)
    };
    let network = async {
        let workload = workload.clone().await;
        ec2::network(aws, &workload.running()).await
    };
    let caller_simulations = async {
        let (caller, (cluster, workload)) =
            join(caller.clone(), join(cluster.clone(), workload.clone())).await;
        let Some(caller) = caller.known() else {
            return Vec::new();
        };
        let arn = match &cluster {
            Fact::Known(cluster) => cluster.arn.clone(),
            Fact::Absent | Fact::Unavailable(_) => {
                let region = &aws.region.value;
                cluster_arn(partition, region, &caller.account, cluster_name)
            }
        };
        let tasks = workload.running();
        let wanted = &workload.wanted;
        let container = request.container.as_deref();
        simulations::of_caller(
            aws,
            caller,
            &arn,
            cluster.known(),
            &tasks,
            wanted,
            container,
        )
        .await
    };
    let endpoints = ec2::endpoints(aws, &endpoint_services);

    let (plugin, (definitions, roles), mut network, mut simulations, endpoints) = join!(
        local::plugin(),
        roles,
        network,
        caller_simulations,
        endpoints
    );
    let (caller, cluster, workload) = (caller.await, cluster.await, workload.await);
    refuse_missing_targets(aws, settings, request, &cluster, &workload).await?;
    simulations.extend(roles.simulations);
    network.endpoints = Some(endpoints);

    Ok(Facts {
        format: FORMAT,
        taken_at: Timestamp::now(),
        partition: partition.to_owned(),
        region: aws.region.value.clone(),
        account: account(&caller, &cluster),
        cluster_name: cluster_name.to_owned(),
        target: Target {
            services: workload.wanted,
            tasks: workload.named,
            container: request.container.clone(),
        },
        local: Local {
            os: std::env::consts::OS.to_owned(),
            region_source: aws.region.source.clone(),
            credentials: caller.as_ref().map(|_| ()),
            plugin,
        },
        caller,
        cluster,
        unlisted: workload.unlisted,
        services: workload.services,
        service_tasks: workload.service_tasks,
        tasks: workload.tasks,
        task_definitions: definitions,
        roles: roles.roles,
        simulations,
        network,
        kms_keys: BTreeMap::new(),
        log_groups: BTreeMap::new(),
        buckets: BTreeMap::new(),
    })
}

fn account(caller: &Fact<Caller>, cluster: &Fact<Cluster>) -> Option<String> {
    match caller {
        Fact::Known(caller) => Some(caller.account.clone()),
        Fact::Absent | Fact::Unavailable(_) => {
            let arn = &cluster.known()?.arn;
            arn.split(':').nth(4).map(str::to_owned)
        }
    }
}

/// The partition that a region belongs to.
fn partition(region: &str) -> &'static str {
    match region {
        r if r.starts_with("cn-") => "aws-cn",
        r if r.starts_with("us-gov-") => "aws-us-gov",
        r if r.starts_with("us-isob-") => "aws-iso-b",
        r if r.starts_with("us-isof-") => "aws-iso-f",
        r if r.starts_with("us-iso-") => "aws-iso",
        r if r.starts_with("eu-isoe-") => "aws-iso-e",
        r if r.starts_with("eusc-") => "aws-eusc",
        _ => "aws",
    }
}
