//! VPC endpoints, and the DNS settings of VPCs that they need.

use serde_json::Value;

use super::security_group::{HTTPS_PORT, Sources, https_rule};
use super::terraform::{self, label, list, quoted};
use super::{add_statement, chain};
use aws_rules::iam::document as policy_document;
use model::aws_call::{AwsCall, DnsAttribute, EndpointKind, NewEndpoint, NewSecurityGroup};
use model::cli_command::{Ref, Variable};
use model::facts::{Endpoint, Fact, Facts};
use model::fix::{Disposition, Fix};
use model::step::ResourcePolicy;

/// Makes the public name of ssmmessages resolve to the endpoint.
pub fn enable_private_dns(facts: &Facts, endpoint: &Endpoint) -> Fix {
    let id = &endpoint.id;
    let (mut calls, mut blocks) = enable_missing_dns(facts, &endpoint.vpc);
    calls.push(AwsCall::ModifyVpcEndpoint {
        endpoint: id.clone(),
        private_dns: true,
    });
    blocks.push(terraform::change(
        "aws_vpc_endpoint",
        "ssmmessages",
        "private_dns_enabled = true",
    ));
    Fix::new(
        format!("private-dns:{id}"),
        Disposition::Drift,
        format!("Enable private DNS for {id}"),
        "Every task in the VPC then connects to ssmmessages through the endpoint. The VPC needs DNS support and DNS hostnames.",
    )
    .command(chain(facts, calls))
    .terraform(blocks.join("\n\n"))
}

/// Enables the DNS attributes of a VPC that are off, in calls and in Terraform: AWS enables private DNS of an endpoint only
/// after that.
/// <https://docs.aws.amazon.com/vpc/latest/privatelink/manage-dns-names.html>
fn enable_missing_dns(facts: &Facts, vpc: &str) -> (Vec<AwsCall>, Vec<String>) {
    let known = facts.network.vpcs.get(vpc).and_then(Fact::known);
    enable_dns(vpc, |attribute| {
        let value = known.map(|known| match attribute {
            DnsAttribute::Support => &known.dns_support,
            DnsAttribute::Hostnames => &known.dns_hostnames,
        });
        value.and_then(Fact::known) == Some(&false)
    })
}

fn enable_dns(vpc: &str, is_off: impl Fn(&DnsAttribute) -> bool) -> (Vec<AwsCall>, Vec<String>) {
    let off = DnsAttribute::ALL.into_iter().filter(is_off);
    let calls: Vec<AwsCall> = off
        .map(|attribute| AwsCall::ModifyVpcAttribute {
            vpc: vpc.to_owned(),
            attribute,
        })
        .collect();
    let block = terraform::change(
        "aws_vpc",
        "this",
        "enable_dns_support   = true\nenable_dns_hostnames = true",
    );
    let blocks = Vec::from_iter((!calls.is_empty()).then_some(block));
    (calls, blocks)
}

/// An endpoint that failed has to be created again. A pending one becomes available, or waits for its owner.
pub fn replace(facts: &Facts, endpoint: &Endpoint) -> Fix {
    let id = &endpoint.id;
    let pending = endpoint.is_pending();
    let fix = Fix::new(
        format!("remake-endpoint:{id}"),
        // In between there is no endpoint, and the old one's policy and tags are lost.
        Disposition::Manual,
        if pending {
            format!("Wait until {id} is available, or ask its owner to accept it")
        } else {
            format!("Create {id} again")
        },
        "A VPC can have one endpoint with private DNS for a service, so delete the failed one first. Its tags are lost. \
         Wait a minute or two until it is deleted before you create the next.",
    );
    if pending {
        return fix;
    }
    let (mut calls, mut blocks) = enable_missing_dns(facts, &endpoint.vpc);
    let delete = AwsCall::DeleteVpcEndpoints(id.clone());
    let create = AwsCall::CreateVpcEndpoint(NewEndpoint {
        vpc: endpoint.vpc.clone(),
        service: endpoint.service.clone(),
        kind: EndpointKind::Interface {
            subnets: endpoint.subnets.clone(),
            security_groups: endpoint.security_groups.iter().map(Ref::from).collect(),
            private_dns: true,
        },
        policy: endpoint.policy.clone().filter(Value::is_object),
    });
    calls.push(delete);
    blocks.push("# terraform apply -replace=aws_vpc_endpoint.ssmmessages".to_owned());
    fix.command(chain(facts, calls))
        .call(create, &facts.region)
        .terraform(blocks.join("\n\n"))
}

/// Enables the DNS attributes of a VPC. `off`: names of the attributes that are off.
pub fn vpc_dns(facts: &Facts, vpc: &str, off: &[&str]) -> Fix {
    let (calls, blocks) = enable_dns(vpc, |attribute| off.contains(&attribute.name()));
    Fix::new(
        format!("vpc-dns:{vpc}"),
        Disposition::Drift,
        format!("Enable DNS support and DNS hostnames in {vpc}"),
        "The service names of interface endpoints with private DNS then resolve to the endpoints, for everything in the VPC.",
    )
    .calls(calls, &facts.region)
    .terraform(blocks.concat())
}

