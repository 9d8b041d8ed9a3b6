//! The cluster, with its exec configuration.

use model::facts::{Cluster, ExecConfiguration, ExecLog};

use super::tags::tags;
use crate::plan::resource::Resource;
use crate::resolve::{Resolver, ResourceKind};
use crate::unavailable::{PlanValue, not_in_plan};

/// The name of the cluster that a service is in.
pub fn cluster_of(resolver: &Resolver, service: &Resource) -> PlanValue<String> {
    let cluster = resolver.resolve(service, "cluster", ResourceKind::Cluster)?;
    Ok(cluster.unwrap_or_else(|| "default".to_owned()))
}

/// The cluster with this name.
pub fn cluster(resolver: &Resolver, name: &str) -> PlanValue<Cluster> {
    let mut clusters = resolver.resources("aws_ecs_cluster");
    let cluster = clusters.find(|cluster| cluster.has_text("name", name));
    let cluster = cluster.ok_or_else(|| not_in_plan(format!("cluster {name}")))?;
    let arn = cluster.known_text("arn").map(str::to_owned);
    Ok(Cluster {
        arn: arn.unwrap_or_else(|| resolver.ecs_arn("cluster", name)),
        name: name.to_owned(),
        status: "ACTIVE".to_owned(),
        exec_configuration: exec_configuration(resolver, cluster)?,
        tags: tags(cluster),
    })
}

fn exec_configuration(
    resolver: &Resolver,
    cluster: &Resource,
) -> PlanValue<Option<ExecConfiguration>> {
    const EXEC: &str = "configuration.0.execute_command_configuration";
    if cluster.count("configuration")? == 0 || cluster.count(EXEC)? == 0 {
        return Ok(None);
    }
    let log = format!("{EXEC}.0.log_configuration");
    let key = format!("{EXEC}.0.kms_key_id");
    let kms_key = resolver.resolve(cluster, &key, ResourceKind::KmsKey)?;
    let logging = cluster.text(&format!("{EXEC}.0.logging"))?;
    Ok(Some(ExecConfiguration {
        kms_key,
        logging: logging.unwrap_or("DEFAULT").to_owned(),
        log: match cluster.count(&log)? {
            0 => None,
            _ => Some(exec_log(resolver, cluster, &format!("{log}.0"))?),
        },
    }))
}

fn exec_log(resolver: &Resolver, cluster: &Resource, block: &str) -> PlanValue<ExecLog> {
    let path = |name| format!("{block}.{name}");
    let flag = |name| Ok(cluster.flag(&path(name))?.unwrap_or(false));
    let resolve = |name, kind| resolver.resolve(cluster, &path(name), kind);
    Ok(ExecLog {
        log_group: resolve("cloud_watch_log_group_name", ResourceKind::LogGroup)?,
        log_group_encrypted: flag("cloud_watch_encryption_enabled")?,
        bucket: resolve("s3_bucket_name", ResourceKind::Bucket)?,
        bucket_encrypted: flag("s3_bucket_encryption_enabled")?,
        key_prefix: cluster.text(&path("s3_key_prefix"))?.map(str::to_owned),
    })
}
