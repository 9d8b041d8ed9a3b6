//! Security group rules between tasks, endpoints and the internet.

use super::terraform::{self, quoted};
use crate::vpc_path::Destination;
use model::aws_call::{AwsCall, PROTOCOL, Peer, SecurityGroupRule};
use model::cli_command::Ref;
use model::facts::Facts;
use model::fix::{Disposition, Fix};

/// The port of all AWS endpoints.
pub const HTTPS_PORT: u16 = 443;

/// Who uses an endpoint: the tasks' security groups, or the ranges of their subnets if the tasks have no groups.
pub struct Sources {
    /// IDs of security groups.
    pub groups: Vec<String>,
    /// Address ranges of the subnets.
    pub cidrs: Vec<String>,
}

impl Sources {
    /// The peers of inbound rules that let the tasks in.
    pub fn peers(&self) -> Vec<Peer> {
        match self.groups.as_slice() {
            [] => self.cidrs.iter().cloned().map(Peer::Cidr).collect(),
            groups => groups.iter().cloned().map(Peer::SecurityGroup).collect(),
        }
    }
}

/// The security group or range behind a destination.
pub fn destination_peer(destination: &Destination) -> Peer {
    match destination {
        Destination::Endpoint(endpoint) if !endpoint.security_groups.is_empty() => {
            Peer::SecurityGroup(endpoint.security_groups[0].clone())
        }
        Destination::Endpoint(_) | Destination::Internet => Peer::Cidr("0.0.0.0/0".to_owned()),
    }
}

/// Allows HTTPS between a group and a peer.
pub fn https_rule(group: impl Into<Ref>, peer: Peer) -> SecurityGroupRule {
    SecurityGroupRule {
        group: group.into(),
        port: HTTPS_PORT,
        peer,
    }
}

/// Allows HTTPS from a group to a peer.
pub fn allow_egress(facts: &Facts, group: &str, peer: Peer) -> Fix {
    let to = peer.name();
    Fix::new(
        format!("let-out:{group}:{to}"),
        Disposition::Drift,
        format!("Allow outbound traffic from {group} to {to} on port {HTTPS_PORT}"),
        "Adds one outbound rule, which takes effect immediately. Existing rules do not change. \
         An agent that gave up needs a new task.",
    )
    .terraform(rule_block("egress", group, &peer))
    .call(
        AwsCall::AuthorizeSecurityGroupEgress(https_rule(group, peer)),
        &facts.region,
    )
}

/// Allows HTTPS from the tasks to a group of an endpoint.
pub fn allow_ingress(facts: &Facts, group: &str, sources: &Sources) -> Fix {
    let peers = sources.peers();
    let blocks = peers.iter().map(|peer| rule_block("ingress", group, peer));
    let blocks: Vec<String> = blocks.collect();
    let allow = |peer| AwsCall::AuthorizeSecurityGroupIngress(https_rule(group, peer));
    Fix::new(
        format!("let-in:{group}"),
        Disposition::Drift,
        format!("Allow inbound traffic from the tasks to {group} on port {HTTPS_PORT}"),
        "Adds one inbound rule for each source, which takes effect immediately. Existing rules do not change. \
         An agent that gave up needs a new task.",
    )
    .calls(peers.into_iter().map(allow), &facts.region)
    .terraform(blocks.join("\n\n"))
}

fn rule_block(direction: &str, group: &str, peer: &Peer) -> String {
    let argument = match peer {
        Peer::SecurityGroup(_) => "referenced_security_group_id",
        Peer::Cidr(_) => "cidr_ipv4",
    };
    terraform::resource(
        &format!("aws_vpc_security_group_{direction}_rule"),
        &format!("ecs_exec_{group}_{}", peer.name()),
        &[
            ("security_group_id", quoted(group)),
            ("ip_protocol", quoted(PROTOCOL)),
            ("from_port", HTTPS_PORT.to_string()),
            ("to_port", HTTPS_PORT.to_string()),
            (argument, quoted(peer.name())),
        ],
    )
}
