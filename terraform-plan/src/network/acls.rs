//! Network ACLs.

use std::collections::BTreeMap;

use model::distinct::push_new;
use model::facts::{AclEntry, NetworkAcl};

use super::vpcs::{may_be_in, subnet_associations};
use crate::plan::resource::Resource;
use crate::resolve::{Resolver, ResourceKind};
use crate::unavailable::{PlanValue, not_in_plan, not_shown};

/// All ACLs of a VPC, if the plan contains those of its subnets.
pub fn network_acls(resolver: &Resolver, vpc: &str) -> PlanValue<Vec<NetworkAcl>> {
    let plan = resolver.plan;
    let mut acls = managed_acls(resolver, vpc)?;
    for acl in &acls {
        let resource = resolver.find(&acl.id, ResourceKind::NetworkAcl);
        resource.map_or(Ok(()), |acl| plan.check_shows_unchanged_parts(acl))?;
    }
    let has_default = acls.iter().any(|acl| acl.default);
    if !has_default
        && !plan.may_lack(&["aws_network_acl", "aws_default_network_acl"])
        && let Some(id) = default_acl(resolver, vpc)
    {
        let mut default = untouched_default(id);
        add_rules_and_associations(resolver, &mut default)?;
        acls.push(default);
    }
    for (subnet, id) in subnet_associations(resolver, ResourceKind::NetworkAcl)? {
        // Only subnets of this VPC can be in its ACLs.
        if may_be_in(resolver, &subnet, vpc) && !acls.iter().any(|acl| acl.id == id) {
            return Err(not_in_plan(format!("network ACL {id} of {subnet}")));
        }
    }
    match acls.is_empty() {
        true => Err(not_shown(format!(
            "no network ACL of VPC {vpc} is part of the plan"
        ))),
        false => Ok(acls),
    }
}

/// The ACLs of a VPC that are resources of the plan.
pub fn managed_acls(resolver: &Resolver, vpc: &str) -> PlanValue<Vec<NetworkAcl>> {
    let mut acls = Vec::new();
    for resource in resolver.referring("aws_network_acl", "vpc_id", ResourceKind::Vpc, vpc) {
        let resource = resource?;
        acls.push(read_acl(resolver, resource, resource.identity(), false)?);
    }
    let (attribute, kind) = ("default_network_acl_id", ResourceKind::NetworkAcl);
    let default = default_acl(resolver, vpc).unwrap_or_default();
    for resource in resolver.referring("aws_default_network_acl", attribute, kind, &default) {
        acls.push(read_acl(resolver, resource?, &default, true)?);
    }
    Ok(acls)
}

/// The name of the ACL that AWS creates with the VPC.
fn default_acl(resolver: &Resolver, vpc: &str) -> Option<String> {
    let vpc = resolver.find(vpc, ResourceKind::Vpc);
    resolver.default_of(
        vpc.filter(|vpc| vpc.is(&["aws_vpc"]))?,
        ResourceKind::NetworkAcl,
    )
}

/// The default ACL as AWS creates it: it allows everything.
fn untouched_default(id: String) -> NetworkAcl {
    let all = |egress| AclEntry {
        number: 100,
        egress,
        allow: true,
        protocol: "-1".to_owned(),
        cidr: "0.0.0.0/0".to_owned(),
        from_port: None,
        to_port: None,
    };
    NetworkAcl {
        id,
        default: true,
        subnets: Vec::new(),
        entries: vec![all(false), all(true)],
    }
}

/// Entries by what makes them unique: direction, number, and whether they are for IPv6.
type Entries = BTreeMap<(bool, u32, bool), AclEntry>;

fn key(entry: &AclEntry) -> (bool, u32, bool) {
    (entry.egress, entry.number, entry.cidr.contains(':'))
}

fn read_acl(
    resolver: &Resolver,
    resource: &Resource,
    id: &str,
    default: bool,
) -> PlanValue<NetworkAcl> {
    let mut entries = Entries::new();
    for (attribute, egress) in [("ingress", false), ("egress", true)] {
        for at in 0..resolver.count(resource, attribute)? {
            let prefix = format!("{attribute}.{at}.");
            let entry = read_entry(resource, &prefix, egress, ("rule_no", "action"))?;
            entries.insert(key(&entry), entry);
        }
    }
    let mut acl = NetworkAcl {
        id: id.to_owned(),
        default,
        subnets: resolver.resolve_all(resource, "subnet_ids", ResourceKind::Subnet)?,
        entries: entries.into_values().collect(),
    };
    add_rules_and_associations(resolver, &mut acl)?;
    Ok(acl)
}

/// Adds the rules and associations that are resources of their own, and removes the rules that the plan removes.
pub fn add_rules_and_associations(resolver: &Resolver, acl: &mut NetworkAcl) -> PlanValue<()> {
    const RULE: &str = "aws_network_acl_rule";
    let entries = acl.entries.drain(..).map(|entry| (key(&entry), entry));
    let mut entries: Entries = entries.collect();
    for removed in resolver.before(RULE) {
        if removed.has_text("network_acl_id", &acl.id) {
            entries.remove(&key(&read_rule(removed)?));
        }
    }
    for rule in resolver.referring(RULE, "network_acl_id", ResourceKind::NetworkAcl, &acl.id) {
        let entry = read_rule(rule?)?;
        entries.insert(key(&entry), entry);
    }
    acl.entries = entries.into_values().collect();
    for (subnet, id) in subnet_associations(resolver, ResourceKind::NetworkAcl)? {
        if id == acl.id {
            push_new(&mut acl.subnets, subnet);
        }
    }
    Ok(())
}

fn read_rule(rule: &Resource) -> PlanValue<AclEntry> {
    let egress = rule.flag("egress")?.unwrap_or(false);
    read_entry(rule, "", egress, ("rule_number", "rule_action"))
}

/// Reads the entry whose attributes start with a prefix.
fn read_entry(
    resource: &Resource,
    prefix: &str,
    egress: bool,
    (number, action): (&str, &str),
) -> PlanValue<AclEntry> {
    let path = |name| format!("{prefix}{name}");
    let text = |name| Ok(resource.text(&path(name))?.unwrap_or_default().to_owned());
    let (ipv4, ipv6) = (text("cidr_block")?, text("ipv6_cidr_block")?);
    let number = resource.number(&path(number))?;
    let protocol = text("protocol")?.to_ascii_lowercase();
    Ok(AclEntry {
        number: number
            .and_then(|number| u32::try_from(number).ok())
            .unwrap_or(u32::MAX),
        egress,
        allow: text(action)?.eq_ignore_ascii_case("allow"),
        protocol: match protocol.as_str() {
            "all" | "" => "-1".to_owned(),
            _ => protocol,
        },
        cidr: if ipv4.is_empty() { ipv6 } else { ipv4 },
        from_port: resource.port(&path("from_port")),
        to_port: resource.port(&path("to_port")),
    })
}
