//! The cluster, with its exec configuration.

use checks::facts::{Cluster, ExecConfiguration, ExecLog, Fact};

use crate::plan::resource::Resource;
use crate::resolve::Resolver;
use crate::resolve::resource_kind::ResourceKind;
use crate::unavailable::{PlanValue, not_in_plan};

pub fn cluster(resolver: &Resolver, name: &str) -> Fact<Cluster> {
    let mut clusters = resolver
        .plan
        .of_type(ResourceKind::Cluster.resource_types());
    match clusters.find(|cluster| cluster.text(&["name"]) == Ok(Some(name))) {
        Some(instance) => read_cluster(resolver, instance, name).into(),
        None => Fact::Unavailable(not_in_plan(format!("cluster {name}"))),
    }
}

fn read_cluster(resolver: &Resolver, instance: &Resource, name: &str) -> PlanValue<Cluster> {
    let arn = instance.text(&["arn"]).ok().flatten();
    Ok(Cluster {
        arn: arn.map_or_else(|| resolver.ecs_arn("cluster", name), str::to_owned),
        name: name.to_owned(),
        status: "ACTIVE".to_owned(),
        exec_configuration: exec_configuration(resolver, instance)?,
        tags: super::tags::tags(instance),
    })
}

const EXEC: [&str; 4] = ["configuration", "0", "execute_command_configuration", "0"];
const LOG: [&str; 6] = [
    "configuration",
    "0",
    "execute_command_configuration",
    "0",
    "log_configuration",
    "0",
];

fn exec_configuration(
    resolver: &Resolver,
    cluster: &Resource,
) -> PlanValue<Option<ExecConfiguration>> {
    if cluster.count(&EXEC[..1])? == 0 || cluster.count(&EXEC[..3])? == 0 {
        return Ok(None);
    }
    let within = |name| [EXEC.as_slice(), &[name]].concat();
    Ok(Some(ExecConfiguration {
        kms_key: resolver.one(cluster, &within("kms_key_id"), ResourceKind::KmsKey)?,
        logging: cluster
            .text(&within("logging"))?
            .unwrap_or("DEFAULT")
            .to_owned(),
        log: match cluster.count(&LOG[..5])? {
            0 => None,
            _ => Some(exec_log(resolver, cluster)?),
        },
    }))
}

fn exec_log(resolver: &Resolver, cluster: &Resource) -> PlanValue<ExecLog> {
    let within = |name| [LOG.as_slice(), &[name]].concat();
    let flag = |name| Ok(cluster.flag(&within(name))?.unwrap_or(false));
    Ok(ExecLog {
        log_group: resolver.one(
            cluster,
            &within("cloud_watch_log_group_name"),
            ResourceKind::LogGroup,
        )?,
        log_group_encrypted: flag("cloud_watch_encryption_enabled")?,
        bucket: resolver.one(cluster, &within("s3_bucket_name"), ResourceKind::Bucket)?,
        bucket_encrypted: flag("s3_bucket_encryption_enabled")?,
        key_prefix: cluster.text(&within("s3_key_prefix"))?.map(str::to_owned),
    })
}
