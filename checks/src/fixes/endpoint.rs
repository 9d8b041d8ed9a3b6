//! The interface endpoint of ssmmessages.

use super::{Aws, label, list, quoted, statement};
use aws_rules::iam::document as policy_document;
use model::facts::{Endpoint, Fact, Facts};
use model::fix::{Disposition, Fix};
use model::step::Command;

/// The variable that holds the new security group's ID.
const GROUP: &str = "GROUP";

/// Makes the endpoint answer for the public name of ssmmessages.
pub fn private_dns(facts: &Facts, endpoint: &Endpoint) -> Fix {
    let id = &endpoint.id;
    let mut steps = resolving(facts, &endpoint.vpc);
    let mut blocks = resolving_terraform(&steps);
    steps.push(
        Aws::new("ec2 modify-vpc-endpoint")
            .option("--vpc-endpoint-id", id)
            .flag("--private-dns-enabled")
            .region(facts),
    );
    blocks.push(
        "resource \"aws_vpc_endpoint\" \"ssmmessages\" {\n  # …\n  private_dns_enabled = true\n}",
    );
    Fix::new(
        format!("private-dns:{id}"),
        Disposition::Drift,
        format!("Turn on private DNS for {id}"),
        "From then on every task in the VPC reaches ssmmessages through the endpoint. The VPC needs DNS support and DNS host names.",
    )
    .command(Command::all(steps))
    .terraform(blocks.join("\n\n"))
}

/// The steps that let a VPC have private names, where it is known not to: AWS turns on no private DNS before.
/// <https://docs.aws.amazon.com/vpc/latest/privatelink/manage-dns-names.html>
fn resolving(facts: &Facts, vpc: &str) -> Vec<Command> {
    let Some(Fact::Known(known)) = facts.network.vpcs.get(vpc) else {
        return Vec::new();
    };
    let off = |attribute: &Fact<bool>| attribute.known() == Some(&false);
    DNS_ATTRIBUTES
        .into_iter()
        .zip([off(&known.dns_support), off(&known.dns_hostnames)])
        .filter(|(_, is_off)| *is_off)
        .map(|(attribute, _)| turn_on(facts, vpc, attribute))
        .collect()
}

fn resolving_terraform(steps: &[Command]) -> Vec<&'static str> {
    match steps {
        [] => Vec::new(),
        [_, ..] => vec![RESOLVING_VPC],
    }
}

/// The attributes of a VPC that private DNS needs, with the flags that turn them on.
const DNS_ATTRIBUTES: [(&str, &str); 2] = [
    ("enableDnsSupport", "--enable-dns-support"),
    ("enableDnsHostnames", "--enable-dns-hostnames"),
];

const RESOLVING_VPC: &str = "resource \"aws_vpc\" \"this\" {\n  # …\n  enable_dns_support   = true\n  enable_dns_hostnames = true\n}";

/// AWS changes one attribute a call.
fn turn_on(facts: &Facts, vpc: &str, (_, flag): (&str, &str)) -> Command {
    Aws::new("ec2 modify-vpc-attribute")
        .option("--vpc-id", vpc)
        .flag(flag)
        .region(facts)
}

/// An endpoint that does not get available has to be made anew; one that is on its way needs patience.
pub fn not_available(facts: &Facts, endpoint: &Endpoint) -> Fix {
    let id = &endpoint.id;
    let pending = endpoint.state.to_ascii_lowercase().starts_with("pending");
    let fix = Fix::new(
        format!("remake-endpoint:{id}"),
        // Between the old one and the new one there is none, and the old one's policy and tags have to be repeated.
        Disposition::Manual,
        if pending {
            format!("Wait until {id} is available, or have its owner accept it")
        } else {
            format!("Make {id} again")
        },
        "A VPC has room for one endpoint of a service with private DNS, so the broken one goes first, and its tags with it. \
         It takes a minute or two until it is gone and the next can be made.",
    );
    if pending {
        return fix;
    }
    let mut steps = resolving(facts, &endpoint.vpc);
    let mut blocks = resolving_terraform(&steps);
    let remove = Aws::new("ec2 delete-vpc-endpoints")
        .option("--vpc-endpoint-ids", id)
        .region(facts);
    let make = Aws::new("ec2 create-vpc-endpoint")
        .option("--vpc-id", &endpoint.vpc)
        .option("--vpc-endpoint-type", "Interface")
        .option("--service-name", &endpoint.service)
        .options("--subnet-ids", endpoint.subnets.iter().map(String::as_str))
        .options(
            "--security-group-ids",
            endpoint.security_groups.iter().map(String::as_str),
        )
        .flag("--private-dns-enabled");
    let make = match &endpoint.policy {
        Some(policy) if policy.is_object() => make.option("--policy-document", &policy.to_string()),
        _ => make,
    };
    steps.push(remove);
    blocks.push("# terraform apply -replace=aws_vpc_endpoint.ssmmessages");
    fix.command(Command::all(steps))
        .command(make.region(facts))
        .terraform(blocks.join("\n\n"))
}

