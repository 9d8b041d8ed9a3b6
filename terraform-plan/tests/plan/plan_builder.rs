//! Builds small plans of new resources, one resource at a time.

use model::facts::Facts;
use serde_json::{Map, Value, json};

use crate::support::*;

/// A plan with one service in one subnet of a new VPC without egress.
pub struct PlanBuilder {
    changes: Vec<Value>,
    configuration: Vec<Value>,
}

/// A value from other resources, known only after apply.
pub fn references(references: &[&str]) -> Value {
    json!({"references": references})
}

/// A list of this length whose elements come from other resources.
pub fn list_of_references(elements: usize, references: &[&str]) -> Value {
    json!({"references": references, "elements": elements})
}

impl PlanBuilder {
    pub fn new() -> PlanBuilder {
        PlanBuilder {
            changes: Vec::new(),
            configuration: Vec::new(),
        }
        .with("aws_ecs_cluster.c", json!({"name": "c"}))
        .with("aws_vpc.v", json!({"cidr_block": "10.0.0.0/16", "enable_dns_hostnames": true}))
        .with("aws_subnet.s", json!({"vpc_id": references(&["aws_vpc.v.id", "aws_vpc.v"]), "cidr_block": "10.0.0.0/24"}))
        .with("aws_iam_role.r", json!({"name": "r", "arn": references(&[]), "assume_role_policy": trust()}))
        .with("aws_iam_role_policy_attachment.r", json!({
            "role": "r", "policy_arn": "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore",
        }))
        .with("aws_ecs_task_definition.d", json!({
            "family": "d", "arn": references(&[]), "task_role_arn": references(&["aws_iam_role.r.arn", "aws_iam_role.r"]),
            "network_mode": "awsvpc",
            "container_definitions": json!([{"name": "app", "linuxParameters": {"initProcessEnabled": true}}]).to_string(),
        }))
    }

    /// Replaces the cluster by one with this exec configuration, and adds a new key, whose other arguments are `key`.
    pub fn exec_configuration(self, exec: Value, key: Value) -> PlanBuilder {
        let mut attributes = json!({"arn": references(&[]), "key_id": references(&[])});
        if let (Value::Object(attributes), Value::Object(key)) = (&mut attributes, key) {
            attributes.extend(key);
        }
        let configuration = json!([{"execute_command_configuration": [exec]}]);
        self.with(
            "aws_ecs_cluster.c",
            json!({"name": "c", "configuration": configuration}),
        )
        .with("aws_kms_key.k", attributes)
    }

    /// Adds the service, in the subnet, with these security groups.
    pub fn service(self, groups: Value) -> PlanBuilder {
        self.service_in(
            list_of_references(1, &["aws_subnet.s.id", "aws_subnet.s"]),
            groups,
        )
    }

    /// Adds the service in these subnets.
    pub fn service_in(self, subnets: Value, groups: Value) -> PlanBuilder {
        self.with(
            "aws_ecs_service.s",
            json!({
                "name": "s", "enable_execute_command": true, "launch_type": "FARGATE", "desired_count": 1,
                "cluster": references(&["aws_ecs_cluster.c.id", "aws_ecs_cluster.c"]),
                "task_definition": references(&["aws_ecs_task_definition.d.arn", "aws_ecs_task_definition.d"]),
                "network_configuration": [{
                    "subnets": subnets,
                    "security_groups": groups,
                }],
            }),
        )
    }

    /// Adds an endpoint in the subnet.
    pub fn endpoint(self, groups: Option<Value>) -> PlanBuilder {
        let mut values = json!({
            "service_name": "com.amazonaws.us-west-2.ssmmessages", "vpc_endpoint_type": "Interface",
            "private_dns_enabled": true, "vpc_id": references(&["aws_vpc.v.id", "aws_vpc.v"]),
            "subnet_ids": list_of_references(1, &["aws_subnet.s.id", "aws_subnet.s"]),
        });
        if let Some(groups) = groups {
            values["security_group_ids"] = groups;
        }
        self.with("aws_vpc_endpoint.e", values)
    }

    /// Adds a security group in the VPC.
    pub fn group(self, name: &str, mut values: Value) -> PlanBuilder {
        values["id"] = references(&[]);
        values["vpc_id"] = references(&["aws_vpc.v.id", "aws_vpc.v"]);
        self.with(&format!("aws_security_group.{name}"), values)
    }

