//! References through locals, conditions, chained `for_each` and modules with several instances.

use model::Status;
use model::facts::{Fact, Facts, RouteTarget};
use serde_json::{Value, json};

use crate::support::*;

fn woven(cluster: &str, change: impl Fn(&mut Value)) -> Facts {
    let mut document: Value = serde_json::from_str(WOVEN).unwrap();
    change(&mut document);
    let plan = plan(&document);
    plan.facts(&request(&plan, cluster))
}

#[test]
fn module_instances_are_separate() {
    let plan = plan(&serde_json::from_str(WOVEN).unwrap());
    assert_eq!(plan.clusters(), ["blue", "green"]);
    assert_eq!(plan.region().as_deref(), Some("eu-west-1"));
    for cluster in ["blue", "green"] {
        let facts = woven(cluster, |_| {});
        assert_eq!(facts.services.len(), 2);
        for role in facts.roles.keys() {
            let of_cluster = format!(":role/tasks/{cluster}-");
            assert!(role.contains(&of_cluster), "{role}");
        }
        let exec = facts
            .cluster
            .known()
            .unwrap()
            .exec_configuration
            .as_ref()
            .unwrap();
        let key = format!("module.stack[\"{cluster}\"].aws_kms_key.exec");
        assert_eq!(exec.kms_key.as_deref(), Some(key.as_str()));
        let group = exec.log.as_ref().unwrap().log_group.clone().unwrap();
        assert_eq!(
            facts.log_groups[&group].known().unwrap().kms_key.as_deref(),
            Some(key.as_str())
        );
        assert!(
            facts
                .tasks
                .values()
                .all(|task| task.known().unwrap().is_fargate())
        );
    }
}

#[test]
fn for_each_over_a_resource_selects_by_key() {
    let facts = woven("blue", |_| {});
    let definitions = facts.task_definitions.values().filter_map(Fact::known);
    let roles: Vec<_> = definitions
        .map(|known| (known.family.as_str(), known.task_role.as_deref().unwrap()))
        .collect();
    assert_eq!(
        roles,
        [
            ("blue-web", "arn:aws:iam::123456789012:role/tasks/blue-web"),
            (
                "blue-worker",
                "arn:aws:iam::123456789012:role/tasks/blue-worker"
            ),
        ]
    );
}

#[test]
fn a_policy_with_unknown_resources_keeps_its_actions() {
    let report = report(&woven("blue", |_| {}));
    assert_eq!(failures(&report), [""; 0]);
    let of_role = |check: &str, role: &str| {
        let mut findings = report.findings.iter();
        let finding = findings
            .find(|finding| finding.check.id == check && finding.subject.id.ends_with(role));
        finding.unwrap().status
    };
    // One policy is an unknown text. Terraform knows the statements of the other.
    assert_eq!(of_role("role.ssmmessages", "blue-web"), Status::Unknown);
    assert_eq!(of_role("role.ssmmessages", "blue-worker"), Status::Pass);
    assert_eq!(
        of_role("role.kms-decrypt", "blue-worker"),
        Status::Pass,
        "on the key of the plan"
    );
    assert_eq!(of_role("role.kms-decrypt", "blue-web"), Status::Unknown);
    assert_eq!(of_role("role.logs-write", "blue-worker"), Status::Pass);
}

/// The resources of the statement are unknown, so it might not apply.
#[test]
fn a_statement_with_unknown_resources_is_open() {
    let report = report(&woven("blue", |document| {
        let address = "module.stack.data.aws_iam_policy_document.made";
        let statements = expression(document, address, "statement");
        statements[0]["resources"] = json!({"references": ["var.nowhere"]});
    }));
    let unknown = titles(&report, Status::Unknown);
    let keys: Vec<&String> = unknown
        .iter()
        .filter(|title| title.starts_with("role.kms-decrypt"))
        .collect();
    assert_eq!(keys.len(), 2, "{unknown:#?}");
}

