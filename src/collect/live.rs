//! Facts from a live account. Every part starts as soon as its inputs are known, and each resource is read once.
//!
//! The longest chain for one service: ListTasks → DescribeTasks → DescribeTaskDefinition →
//! SimulatePrincipalPolicy, and one more simulation if the execution role may have the task role's permissions.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use aws_rules::required_permissions::AccountRegion;
use futures::future::{FutureExt, join};
use futures::join;
use jiff::Timestamp;
use model::arn;
use model::facts::*;

use super::container_hosts::container_hosts;
use super::judged_caller::judged_caller;
use super::missing::ensure_targets_exist;
use super::network::network;
use super::roles::{RoleQuery, definitions, roles};
use super::session_access::{session_principals, session_target, target_tasks};
use super::simulations::CallerQuery;
use super::workload::workload;
use super::{each, ec2, ecs, identity, kms, local, logs, s3, simulations, sts};
use crate::aws::{AwsClients, partition};
use crate::cli_error::CliError;
use crate::config::{Settings, short_name};
use crate::environment::variable;
use crate::target::GatherRequest;

/// Facts, and what reading them took.
pub struct Gathered {
    pub facts: Facts,
    /// How often each AWS action was called.
    pub calls: BTreeMap<String, u64>,
}

/// Reads everything that the checks need about the request's targets.
pub async fn gather(
    settings: &Settings,
    request: &GatherRequest,
    timeout: Duration,
) -> Result<Gathered, CliError> {
    let aws = AwsClients::connect(settings, timeout).await?;
    let gathered = collect(&aws, settings, request).await;
    aws.ensure_accepted()?;
    Ok(Gathered {
        facts: gathered?,
        calls: aws.calls(),
    })
}

async fn collect(
    aws: &AwsClients,
    settings: &Settings,
    request: &GatherRequest,
) -> Result<Facts, CliError> {
    let cluster_name = short_name(&settings.cluster);
    let region = aws.region.value.as_str();
    let partition = partition(region);
    let endpoint_services: Vec<String> = ["ssmmessages", "kms", "logs", "s3"]
        .iter()
        .flat_map(|service| endpoint_services(partition, region, service))
        .collect();

    let judged = match &request.as_principal {
        Some(principal) => Some(judged_caller(aws, principal).await?),
        None => None,
    };
    let caller = async {
        match &judged {
            Some(judged) => judged.caller.clone(),
            None => sts::caller(aws).await,
        }
    }
    .shared();
    let cluster = ecs::cluster(aws, &settings.cluster).shared();
    let workload = workload(aws, settings, request).map(Arc::new).shared();
    let keys = async {
        let cluster = cluster.clone().await;
        kms::keys(aws, &cluster).await
    }
    .shared();
    let log_places = async {
        let cluster = cluster.clone().await;
        join(logs::log_groups(aws, &cluster), s3::buckets(aws, &cluster)).await
    };
    let hosts = async {
        let workload = workload.clone().await;
        container_hosts(aws, &settings.cluster, &workload).await
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
        let query = RoleQuery {
            workload: &workload,
            planned: &request.planned,
            definitions: &definitions,
            instance_roles: &hosts.roles(),
            cluster: cluster.known(),
            key: key_arn(&keys),
            place: account.as_deref().map(|account| AccountRegion {
                partition,
                region,
                account,
            }),
        };
        let roles = roles(aws, query).await;
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
        let query = CallerQuery {
            caller,
            cluster_arn: &cluster_arn,
            cluster: cluster.known(),
            tasks: &workload.running(),
            services: &workload.wanted,
            container: request.container.as_deref(),
            key: key_arn(&keys),
        };
        // Of the caller itself it is known: it has just listed them.
        let lists_tasks = judged.is_some() && !workload.wanted.is_empty();
        let list_tasks = async {
            match lists_tasks {
                true => simulations::list_tasks(aws, caller, &cluster_arn).await,
                false => None,
            }
        };
        let (mut simulations, list_tasks) = join!(simulations::caller(aws, query), list_tasks);
        simulations.extend(list_tasks);
        simulations
    };

    let session_principals = async {
        if settings.expect.may_exec.is_empty() {
            return None;
        }
        let (caller, cluster, keys, workload) = join!(
            caller.clone(),
            cluster.clone(),
            keys.clone(),
            workload.clone()
        );
        let cluster_arn = match (&cluster, account(&caller, &cluster)) {
            (Fact::Known(cluster), _) => cluster.arn.clone(),
            (_, Some(account)) => cluster_arn(partition, region, &account, cluster_name),
            (_, None) => return None,
        };
        let tasks = target_tasks(&workload.running(), request.container.as_deref());
        let target = session_target(
            region,
            &cluster_arn,
            &cluster,
            kms::only(keys, &cluster),
            tasks,
        );
        Some(session_principals(aws, &target).await)
    };

    let (
        (definitions, roles),
        network,
        mut simulations,
        (log_groups, buckets),
        stream,
        plugin,
        aws_cli,
        session_principals,
    ) = join!(
        roles,
        network,
        caller_simulations,
        log_places,
        local_stream(aws),
        local::plugin(),
        local::aws_cli(),
        session_principals,
    );
    let (kms_keys, hosts) = (keys.await, hosts.await);
    let (caller, cluster) = (caller.await, cluster.await);
    let workload = Arc::unwrap_or_clone(workload.await);
    let account = account(&caller, &cluster);
    ensure_targets_exist(
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
        session_principals,
        asked_by: judged.map(|judged| judged.asked_by),
        probes: BTreeMap::new(),
        kms_keys,
        log_groups,
        buckets,
        terraform: BTreeMap::new(),
    })
}

/// Whether this machine can connect to sessions. `Absent` if the user configured another address for calls.
async fn local_stream(aws: &AwsClients) -> Fact<Reach> {
    if aws.endpoint_url.is_some() || variable("AWS_ENDPOINT_URL_ECS").is_some() {
        return Fact::Absent;
    }
    local::stream(aws.host_of("ssmmessages")).await
}

/// The policies of the principals for which the simulator did not decide everything.
async fn identities(
    aws: &AwsClients,
    simulations: &[Simulation],
) -> BTreeMap<String, Fact<Identity>> {
    let open = simulations.iter().filter(|one| one.is_open());
    let principals: BTreeSet<String> = open.map(|one| one.principal.clone()).collect();
    each(principals, async |arn| identity::identity(aws, arn).await).await
}

/// ARN of the cluster's key, if KMS describes it.
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