    /// Adds a resource, or replaces the one with this address; `type.name["key"]` is one of several instances.
    pub fn with(mut self, address: &str, values: Value) -> PlanBuilder {
        let (resource, key) = match address.split_once('[') {
            Some((resource, key)) => (resource, Some(key.trim_matches(['"', ']']))),
            None => (address, None),
        };
        let (kind, name) = resource.split_once('.').unwrap();
        let (mut after, mut unknown, mut expressions) = (Map::new(), Map::new(), Map::new());
        for (name, value) in values.as_object().unwrap() {
            let (known, mark, expression) = split(value);
            after.extend(known.map(|known| (name.clone(), known)));
            unknown.insert(name.clone(), mark);
            expressions.extend(expression.map(|expression| (name.clone(), expression)));
        }
        // Computed attributes.
        for name in [
            "id",
            "security_group_ids",
            "subnet_ids",
            "policy",
            "ingress",
            "egress",
            "route",
        ] {
            if !after.contains_key(name) && !unknown.contains_key(name) {
                unknown.insert(name.to_owned(), true.into());
            }
        }
        self.changes.retain(|other| other["address"] != address);
        self.configuration
            .retain(|other| other["address"] != resource);
        self.changes.push(json!({
            "address": address, "mode": "managed", "type": kind, "name": name, "index": key,
            "change": {"actions": ["create"], "before": null, "after": after, "after_unknown": unknown},
        }));
        self.configuration.push(json!({
            "address": resource, "mode": "managed", "type": kind, "name": name, "expressions": expressions,
        }));
        self
    }

    pub fn document(self) -> Value {
        json!({
            "format_version": "1.2", "complete": true,
            "resource_changes": self.changes,
            "configuration": {"root_module": {"resources": self.configuration}},
        })
    }

    pub fn facts(self) -> Facts {
        let plan = plan(&self.document());
        let mut request = request_anywhere("c");
        request.account = Some("123456789012".into());
        plan.facts(&request)
    }

    pub fn causes(self) -> Vec<String> {
        let report = report(&self.facts());
        let unknown = titles(&report, model::Status::Unknown);
        assert_eq!(unknown, [""; 0]);
        causes(&report)
    }
}

fn trust() -> Value {
    let trust = json!({"Statement": [{
        "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ecs-tasks.amazonaws.com"},
    }]});
    trust.to_string().into()
}

/// Splits a value into its known part, the marks of its unknown parts, and its expression.
fn split(value: &Value) -> (Option<Value>, Value, Option<Value>) {
    match value {
        Value::Object(fields) if fields.contains_key("references") => {
            let expression = json!({"references": fields["references"]});
            let is_set = fields["references"]
                .as_array()
                .is_some_and(|all| !all.is_empty());
            let expression = is_set.then_some(expression);
            match fields.get("elements").and_then(Value::as_u64) {
                Some(count) => {
                    let count = usize::try_from(count).unwrap();
                    (
                        Some(json!(vec![Value::Null; count])),
                        json!(vec![true; count]),
                        expression,
                    )
                }
                None => (None, true.into(), expression),
            }
        }
        Value::Object(fields) => {
            let (mut known, mut marks, mut expressions) = (Map::new(), Map::new(), Map::new());
            for (name, field) in fields {
                let (value, mark, expression) = split(field);
                known.extend(value.map(|value| (name.clone(), value)));
                marks.insert(name.clone(), mark);
                expressions.extend(expression.map(|expression| (name.clone(), expression)));
            }
            (Some(known.into()), marks.into(), Some(expressions.into()))
        }
        Value::Array(items) if items.iter().any(Value::is_object) => {
            let parts: Vec<_> = items.iter().map(split).collect();
            let known: Vec<Value> = parts
                .iter()
                .map(|part| part.0.clone().unwrap_or_default())
                .collect();
            let marks: Vec<Value> = parts.iter().map(|part| part.1.clone()).collect();
            let expressions: Vec<Value> = parts
                .into_iter()
                .map(|part| part.2.unwrap_or_default())
                .collect();
            (Some(known.into()), marks.into(), Some(expressions.into()))
        }
        other => (
            Some(other.clone()),
            false.into(),
            Some(json!({"constant_value": other})),
        ),
    }
}
