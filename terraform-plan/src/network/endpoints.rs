//! VPC endpoints for the services that sessions use.

use model::distinct::distinct;
use model::facts::{Endpoint, Unavailable, UnseenEndpoints, endpoint_services};
use serde_json::{Value, json};

use super::subnet_equivalence::SubnetEquivalence;
use crate::plan::resource::Resource;
use crate::resolve::{Resolver, ResourceKind};
use crate::unavailable::PlanValue;

/// The AWS services that sessions use.
pub const SERVICES: [&str; 4] = ["ssmmessages", "kms", "logs", "s3"];

const TYPE: &str = "aws_vpc_endpoint";

/// The endpoints of a plan.
#[derive(Default)]
pub struct Endpoints {
    pub known: Vec<Endpoint>,
    /// Endpoints whose VPC, service or subnets are unknown.
    pub unknown: Vec<UnseenEndpoints>,
}

impl Endpoints {
    /// Whether the VPC has an interface endpoint of a service.
    pub fn has_interface(&self, vpc: &str, services: &[String]) -> bool {
        self.known.iter().any(|endpoint| {
            // A gateway endpoint serves the subnets of its route tables only.
            endpoint.vpc == vpc
                && services.contains(&endpoint.service)
                && endpoint.kind != "Gateway"
        })
    }
}

/// The endpoints of the plan for these services.
pub fn endpoints(resolver: &Resolver) -> Endpoints {
    let mut endpoints = Endpoints::default();
    let equivalence = SubnetEquivalence::new(resolver);
    for resource in resolver.resources(TYPE) {
        let vpc = resolver.resolve(resource, "vpc_id", ResourceKind::Vpc);
        let name = resource.text("service_name").map(Option::unwrap_or_default);
        let service = name.as_ref().ok().map(|name| service_of(resolver, name));
        if service == Some(None) {
            continue;
        }
        let endpoint =
            name.and_then(|name| read_endpoint(resolver, &equivalence, resource, name, &vpc));
        let why = match endpoint {
            Ok(endpoint) => {
                let tables = route_tables(resolver, resource, &endpoint.id);
                let why = tables.as_ref().err().cloned();
                endpoints.known.push(Endpoint {
                    route_tables: tables.unwrap_or_default(),
                    ..endpoint
                });
                why
            }
            Err(why) => Some(why),
        };
        endpoints.unknown.extend(why.map(|why| UnseenEndpoints {
            vpc: vpc.ok().flatten(),
            service: service.flatten().map(str::to_owned),
            why,
        }));
    }
    endpoints
}

/// The service that an endpoint is for; `None` if sessions do not use it.
fn service_of(resolver: &Resolver, name: &str) -> Option<&'static str> {
    SERVICES.into_iter().find(|service| {
        let names = endpoint_services(resolver.partition, resolver.region, service);
        names.iter().any(|known| known == name)
    })
}

/// Whether the plan deletes a VPC's endpoint of a service. With private DNS, a VPC has only one such endpoint.
pub fn deletes_endpoint(resolver: &Resolver, vpc: &str, services: &[String]) -> bool {
    let plan = resolver.plan;
    let mut before = resolver.before(TYPE);
    plan.is_complete()
        && before.any(|endpoint| {
            let service = endpoint.known_text("service_name");
            endpoint.has_text("vpc_id", vpc)
                && service.is_some_and(|name| services.iter().any(|service| service == name))
                && endpoint.flag("private_dns_enabled") == Ok(Some(true))
                && plan.resources.at_address(&endpoint.address).is_none()
        })
}

fn read_endpoint(
    resolver: &Resolver,
    equivalence: &SubnetEquivalence,
    resource: &Resource,
    service: &str,
    vpc: &PlanValue<Option<String>>,
) -> PlanValue<Endpoint> {
    const INBOUND_ONLY: &str = "dns_options.0.private_dns_only_for_inbound_resolver_endpoint";
    let id = resource.identity();
    let vpc = vpc.clone()?;
    let vpc = vpc.ok_or_else(|| resource.known_after_apply("vpc_id"))?;
    let text = |attribute, default: &str| {
        let text = resource.text(attribute)?;
        Ok(text.unwrap_or(default).to_owned())
    };
    Ok(Endpoint {
        id: id.to_owned(),
        service: service.to_owned(),
        kind: text("vpc_endpoint_type", "Gateway")?,
        state: text("state", "available").unwrap_or_else(|_| "available".to_owned()),
        private_dns: private_dns(resolver, resource, id)?,
        inbound_only: resource.flag(INBOUND_ONLY).ok().flatten().unwrap_or(false),
        subnets: subnets(resolver, equivalence, resource, id)?,
        security_groups: security_groups(resolver, resource, id, &vpc)?,
        vpc,
        route_tables: Vec::new(),
        interfaces: Vec::new(),
        policy: policy(resolver, resource, id),
    })
}

