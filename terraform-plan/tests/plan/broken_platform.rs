//! Each fault that breaks sessions is found before apply.

use serde_json::{Value, json};

use crate::support::*;

const LITELLM_POLICY: &str = r#"module.iam.aws_iam_role_policy.exec["litellm"]"#;

fn causes_of(base: &str, change: impl Fn(&mut Value)) -> Vec<String> {
    causes(&report(&facts_of(base, change)))
}

#[test]
fn a_missing_endpoint_is_the_cause_without_egress() {
    let without = |document: &mut Value| remove(document, ENDPOINT);
    assert_eq!(causes_of(CREATE, without), ["network.endpoint-present"]);
    let deleted = |document: &mut Value| delete(document, ENDPOINT);
    assert_eq!(causes_of(UPDATE, deleted), ["network.endpoint-present"]);
}

#[test]
fn a_role_without_an_action_is_the_cause() {
    for base in [CREATE, UPDATE] {
        let facts = facts_of(base, |document| {
            let policy = json!({"Statement": [{
                "Effect": "Allow", "Resource": "*",
                "Action": ["ssmmessages:CreateControlChannel", "ssmmessages:OpenControlChannel"],
            }]});
            set(
                document,
                LITELLM_POLICY,
                "policy",
                policy.to_string().into(),
            );
        });
        let report = report(&facts);
        assert_eq!(causes(&report), ["role.ssmmessages"]);
        let failures = failures(&report);
        assert!(
            failures[0].contains("coder-production-litellm-task"),
            "{failures:?}"
        );
    }
}

#[test]
fn a_deleted_policy_is_the_cause() {
    let deleted = |document: &mut Value| delete(document, LITELLM_POLICY);
    assert_eq!(causes_of(UPDATE, deleted), ["role.ssmmessages"]);
}