/// Makes the VPC resolve private names.
pub fn vpc_dns(facts: &Facts, vpc: &str, off: &[&str]) -> Fix {
    let mut fix = Fix::new(
        format!("vpc-dns:{vpc}"),
        Disposition::Drift,
        format!("Turn on DNS support and DNS host names in {vpc}"),
        "Names of interface endpoints with private DNS then lead to the endpoints, for everything in the VPC.",
    );
    for attribute in DNS_ATTRIBUTES {
        if off.contains(&attribute.0) {
            fix = fix.command(turn_on(facts, vpc, attribute));
        }
    }
    fix.terraform(RESOLVING_VPC)
}

/// Adds the actions to the endpoint's policy, where an Allow can mend it.
pub fn policy(facts: &Facts, endpoint: &Endpoint, actions: &[&str]) -> Fix {
    let id = &endpoint.id;
    let service = service_of(endpoint);
    let statement = policy_document::endpoint_statement(facts.account.as_deref(), actions);
    let title = format!("Allow the {service} actions in the policy of {id}");
    if denies(endpoint) {
        return Fix::new(
            format!("endpoint-policy:{id}"),
            Disposition::Manual,
            title,
            "A Deny in the endpoint's policy outweighs every Allow: take it away, or except the task roles from it.",
        )
        .policy(policy_document::document([statement]));
    }
    let statement = statement::named(statement);
    let read = Aws::new("ec2 describe-vpc-endpoints")
        .option("--vpc-endpoint-ids", id)
        .option("--query", "VpcEndpoints[0].PolicyDocument")
        .option("--output", "text");
    let put = Aws::new("ec2 modify-vpc-endpoint").option("--vpc-endpoint-id", id);
    Fix::new(
        format!("endpoint-policy:{id}"),
        Disposition::Drift,
        title,
        "Adds a statement to the policy as it is then; what it allows today stays. It takes effect within minutes. Needs jq.",
    )
    .command(statement::add(
        facts,
        read,
        put,
        "--policy-document",
        &statement,
    ))
    .terraform(format!(
        "resource \"aws_vpc_endpoint\" \"{service}\" {{\n  # … in the policy, one statement more:\n  # {statement}\n}}"
    ))
    .policy(policy_document::document([statement]))
}

/// `ssmmessages`, `kms`, …
fn service_of(endpoint: &Endpoint) -> &str {
    endpoint.service.rsplit('.').next().unwrap_or_default()
}

/// A statement denies, so that an Allow may not be enough.
fn denies(endpoint: &Endpoint) -> bool {
    let policy = endpoint.policy.iter();
    policy
        .flat_map(aws_rules::iam::statements)
        .any(|statement| statement["Effect"] == "Deny")
}

/// Who may use the endpoint: the tasks' security groups, or their subnets where the tasks have no groups.
pub struct Sources {
    pub groups: Vec<String>,
    pub cidrs: Vec<String>,
}

/// Where endpoints are made.
pub struct Sites<'a> {
    pub vpc: &'a str,
    /// One a zone.
    pub subnets: Vec<&'a str>,
    /// For gateway endpoints.
    pub route_tables: Vec<String>,
}

/// Makes an endpoint: of S3 a gateway, which costs nothing, of the others an interface with a security group of its own
/// that lets the tasks in.
///
/// One command, each step only after the one before it: the later ones need the group's ID.
pub fn create(facts: &Facts, sites: &Sites, sources: &Sources, service: &str) -> Fix {
    let vpc = sites.vpc;
    let (steps, blocks) = match service {
        "s3" => gateway(facts, sites, service),
        _ => interface(facts, sites, sources, service),
    };
    Fix::new(
        format!("create-endpoint-{service}:{vpc}"),
        Disposition::Drift,
        format!("Make the {service} endpoint in {vpc}"),
        "The traffic then stays inside the VPC. An interface endpoint is billed by the hour and by the zone, and captures the \
         service's name for the whole VPC: whoever else uses the service there has to be let into its security group. The VPC \
         needs DNS support and DNS host names. It takes a minute or two until an endpoint is available, and tasks whose agent \
         gave up have to be replaced afterwards.",
    )
    .command(Command::all(steps))
    .terraform(blocks.join("\n\n"))
}

