//! What is known of the world: the only thing that checks see, and the format of a capture.

mod caller;
mod cluster;
mod container;
mod endpoint;
mod expect;
mod fact;
mod firewall;
mod iam;
mod local;
mod manifest;
mod name_servers;
mod network;
mod probe;
mod proxy;
mod records;
mod routing;
mod service;
mod session_access;
mod task;
mod task_definition;
mod terraform;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use caller::{Caller, Principal};
pub use cluster::{Cluster, ExecConfiguration, ExecLog};
pub use container::{Container, ManagedAgent};
pub use endpoint::Endpoint;
pub use expect::{Expect, Traffic};
pub use fact::{Fact, Reason, Unavailable};
pub use firewall::{AclEntry, GroupRule, NetworkAcl, SecurityGroup};
pub use iam::{Decision, Engine, Identity, Outcome, Policy, Role, Simulation};
pub use local::{Local, Plugin, Reach};
pub use manifest::Manifest;
pub use name_servers::besides_amazon;
pub use network::{Instance, Interface, Network, Subnet, UnseenEndpoints, Vpc};
pub use probe::{Probe, ProbeEnd};
pub use proxy::ProxyEnvironment;
pub use records::{Bucket, Grant, KmsKey, LogGroup};
pub use routing::{NatGateway, Route, RouteTable, RouteTarget};
pub use service::{AwsVpc, Deployment, DeploymentController, Event, Service};
pub use session_access::{Access, SessionPrincipal};
pub use task::{ContainerInstance, Task, TaskInterface};
pub use task_definition::{ContainerDefinition, ContainerLog, Mount, TaskDefinition};
pub use terraform::{CloudFormationResource, PulumiResource, TerraformResource, terraform_key};

/// Tags by key. Values take part in IAM conditions; no report prints them.
pub type Tags = BTreeMap<String, String>;

/// The version of the capture's format that this program writes.
pub const FORMAT: u32 = 1;

/// Everything that was learnt about the targets at one moment. Each resource stands here once,
/// under the name by which the others refer to it. The default has no resources, and facts that nobody asked for.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// The version of the file's format: [`FORMAT`] when this program writes it.
    pub format: u32,
    /// What a capture says of itself. `None`: the facts do not come from a capture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manifest: Option<Manifest>,
    /// When reading began; ages and spans are measured from here.
    pub taken_at: Timestamp,
    /// `aws`, `aws-cn`, `aws-us-gov`, …: the second part of ARNs.
    pub partition: String,
    /// The Region of the cluster, such as `us-west-2`.
    pub region: String,
    /// The 12-digit ID of the account of the cluster. `None`: neither the caller nor the cluster is known.
    pub account: Option<String>,
    /// The cluster's name without its ARN, as the user asked for it.
    pub cluster_name: String,
    /// The tasks are those that the services of a Terraform plan would start: nothing of them runs yet.
    #[serde(default)]
    pub planned: bool,
    /// What the user asked about; the other facts contain what these targets need.
    pub target: Target,
    /// What the user declared that must hold.
    #[serde(default)]
    pub expect: Expect,
    /// The machine that a session would start from.
    pub local: Local,
    /// Who asked, and would open sessions. `Unavailable`: AWS did not accept the credentials, or nobody asked.
    pub caller: Fact<Caller>,
    /// The cluster. `Absent`: there is none of this name.
    pub cluster: Fact<Cluster>,
    /// Why some of the cluster's services are missing here. `None`: all that the target needs were found.
    #[serde(default)]
    pub unlisted: Option<Unavailable>,
    /// By name, for every service of the target. `Absent`: the cluster has none of this name.
    pub services: BTreeMap<String, Fact<Service>>,
    /// ARNs of the tasks of each service, by the service's name.
    pub service_tasks: BTreeMap<String, Fact<Vec<String>>>,
    /// By ARN. `Absent`: the task stopped more than an hour ago, or never was.
    pub tasks: BTreeMap<String, Fact<Task>>,
    /// By the ARN of the revision.
    pub task_definitions: BTreeMap<String, Fact<TaskDefinition>>,
    /// The roles of tasks, by ARN.
    pub roles: BTreeMap<String, Fact<Role>>,
    /// What IAM answered about the caller and the roles.
    pub simulations: Vec<Simulation>,
    /// The policies of principals, by ARN; only of those about which the simulator left something open.
    #[serde(default)]
    pub identities: BTreeMap<String, Fact<Identity>>,
    /// What tasks run on that are not on Fargate, by ARN.
    #[serde(default)]
    pub container_instances: BTreeMap<String, Fact<ContainerInstance>>,
    /// The role of each instance profile, by the profile's ARN. `Absent`: the profile has none.
    #[serde(default)]
    pub instance_profiles: BTreeMap<String, Fact<String>>,
    /// The network of the tasks.
    pub network: Network,
    /// The principals of the account that can open sessions; only where the user expects certain ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_principals: Option<Fact<Vec<SessionPrincipal>>>,
    /// ARN of who ran the program, where the facts about the caller are about somebody else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_by: Option<String>,
    /// Sessions that were opened to see whether they work, by the task's ARN; only where that was asked for.
    #[serde(default)]
    pub probes: BTreeMap<String, Vec<Probe>>,
    /// By the name that the cluster's configuration uses.
    #[serde(default)]
    pub kms_keys: BTreeMap<String, Fact<KmsKey>>,
    /// The log groups that record sessions, by name.
    #[serde(default)]
    pub log_groups: BTreeMap<String, Fact<LogGroup>>,
    /// The buckets that record sessions, by name.
    #[serde(default)]
    pub buckets: BTreeMap<String, Fact<Bucket>>,
    /// Where a Terraform plan defines what the facts name, by [`terraform_key`]. Empty without a plan.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub terraform: BTreeMap<String, TerraformResource>,
}