/// The resources of a type that belong to an endpoint.
fn parts_of<'r, 'p>(
    resolver: &'r Resolver<'p>,
    resource_type: &str,
    id: &'r str,
) -> impl Iterator<Item = PlanValue<&'p Resource>> + use<'r, 'p> {
    resolver.referring(resource_type, "vpc_endpoint_id", ResourceKind::Endpoint, id)
}

/// The route tables that lead to a gateway endpoint.
fn route_tables(resolver: &Resolver, resource: &Resource, id: &str) -> PlanValue<Vec<String>> {
    let kind = ResourceKind::RouteTable;
    let mut tables = resolver.resolve_all(resource, "route_table_ids", kind)?;
    for association in parts_of(resolver, "aws_vpc_endpoint_route_table_association", id) {
        tables.extend(resolver.resolve(association?, "route_table_id", kind)?);
    }
    Ok(tables)
}

/// Whether private DNS is on: by a resource of its own, else by the endpoint's attribute.
fn private_dns(resolver: &Resolver, resource: &Resource, id: &str) -> PlanValue<bool> {
    const FLAG: &str = "private_dns_enabled";
    let separate = parts_of(resolver, "aws_vpc_endpoint_private_dns", id).next();
    let holder = separate.transpose()?;
    if holder.is_none() && resolver.is_computed(resource, FLAG) {
        return Ok(false);
    }
    Ok(holder.unwrap_or(resource).flag(FLAG)?.unwrap_or(false))
}

fn subnets(
    resolver: &Resolver,
    equivalence: &SubnetEquivalence,
    resource: &Resource,
    id: &str,
) -> PlanValue<Vec<String>> {
    let mut subnets = equivalence.endpoint_subnets(resource, "subnet_ids")?;
    for at in 0..resource.count("subnet_configuration").unwrap_or(0) {
        let path = format!("subnet_configuration.{at}.subnet_id");
        subnets.extend(resolver.resolve(resource, &path, ResourceKind::Subnet)?);
    }
    for association in parts_of(resolver, "aws_vpc_endpoint_subnet_association", id) {
        subnets.extend(resolver.resolve(association?, "subnet_id", ResourceKind::Subnet)?);
    }
    Ok(distinct(subnets.into_iter()))
}

fn security_groups(
    resolver: &Resolver,
    resource: &Resource,
    id: &str,
    vpc: &str,
) -> PlanValue<Vec<String>> {
    const ATTRIBUTE: &str = "security_group_ids";
    let kind = ResourceKind::SecurityGroup;
    let default = resolver.vpc_default(vpc, kind);
    let mut groups = resolver.resolve_all(resource, ATTRIBUTE, kind)?;
    let is_interface = || Ok(resource.text("vpc_endpoint_type")? == Some("Interface"));
    if resolver.is_computed(resource, ATTRIBUTE) && is_interface()? {
        // AWS gives it the default group of its VPC.
        let unknown = || resource.known_after_apply(ATTRIBUTE);
        groups.push(default.clone().ok_or_else(unknown)?);
    }
    for association in parts_of(resolver, "aws_vpc_endpoint_security_group_association", id) {
        let association = association?;
        groups.extend(resolver.resolve(association, "security_group_id", kind)?);
        if association.flag("replace_default_association")? == Some(true) {
            groups.retain(|group| Some(group) != default.as_ref());
        }
    }
    Ok(distinct(groups.into_iter()))
}

fn policy(resolver: &Resolver, resource: &Resource, id: &str) -> Option<Value> {
    let separate = parts_of(resolver, "aws_vpc_endpoint_policy", id).find_map(Result::ok);
    let holder = separate.unwrap_or(resource);
    match holder.text("policy") {
        Ok(text) => {
            let text = text?;
            Some(serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned())))
        }
        Err(_) if !resolver.is_set(holder, "policy") => None,
        Err(why) => Some(undecided_policy(&why)),
    }
}

/// A policy that decides nothing: its statement needs a condition key that no request has.
fn undecided_policy(why: &Unavailable) -> Value {
    let key = format!("aws:{}", why.message);
    json!({"Statement": [{
        "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*",
        "Condition": {"StringEquals": {key: "known"}},
    }]})
}