fn interface(
    facts: &Facts,
    sites: &Sites,
    sources: &Sources,
    service: &str,
) -> (Vec<Command>, Vec<String>) {
    let vpc = sites.vpc;
    let name = facts.endpoint_service(service);
    let mut steps = resolving(facts, vpc);
    let blocks = resolving_terraform(&steps).into_iter().map(str::to_owned);
    let endpoint = terraform(vpc, service, &name, &sites.subnets, sources);
    let blocks = blocks.chain([endpoint]).collect();
    steps.extend(group(facts, vpc, sources, service));
    steps.push(
        Aws::new("ec2 create-vpc-endpoint")
            .option("--vpc-id", vpc)
            .option("--vpc-endpoint-type", "Interface")
            .option("--service-name", &name)
            .options("--subnet-ids", sites.subnets.iter().copied())
            .variable("--security-group-ids", GROUP)
            .flag("--private-dns-enabled")
            .region(facts),
    );
    (steps, blocks)
}

fn gateway(facts: &Facts, sites: &Sites, service: &str) -> (Vec<Command>, Vec<String>) {
    let name = facts.endpoint_service(service);
    let make = Aws::new("ec2 create-vpc-endpoint")
        .option("--vpc-id", sites.vpc)
        .option("--vpc-endpoint-type", "Gateway")
        .option("--service-name", &name);
    let tables = sites.route_tables.iter().map(String::as_str);
    let make = match sites.route_tables.as_slice() {
        [] => make,
        [_, ..] => make.options("--route-table-ids", tables),
    };
    let block = format!(
        "resource \"aws_vpc_endpoint\" \"{}\" {{\n  vpc_id            = {}\n  service_name      = {}\n  vpc_endpoint_type = \"Gateway\"\n  route_table_ids   = {}\n}}",
        label(&format!("{service}_{}", sites.vpc)),
        quoted(sites.vpc),
        quoted(&name),
        list(&sites.route_tables),
    );
    (vec![make.region(facts)], vec![block])
}

/// The steps that make a security group for an interface endpoint, and put its ID into `$GROUP`.
fn group(facts: &Facts, vpc: &str, sources: &Sources, service: &str) -> Vec<Command> {
    let make = Aws::new("ec2 create-security-group")
        .option("--group-name", &format!("ecs-exec-{service}"))
        .option(
            "--description",
            &format!("ECS Exec: tasks to the endpoint of {service}"),
        )
        .option("--vpc-id", vpc)
        .option("--query", "GroupId")
        .option("--output", "text")
        .region(facts);
    let (flag, values) = match sources.groups.as_slice() {
        [] => ("--cidr", &sources.cidrs),
        _ => ("--source-group", &sources.groups),
    };
    let mut steps = vec![make.into_variable(GROUP)];
    steps.extend(values.iter().map(|value| {
        Aws::new("ec2 authorize-security-group-ingress")
            .variable("--group-id", GROUP)
            .option("--protocol", "tcp")
            .option("--port", "443")
            .option(flag, value)
            .region(facts)
    }));
    steps
}

fn terraform(vpc: &str, short: &str, service: &str, subnets: &[&str], sources: &Sources) -> String {
    let name = label(&format!("{short}_{vpc}"));
    let allowed = match sources.groups.as_slice() {
        [] => format!("cidr_blocks = {}", list(&sources.cidrs)),
        groups => format!("security_groups = {}", list(groups)),
    };
    format!(
        r#"resource "aws_security_group" "{name}" {{
  name_prefix = "ecs-exec-{short}-"
  vpc_id      = {vpc}

  ingress {{
    protocol  = "tcp"
    from_port = 443
    to_port   = 443
    {allowed}
  }}
}}

resource "aws_vpc_endpoint" "{name}" {{
  vpc_id              = {vpc}
  service_name        = {service}
  vpc_endpoint_type   = "Interface"
  private_dns_enabled = true
  subnet_ids          = {subnets}
  security_group_ids  = [aws_security_group.{name}.id]
}}"#,
        vpc = quoted(vpc),
        service = quoted(service),
        subnets = list(subnets),
    )
}
