//! What tasks run on if it is not Fargate: container instances, their EC2 instances, and the roles that these use in
//! place of task roles.

use std::collections::{BTreeMap, BTreeSet};

use model::facts::*;

use super::workload::Workload;
use super::{each, ec2, ecs, iam};
use crate::aws::AwsClients;

/// The hosts of tasks, each by its ARN or ID.
#[derive(Clone, Default)]
pub struct ContainerHosts {
    pub container_instances: BTreeMap<String, Fact<ContainerInstance>>,
    pub instances: BTreeMap<String, Fact<Instance>>,
    /// ARN of the role of each instance profile, by the profile's ARN.
    pub profiles: BTreeMap<String, Fact<String>>,
}

impl ContainerHosts {
    /// ARNs of the roles that tasks without a task role use, by container instance.
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

/// Reads the hosts of the running tasks.
pub async fn container_hosts(
    aws: &AwsClients,
    cluster: &str,
    workload: &Workload,
) -> ContainerHosts {
    let running = workload.running();
    let arns: BTreeSet<String> = running
        .iter()
        .filter_map(|task| task.container_instance.clone())
        .collect();
    let arns = Vec::from_iter(arns);
    let container_instances = ecs::container_instances(aws, cluster, &arns).await;
    let ids: BTreeSet<String> = container_instances
        .values()
        .filter_map(|host| host.known()?.instance.clone())
        .filter(|id| id.starts_with("i-"))
        .collect();
    let instances = ec2::instances(aws, &Vec::from_iter(ids)).await;
    let profiles: BTreeSet<String> = instances
        .values()
        .filter_map(|instance| instance.known()?.profile.clone())
        .collect();
    let profiles = each(profiles, async |arn| {
        iam::instance_profile_role(aws, arn).await
    });
    ContainerHosts {
        profiles: profiles.await,
        container_instances,
        instances,
    }
}
