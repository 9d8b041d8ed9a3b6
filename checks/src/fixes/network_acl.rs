//! Rules of network ACLs on the way to endpoints and the internet.

use std::collections::BTreeSet;

use super::{Aws, label, quoted};
use crate::vpc_path::acl_path::AclTraversal;
use aws_rules::vpc::{Direction, acl_of};
use model::facts::{Fact, Facts, NetworkAcl};
use model::fix::{Disposition, Fix};
use model::text;

/// Lets through what these ACLs refuse, by rules that stand before those which refuse it.
pub fn let_through(facts: &Facts, vpc: &str, refused: &[&AclTraversal], services: &[&str]) -> Fix {
    let acls = match facts.network.network_acls.get(vpc) {
        Some(Fact::Known(acls)) => acls.as_slice(),
        _ => &[],
    };
    let mut fix = Fix::new(
        format!("let-through:{vpc}"),
        Disposition::Drift,
        format!(
            "Let {} through the network ACLs of {vpc}",
            text::list(services)
        ),
        "Adds rules with numbers below those that refuse, for port 443 and for the ephemeral ports of the answers. \
         They take effect at once.",
    );
    let mut taken: BTreeSet<(String, bool, u32)> = BTreeSet::new();
    let mut blocks = Vec::new();
    let mut done: BTreeSet<String> = BTreeSet::new();
    for traversal in refused {
        let Some(acl) = acl_of(acls, &traversal.subnet) else {
            continue;
        };
        let egress = traversal.direction == Direction::Out;
        let way = if egress { "out" } else { "in" };
        let (from, to) = (traversal.ports.start(), traversal.ports.end());
        if !done.insert(format!(
            "{} {egress} {} {from} {to}",
            acl.id, traversal.cidr
        )) {
            continue;
        }
        let Some(number) = free_number(acl, egress, &taken) else {
            return renumber(vpc, &acl.id);
        };
        taken.insert((acl.id.clone(), egress, number));
        fix = fix.command(
            Aws::new("ec2 create-network-acl-entry")
                .option("--network-acl-id", &acl.id)
                .flag(if egress { "--egress" } else { "--ingress" })
                .option("--rule-number", &number.to_string())
                .option("--protocol", "tcp")
                .option("--port-range", &format!("From={from},To={to}"))
                .option("--cidr-block", &traversal.cidr)
                .option("--rule-action", "allow")
                .region(facts),
        );
        blocks.push(format!(
            "resource \"aws_network_acl_rule\" \"{}\" {{\n  network_acl_id = {}\n  egress         = {egress}\n  rule_number    = {number}\n  protocol       = \"tcp\"\n  rule_action    = \"allow\"\n  cidr_block     = {}\n  from_port      = {from}\n  to_port        = {to}\n}}",
            label(&format!("ecs_exec_{}_{way}_{number}", acl.id)),
            quoted(&acl.id),
            quoted(&traversal.cidr),
        ));
    }
    fix.terraform(blocks.join("\n\n"))
}

/// No number is left before the rule that refuses.
fn renumber(vpc: &str, acl: &str) -> Fix {
    Fix::new(
        format!("let-through:{vpc}"),
        Disposition::Manual,
        format!("Make room in the network ACL {acl} before the rule that refuses"),
        "No rule number is free before it: delete that rule, or move it to a higher number, then let port 443 and the \
         ephemeral ports through.",
    )
}

/// The highest number that is free and comes before every rule that refuses.
fn free_number(
    acl: &NetworkAcl,
    egress: bool,
    taken: &BTreeSet<(String, bool, u32)>,
) -> Option<u32> {
    let entries = || acl.entries.iter().filter(|entry| entry.egress == egress);
    let first_refusal = entries()
        .filter(|entry| !entry.allow)
        .map(|entry| entry.number)
        .min()
        .unwrap_or(100)
        .min(100);
    let is_free = |number: &u32| {
        entries().all(|entry| entry.number != *number)
            && !taken.contains(&(acl.id.clone(), egress, *number))
    };
    (1..first_refusal).rev().find(is_free)
}
