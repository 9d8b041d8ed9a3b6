//! VPC endpoints for the services that sessions use.

use checks::facts::{Endpoint, Unavailable, UnseenEndpoints, endpoint_services};
use serde_json::{Value, json};

use super::SubnetEquivalence;
use crate::plan::resource::{Attribute, Resource};
use crate::resolve::Resolver;
use crate::resolve::resource_kind::ResourceKind;
use crate::unavailable::PlanValue;

pub const SERVICES: [&str; 4] = ["ssmmessages", "kms", "logs", "s3"];

/// The endpoints of a plan, and what keeps anyone from saying that there are no others.
#[derive(Default)]
pub struct Endpoints {
    pub known: Vec<Endpoint>,
    /// Where an endpoint is, or whose it is, is not known.
    pub doubts: Vec<UnseenEndpoints>,
}

pub fn endpoints(resolver: &Resolver) -> Endpoints {
    let mut endpoints = Endpoints::default();
    let equivalence = SubnetEquivalence::new(resolver);
    for instance in resolver
        .plan
        .of_type(ResourceKind::Endpoint.resource_types())
    {
        let vpc = resolver.one(instance, &["vpc_id"], ResourceKind::Vpc);
        let name = instance.text(&["service_name"]);
        let service = match &name {
            Ok(name) => match service_of(resolver, name.unwrap_or_default()) {
                Some(service) => Ok((name.unwrap_or_default(), service)),
                None => continue,
            },
            Err(why) => Err(why.clone()),
        };
        let told = match (&service, &vpc) {
            (Ok((name, _)), Ok(Some(vpc))) => endpoint(resolver, &equivalence, instance, name, vpc),
            (Ok(_), Ok(None)) => Err(instance.known_after_apply(&["vpc_id"])),
            (Err(why), _) | (_, Err(why)) => Err(why.clone()),
        };
        let why = match told {
            Ok(endpoint) => {
                let tables = route_tables(resolver, instance, &endpoint.id);
                let why = tables.as_ref().err().cloned();
                endpoints.known.push(Endpoint {
                    route_tables: tables.unwrap_or_default(),
                    ..endpoint
                });
                why
            }
            Err(why) => Some(why),
        };
        endpoints.doubts.extend(why.map(|why| UnseenEndpoints {
            vpc: vpc.ok().flatten(),
            service: service.ok().map(|(_, service)| service.to_owned()),
            why,
        }));
    }
    endpoints
}

/// Which of the services that sessions use an endpoint is for.
fn service_of(resolver: &Resolver, name: &str) -> Option<&'static str> {
    SERVICES.into_iter().find(|service| {
        endpoint_services(resolver.partition, resolver.region, service)
            .iter()
            .any(|known| known == name)
    })
}

/// Those whose routes lead to a gateway endpoint.
fn route_tables(resolver: &Resolver, instance: &Resource, id: &str) -> PlanValue<Vec<String>> {
    let mut tables = match is_given(resolver, instance, "route_table_ids") {
        true => resolver.all(instance, &["route_table_ids"], ResourceKind::RouteTable)?,
        false => Vec::new(),
    };
    for join in resolver
        .plan
        .of_type(&["aws_vpc_endpoint_route_table_association"])
    {
        let endpoint = resolver.one(join, &["vpc_endpoint_id"], ResourceKind::Endpoint)?;
        if endpoint.as_deref() == Some(id) {
            tables.extend(resolver.one(join, &["route_table_id"], ResourceKind::RouteTable)?);
        }
    }
    Ok(tables)
}

fn endpoint(
    resolver: &Resolver,
    equivalence: &SubnetEquivalence,
    instance: &Resource,
    service: &str,
    vpc: &str,
) -> PlanValue<Endpoint> {
    let id = instance.identity();
    let private_dns = private_dns(resolver, instance, id)?;
    let inbound_only = instance.flag(&[
        "dns_options",
        "0",
        "private_dns_only_for_inbound_resolver_endpoint",
    ]);
    let state = instance.text(&["state"]).ok().flatten();
    Ok(Endpoint {
        id: id.to_owned(),
        service: service.to_owned(),
        kind: instance
            .text(&["vpc_endpoint_type"])?
            .unwrap_or("Gateway")
            .to_owned(),
        vpc: vpc.to_owned(),
        state: state.unwrap_or("available").to_owned(),
        private_dns,
        inbound_only: inbound_only.ok().flatten().unwrap_or(false),
        subnets: subnets(resolver, equivalence, instance, id)?,
        security_groups: groups(resolver, instance, id, vpc)?,
        route_tables: Vec::new(),
        interfaces: Vec::new(),
        policy: policy(resolver, instance, id),
    })
}

/// By a resource of its own, else by the endpoint's.
fn private_dns(resolver: &Resolver, instance: &Resource, id: &str) -> PlanValue<bool> {
    for own in resolver.plan.of_type(&["aws_vpc_endpoint_private_dns"]) {
        let of = resolver.one(own, &["vpc_endpoint_id"], ResourceKind::Endpoint)?;
        if of.as_deref() == Some(id) {
            return Ok(own.flag(&["private_dns_enabled"])?.unwrap_or(false));
        }
    }
    match instance.flag(&["private_dns_enabled"]) {
        Ok(set) => Ok(set.unwrap_or(false)),
        Err(_) if !resolver.plan.is_set(instance, "private_dns_enabled") => Ok(false),
        Err(why) => Err(why),
    }
}