#[test]
fn a_deleted_attachment_is_the_cause() {
    let role = "coder-production-litellm-task";
    let attached = |document: &mut Value, keep: bool| {
        delete(document, LITELLM_POLICY);
        let address = r#"module.iam.aws_iam_role_policy_attachment.logs["litellm"]"#;
        let core = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore";
        let change = change(document, address);
        let before = change["before"]["policy_arn"].clone();
        change["before"]["policy_arn"] = core.into();
        change["after"]["policy_arn"] = core.into();
        let of_role =
            crate::support::change(document, r#"module.iam.aws_iam_role.task["litellm"]"#);
        let arns = of_role["after"]["managed_policy_arns"]
            .as_array_mut()
            .unwrap();
        arns.retain(|arn| *arn != before);
        arns.push(core.into());
        if !keep {
            delete(document, address);
        }
    };
    assert_eq!(
        causes_of(UPDATE, |document| attached(document, true)),
        [""; 0]
    );
    let facts = facts_of(UPDATE, |document| attached(document, false));
    let report = report(&facts);
    assert_eq!(causes(&report), ["role.ssmmessages"], "{role}");
}

#[test]
fn a_service_without_exec_is_the_cause() {
    for base in [CREATE, UPDATE] {
        let off = |document: &mut Value| {
            let address = r#"aws_ecs_service.service["clickhouse"]"#;
            set(document, address, "enable_execute_command", false.into());
        };
        let report = report(&facts_of(base, off));
        assert_eq!(causes(&report), ["service.exec-enabled"]);
        assert!(failures(&report)[0].contains("coder-production-clickhouse"));
        let unset = |document: &mut Value| {
            let address = r#"aws_ecs_service.service["clickhouse"]"#;
            set(document, address, "enable_execute_command", Value::Null);
        };
        assert_eq!(causes_of(base, unset), ["service.exec-enabled"]);
    }
}

#[test]
fn an_endpoint_security_group_without_the_tasks_is_the_cause() {
    let rule = "aws_security_group_rule.tasks_to_endpoints";
    let without = |document: &mut Value| remove(document, rule);
    assert_eq!(
        causes_of(CREATE, without),
        ["network.endpoint-security-group"]
    );
    let deleted = |document: &mut Value| delete(document, rule);
    assert_eq!(
        causes_of(UPDATE, deleted),
        ["network.endpoint-security-group"]
    );
    let other_port = |document: &mut Value| set(document, rule, "to_port", 444.into());
    let other_ports = |document: &mut Value| {
        other_port(document);
        set(document, rule, "from_port", 444.into());
    };
    assert_eq!(
        causes_of(CREATE, other_ports),
        ["network.endpoint-security-group"]
    );
}

#[test]
fn a_task_security_group_without_egress_is_the_cause() {
    let rule = "aws_vpc_security_group_egress_rule.anywhere";
    let without = |document: &mut Value| remove(document, rule);
    assert_eq!(causes_of(CREATE, without), ["network.task-egress"]);
}

#[test]
fn an_endpoint_without_private_dns_is_the_cause() {
    for base in [CREATE, UPDATE] {
        let off =
            |document: &mut Value| set(document, ENDPOINT, "private_dns_enabled", false.into());
        assert_eq!(causes_of(base, off), ["network.endpoint-private-dns"]);
    }
    let unset = |document: &mut Value| {
        hide(document, ENDPOINT, "private_dns_enabled");
        let resources = &mut document["configuration"]["root_module"]["module_calls"]["vpc"];
        for resource in resources["module"]["resources"].as_array_mut().unwrap() {
            let expressions = resource["expressions"].as_object_mut().unwrap();
            expressions.remove("private_dns_enabled");
        }
    };
    assert_eq!(
        causes_of(CREATE, unset),
        ["network.endpoint-private-dns"],
        "off unless it is set"
    );
}

#[test]
fn a_definition_without_task_role_is_the_cause() {
    for base in [CREATE, UPDATE] {
        let without = |document: &mut Value| {
            let address = r#"aws_ecs_task_definition.service["langfuse-web"]"#;
            set(document, address, "task_role_arn", Value::Null);
        };
        assert_eq!(causes_of(base, without), ["role.present"]);
    }
}

#[test]
fn a_trust_policy_without_ecs_tasks_is_the_cause() {
    let trust = json!({"Statement": [{
        "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"},
    }]});
    let wrong = |document: &mut Value| {
        let address = r#"module.iam.aws_iam_role.task["coder"]"#;
        set(
            document,
            address,
            "assume_role_policy",
            trust.to_string().into(),
        );
    };
    assert_eq!(causes_of(CREATE, wrong), ["role.trust"]);
}

#[test]
fn actions_in_the_execution_role_are_noticed() {
    let facts = facts_of(CREATE, |document| {
        let swap = |document: &mut Value, address: &str, with: &str| {
            change(document, address)["after"]["policy_arn"] = with.into();
        };
        let core = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore";
        swap(
            document,
            "module.iam.aws_iam_role_policy_attachment.execution",
            core,
        );
        remove(document, LITELLM_POLICY);
    });
    let report = report(&facts);
    assert_eq!(causes(&report), ["role.ssmmessages"]);
    let mut findings = report.findings.iter();
    let finding = findings.find(|finding| {
        finding.check.id == "role.ssmmessages"
            && finding.evidence.get("executionRoleHasThem").is_some()
    });
    assert!(finding.is_some(), "the mix-up is named");
}

#[test]
fn a_service_with_a_desired_count_of_0_is_judged() {
    let none = |document: &mut Value| {
        let address = r#"aws_ecs_service.service["coder"]"#;
        set(document, address, "desired_count", 0.into());
        set(document, address, "enable_execute_command", false.into());
    };
    assert_eq!(causes_of(CREATE, none), ["service.exec-enabled"]);
}

#[test]
fn a_definition_that_sessions_cannot_enter_is_the_cause() {
    let shared = |document: &mut Value| {
        let address = r#"aws_ecs_task_definition.service["coder"]"#;
        let text = change(document, address)["after"]["container_definitions"]
            .as_str()
            .unwrap();
        let mut containers: Value = serde_json::from_str(text).unwrap();
        containers[0]["readonlyRootFilesystem"] = true.into();
        set(
            document,
            address,
            "container_definitions",
            containers.to_string().into(),
        );
    };
    assert_eq!(causes_of(CREATE, shared), ["container.read-only-root"]);
}
