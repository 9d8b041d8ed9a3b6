//! Rules of security groups on the way to endpoints and the internet.

use serde_json::json;

use super::endpoint::Sources;
use super::{Aws, label, quoted};
use crate::vpc_path::destination::Destination;
use model::facts::Facts;
use model::fix::{Disposition, Fix};

/// What tasks are to be let out to.
pub enum Target {
    /// The endpoint's security group.
    Group(String),
    Range(String),
}

impl Target {
    pub fn of(destination: &Destination) -> Target {
        match destination {
            Destination::Endpoint(endpoint) if !endpoint.security_groups.is_empty() => {
                Target::Group(endpoint.security_groups[0].clone())
            }
            Destination::Endpoint(_) | Destination::Internet => {
                Target::Range("0.0.0.0/0".to_owned())
            }
        }
    }
}

/// Lets interfaces of a security group out on port 443.
pub fn let_out(facts: &Facts, group: &str, target: &Target) -> Fix {
    let (to, permission, argument) = match target {
        Target::Group(id) => (
            id,
            json!([{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "UserIdGroupPairs": [{"GroupId": id}]}]),
            format!("referenced_security_group_id = {}", quoted(id)),
        ),
        Target::Range(cidr) => (
            cidr,
            json!([{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": cidr}]}]),
            format!("cidr_ipv4         = {}", quoted(cidr)),
        ),
    };
    Fix::new(
        format!("let-out:{group}:{to}"),
        Disposition::Drift,
        format!("Let {group} out to {to} on port 443"),
        "Adds one outbound rule; nothing that is let out today changes. It takes effect at once. \
         An agent that gave up needs a new task.",
    )
    .command(
        Aws::new("ec2 authorize-security-group-egress")
            .option("--group-id", group)
            .option("--ip-permissions", &permission.to_string())
            .region(facts),
    )
    .terraform(rule("egress", group, to, &argument))
}

/// Lets tasks into a security group of the endpoint on port 443.
pub fn let_in(facts: &Facts, group: &str, sources: &Sources) -> Fix {
    let (flag, values, argument) = match sources.groups.as_slice() {
        [] => ("--cidr", &sources.cidrs, "cidr_ipv4         ="),
        _ => (
            "--source-group",
            &sources.groups,
            "referenced_security_group_id =",
        ),
    };
    let mut fix = Fix::new(
        format!("let-in:{group}"),
        Disposition::Drift,
        format!("Let the tasks into {group} on port 443"),
        "Adds one inbound rule for each source; nothing that is let in today changes. It takes effect at once. \
         An agent that gave up needs a new task.",
    );
    let mut blocks = Vec::new();
    for value in values {
        fix = fix.command(
            Aws::new("ec2 authorize-security-group-ingress")
                .option("--group-id", group)
                .option("--protocol", "tcp")
                .option("--port", "443")
                .option(flag, value)
                .region(facts),
        );
        blocks.push(rule(
            "ingress",
            group,
            value,
            &format!("{argument} {}", quoted(value)),
        ));
    }
    fix.terraform(blocks.join("\n\n"))
}

/// `peer`: the group or range at the other end.
fn rule(direction: &str, group: &str, peer: &str, argument: &str) -> String {
    format!(
        "resource \"aws_vpc_security_group_{direction}_rule\" \"{}\" {{\n  security_group_id = {}\n  ip_protocol       = \"tcp\"\n  from_port         = 443\n  to_port           = 443\n  {argument}\n}}",
        label(&format!("ecs_exec_{group}_{peer}")),
        quoted(group),
    )
}