/// Not left to AWS to fill in.
fn is_given(resolver: &Resolver, instance: &Resource, attribute: &str) -> bool {
    instance.at(&[attribute]) != Attribute::Unknown || resolver.plan.is_set(instance, attribute)
}

fn subnets(
    resolver: &Resolver,
    equivalence: &SubnetEquivalence,
    instance: &Resource,
    id: &str,
) -> PlanValue<Vec<String>> {
    let mut subnets = match is_given(resolver, instance, "subnet_ids") {
        true => equivalence.of_endpoint(instance, &["subnet_ids"])?,
        false => Vec::new(),
    };
    for at in 0..instance.count(&["subnet_configuration"]).unwrap_or(0) {
        let path = ["subnet_configuration", &at.to_string(), "subnet_id"];
        subnets.extend(resolver.one(instance, &path, ResourceKind::Subnet)?);
    }
    for join in resolver
        .plan
        .of_type(&["aws_vpc_endpoint_subnet_association"])
    {
        let endpoint = resolver.one(join, &["vpc_endpoint_id"], ResourceKind::Endpoint);
        if endpoint.as_ref().is_ok_and(|of| of.as_deref() != Some(id)) {
            continue;
        }
        endpoint?;
        subnets.extend(resolver.one(join, &["subnet_id"], ResourceKind::Subnet)?);
    }
    subnets.sort();
    subnets.dedup();
    Ok(subnets)
}

/// Where the configuration names none, AWS gives an endpoint the default group of its VPC.
fn groups(resolver: &Resolver, instance: &Resource, id: &str, vpc: &str) -> PlanValue<Vec<String>> {
    let default = || {
        let vpc = resolver.plan.find(ResourceKind::Vpc.resource_types(), vpc);
        vpc.and_then(|vpc| resolver.default_of(vpc, ResourceKind::SecurityGroup))
    };
    let mut groups = match is_given(resolver, instance, "security_group_ids") {
        true => resolver.all(
            instance,
            &["security_group_ids"],
            ResourceKind::SecurityGroup,
        )?,
        false => match instance.text(&["vpc_endpoint_type"])? {
            Some("Interface") => {
                vec![default().ok_or_else(|| instance.known_after_apply(&["security_group_ids"]))?]
            }
            _ => Vec::new(),
        },
    };
    for join in resolver
        .plan
        .of_type(&["aws_vpc_endpoint_security_group_association"])
    {
        let endpoint = resolver.one(join, &["vpc_endpoint_id"], ResourceKind::Endpoint);
        if endpoint.as_ref().is_ok_and(|of| of.as_deref() != Some(id)) {
            continue;
        }
        endpoint?;
        groups.extend(resolver.one(join, &["security_group_id"], ResourceKind::SecurityGroup)?);
        if join.flag(&["replace_default_association"])? == Some(true) {
            let default = default();
            groups.retain(|group| Some(group) != default.as_ref());
        }
    }
    groups.sort();
    groups.dedup();
    Ok(groups)
}

fn policy(resolver: &Resolver, instance: &Resource, id: &str) -> Option<Value> {
    let separate = resolver
        .plan
        .of_type(&["aws_vpc_endpoint_policy"])
        .find(|policy| {
            let of = resolver.one(policy, &["vpc_endpoint_id"], ResourceKind::Endpoint);
            of.ok().flatten().as_deref() == Some(id)
        });
    let holder = separate.unwrap_or(instance);
    match holder.text(&["policy"]) {
        Ok(None) => None,
        Ok(Some(text)) => {
            let parsed = serde_json::from_str(text);
            Some(parsed.unwrap_or_else(|_| Value::String(text.to_owned())))
        }
        Err(_) if !resolver.plan.is_set(holder, "policy") => None,
        Err(why) => Some(undecided(&why)),
    }
}

/// A policy that decides nothing, since it is not known: its statement hangs on a key that no request has.
fn undecided(why: &Unavailable) -> Value {
    let key = format!("aws:{}", why.message);
    json!({"Statement": [{
        "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*",
        "Condition": {"StringEquals": {key: "known"}},
    }]})
}

impl Endpoints {
    /// Whether the plan takes away the endpoint of a service that the VPC has. There cannot be another beside it
    /// that answers to the service's name.
    pub fn loses(resolver: &Resolver, vpc: &str, services: &[String]) -> bool {
        resolver.plan.is_all()
            && resolver
                .plan
                .before_of_type(ResourceKind::Endpoint.resource_types())
                .any(|endpoint| {
                    let text = |name| endpoint.text(&[name]).ok().flatten();
                    text("vpc_id") == Some(vpc)
                        && text("service_name")
                            .is_some_and(|name| services.iter().any(|service| service == name))
                        && endpoint.flag(&["private_dns_enabled"]) == Ok(Some(true))
                        && resolver
                            .plan
                            .find(ResourceKind::Endpoint.resource_types(), &endpoint.address)
                            .is_none()
                })
    }

    /// Whether the VPC has an interface endpoint of a service. Gateways may be several, each for its own subnets.
    pub fn has(&self, vpc: &str, services: &[String]) -> bool {
        self.known.iter().any(|endpoint| {
            endpoint.vpc == vpc
                && services.contains(&endpoint.service)
                && endpoint.kind != "Gateway"
        })
    }
}