/// What the user asked about, by full names.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Target {
    /// The services; all of the cluster's if the user named none.
    pub services: Vec<ServiceTarget>,
    /// ARNs of tasks that were named one by one.
    pub tasks: Vec<String>,
    /// Only this container, where one was named.
    pub container: Option<String>,
}

/// A service that was asked about.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ServiceTarget {
    /// Name of the service, without the cluster.
    pub name: String,
    /// The container that a session enters, where the configuration or the name tells.
    pub container: Option<String>,
    /// The shell that a session starts, where the configuration names one.
    pub shell: Option<String>,
}

impl Facts {
    /// The cluster's ARN, as IAM policies name it; needs the account.
    pub fn cluster_arn(&self) -> Option<String> {
        if let Some(cluster) = self.cluster.known() {
            return Some(cluster.arn.clone());
        }
        let account = self.account.as_deref()?;
        let (partition, region) = (&self.partition, &self.region);
        Some(cluster_arn(partition, region, account, &self.cluster_name))
    }

    /// The public host name of an AWS service in this Region.
    pub fn host_of(&self, service: &str) -> String {
        host_of(&self.partition, &self.region, service)
    }

    /// The name of a service's endpoint in this region (`ssmmessages`, `kms`, …), as one would be made.
    pub fn endpoint_service(&self, service: &str) -> String {
        self.endpoint_services(service)
            .into_iter()
            .next()
            .unwrap_or_default()
    }

    /// Every name that an endpoint of this service may have in this region.
    pub fn endpoint_services(&self, service: &str) -> Vec<String> {
        endpoint_services(&self.partition, &self.region, service)
    }

    /// Whether an endpoint is one of this service.
    pub fn is_endpoint_of(&self, endpoint: &Endpoint, service: &str) -> bool {
        let named = |prefix: &&str| {
            let in_region = endpoint.service.strip_prefix(prefix)?;
            in_region
                .strip_prefix(self.region.as_str())?
                .strip_prefix('.')
        };
        let mut prefixes = endpoint_prefixes(&self.partition).iter();
        prefixes.any(|prefix| named(prefix) == Some(service))
    }
}

/// The ARN of a cluster that could not be described.
pub fn cluster_arn(partition: &str, region: &str, account: &str, name: &str) -> String {
    format!("arn:{partition}:ecs:{region}:{account}:cluster/{name}")
}

/// See [`Facts::host_of`].
pub fn host_of(partition: &str, region: &str, service: &str) -> String {
    let domain = match partition {
        "aws-cn" => "amazonaws.com.cn",
        "aws-iso" => "c2s.ic.gov",
        "aws-iso-b" => "sc2s.sgov.gov",
        "aws-iso-e" => "cloud.adc-e.uk",
        "aws-iso-f" => "csp.hci.ic.gov",
        "aws-eusc" => "amazonaws.eu",
        _ => "amazonaws.com",
    };
    format!("{service}.{region}.{domain}")
}

/// The names that a service's endpoint may have.
pub fn endpoint_services(partition: &str, region: &str, service: &str) -> Vec<String> {
    let prefixes = endpoint_prefixes(partition).iter();
    prefixes
        .map(|prefix| format!("{prefix}{region}.{service}"))
        .collect()
}

/// What such names may begin with. In China some services prefix the reversed domain and some do not, and not always
/// the same ones.
fn endpoint_prefixes(partition: &str) -> &'static [&'static str] {
    match partition {
        "aws-cn" => &["com.amazonaws.", "cn.com.amazonaws."],
        _ => &["com.amazonaws."],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_matches_every_name_of_its_service() {
        let fixture = include_str!("../../fixtures/healthy.json");
        let mut facts: Facts = serde_json::from_str(fixture).unwrap();
        let mut endpoint = Endpoint::default();
        let others = [
            "",
            "com.amazonaws.us-west-2",
            "com.amazonaws.us-west-2.s3",
            "ssmmessages",
        ];
        for partition in ["aws", "aws-cn"] {
            facts.partition = partition.to_owned();
            for name in ["ssmmessages", "s3", "s3.us-west-2"] {
                let prefixes = ["", "cn.", "cn.cn."].into_iter();
                let of_region = prefixes.flat_map(|prefix| {
                    ["us-west-2", "us-west"].map(|r| format!("{prefix}com.amazonaws.{r}.{name}"))
                });
                for service in of_region.chain(others.map(str::to_owned)) {
                    endpoint.service.clone_from(&service);
                    let is_one = facts.endpoint_services(name).contains(&service);
                    assert_eq!(
                        facts.is_endpoint_of(&endpoint, name),
                        is_one,
                        "{service} {name}"
                    );
                }
            }
        }
    }
}