#[test]
fn a_module_can_repeat_over_a_resource() {
    // Each module gets the role with its own key.
    let facts = woven("blue", |document| {
        let changes = document["resource_changes"].as_array_mut().unwrap();
        for key in ["blue", "green"] {
            changes.push(json!({
                "address": format!("aws_iam_role.outer[\"{key}\"]"), "mode": "managed", "type": "aws_iam_role",
                "name": "outer", "index": key,
                "change": {"actions": ["create"], "before": null, "after": {"name": format!("outer-{key}")},
                    "after_unknown": {"arn": true, "id": true}},
            }));
        }
        let call = &mut document["configuration"]["root_module"]["module_calls"]["stack"];
        call["for_each_expression"] = json!({"references": ["aws_iam_role.outer"]});
        call["expressions"]["role"] = json!({"references": ["each.value.arn", "each.value"]});
        let definition = r#"module.stack["blue"].aws_ecs_task_definition.this["web"]"#;
        let expression = expression(
            document,
            "module.stack.aws_ecs_task_definition.this",
            "task_role_arn",
        );
        *expression = json!({"references": ["var.role"]});
        assert_eq!(
            change(document, definition)["after_unknown"]["task_role_arn"],
            true
        );
    });
    let roles: Vec<&String> = facts.roles.keys().collect();
    assert_eq!(roles, ["arn:aws:iam::123456789012:role/outer-blue"]);
}

/// The plan does not contain a dynamic block: the subnets can be any that the module gets.
#[test]
fn a_dynamic_block_is_read_through_its_module() {
    let facts = woven("blue", |_| {});
    assert!(
        facts
            .network
            .subnets
            .values()
            .all(|subnet| subnet.unavailable().is_some())
    );
    let facts = woven("blue", without_public_subnets);
    let subnets: Vec<&String> = facts.network.subnets.keys().collect();
    assert_eq!(subnets, ["aws_subnet.private[0]", "aws_subnet.private[1]"]);
    let tables = facts.network.route_tables["aws_vpc.this[0]"]
        .known()
        .unwrap();
    let table = |subnet: &str| model::facts::RouteTable::of_subnet(tables, subnet).unwrap();
    assert_eq!(
        table("aws_subnet.private[1]").id,
        "aws_route_table.private[0]"
    );
    let nat = RouteTarget::NatGateway("aws_nat_gateway.this[0]".into());
    assert!(
        table("aws_subnet.private[0]")
            .routes
            .iter()
            .any(|route| route.target == nat)
    );
    let report = report(&facts);
    assert_eq!(failures(&report), [""; 0]);
    let statuses_of_check = |check: &'static str| {
        let findings = report.findings.iter();
        findings
            .filter(move |finding| finding.check.id == check)
            .map(|finding| finding.status)
    };
    assert!(
        statuses_of_check("network.endpoint-present").all(|status| status == Status::Skip),
        "over the NAT gateway"
    );
    assert!(
        statuses_of_check("network.path").all(|status| status == Status::Unknown),
        "the subnet of the NAT gateway is not in the plan any more"
    );
}

fn without_public_subnets(document: &mut Value) {
    for at in 0..2 {
        remove(document, &format!("aws_subnet.public[{at}]"));
        remove(
            document,
            &format!("aws_route_table_association.public[{at}]"),
        );
    }
}

#[test]
fn an_ambiguous_element_is_unknown() {
    // `element(…)` of three, without a key.
    let facts = woven("blue", |document| {
        without_public_subnets(document);
        let association = "aws_route_table_association.private[0]";
        let expression = expression(document, association, "subnet_id");
        *expression = json!({"references": ["aws_subnet.private"]});
    });
    assert!(
        facts.network.route_tables["aws_vpc.this[0]"]
            .unavailable()
            .is_some()
    );
}

#[test]
fn circular_references_end() {
    let facts = woven("blue", |document| {
        let call = &mut document["configuration"]["root_module"]["module_calls"]["stack"];
        call["expressions"]["vpc_id"] =
            json!({"references": ["module.stack.again", "module.stack"]});
        call["module"]["outputs"]["again"] =
            json!({"expression": {"references": ["var.vpc_id", "var.name", "var.vpc_id"]}});
    });
    assert_eq!(facts.services.len(), 2);
}
