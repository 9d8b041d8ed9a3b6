//! The AWS API calls that fixes make.
//!
//! [`AwsCall::cli`] prints a call's fields as a command of the AWS CLI, and the program sends the same fields with the
//! AWS SDK: both match on every variant, so that what is printed is what is done.

mod cli;

use std::ops::RangeInclusive;

use serde_json::Value;

use crate::cli_command::Ref;

/// An API call that changes something.
#[derive(Debug, Clone, PartialEq)]
pub enum AwsCall {
    /// Changes a service or deploys it anew.
    /// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateService.html>
    UpdateService(ServiceUpdate),
    /// Updates the ECS agent on a container instance.
    /// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateContainerAgent.html>
    UpdateContainerAgent {
        /// Name of the cluster.
        cluster: String,
        /// ARN of the container instance.
        container_instance: String,
    },

    /// Outputs the ID of the group.
    CreateSecurityGroup(NewSecurityGroup),
    /// Lets a peer connect to interfaces with the group.
    AuthorizeSecurityGroupIngress(SecurityGroupRule),
    /// Lets interfaces with the group connect to a peer.
    AuthorizeSecurityGroupEgress(SecurityGroupRule),
    /// Adds a rule to a network ACL; fails if the number is taken.
    CreateNetworkAclEntry(AclRule),
    /// Creates an interface or a gateway endpoint.
    CreateVpcEndpoint(NewEndpoint),
    /// Deletes the endpoint with this ID.
    DeleteVpcEndpoints(String),
    /// Switches an interface endpoint's private DNS.
    ModifyVpcEndpoint {
        /// ID of the endpoint.
        endpoint: String,
        /// Whether the service's public name resolves to the endpoint afterwards.
        private_dns: bool,
    },
    /// Turns an attribute on. AWS changes one attribute in a call.
    ModifyVpcAttribute {
        /// ID of the VPC.
        vpc: String,
        /// The attribute that is `true` afterwards.
        attribute: DnsAttribute,
    },

    /// Creates a role without permissions.
    CreateRole(NewRole),
    /// Adds an inline policy to a role, or replaces the one of the same name.
    PutRolePolicy(InlinePolicy),
    /// Adds an inline policy to a user, or replaces the one of the same name.
    PutUserPolicy(InlinePolicy),
    /// Replaces a role's trust policy.
    UpdateAssumeRolePolicy {
        /// Name of the role.
        role: String,
        /// The whole new trust policy.
        trust_policy: Value,
    },

    /// Enables the KMS key with this ID or ARN, which somebody disabled. KMS accepts no alias here.
    EnableKey(String),
    /// Keeps the KMS key with this ID or ARN, which waits for its deletion. The key is disabled afterwards. KMS accepts
    /// no alias here.
    CancelKeyDeletion(String),
    /// Outputs the ARN of the key.
    CreateKey(NewKey),
    /// Creates the CloudWatch log group of this name. Its events never expire.
    CreateLogGroup(String),
    /// Encrypts what a log group receives from now on with a KMS key.
    AssociateKmsKey {
        /// Name of the log group.
        log_group: String,
        /// ARN of the key.
        key: Ref,
    },
    /// Creates an S3 bucket.
    CreateBucket {
        /// Name of the bucket, unique in the partition.
        bucket: String,
        /// `None` for us-east-1, the one region that S3 does not accept here.
        location: Option<String>,
    },
    /// Makes S3 encrypt new objects of the bucket of this name with [`SSE_S3`].
    PutBucketEncryption(String),
}

/// What `ecs:UpdateService` changes. A field that is `None` or `false` stays as it is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ServiceUpdate {
    /// Name of the cluster.
    pub cluster: String,
    /// Name of the service.
    pub service: String,
    /// Whether new tasks have ECS Exec. Running tasks stay as they are.
    pub enable_execute_command: Option<bool>,
    /// Fargate platform version of new tasks, such as `1.4.0` or `LATEST`.
    pub platform_version: Option<String>,
    /// Family of the task definition: its newest revision is deployed.
    pub task_definition: Option<String>,
    /// How many tasks the service runs.
    pub desired_count: Option<i32>,
    /// Replaces all tasks, even if nothing else changes.
    pub force_new_deployment: bool,
}

impl ServiceUpdate {
    /// Whether ECS replaces the service's tasks.
    pub fn replaces_tasks(&self) -> bool {
        self.force_new_deployment || self.task_definition.is_some() || self.desired_count.is_some()
    }

    /// Adds the changes of another update of the same service.
    pub fn merge(&mut self, other: &ServiceUpdate) {
        // `Some(true)` is greater than `Some(false)`: enabling wins.
        self.enable_execute_command = self
            .enable_execute_command
            .max(other.enable_execute_command);
        self.force_new_deployment |= other.force_new_deployment;
        self.desired_count = self.desired_count.or(other.desired_count);
        if self.platform_version.is_none() {
            self.platform_version = other.platform_version.clone();
        }
        if self.task_definition.is_none() {
            self.task_definition = other.task_definition.clone();
        }
    }
}

