//! What is known only after apply is unknown, and never a failure.

use diagnosis::Verdict;
use model::Status;
use serde_json::{Value, json};

use crate::support::*;

/// Asserts that nothing fails, and that the check is unknown for this reason.
fn is_unknown(base: &str, check: &str, why: &str, change: impl Fn(&mut Value)) {
    let report = report(&facts_of(base, change));
    assert_eq!(failures(&report), [""; 0]);
    assert_eq!(causes(&report), [""; 0]);
    let unknown = titles(&report, Status::Unknown);
    let statuses_of_check: Vec<&String> = unknown
        .iter()
        .filter(|title| title.starts_with(check))
        .collect();
    assert!(
        statuses_of_check.iter().any(|title| title.contains(why)),
        "{check}, {why}: {unknown:#?}"
    );
    assert_eq!(report.verdict, Verdict::Inconclusive);
}

#[test]
fn an_unknown_policy_leaves_the_role_unknown() {
    let policy = r#"module.iam.aws_iam_role_policy.exec["litellm"]"#;
    for base in [CREATE, UPDATE] {
        is_unknown(
            base,
            "role.ssmmessages",
            "policy of module.iam",
            |document| {
                hide(document, policy, "policy");
            },
        );
    }
    is_unknown(CREATE, "role.ssmmessages", "policy_arn of", |document| {
        let other = r#"module.iam.aws_iam_role_policy_attachment.logs["litellm"]"#;
        hide(document, other, "policy_arn");
        change(document, "module.iam.aws_iam_policy.logs")["after_unknown"]
            .as_object_mut()
            .unwrap()
            .remove("id");
        change(document, "module.iam.aws_iam_policy.logs")["after"]["id"] = "p".into();
    });
}

/// The role is unknown, so the policy can be for any role.
#[test]
fn a_policy_of_an_unknown_role_can_apply_to_any_role() {
    let policy = r#"module.iam.aws_iam_role_policy.exec["litellm"]"#;
    is_unknown(
        CREATE,
        "role.ssmmessages",
        "role of module.iam",
        |document| {
            hide(document, policy, "role");
        },
    );
}

#[test]
fn a_managed_policy_outside_of_the_plan_is_unknown() {
    let attachment = r#"module.iam.aws_iam_role_policy_attachment.logs["litellm"]"#;
    let other = "arn:aws:iam::123456789012:policy/other";
    is_unknown(CREATE, "role.ssmmessages", other, |document| {
        set(document, attachment, "policy_arn", other.into());
    });
    let quarantine = "arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV2";
    is_unknown(CREATE, "role.ssmmessages", quarantine, |document| {
        set(document, attachment, "policy_arn", quarantine.into());
    });
    // Policies that AWS publishes only allow, so the role keeps its permissions.
    let report = report(&facts_of(CREATE, |document| {
        let published = "arn:aws:iam::aws:policy/CloudWatchAgentServerPolicy";
        set(document, attachment, "policy_arn", published.into());
    }));
    let unknown = titles(&report, Status::Unknown);
    assert!(
        unknown
            .iter()
            .all(|title| title.starts_with("role.logs-write")),
        "{unknown:#?}"
    );
    assert_eq!(failures(&report), [""; 0]);
}

#[test]
fn a_known_deny_decides_despite_unknown_policies() {
    let facts = facts_of(CREATE, |document| {
        let policy = r#"module.iam.aws_iam_role_policy.exec["litellm"]"#;
        let deny =
            json!({"Statement": [{"Effect": "Deny", "Action": "ssmmessages:*", "Resource": "*"}]});
        set(document, policy, "policy", deny.to_string().into());
        let attachment = r#"module.iam.aws_iam_role_policy_attachment.logs["litellm"]"#;
        set(
            document,
            attachment,
            "policy_arn",
            "arn:aws:iam::123456789012:policy/other".into(),
        );
    });
    assert_eq!(causes(&report(&facts)), ["role.ssmmessages"]);
}

