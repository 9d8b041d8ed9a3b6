//! What tasks run on where it is not Fargate: container instances, their EC2 instances, and the roles that stand
//! in for task roles.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::join_all;
use model::facts::*;

use super::workload::Workload;
use super::{ec2, ecs, iam};
use crate::aws::Aws;

#[derive(Clone, Default)]
pub struct Hosts {
    pub container_instances: BTreeMap<String, Fact<ContainerInstance>>,
    pub instances: BTreeMap<String, Fact<Instance>>,
    /// The role of each instance profile, by the profile's ARN.
    pub profiles: BTreeMap<String, Fact<String>>,
}

impl Hosts {
    /// The role that stands in for a task role, by container instance.
    pub fn roles(&self) -> BTreeMap<String, String> {
        let role = |host: &ContainerInstance| {
            let instance = self.instances.get(host.instance.as_ref()?)?.known()?;
            self.profiles.get(instance.profile.as_ref()?)?.known()
        };
        self.container_instances
            .iter()
            .filter_map(|(arn, host)| Some((arn.clone(), role(host.known()?)?.clone())))
            .collect()
    }
}

pub async fn hosts(aws: &Aws, cluster: &str, workload: &Workload) -> Hosts {
    let arns: BTreeSet<String> = workload
        .running()
        .iter()
        .filter_map(|task| task.container_instance.clone())
        .collect();
    if arns.is_empty() {
        return Hosts::default();
    }
    let arns: Vec<String> = arns.into_iter().collect();
    let container_instances = ecs::container_instances(aws, cluster, &arns).await;
    let ids: BTreeSet<String> = container_instances
        .values()
        .filter_map(|host| host.known()?.instance.clone())
        .filter(|id| id.starts_with("i-"))
        .collect();
    let ids: Vec<String> = ids.into_iter().collect();
    let instances = ec2::instances(aws, &ids).await;
    let profiles: BTreeSet<String> = instances
        .values()
        .filter_map(|instance| instance.known()?.profile.clone())
        .collect();
    let profiles = join_all(profiles.into_iter().map(async |arn| {
        let role = iam::instance_profile_role(aws, &arn).await;
        (arn, role)
    }))
    .await;
    Hosts {
        container_instances,
        instances,
        profiles: profiles.into_iter().collect(),
    }
}
