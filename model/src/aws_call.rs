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
    UpdateService(ServiceUpdate),
    UpdateContainerAgent {
        cluster: String,
        /// ARN of the container instance.
        container_instance: String,
    },

    /// Outputs the ID of the group.
    CreateSecurityGroup {
        name: String,
        description: String,
        vpc: String,
    },
    AuthorizeSecurityGroupIngress(SecurityGroupRule),
    AuthorizeSecurityGroupEgress(SecurityGroupRule),
    CreateNetworkAclEntry(AclRule),
    CreateVpcEndpoint(NewEndpoint),
    DeleteVpcEndpoints {
        endpoint: String,
    },
    ModifyVpcEndpoint {
        endpoint: String,
        private_dns: bool,
    },
    /// Turns an attribute on. AWS changes one attribute in a call.
    ModifyVpcAttribute {
        vpc: String,
        attribute: DnsAttribute,
    },

    CreateRole {
        name: String,
        /// `/team/`; `None` for `/`.
        path: Option<String>,
        trust_policy: Value,
    },
    PutRolePolicy(InlinePolicy),
    PutUserPolicy(InlinePolicy),
    UpdateAssumeRolePolicy {
        role: String,
        trust_policy: Value,
    },

    EnableKey {
        key: String,
    },
    CancelKeyDeletion {
        key: String,
    },
    /// Outputs the ARN of the key.
    CreateKey {
        description: String,
        policy: Value,
    },
    CreateLogGroup {
        name: String,
    },
    AssociateKmsKey {
        log_group: String,
        key: Ref,
    },
    CreateBucket {
        bucket: String,
        /// `None` for us-east-1, the one region that S3 does not accept here.
        location: Option<String>,
    },
    PutBucketEncryption {
        bucket: String,
        algorithm: SseAlgorithm,
    },
}

/// What `ecs:UpdateService` changes. A field that is `None` or `false` stays as it is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ServiceUpdate {
    pub cluster: String,
    pub service: String,
    pub enable_execute_command: Option<bool>,
    pub platform_version: Option<String>,
    /// Family of the task definition: its newest revision is deployed.
    pub task_definition: Option<String>,
    pub desired_count: Option<i32>,
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

/// The transport protocol of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    Tcp,
}

impl Protocol {
    /// As the AWS CLI and security groups write it.
    pub fn name(self) -> &'static str {
        match self {
            Protocol::Tcp => "tcp",
        }
    }

    /// The IANA number, as network ACLs have it.
    pub fn number(self) -> &'static str {
        match self {
            Protocol::Tcp => "6",
        }
    }
}

/// Allows traffic between a security group and a peer.
#[derive(Debug, Clone, PartialEq)]
pub struct SecurityGroupRule {
    pub group: Ref,
    pub protocol: Protocol,
    pub port: u16,
    pub peer: Peer,
}

/// The other end of a security group rule.
#[derive(Debug, Clone, PartialEq)]
pub enum Peer {
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

/// A rule of a network ACL.
#[derive(Debug, Clone, PartialEq)]
pub struct AclRule {
    pub acl: String,
    pub egress: bool,
    /// The lowest number that matches decides.
    pub number: u16,
    pub protocol: Protocol,
    pub ports: RangeInclusive<u16>,
    /// An IPv4 range.
    pub cidr: String,
    pub action: AclAction,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AclAction {
    Allow,
}

impl AclAction {
    pub fn name(self) -> &'static str {
        match self {
            AclAction::Allow => "allow",
        }
    }
}

/// A VPC endpoint to create.
#[derive(Debug, Clone, PartialEq)]
pub struct NewEndpoint {
    pub vpc: String,
    /// Full name of the service: `com.amazonaws.us-west-2.ssmmessages`.
    pub service: String,
    pub kind: EndpointKind,
    /// `None`: the endpoint lets everything through.
    pub policy: Option<Value>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum EndpointKind {
    Interface {
        subnets: Vec<String>,
        security_groups: Vec<Ref>,
        private_dns: bool,
    },
    Gateway {
        route_tables: Vec<String>,
    },
}

impl EndpointKind {
    /// AWS's name of the type.
    pub fn name(&self) -> &'static str {
        match self {
            EndpointKind::Interface { .. } => "Interface",
            EndpointKind::Gateway { .. } => "Gateway",
        }
    }
}

/// The attributes of a VPC that private DNS needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DnsAttribute {
    Support,
    Hostnames,
}

impl DnsAttribute {
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
    pub name: String,
    pub document: Value,
}

/// How S3 encrypts new objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SseAlgorithm {
    Aes256,
}

impl SseAlgorithm {
    /// The API's name of the algorithm.
    pub fn name(self) -> &'static str {
        match self {
            SseAlgorithm::Aes256 => "AES256",
        }
    }
}
