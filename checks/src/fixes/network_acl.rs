//! Rules of network ACLs between tasks, endpoints and the internet.

use super::terraform::{self, quoted};
use crate::vpc_path::AclTraversal;
use aws_rules::vpc::{Direction, acl_of};
use model::aws_call::{AclRule, AwsCall, PROTOCOL};
use model::facts::{Fact, Facts, NetworkAcl};
use model::fix::{Disposition, Fix};
use model::text;

/// Allows what network ACLs of a VPC deny, by rules that come before those that deny it.
pub fn allow(facts: &Facts, vpc: &str, denied: &[&AclTraversal], services: &[&str]) -> Fix {
    let acls = match facts.network.network_acls.get(vpc) {
        Some(Fact::Known(acls)) => acls.as_slice(),
        _ => &[],
    };
    let mut rules: Vec<AclRule> = Vec::new();
    for traversal in denied {
        let Some(acl) = acl_of(acls, &traversal.subnet) else {
            continue;
        };
        let egress = traversal.direction == Direction::Out;
        let is_added = rules.iter().any(|rule| {
            (&rule.acl, rule.egress) == (&acl.id, egress)
                && (&rule.cidr, &rule.ports) == (&traversal.cidr, &traversal.ports)
        });
        if is_added {
            continue;
        }
        let Some(number) = free_number(acl, egress, &rules) else {
            return renumber(vpc, &acl.id);
        };
        rules.push(AclRule {
            acl: acl.id.clone(),
            egress,
            number,
            ports: traversal.ports.clone(),
            cidr: traversal.cidr.clone(),
        });
    }
    let blocks: Vec<String> = rules.iter().map(rule_block).collect();
    let calls = rules.into_iter().map(AwsCall::CreateNetworkAclEntry);
    Fix::new(
        format!("let-through:{vpc}"),
        Disposition::Drift,
        format!(
            "Allow traffic to {} in the network ACLs of {vpc}",
            text::list(services)
        ),
        "Adds rules for port 443 and for the ephemeral ports of the responses, with numbers below those of the rules that \
         deny the traffic. They take effect immediately.",
    )
    .calls(calls, &facts.region)
    .terraform(blocks.join("\n\n"))
}

fn rule_block(rule: &AclRule) -> String {
    let direction = if rule.egress { "out" } else { "in" };
    terraform::resource(
        "aws_network_acl_rule",
        &format!("ecs_exec_{}_{direction}_{}", rule.acl, rule.number),
        &[
            ("network_acl_id", quoted(&rule.acl)),
            ("egress", rule.egress.to_string()),
            ("rule_number", rule.number.to_string()),
            ("protocol", quoted(PROTOCOL)),
            ("rule_action", quoted("allow")),
            ("cidr_block", quoted(&rule.cidr)),
            ("from_port", rule.ports.start().to_string()),
            ("to_port", rule.ports.end().to_string()),
        ],
    )
}

/// No number is free before the rule that denies the traffic.
fn renumber(vpc: &str, acl: &str) -> Fix {
    Fix::new(
        format!("let-through:{vpc}"),
        Disposition::Manual,
        format!(
            "Free a rule number in the network ACL {acl} before the rule that denies the traffic"
        ),
        "No rule number is free before it. Delete that rule or give it a higher number, then allow port 443 and the \
         ephemeral ports.",
    )
}

/// The highest free number before every rule that denies.
fn free_number(acl: &NetworkAcl, egress: bool, added: &[AclRule]) -> Option<u16> {
    const HIGHEST: u16 = 99;
    let entries = || acl.entries.iter().filter(|entry| entry.egress == egress);
    let denials = entries().filter(|entry| !entry.allow);
    let first_denial = denials.map(|entry| entry.number).min().unwrap_or(u32::MAX);
    let is_free = |number: &u16| {
        u32::from(*number) < first_denial
            && entries().all(|entry| entry.number != u32::from(*number))
            && !added
                .iter()
                .any(|rule| (&rule.acl, rule.egress, rule.number) == (&acl.id, egress, *number))
    };
    (1..=HIGHEST).rev().find(is_free)
}
