//! The time to read a plan grows with its size, not faster.

use std::time::{Duration, Instant};

use diagnosis::{Selection, examine};
use serde_json::json;

use crate::plan_builder::{PlanBuilder, list_of_references, references};
use crate::support::*;

/// A plan of services in one VPC, each with its own definition, role, policy and security group.
fn flat(services: usize) -> PlanBuilder {
    let ids = |address: &str| references(&[&format!("{address}.id"), address]);
    let mut small = PlanBuilder::new()
        .with(
            "aws_subnet.p",
            json!({"vpc_id": ids("aws_vpc.v"), "cidr_block": "10.0.1.0/24"}),
        )
        .with(
            "aws_internet_gateway.i",
            json!({"vpc_id": ids("aws_vpc.v")}),
        )
        .with(
            "aws_nat_gateway.n",
            json!({"subnet_id": ids("aws_subnet.p")}),
        );
    for (subnet, gateway, argument) in [
        ("p", "aws_internet_gateway.i", "gateway_id"),
        ("s", "aws_nat_gateway.n", "nat_gateway_id"),
    ] {
        let table = format!("aws_route_table.{subnet}");
        small = small
            .with(&table, json!({"vpc_id": ids("aws_vpc.v")}))
            .with(&format!("aws_route.{subnet}"), json!({
                "route_table_id": ids(&table), "destination_cidr_block": "0.0.0.0/0", argument: ids(gateway),
            }))
            .with(&format!("aws_route_table_association.{subnet}"), json!({
                "route_table_id": ids(&table), "subnet_id": ids(&format!("aws_subnet.{subnet}")),
            }));
    }
    for at in 0..services {
        let definition = format!("aws_ecs_task_definition.d{at}");
        let role = format!("aws_iam_role.r{at}");
        let group = format!("aws_security_group.g{at}");
        let trust = json!({"Statement": [{
            "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ecs-tasks.amazonaws.com"},
        }]});
        let allow =
            json!({"Statement": [{"Effect": "Allow", "Action": "ssmmessages:*", "Resource": "*"}]});
        small = small
            .with(&role, json!({"name": format!("r{at}"), "arn": references(&[]), "assume_role_policy": trust.to_string()}))
            .with(&format!("aws_iam_role_policy.p{at}"), json!({
                "name": "exec", "policy": allow.to_string(), "role": references(&[&format!("{role}.id"), &role]),
            }))
            .with(&definition, json!({
                "family": format!("d{at}"), "arn": references(&[]), "network_mode": "awsvpc",
                "task_role_arn": references(&[&format!("{role}.arn"), &role]),
                "container_definitions": json!([{"name": "app", "linuxParameters": {"initProcessEnabled": true}}]).to_string(),
            }))
            .with(&group, json!({
                "id": references(&[]), "vpc_id": references(&["aws_vpc.v.id", "aws_vpc.v"]),
                "egress": [{"protocol": "-1", "from_port": 0, "to_port": 0, "cidr_blocks": ["0.0.0.0/0"]}],
            }))
            .with(&format!("aws_ecs_service.s{at}"), json!({
                "name": format!("s{at}"), "enable_execute_command": true, "launch_type": "FARGATE", "desired_count": 1,
                "cluster": references(&["aws_ecs_cluster.c.id", "aws_ecs_cluster.c"]),
                "task_definition": references(&[&format!("{definition}.arn"), &definition]),
                "network_configuration": [{
                    "subnets": list_of_references(1, &["aws_subnet.s.id", "aws_subnet.s"]),
                    "security_groups": list_of_references(1, &[&format!("{group}.id"), &group]),
                }],
            }));
    }
    small
}

fn time_of_services(services: usize) -> Duration {
    let document = flat(services).document();
    let start = Instant::now();
    let plan = plan(&document);
    let facts = plan.facts(&request_anywhere("c"));
    assert_eq!(facts.services.len(), services);
    let report = examine(&facts, &Selection::default());
    assert_eq!(failures(&report), [""; 0]);
    start.elapsed()
}

/// A plan of calls of one module, whose services refer to their definitions through a local.
fn modules(calls: usize) -> serde_json::Value {
    let path = format!(
        "{}/fixtures/shop/definition-by-local.json",
        env!("CARGO_MANIFEST_DIR")
    );
    let text = std::fs::read_to_string(path).unwrap();
    let mut document: serde_json::Value = serde_json::from_str(&text).unwrap();
    let web = |text: &serde_json::Value, name: &str| {
        let text = text
            .to_string()
            .replace("module.web", &format!("module.{name}"));
        let text = text.replace("\"web-task\"", &format!("\"{name}-task\""));
        let text = text.replace(
            "\"name\":\"web\",\"net",
            &format!("\"name\":\"{name}\",\"net"),
        );
        serde_json::from_str::<serde_json::Value>(&text).unwrap()
    };
    let changes = document["resource_changes"].as_array().unwrap();
    let of_web = changes
        .iter()
        .filter(|change| change["module_address"] == "module.web");
    let of_web: Vec<_> = of_web.cloned().collect();
    let call = document["configuration"]["root_module"]["module_calls"]["web"].clone();
    for at in 0..calls {
        let name = format!("m{at}");
        for change in &of_web {
            let mut change = web(change, &name);
            if change["type"] == "aws_ecs_service" {
                change["change"]["after"]["name"] = name.clone().into();
            }
            document["resource_changes"]
                .as_array_mut()
                .unwrap()
                .push(change);
        }
        document["configuration"]["root_module"]["module_calls"][&name] = call.clone();
    }
    document
}

fn time_of_modules(calls: usize) -> Duration {
    let document = modules(calls);
    let start = Instant::now();
    let plan = plan(&document);
    let facts = plan.facts(&request(&plan, "shop"));
    let mut definitions = facts.task_definitions.values();
    assert!(definitions.all(|definition| definition.known().is_some()));
    assert_eq!(facts.services.len(), calls + 2);
    start.elapsed()
}

/// Whether eight times the size takes less than 32 times as long: quadratic work takes 64 times as long. The bound is
/// generous, and another try is free, since other processes can slow down a single run.
fn scales(time_of: impl Fn(usize) -> Duration, size: usize) -> bool {
    (0..3).any(|_| time_of(8 * size) < 32 * time_of(size))
}

#[test]
fn reading_scales_with_the_number_of_modules() {
    assert!(scales(time_of_modules, 25));
}

#[test]
fn reading_scales_with_the_number_of_services() {
    assert!(scales(time_of_services, 50));
}