/// The protocol of all rules: sessions and all AWS APIs use TCP.
pub const PROTOCOL: &str = "tcp";
/// The same as network ACLs have it: TCP's IANA number.
pub const PROTOCOL_NUMBER: &str = "6";

/// A security group to create.
#[derive(Debug, Clone, PartialEq)]
pub struct NewSecurityGroup {
    /// Name of the group, unique in the VPC.
    pub name: String,
    /// Required by EC2, and fixed once the group exists.
    pub description: String,
    /// ID of the VPC.
    pub vpc: String,
}

/// Allows TCP connections between a security group and a peer.
#[derive(Debug, Clone, PartialEq)]
pub struct SecurityGroupRule {
    /// ID of the group that gets the rule.
    pub group: Ref,
    /// The one TCP port that the rule admits: the port at which connections arrive.
    pub port: u16,
    /// The source of an inbound rule, the destination of an outbound one.
    pub peer: Peer,
}

/// The other end of a security group rule.
#[derive(Debug, Clone, PartialEq)]
pub enum Peer {
    /// The interfaces with this security group, by the group's ID.
    SecurityGroup(String),
    /// An IPv4 range.
    Cidr(String),
}

impl Peer {
    /// ID of the group, or the range.
    pub fn name(&self) -> &str {
        match self {
            Peer::SecurityGroup(name) | Peer::Cidr(name) => name,
        }
    }
}

/// A rule of a network ACL that lets TCP packets through.
#[derive(Debug, Clone, PartialEq)]
pub struct AclRule {
    /// ID of the network ACL.
    pub acl: String,
    /// Whether the rule is for packets that leave the subnet; if not, for those that enter it.
    pub egress: bool,
    /// The lowest number that matches decides.
    pub number: u16,
    /// The destination ports that the rule matches.
    pub ports: RangeInclusive<u16>,
    /// An IPv4 range.
    pub cidr: String,
}

/// A VPC endpoint to create.
#[derive(Debug, Clone, PartialEq)]
pub struct NewEndpoint {
    /// ID of the VPC.
    pub vpc: String,
    /// Full name of the service: `com.amazonaws.us-west-2.ssmmessages`.
    pub service: String,
    /// How the endpoint attaches to the VPC.
    pub kind: EndpointKind,
    /// `None`: the endpoint lets everything through.
    pub policy: Option<Value>,
}

/// How an endpoint attaches to its VPC. The variants have AWS's names.
#[derive(Debug, Clone, PartialEq, strum::IntoStaticStr)]
pub enum EndpointKind {
    /// By network interfaces in subnets.
    Interface {
        /// IDs of the subnets, at most one in each Availability Zone.
        subnets: Vec<String>,
        /// IDs of the groups of its interfaces. Empty: the VPC's default group.
        security_groups: Vec<Ref>,
        /// Whether the service's public name resolves to the endpoint inside the VPC.
        private_dns: bool,
    },
    /// By routes to the service's addresses (S3, DynamoDB).
    Gateway {
        /// IDs of the route tables that get such a route.
        route_tables: Vec<String>,
    },
}

impl EndpointKind {
    /// AWS's name of the type.
    pub fn name(&self) -> &'static str {
        self.into()
    }
}

/// The attributes of a VPC that private DNS needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DnsAttribute {
    /// Amazon's DNS server answers in the VPC.
    Support,
    /// Instances with public addresses get public host names; private DNS of endpoints requires it.
    Hostnames,
}

impl DnsAttribute {
    /// Both attributes, in the order in which AWS accepts them: host names need DNS support.
    pub const ALL: [DnsAttribute; 2] = [DnsAttribute::Support, DnsAttribute::Hostnames];

    /// AWS's name of the attribute.
    pub fn name(self) -> &'static str {
        match self {
            DnsAttribute::Support => "enableDnsSupport",
            DnsAttribute::Hostnames => "enableDnsHostnames",
        }
    }
}

/// An inline policy of a role or a user.
#[derive(Debug, Clone, PartialEq)]
pub struct InlinePolicy {
    /// Name of the role or the user.
    pub principal: String,
    /// Name of the policy, unique in the role or user.
    pub name: String,
    /// The whole policy document.
    pub document: Value,
}

/// A role to create.
#[derive(Debug, Clone, PartialEq)]
pub struct NewRole {
    /// Name without the path.
    pub name: String,
    /// `/team/`; `None` for `/`.
    pub path: Option<String>,
    /// The policy that says who can assume the role.
    pub trust_policy: Value,
}

/// A KMS key to create.
#[derive(Debug, Clone, PartialEq)]
pub struct NewKey {
    /// Shown in the KMS console.
    pub description: String,
    /// The whole key policy.
    pub policy: Value,
}

/// The API's name of SSE-S3: keys that S3 manages itself.
pub const SSE_S3: &str = "AES256";
