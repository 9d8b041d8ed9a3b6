//! Small plans of things that are all new, made resource by resource.

use model::facts::Facts;
use serde_json::{Map, Value, json};

use crate::support::*;

/// One service in one subnet of a new VPC, which nothing leads out of.
pub struct Small {
    changes: Vec<Value>,
    configuration: Vec<Value>,
}

/// A value that comes from other resources, and is known only after apply.
pub fn from(references: &[&str]) -> Value {
    json!({"references": references})
}

/// The same for a list with so many elements.
pub fn list_from(elements: usize, references: &[&str]) -> Value {
    json!({"references": references, "elements": elements})
}

impl Small {
    pub fn new() -> Small {
        Small {
            changes: Vec::new(),
            configuration: Vec::new(),
        }
        .with("aws_ecs_cluster.c", json!({"name": "c"}))
        .with("aws_vpc.v", json!({"cidr_block": "10.0.0.0/16", "enable_dns_hostnames": true}))
        .with("aws_subnet.s", json!({"vpc_id": from(&["aws_vpc.v.id", "aws_vpc.v"]), "cidr_block": "10.0.0.0/24"}))
        .with("aws_iam_role.r", json!({"name": "r", "arn": from(&[]), "assume_role_policy": trust()}))
        .with("aws_iam_role_policy_attachment.r", json!({
            "role": "r", "policy_arn": "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore",
        }))
        .with("aws_ecs_task_definition.d", json!({
            "family": "d", "arn": from(&[]), "task_role_arn": from(&["aws_iam_role.r.arn", "aws_iam_role.r"]),
            "network_mode": "awsvpc",
            "container_definitions": json!([{"name": "app", "linuxParameters": {"initProcessEnabled": true}}]).to_string(),
        }))
    }

    /// With the service, in the subnet; `groups`: its security groups.
    pub fn service(self, groups: Value) -> Small {
        self.service_in(list_from(1, &["aws_subnet.s.id", "aws_subnet.s"]), groups)
    }

    /// The same in these subnets.
    pub fn service_in(self, subnets: Value, groups: Value) -> Small {
        self.with(
            "aws_ecs_service.s",
            json!({
                "name": "s", "enable_execute_command": true, "launch_type": "FARGATE", "desired_count": 1,
                "cluster": from(&["aws_ecs_cluster.c.id", "aws_ecs_cluster.c"]),
                "task_definition": from(&["aws_ecs_task_definition.d.arn", "aws_ecs_task_definition.d"]),
                "network_configuration": [{
                    "subnets": subnets,
                    "security_groups": groups,
                }],
            }),
        )
    }

    /// An endpoint in the subnet.
    pub fn endpoint(self, groups: Option<Value>) -> Small {
        let mut values = json!({
            "service_name": "com.amazonaws.us-west-2.ssmmessages", "vpc_endpoint_type": "Interface",
            "private_dns_enabled": true, "vpc_id": from(&["aws_vpc.v.id", "aws_vpc.v"]),
            "subnet_ids": list_from(1, &["aws_subnet.s.id", "aws_subnet.s"]),
        });
        if let Some(groups) = groups {
            values["security_group_ids"] = groups;
        }
        self.with("aws_vpc_endpoint.e", values)
    }

    /// A group in the VPC.
    pub fn group(self, name: &str, mut values: Value) -> Small {
        values["id"] = from(&[]);
        values["vpc_id"] = from(&["aws_vpc.v.id", "aws_vpc.v"]);
        self.with(&format!("aws_security_group.{name}"), values)
    }

    /// With a resource, in place of one that has this address; `kind.name["key"]` is one of several.
    pub fn with(mut self, address: &str, values: Value) -> Small {
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
        // What AWS fills in.
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
        let mut ask = ask_anywhere("c");
        ask.account = Some("123456789012".into());
        plan.facts(&ask)
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

/// What is known of a value, the mark of what is not, and its expression.
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
