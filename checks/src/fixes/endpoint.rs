//! The interface endpoint of ssmmessages.

use super::{Aws, label};
use crate::facts::Facts;
use crate::fix::{Disposition, Fix};

/// Makes the endpoint answer for the public name of ssmmessages.
pub fn private_dns(facts: &Facts, endpoint: &str) -> Fix {
    Fix::new(
        format!("private-dns:{endpoint}"),
        Disposition::Drift,
        format!("Turn on private DNS for {endpoint}"),
        "From then on every task in the VPC reaches ssmmessages through the endpoint. The VPC needs DNS support and DNS host names.",
    )
    .command(
        Aws::new("ec2 modify-vpc-endpoint")
            .option("--vpc-endpoint-id", endpoint)
            .flag("--private-dns-enabled")
            .region(facts),
    )
    .terraform("resource \"aws_vpc_endpoint\" \"ssmmessages\" {\n  # …\n  private_dns_enabled = true\n}")
}

/// Who may use the endpoint: the tasks' security groups, or their subnets where the tasks have no groups.
pub struct Sources {
    pub groups: Vec<String>,
    pub cidrs: Vec<String>,
}

/// Makes the endpoint in the given VPC and subnets, with a security group of its own that lets the tasks in.
///
/// One command, each step only after the one before it: the later ones need the group's ID.
pub fn create(facts: &Facts, vpc: &str, subnets: &[&str], sources: &Sources) -> Fix {
    let service = facts.endpoint_service("ssmmessages");
    let group = Aws::new("ec2 create-security-group")
        .option("--group-name", "ecs-exec-ssmmessages")
        .option(
            "--description",
            "ECS Exec: tasks to the ssmmessages endpoint",
        )
        .option("--vpc-id", vpc)
        .option("--query", "GroupId")
        .option("--output", "text")
        .region(facts);
    let mut steps = vec![format!("GROUP=$({group})")];
    let (flag, values) = match sources.groups.as_slice() {
        [] => ("--cidr", &sources.cidrs),
        _ => ("--source-group", &sources.groups),
    };
    steps.extend(values.iter().map(|value| {
        Aws::new("ec2 authorize-security-group-ingress")
            .raw("--group-id", "\"$GROUP\"")
            .option("--protocol", "tcp")
            .option("--port", "443")
            .option(flag, value)
            .region(facts)
    }));
    steps.push(
        Aws::new("ec2 create-vpc-endpoint")
            .option("--vpc-id", vpc)
            .option("--vpc-endpoint-type", "Interface")
            .option("--service-name", &service)
            .options("--subnet-ids", subnets.iter().copied())
            .raw("--security-group-ids", "\"$GROUP\"")
            .flag("--private-dns-enabled")
            .region(facts),
    );
    Fix::new(
        format!("create-endpoint:{vpc}"),
        Disposition::Drift,
        format!("Make the ssmmessages interface endpoint in {vpc}"),
        "Sessions then stay inside the VPC. The endpoint is billed by the hour and by the zone. The VPC needs DNS support \
         and DNS host names. It takes a minute or two until the endpoint is available, and tasks whose agent gave up \
         have to be replaced afterwards.",
    )
    .command(steps.join(" && "))
    .terraform(terraform(vpc, &service, subnets, sources))
}

fn terraform(vpc: &str, service: &str, subnets: &[&str], sources: &Sources) -> String {
    let name = label(&format!("ssmmessages_{vpc}"));
    let allowed = match sources.groups.as_slice() {
        [] => format!("cidr_blocks = {}", serde_json::json!(sources.cidrs)),
        groups => format!("security_groups = {}", serde_json::json!(groups)),
    };
    format!(
        r#"resource "aws_security_group" "{name}" {{
  name_prefix = "ecs-exec-ssmmessages-"
  vpc_id      = "{vpc}"

  ingress {{
    protocol  = "tcp"
    from_port = 443
    to_port   = 443
    {allowed}
  }}
}}

resource "aws_vpc_endpoint" "{name}" {{
  vpc_id              = "{vpc}"
  service_name        = "{service}"
  vpc_endpoint_type   = "Interface"
  private_dns_enabled = true
  subnet_ids          = {subnets}
  security_group_ids  = [aws_security_group.{name}.id]
}}"#,
        subnets = serde_json::json!(subnets),
    )
}
