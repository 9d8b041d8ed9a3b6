//! Network ACLs.

use std::collections::BTreeMap;

use checks::facts::{AclEntry, Fact, NetworkAcl};

use super::{is_in, port};
use crate::plan::resource::{Attribute, Resource};
use crate::resolve::Resolver;
use crate::resolve::resource_kind::ResourceKind;
use crate::unavailable::{PlanValue, not_in_plan};

/// The ACLs of a VPC. Those of another stack are not among them, and neither is the default one then.
pub fn network_acls(resolver: &Resolver, vpc: &str) -> Fact<Vec<NetworkAcl>> {
    match acls(resolver, vpc) {
        Ok(acls) if acls.is_empty() => {
            Fact::Unavailable(not_in_plan(format!("every network ACL of VPC {vpc}")))
        }
        Ok(acls) => Fact::Known(acls),
        Err(why) => Fact::Unavailable(why),
    }
}

/// The ACLs that are resources of the plan.
pub fn own_network_acls(resolver: &Resolver, vpc: &str) -> PlanValue<Vec<NetworkAcl>> {
    let mut acls = Vec::new();
    for instance in resolver.plan.of_type(&["aws_network_acl"]) {
        if resolver
            .one(instance, &["vpc_id"], ResourceKind::Vpc)?
            .as_deref()
            == Some(vpc)
        {
            acls.push(acl(resolver, instance, instance.identity(), false)?);
        }
    }
    for instance in resolver.plan.of_type(&["aws_default_network_acl"]) {
        let named = resolver.one(
            instance,
            &["default_network_acl_id"],
            ResourceKind::NetworkAcl,
        )?;
        if let Some(id) = named.filter(|id| default_of(resolver, vpc).as_deref() == Some(id)) {
            acls.push(acl(resolver, instance, &id, true)?);
        }
    }
    Ok(acls)
}

/// The ACL that AWS makes with the VPC.
fn default_of(resolver: &Resolver, vpc: &str) -> Option<String> {
    let vpc = resolver.plan.find(&["aws_vpc"], vpc)?;
    resolver.default_of(vpc, ResourceKind::NetworkAcl)
}

fn acls(resolver: &Resolver, vpc: &str) -> PlanValue<Vec<NetworkAcl>> {
    let mut acls = own_network_acls(resolver, vpc)?;
    let has_default = acls.iter().any(|acl| acl.default);
    let may_lack = resolver
        .plan
        .may_lack(&["aws_network_acl", "aws_default_network_acl"]);
    let default = default_of(resolver, vpc).filter(|_| !has_default && !may_lack);
    if let Some(id) = default {
        let mut default = open_default(id);
        add_separate(resolver, &mut default)?;
        acls.push(default);
    }
    for (subnet, id) in associations(resolver)? {
        // Only the subnets of this VPC can be in its ACLs.
        let is_here = is_in(resolver, &subnet, vpc);
        if is_here && !acls.iter().any(|acl| acl.id == id) {
            return Err(not_in_plan(format!("network ACL {id} of {subnet}")));
        }
    }
    Ok(acls)
}

/// As AWS makes it with a VPC.
fn open_default(id: String) -> NetworkAcl {
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

/// By direction, number and version of IP, which are what tells entries apart.
type Entries = BTreeMap<(bool, u32, bool), AclEntry>;

fn acl(resolver: &Resolver, instance: &Resource, id: &str, default: bool) -> PlanValue<NetworkAcl> {
    let mut entries = Entries::new();
    for (attribute, egress) in [("ingress", false), ("egress", true)] {
        let is_set = resolver.plan.is_set(instance, attribute);
        let count = match instance.count(&[attribute]) {
            Err(why) if is_set => return Err(why),
            Err(_) => 0,
            Ok(count) => count,
        };
        for at in 0..count {
            let names = ("rule_no", "action");
            add(
                &mut entries,
                entry(instance, &[attribute, &at.to_string()], egress, names)?,
            );
        }
    }
    let given = instance.at(&["subnet_ids"]) != Attribute::Unknown
        || resolver.plan.is_set(instance, "subnet_ids");
    let subnets = match given {
        true => resolver.all(instance, &["subnet_ids"], ResourceKind::Subnet)?,
        false => Vec::new(),
    };
    let mut acl = NetworkAcl {
        id: id.to_owned(),
        default,
        subnets,
        entries: entries.into_values().collect(),
    };
    add_separate(resolver, &mut acl)?;
    Ok(acl)
}

/// Adds the rules and associations that are resources of their own, and takes away those that are no more.
pub fn add_separate(resolver: &Resolver, acl: &mut NetworkAcl) -> PlanValue<()> {
    const RULE: &str = "aws_network_acl_rule";
    let mut entries: Entries = acl
        .entries
        .drain(..)
        .map(|entry| (key(&entry), entry))
        .collect();
    for gone in resolver.plan.before_of_type(&[RULE]) {
        if gone.text(&["network_acl_id"]) == Ok(Some(&acl.id)) {
            entries.remove(&key(&separate(gone)?));
        }
    }
    for rule in resolver.plan.of_type(&[RULE]) {
        let of = resolver.one(rule, &["network_acl_id"], ResourceKind::NetworkAcl)?;
        if of.as_deref() == Some(&acl.id) {
            add(&mut entries, separate(rule)?);
        }
    }
    acl.entries = entries.into_values().collect();
    for (subnet, of) in associations(resolver)? {
        if of == acl.id && !acl.subnets.contains(&subnet) {
            acl.subnets.push(subnet);
        }
    }
    Ok(())
}

/// Subnets with the ACLs that the plan's associations put them in.
pub fn associations(resolver: &Resolver) -> PlanValue<Vec<(String, String)>> {
    let mut found = Vec::new();
    for join in resolver.plan.of_type(&["aws_network_acl_association"]) {
        let acl = resolver.one(join, &["network_acl_id"], ResourceKind::NetworkAcl)?;
        let subnet = resolver.one(join, &["subnet_id"], ResourceKind::Subnet)?;
        found.extend(subnet.zip(acl));
    }
    Ok(found)
}

fn separate(rule: &Resource) -> PlanValue<AclEntry> {
    let egress = rule.flag(&["egress"])?.unwrap_or(false);
    entry(rule, &[], egress, ("rule_number", "rule_action"))
}

fn entry(
    instance: &Resource,
    path: &[&str],
    egress: bool,
    (number, action): (&str, &str),
) -> PlanValue<AclEntry> {
    let within = |name| [path, &[name]].concat();
    let v4 = instance.text(&within("cidr_block"))?;
    let v6 = instance.text(&within("ipv6_cidr_block"))?;
    let number = instance.number(&within(number))?;
    let protocol = instance.text(&within("protocol"))?.unwrap_or("-1");
    Ok(AclEntry {
        number: number
            .and_then(|number| u32::try_from(number).ok())
            .unwrap_or(u32::MAX),
        egress,
        allow: instance
            .text(&within(action))?
            .is_some_and(|action| action.eq_ignore_ascii_case("allow")),
        protocol: match protocol.to_ascii_lowercase().as_str() {
            "all" => "-1".to_owned(),
            known => known.to_owned(),
        },
        cidr: v4.or(v6).unwrap_or_default().to_owned(),
        from_port: port(instance, &within("from_port")),
        to_port: port(instance, &within("to_port")),
    })
}

fn add(entries: &mut Entries, entry: AclEntry) {
    entries.insert(key(&entry), entry);
}

fn key(entry: &AclEntry) -> (bool, u32, bool) {
    (entry.egress, entry.number, entry.cidr.contains(':'))
}