/// Allows the actions in the endpoint's policy, unless a Deny overrides that.
pub fn policy(facts: &Facts, endpoint: &Endpoint, actions: &[&str]) -> Fix {
    let id = &endpoint.id;
    let service = endpoint.service.rsplit('.').next().unwrap_or_default();
    let statement = policy_document::endpoint_statement(facts.account.as_deref(), actions);
    let fix = |disposition, explain| {
        let title = format!("Allow the {service} actions in the policy of {id}");
        Fix::new(format!("endpoint-policy:{id}"), disposition, title, explain)
    };
    if has_deny(endpoint) {
        let explain = "A Deny in the endpoint's policy overrides every Allow: remove it, or exclude the task roles from it.";
        return fix(Disposition::Manual, explain).policy(policy_document::document([statement]));
    }
    let fix = fix(
        Disposition::Drift,
        "Adds a statement to the current policy; existing statements do not change. It takes effect within minutes. Needs jq.",
    );
    let statement = policy_document::with_sid(statement);
    let policy = ResourcePolicy::Endpoint(id.clone());
    add_statement(fix, facts, policy, ("aws_vpc_endpoint", service), statement)
}

/// Whether a statement denies something, so that an Allow may not be enough.
fn has_deny(endpoint: &Endpoint) -> bool {
    let policy = endpoint.policy.iter();
    policy
        .flat_map(aws_rules::iam::statements)
        .any(|statement| statement["Effect"] == "Deny")
}

/// Where an endpoint is created.
pub struct EndpointPlace<'a> {
    /// ID of the VPC.
    pub vpc: &'a str,
    /// One for each availability zone.
    pub subnets: Vec<&'a str>,
    /// For gateway endpoints.
    pub route_tables: Vec<String>,
    /// Who uses it.
    pub sources: Sources,
}

/// Creates an endpoint. For S3 it is a gateway endpoint, which is free of charge. For other services it is an interface
/// endpoint, with a security group that allows the tasks in.
pub fn create(facts: &Facts, place: &EndpointPlace, service: &str) -> Fix {
    let vpc = place.vpc;
    let (calls, blocks) = match service {
        "s3" => gateway(facts, place, service),
        _ => interface(facts, place, service),
    };
    Fix::new(
        format!("create-endpoint-{service}:{vpc}"),
        Disposition::Drift,
        format!("Create the {service} endpoint in {vpc}"),
        "The traffic then stays inside the VPC. An interface endpoint is billed per hour and zone, and the service's name \
         resolves to it in the whole VPC: allow everything else there that uses the service in its security group. The VPC \
         needs DNS support and DNS hostnames. The endpoint is available after a minute or two; then replace the tasks whose \
         agent gave up.",
    )
    .command(chain(facts, calls))
    .terraform(blocks.join("\n\n"))
}

fn interface(facts: &Facts, place: &EndpointPlace, service: &str) -> (Vec<AwsCall>, Vec<String>) {
    let vpc = place.vpc;
    let name = facts.endpoint_service(service);
    let (mut calls, mut blocks) = enable_missing_dns(facts, vpc);
    blocks.push(interface_blocks(place, service, &name));
    calls.push(AwsCall::CreateSecurityGroup(NewSecurityGroup {
        name: format!("ecs-exec-{service}"),
        description: format!("ECS Exec: tasks to the endpoint of {service}"),
        vpc: vpc.to_owned(),
    }));
    let group = || Ref::Output(Variable::Group);
    let allow = |peer| AwsCall::AuthorizeSecurityGroupIngress(https_rule(group(), peer));
    calls.extend(place.sources.peers().into_iter().map(allow));
    calls.push(AwsCall::CreateVpcEndpoint(NewEndpoint {
        vpc: vpc.to_owned(),
        service: name,
        kind: EndpointKind::Interface {
            subnets: place.subnets.iter().map(|&id| id.to_owned()).collect(),
            security_groups: vec![group()],
            private_dns: true,
        },
        policy: None,
    }));
    (calls, blocks)
}

fn gateway(facts: &Facts, place: &EndpointPlace, service: &str) -> (Vec<AwsCall>, Vec<String>) {
    let name = facts.endpoint_service(service);
    let block = terraform::resource(
        "aws_vpc_endpoint",
        &format!("{service}_{}", place.vpc),
        &[
            ("vpc_id", quoted(place.vpc)),
            ("service_name", quoted(&name)),
            ("vpc_endpoint_type", quoted("Gateway")),
            ("route_table_ids", list(&place.route_tables)),
        ],
    );
    let create = AwsCall::CreateVpcEndpoint(NewEndpoint {
        vpc: place.vpc.to_owned(),
        service: name,
        kind: EndpointKind::Gateway {
            route_tables: place.route_tables.clone(),
        },
        policy: None,
    });
    (vec![create], vec![block])
}

/// `service`: the short name; `full_name`: with the region.
fn interface_blocks(place: &EndpointPlace, service: &str, full_name: &str) -> String {
    let vpc = quoted(place.vpc);
    let name = label(&format!("{service}_{}", place.vpc));
    let allowed = match place.sources.groups.as_slice() {
        [] => format!("cidr_blocks = {}", list(&place.sources.cidrs)),
        groups => format!("security_groups = {}", list(groups)),
    };
    let endpoint = terraform::resource(
        "aws_vpc_endpoint",
        &name,
        &[
            ("vpc_id", vpc.clone()),
            ("service_name", quoted(full_name)),
            ("vpc_endpoint_type", quoted("Interface")),
            ("private_dns_enabled", "true".to_owned()),
            ("subnet_ids", list(&place.subnets)),
            (
                "security_group_ids",
                format!("[aws_security_group.{name}.id]"),
            ),
        ],
    );
    format!(
        r#"resource "aws_security_group" "{name}" {{
  name_prefix = "ecs-exec-{service}-"
  vpc_id      = {vpc}

  ingress {{
    protocol  = "tcp"
    from_port = {HTTPS_PORT}
    to_port   = {HTTPS_PORT}
    {allowed}
  }}
}}

{endpoint}"#
    )
}
