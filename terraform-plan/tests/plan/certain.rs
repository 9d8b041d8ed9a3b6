//! What may be read in more than one way is not taken for certain.

use model::Status;
use model::facts::Facts;
use serde_json::{Value, json};

use crate::small::{Small, from, list_from};
use crate::support::*;

fn open() -> Value {
    let rule =
        json!([{"protocol": "-1", "from_port": 0, "to_port": 0, "cidr_blocks": ["0.0.0.0/0"]}]);
    json!({"ingress": rule, "egress": rule})
}

/// A service in `subnets`, with the groups `groups`; there is a second subnet, and a second group without rules.
fn placed(subnets: Value, groups: Value) -> Small {
    let other =
        json!({"vpc_id": from(&["aws_vpc.v.id", "aws_vpc.v"]), "cidr_block": "10.0.1.0/24"});
    Small::new()
        .group("g", open())
        .group("shut", json!({}))
        .with("aws_subnet.o", other)
        .service_in(subnets, groups)
        .endpoint(Some(list_from(
            1,
            &["aws_security_group.g.id", "aws_security_group.g"],
        )))
}

fn is_unknown(facts: &Facts) {
    let report = report(facts);
    assert_eq!(failures(&report), [""; 0]);
    assert!(!titles(&report, Status::Unknown).is_empty());
}

const SUBNET: [&str; 2] = ["aws_subnet.s.id", "aws_subnet.s"];
const GROUP: [&str; 2] = ["aws_security_group.g.id", "aws_security_group.g"];

#[test]
fn a_list_that_is_unknown_as_a_whole_and_has_one_source() {
    assert_eq!(placed(from(&SUBNET), from(&GROUP)).causes(), [""; 0]);
}

#[test]
fn a_list_that_is_unknown_as_a_whole_through_a_local() {
    // Both subnets are alike, and of the groups one is shut.
    assert_eq!(
        placed(from(&["local.private"]), from(&GROUP)).causes(),
        [""; 0]
    );
    is_unknown(&placed(from(&SUBNET), from(&["local.groups"])).facts());
    let with_source = [&GROUP[..], &["local.more"]].concat();
    is_unknown(&placed(from(&SUBNET), from(&with_source)).facts());
}

#[test]
fn a_list_that_is_unknown_as_a_whole_and_may_be_one_of_two() {
    let shut = ["aws_security_group.shut.id", "aws_security_group.shut"];
    let either = [&["var.debug"][..], &GROUP, &shut].concat();
    is_unknown(&placed(from(&SUBNET), from(&either)).facts());
    let either = [&SUBNET[..], &["aws_subnet.o.id", "aws_subnet.o"]].concat();
    assert_eq!(placed(from(&either), from(&GROUP)).causes(), [""; 0]);
    let facts = placed(list_from(2, &either), from(&GROUP)).facts();
    assert_eq!(facts.tasks.len(), 2, "as many as there can be");
    assert_eq!(
        placed(list_from(1, &either), from(&GROUP)).causes(),
        [""; 0]
    );
}

/// An ID that a variable holds may be in the list beside the new one.
#[test]
fn a_list_with_a_known_id_beside_the_new_one() {
    let mixed = [&["var.more"][..], &GROUP].concat();
    let with = |value: Value| {
        let mut document = placed(from(&SUBNET), from(&mixed)).document();
        document["variables"] = json!({"more": {"value": value}});
        plan(&document).facts(&ask_anywhere("c"))
    };
    is_unknown(&with(json!(["sg-0123"])));
    for harmless in [json!([]), json!(true), json!("name")] {
        let report = report(&with(harmless));
        assert_eq!(titles(&report, Status::Unknown), [""; 0]);
    }
}

#[test]
fn a_data_source_that_is_read_later() {
    for (kind, attribute) in [
        ("aws_subnets", "ids"),
        ("terraform_remote_state", "outputs"),
    ] {
        let reference = format!("data.{kind}.x.{attribute}");
        let whole = format!("data.{kind}.x");
        let by = from(&[&reference, &whole]);
        let mut document = placed(by, from(&GROUP)).document();
        let mut unknown = json!({"id": true});
        unknown[attribute] = true.into();
        document["resource_changes"].as_array_mut().unwrap().push(json!({
            "address": whole, "mode": "data", "type": kind, "name": "x",
            "change": {"actions": ["read"], "before": null, "after": {}, "after_unknown": unknown},
        }));
        is_unknown(&plan(&document).facts(&ask_anywhere("c")));
    }
}

/// `aws_vpc.v` is the only VPC that a local can stand for, unless something is read only later.
#[test]
fn one_thing_through_a_local() {
    let group = json!({"vpc_id": from(&["local.vpc_id"]), "ingress": open()["ingress"], "egress": open()["egress"], "id": from(&[])});
    let subnet = json!({"vpc_id": from(&["local.vpc_id"]), "cidr_block": "10.0.0.0/24"});
    let small = || {
        placed(from(&SUBNET), from(&GROUP))
            .with("aws_subnet.s", subnet.clone())
            .with("aws_security_group.g", group.clone())
    };
    assert_eq!(small().causes(), [""; 0]);
    let mut document = small().document();
    document["resource_changes"].as_array_mut().unwrap().push(json!({
        "address": "data.aws_ssm_parameter.vpc", "mode": "data", "type": "aws_ssm_parameter", "name": "vpc",
        "change": {"actions": ["read"], "before": null, "after": {}, "after_unknown": {"value": true}},
    }));
    is_unknown(&plan(&document).facts(&ask_anywhere("c")));
}

const ROLES: [&str; 3] = ["module.iam.task_role_arns", "module.iam", "each.value.role"];

fn by_value(document: &mut Value, for_each: Value) {
    let address = "aws_ecs_task_definition.service";
    let role = expression(document, address, "task_role_arn");
    *role = json!({"references": [ROLES[0], ROLES[1], ROLES[2], "each.value"]});
    let resources = &mut document["configuration"]["root_module"]["resources"];
    let mut resources = resources.as_array_mut().unwrap().iter_mut();
    let resource = resources.find(|one| one["address"] == address).unwrap();
    resource["for_each_expression"] = for_each;
    remove(document, r#"module.iam.aws_iam_role_policy.exec["coder"]"#);
}

/// `each.value.role` is not `each.key`: which role it is hangs on values that the plan may hold.
#[test]
fn an_element_by_a_value_of_for_each() {
    let facts = facts_of(CREATE, |document| {
        by_value(document, json!({"references": ["local.services"]}));
    });
    is_unknown(&facts);
    let facts = facts_of(CREATE, |document| {
        let all = [
            "coder",
            "litellm",
            "key-provisioner",
            "clickhouse",
            "langfuse-web",
            "langfuse-worker",
        ];
        let values: serde_json::Map<String, Value> = all
            .iter()
            .map(|name| ((*name).to_owned(), json!({"role": "litellm"})))
            .collect();
        document["variables"]["services"] = json!({"value": values});
        by_value(document, json!({"references": ["var.services"]}));
    });
    let roles: Vec<&String> = facts.roles.keys().collect();
    assert_eq!(
        roles,
        ["arn:aws:iam::123456789012:role/coder-production-litellm-task"]
    );
    assert_eq!(failures(&report(&facts)), [""; 0], "its policy is there");
}
