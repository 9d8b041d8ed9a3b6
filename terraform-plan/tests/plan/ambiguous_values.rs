//! Values with more than one reading stay unknown.

use model::Status;
use model::facts::Facts;
use serde_json::{Value, json};

use crate::plan_builder::{PlanBuilder, list_of_references, references};
use crate::support::*;

fn open() -> Value {
    let rule =
        json!([{"protocol": "-1", "from_port": 0, "to_port": 0, "cidr_blocks": ["0.0.0.0/0"]}]);
    json!({"ingress": rule, "egress": rule})
}

/// A service in these subnets and security groups. There is a second subnet, and a second group without rules.
fn placed(subnets: Value, groups: Value) -> PlanBuilder {
    let other =
        json!({"vpc_id": references(&["aws_vpc.v.id", "aws_vpc.v"]), "cidr_block": "10.0.1.0/24"});
    PlanBuilder::new()
        .group("g", open())
        .group("shut", json!({}))
        .with("aws_subnet.o", other)
        .service_in(subnets, groups)
        .endpoint(Some(list_of_references(
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
fn an_unknown_list_with_one_source_is_that_source() {
    assert_eq!(
        placed(references(&SUBNET), references(&GROUP)).causes(),
        [""; 0]
    );
}

#[test]
fn an_unknown_list_from_a_local_counts_only_if_all_candidates_agree() {
    // The subnets are equivalent, and one of the groups has no rules.
    assert_eq!(
        placed(references(&["local.private"]), references(&GROUP)).causes(),
        [""; 0]
    );
    is_unknown(&placed(references(&SUBNET), references(&["local.groups"])).facts());
    let with_source = [&GROUP[..], &["local.more"]].concat();
    is_unknown(&placed(references(&SUBNET), references(&with_source)).facts());
}

#[test]
fn an_unknown_list_can_come_from_either_of_two_sources() {
    let shut = ["aws_security_group.shut.id", "aws_security_group.shut"];
    let either = [&["var.debug"][..], &GROUP, &shut].concat();
    is_unknown(&placed(references(&SUBNET), references(&either)).facts());
    let either = [&SUBNET[..], &["aws_subnet.o.id", "aws_subnet.o"]].concat();
    assert_eq!(
        placed(references(&either), references(&GROUP)).causes(),
        [""; 0]
    );
    let facts = placed(list_of_references(2, &either), references(&GROUP)).facts();
    assert_eq!(facts.tasks.len(), 2, "as many as there can be");
    assert_eq!(
        placed(list_of_references(1, &either), references(&GROUP)).causes(),
        [""; 0]
    );
}

/// The list can contain an ID from a variable and the new one.
#[test]
fn a_known_id_can_be_in_an_unknown_list() {
    let mixed = [&["var.more"][..], &GROUP].concat();
    let with = |value: Value| {
        let mut document = placed(references(&SUBNET), references(&mixed)).document();
        document["variables"] = json!({"more": {"value": value}});
        plan(&document).facts(&request_anywhere("c"))
    };
    is_unknown(&with(json!(["sg-0123"])));
    for harmless in [json!([]), json!(true), json!("name")] {
        let report = report(&with(harmless));
        assert_eq!(titles(&report, Status::Unknown), [""; 0]);
    }
}

#[test]
fn a_data_source_read_during_apply_is_unknown() {
    for (kind, attribute) in [
        ("aws_subnets", "ids"),
        ("terraform_remote_state", "outputs"),
    ] {
        let reference = format!("data.{kind}.x.{attribute}");
        let address = format!("data.{kind}.x");
        let by = references(&[&reference, &address]);
        let mut document = placed(by, references(&GROUP)).document();
        let mut unknown = json!({"id": true});
        unknown[attribute] = true.into();
        document["resource_changes"].as_array_mut().unwrap().push(json!({
            "address": address, "mode": "data", "type": kind, "name": "x",
            "change": {"actions": ["read"], "before": null, "after": {}, "after_unknown": unknown},
        }));
        is_unknown(&plan(&document).facts(&request_anywhere("c")));
    }
}

/// `aws_vpc.v` is the only VPC that a local can be, unless a data source is read during apply.
#[test]
fn a_local_is_the_only_candidate_in_its_module() {
    let group = json!({"vpc_id": references(&["local.vpc_id"]), "ingress": open()["ingress"], "egress": open()["egress"], "id": references(&[])});
    let subnet = json!({"vpc_id": references(&["local.vpc_id"]), "cidr_block": "10.0.0.0/24"});
    let small = || {
        placed(references(&SUBNET), references(&GROUP))
            .with("aws_subnet.s", subnet.clone())
            .with("aws_security_group.g", group.clone())
    };
    assert_eq!(small().causes(), [""; 0]);
    let mut document = small().document();
    document["resource_changes"].as_array_mut().unwrap().push(json!({
        "address": "data.aws_ssm_parameter.vpc", "mode": "data", "type": "aws_ssm_parameter", "name": "vpc",
        "change": {"actions": ["read"], "before": null, "after": {}, "after_unknown": {"value": true}},
    }));
    is_unknown(&plan(&document).facts(&request_anywhere("c")));
}

const ROLES: [&str; 3] = ["module.iam.task_role_arns", "module.iam", "each.value.role"];

fn set_for_each(document: &mut Value, for_each: Value) {
    let address = "aws_ecs_task_definition.service";
    let role = expression(document, address, "task_role_arn");
    *role = json!({"references": [ROLES[0], ROLES[1], ROLES[2], "each.value"]});
    let resources = &mut document["configuration"]["root_module"]["resources"];
    let mut resources = resources.as_array_mut().unwrap().iter_mut();
    let resource = resources.find(|one| one["address"] == address).unwrap();
    resource["for_each_expression"] = for_each;
    remove(document, r#"module.iam.aws_iam_role_policy.exec["coder"]"#);
}

/// `each.value.role` is not `each.key`: the role depends on values that the plan can contain.
#[test]
fn each_value_selects_an_element_by_its_own_value() {
    let facts = facts_of(CREATE, |document| {
        set_for_each(document, json!({"references": ["local.services"]}));
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
        set_for_each(document, json!({"references": ["var.services"]}));
    });
    let roles: Vec<&String> = facts.roles.keys().collect();
    assert_eq!(
        roles,
        ["arn:aws:iam::123456789012:role/coder-production-litellm-task"]
    );
    assert_eq!(failures(&report(&facts)), [""; 0], "its policy is there");
}