#[test]
fn an_unknown_permissions_boundary_leaves_the_role_unknown() {
    let role = r#"module.iam.aws_iam_role.task["litellm"]"#;
    let other = "arn:aws:iam::123456789012:policy/limits";
    is_unknown(CREATE, "role.ssmmessages", other, |document| {
        set(document, role, "permissions_boundary", other.into());
    });
    let facts = facts_of(CREATE, |document| {
        let limits =
            json!({"Statement": [{"Effect": "Allow", "Action": "logs:*", "Resource": "*"}]});
        set(
            document,
            "module.iam.aws_iam_policy.logs",
            "policy",
            limits.to_string().into(),
        );
        set(
            document,
            "module.iam.aws_iam_policy.logs",
            "arn",
            other.into(),
        );
        set(document, role, "permissions_boundary", other.into());
    });
    assert_eq!(causes(&report(&facts)), ["role.ssmmessages"]);
}

#[test]
fn an_unknown_exec_flag_is_unknown() {
    is_unknown(
        CREATE,
        "service.exec-enabled",
        "enable_execute_command of",
        |document| {
            let service = r#"aws_ecs_service.service["coder"]"#;
            hide(document, service, "enable_execute_command");
        },
    );
}

#[test]
fn the_roles_of_an_unknown_definition_can_be_known() {
    let definition = r#"aws_ecs_task_definition.service["coder"]"#;
    is_unknown(
        CREATE,
        "container.read-only-root",
        "container_definitions of",
        |document| {
            hide(document, definition, "container_definitions");
        },
    );
    // The role is known, so it is judged.
    let facts = facts_of(CREATE, |document| {
        hide(document, definition, "container_definitions");
        remove(document, r#"module.iam.aws_iam_role_policy.exec["coder"]"#);
    });
    assert_eq!(causes(&report(&facts)), ["role.ssmmessages"]);
    is_unknown(CREATE, "role.present", "task_role_arn of", |document| {
        hide(document, definition, "task_role_arn");
    });
}

#[test]
fn an_unknown_network_configuration_is_unknown() {
    let service = r#"aws_ecs_service.service["coder"]"#;
    for (attribute, check) in [
        ("subnets", "network.endpoint-present"),
        ("security_groups", "network.path"),
    ] {
        is_unknown(CREATE, check, attribute, |document| {
            let change = change(document, service);
            let network = &mut change["after"]["network_configuration"][0];
            network.as_object_mut().unwrap().remove(attribute);
            change["after_unknown"]["network_configuration"][0][attribute] = true.into();
            let expression = expression(document, service, "network_configuration");
            expression[0][attribute] = json!({"references": ["var.nowhere"]});
            add_candidates(document);
        });
    }
}

/// Adds another subnet and another group, so a local has several candidates.
fn add_candidates(document: &mut Value) {
    let changes = document["resource_changes"].as_array().unwrap().clone();
    for (address, new) in [
        (
            "module.vpc.aws_subnet.private[0]",
            "module.vpc.aws_subnet.private[7]",
        ),
        ("aws_security_group.tasks", "aws_security_group.others"),
    ] {
        let mut copy = changes
            .iter()
            .find(|change| change["address"] == address)
            .unwrap()
            .clone();
        copy["address"] = new.into();
        copy["name"] = "others".into();
        document["resource_changes"]
            .as_array_mut()
            .unwrap()
            .push(copy);
    }
}

#[test]
fn an_endpoint_with_unknown_subnets_is_unknown() {
    is_unknown(
        CREATE,
        "network.endpoint-present",
        "vpc_id of",
        |document| {
            hide(document, ENDPOINT, "vpc_id");
            // The local can be either of two VPCs.
            let changes = document["resource_changes"].as_array_mut().unwrap();
            let vpc = |change: &&Value| change["address"] == "module.vpc.aws_vpc.main";
            let mut other = changes.iter().find(vpc).unwrap().clone();
            other["address"] = "aws_vpc.other".into();
            other["name"] = "other".into();
            other.as_object_mut().unwrap().remove("module_address");
            changes.push(other);
        },
    );
    is_unknown(
        CREATE,
        "network.endpoint-present",
        "service_name of",
        |document| {
            hide(document, ENDPOINT, "service_name");
        },
    );
    is_unknown(
        CREATE,
        "network.endpoint-present",
        "private_dns_enabled of",
        |document| {
            hide(document, ENDPOINT, "private_dns_enabled");
        },
    );
    is_unknown(
        CREATE,
        "network.endpoint-present",
        "subnet_ids of",
        |document| {
            hide(document, ENDPOINT, "subnet_ids");
            let change = change(document, ENDPOINT);
            change["after"]["subnet_ids"] = json!([null]);
            change["after_unknown"]["subnet_ids"] = json!([true]);
        },
    );
}

#[test]
fn an_unknown_endpoint_policy_decides_nothing() {
    is_unknown(CREATE, "network.endpoint-policy", "policy of", |document| {
        hide(document, ENDPOINT, "policy");
    });
}

#[test]
fn unknown_rules_can_allow_everything_or_nothing() {
    let rule = "aws_security_group_rule.tasks_to_endpoints";
    is_unknown(
        CREATE,
        "network.endpoint-security-group",
        "the security group of",
        |document| {
            hide(document, rule, "security_group_id");
        },
    );
    is_unknown(
        CREATE,
        "network.endpoint-security-group",
        "a peer in",
        |document| {
            hide(document, rule, "source_security_group_id");
        },
    );
    is_unknown(
        CREATE,
        "network.endpoint-security-group",
        "ingress of",
        |document| {
            remove(document, rule);
            hide(
                document,
                "module.vpc.aws_security_group.endpoints",
                "ingress",
            );
        },
    );
}

#[test]
fn network_acls() {
    is_unknown(CREATE, "network.nacl", "", |document| {
        let changes = document["resource_changes"].as_array_mut().unwrap();
        changes.push(json!({
            "address": "aws_network_acl.odd", "mode": "managed", "type": "aws_network_acl", "name": "odd",
            "change": {"actions": ["create"], "before": null, "after": {},
                "after_unknown": {"vpc_id": true, "subnet_ids": true, "ingress": true, "egress": true}},
        }));
        let resources = &mut document["configuration"]["root_module"]["resources"];
        let resources = resources.as_array_mut().unwrap();
        let vpc = json!({"references": ["module.vpc.vpc_id", "module.vpc"]});
        resources.push(json!({"address": "aws_network_acl.odd", "mode": "managed", "type": "aws_network_acl",
            "name": "odd", "expressions": {"vpc_id": vpc, "ingress": {"references": ["local.rules"]}}}));
    });
}

#[test]
fn the_network_of_another_stack_is_unknown() {
    let plan = plan(&serde_json::from_str(SHARED_VPC).unwrap());
    assert_eq!(plan.clusters(), ["staging"]);
    let facts = plan.facts(&request(&plan, "staging"));
    let report = report(&facts);
    assert_eq!(failures(&report), [""; 0]);
    assert_eq!(causes(&report), [""; 0]);
    assert_eq!(report.verdict, Verdict::Inconclusive);
    let unknown = titles(&report, Status::Unknown);
    for check in [
        "cluster.exists",
        "network.path",
        "network.endpoint-present",
        "role.ssmmessages",
    ] {
        assert!(
            unknown.iter().any(|title| title.starts_with(check)),
            "{check}: {unknown:#?}"
        );
    }
    let subnet = facts.network.subnets["subnet-0da7a500000000001"]
        .known()
        .unwrap();
    assert_eq!(subnet.vpc, "vpc-0da7a500000000001", "the data source tells");
}

#[test]
fn nothing_is_missing_from_a_partial_plan() {
    is_unknown(
        CREATE,
        "network.endpoint-present",
        "the plan is partial",
        |document| {
            document["complete"] = false.into();
            remove(document, ENDPOINT);
        },
    );
}

#[test]
fn removed_blocks_keep_resources_in_aws() {
    let facts = facts_of(UPDATE, |document| {
        let change = change(document, ENDPOINT);
        change["actions"] = json!(["forget"]);
        change["after"] = Value::Null;
    });
    assert_healthy(&facts);
}
