//! Facts from AWS. Every branch starts as soon as its own inputs are there, and each resource is read once.
//!
//! The longest chain for one service: ListTasks → DescribeTasks → DescribeTaskDefinition →
//! SimulatePrincipalPolicy, and one more simulation where the execution role may be mixed up with the task role.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use aws_rules::required_permissions::AccountRegion;
use futures::future::{FutureExt, join, join_all};
use futures::join;
use jiff::Timestamp;
use model::arn;
use model::facts::*;

use super::hosts::hosts;
use super::missing::refuse_missing_targets;
use super::network::network;
use super::simulations::OfCaller;
use super::task_roles::{OfRoles, definitions, roles};
use super::workload::workload;
use super::{ec2, ecs, local, policies, records, simulations, sts};
use crate::aws::{Aws, partition};
use crate::cli_error::CliError;
use crate::config::{Settings, short_name};
use crate::environment::variable;
use crate::target::Request;

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
) -> Result<Gathered, CliError> {
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

async fn collect(aws: &Aws, settings: &Settings, request: &Request) -> Result<Facts, CliError> {
    let cluster_name = short_name(&settings.cluster);
    let region = aws.region.value.as_str();
    let partition = partition(region);
    let endpoint_services: Vec<String> = ["ssmmessages", "kms", "logs", "s3"]
        .iter()
        .flat_map(|service| endpoint_services(partition, region, service))
        .collect();

    let caller = sts::caller(aws).shared();
    let cluster = ecs::cluster(aws, &settings.cluster).shared();
    let workload = workload(aws, settings, request).map(Arc::new).shared();
    let keys = async {
        let cluster = cluster.clone().await;
        records::kms_keys(aws, &cluster).await
    }
    .shared();
    let log_places = async {
        let cluster = cluster.clone().await;
        join(
            records::log_groups(aws, &cluster),
            records::buckets(aws, &cluster),
        )
        .await
    };
    let hosts = async {
        let workload = workload.clone().await;
        hosts(aws, &settings.cluster, &workload).await
    }
    .shared();
    let roles = async {
        let definitions = async {
            let workload = workload.clone().await;
            definitions(aws, &workload).await
        };
        let (definitions, hosts, cluster, keys, caller, workload) = join!(
            definitions,
            hosts.clone(),
            cluster.clone(),
            keys.clone(),
            caller.clone(),
            workload.clone()
        );
        let account = account(&caller, &cluster);
        let ask = OfRoles {
            workload: &workload,
            planned: &request.planned,
            definitions: &definitions,
            on_instances: &hosts.roles(),
            cluster: cluster.known(),
            key: key_arn(&keys),
            place: account.as_deref().map(|account| AccountRegion {
                partition,
                region,
                account,
            }),
        };
        let roles = roles(aws, ask).await;
        (definitions, roles)
    };
    let network = async {
        let endpoints = ec2::endpoints(aws, &endpoint_services);
        let (endpoints, workload, hosts) = join!(endpoints, workload.clone(), hosts.clone());
        let running = workload.running();
        network(aws, &running, &request.planned, hosts.instances, endpoints).await
    };
    let caller_simulations = async {
        let (caller, cluster, workload, keys) = join!(
            caller.clone(),
            cluster.clone(),
            workload.clone(),
            keys.clone()
        );
        let Some(caller) = caller.known() else {
            return Vec::new();
        };
        let cluster_arn = match &cluster {
            Fact::Known(cluster) => cluster.arn.clone(),
            Fact::Absent | Fact::Unavailable(_) => {
                cluster_arn(partition, region, &caller.account, cluster_name)
            }
        };
        let ask = OfCaller {
            caller,
            cluster_arn: &cluster_arn,
            cluster: cluster.known(),
            tasks: &workload.running(),
            services: &workload.wanted,
            container: request.container.as_deref(),
            key: key_arn(&keys),
        };
        simulations::of_caller(aws, ask).await
    };

    let (
        (definitions, roles),
        network,
        mut simulations,
        (log_groups, buckets),
        stream,
        plugin,
        aws_cli,
    ) = join!(
        roles,
        network,
        caller_simulations,
        log_places,
        local_stream(aws),
        local::plugin(),
        local::aws_cli(),
    );
    let (kms_keys, hosts) = (keys.await, hosts.await);
    let (caller, cluster) = (caller.await, cluster.await);
    let workload = Arc::unwrap_or_clone(workload.await);
    let account = account(&caller, &cluster);
    refuse_missing_targets(
        aws,
        settings,
        request,
        &cluster,
        account.as_deref(),
        &workload,
    )
    .await?;
    simulations.extend(roles.simulations);
    let identities = identities(aws, &simulations).await;

    Ok(Facts {
        format: FORMAT,
        manifest: None,
        taken_at: Timestamp::now(),
        partition: partition.to_owned(),
        region: region.to_owned(),
        account,
        cluster_name: cluster_name.to_owned(),
        planned: false,
        target: Target {
            services: workload.wanted,
            tasks: workload.named,
            container: request.container.clone(),
        },
        expect: settings.expect.clone(),
        local: Local {
            os: std::env::consts::OS.to_owned(),
            region_source: aws.region.source.clone(),
            credentials: caller.as_ref().map(|_| ()),
            plugin,
            aws_cli,
            stream,
            clock_ahead_seconds: aws.clock.ahead_seconds(&caller),
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
        identities,
        container_instances: hosts.container_instances,
        instance_profiles: hosts.profiles,
        network,
        probes: BTreeMap::new(),
        kms_keys,
        log_groups,
        buckets,
        terraform: BTreeMap::new(),
    })
}

/// Whether sessions from this machine could connect; not where calls go to an address of the user's own.
async fn local_stream(aws: &Aws) -> Fact<Reach> {
    if aws.endpoint_url.is_some() || variable("AWS_ENDPOINT_URL_ECS").is_some() {
        return Fact::Absent;
    }
    local::stream(aws.host_of("ssmmessages")).await
}

/// The policies of the principals about which the simulator left something open.
async fn identities(aws: &Aws, simulations: &[Simulation]) -> BTreeMap<String, Fact<Identity>> {
    let open: BTreeSet<&str> = simulations
        .iter()
        .filter(|simulation| simulation.is_open())
        .map(|simulation| simulation.principal.as_str())
        .collect();
    join_all(open.into_iter().map(async |principal| {
        let identity = policies::identity(aws, principal).await;
        (principal.to_owned(), identity)
    }))
    .await
    .into_iter()
    .collect()
}

/// The ARN of the cluster's key, where KMS told it.
fn key_arn(keys: &BTreeMap<String, Fact<KmsKey>>) -> Option<&str> {
    let key = keys.values().next()?.known()?;
    Some(&key.arn)
}

fn account(caller: &Fact<Caller>, cluster: &Fact<Cluster>) -> Option<String> {
    match caller {
        Fact::Known(caller) => Some(caller.account.clone()),
        Fact::Absent | Fact::Unavailable(_) => {
            let arn = &cluster.known()?.arn;
            arn::account(arn).map(str::to_owned)
        }
    }
}
