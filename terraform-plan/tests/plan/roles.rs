//! What a role may do after apply, by everything that gives and takes policies.

use checks::Status;
use serde_json::{Value, json};

use crate::over::{application_of, live};
use crate::small::{Small, from, list_from};
use crate::support::*;

const CORE: &str = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore";
const ROLE: &str = "coder-production-coder-task";

/// An open group, so that only the role decides.
fn small() -> Small {
    Small::new()
        .group("g", json!({"egress": anywhere(), "ingress": anywhere()}))
        .service(list_from(
            1,
            &["aws_security_group.g.id", "aws_security_group.g"],
        ))
        .endpoint(Some(list_from(
            1,
            &["aws_security_group.g.id", "aws_security_group.g"],
        )))
}

fn anywhere() -> Value {
    json!([{"protocol": "-1", "from_port": 0, "to_port": 0, "cidr_blocks": ["0.0.0.0/0"]}])
}

fn document(effect: &str) -> String {
    json!({"Statement": [{"Effect": effect, "Action": "ssmmessages:*", "Resource": "*"}]})
        .to_string()
}

fn unknown_of(document: &Value) -> Vec<String> {
    let plan = plan(document);
    let mut ask = ask_anywhere("c");
    ask.account = Some("123456789012".into());
    let report = report(&plan.facts(&ask));
    assert_eq!(failures(&report), [""; 0]);
    titles(&report, Status::Unknown)
}

#[test]
fn a_list_that_takes_away_what_it_does_not_have() {
    let attached = |arns: Value| {
        small().with(
            "aws_iam_role_policy_attachments_exclusive.only",
            json!({"role_name": "r", "policy_arns": arns}),
        )
    };
    assert_eq!(attached(json!([CORE])).causes(), [""; 0]);
    let none = json!(["arn:aws:iam::aws:policy/AmazonECSTaskExecutionRolePolicy"]);
    assert_eq!(attached(none).causes(), ["role.ssmmessages"]);
    let unknown = unknown_of(&attached(from(&["local.policies"])).document());
    assert!(unknown[0].starts_with("role.ssmmessages"), "{unknown:#?}");
    let inline = |names: Value| {
        small()
            .with(
                "aws_iam_role_policy_attachment.r",
                json!({"role": "another", "policy_arn": CORE}),
            )
            .with(
                "aws_iam_role_policy.p",
                json!({"role": "r", "name": "exec", "policy": document("Allow")}),
            )
            .with(
                "aws_iam_role_policies_exclusive.only",
                json!({"role_name": "r", "policy_names": names}),
            )
    };
    assert_eq!(inline(json!(["exec"])).causes(), [""; 0]);
    assert_eq!(inline(json!(["other"])).causes(), ["role.ssmmessages"]);
}

/// Terraform sorts the policies of a role by what is in them.
#[test]
fn blocks_are_told_apart_by_their_names() {
    let data = |name: &str, effect: &str| {
        let address = format!("data.aws_iam_policy_document.{name}");
        json!({
            "address": address, "mode": "data", "type": "aws_iam_policy_document", "name": name,
            "change": {
                "actions": ["read"], "before": null, "after_unknown": {"json": true},
                "after": {"statement": [{"effect": effect, "actions": ["ssmmessages:*"], "resources": ["*"]}]},
            },
        })
    };
    let block = |name: &str, data: &str| json!({"name": name, "policy": from(&[&format!("data.aws_iam_policy_document.{data}.json")])});
    let of = |shut: &str| {
        let small = small().with(
            "aws_iam_role.r",
            json!({
                "name": "r", "arn": from(&[]), "assume_role_policy": trust(),
                "inline_policy": [{"name": "a", "policy": document("Allow")}, block("b", shut)],
            }),
        );
        let mut document = small.document();
        let change = change(&mut document, "aws_iam_role.r");
        for side in ["after", "after_unknown"] {
            change[side]["inline_policy"]
                .as_array_mut()
                .unwrap()
                .rotate_left(1);
        }
        let changes = document["resource_changes"].as_array_mut().unwrap();
        changes.extend([data("allow", "Allow"), data("deny", "Deny")]);
        unknown_or_causes(&document)
    };
    assert_eq!(of("allow"), [""; 0]);
    assert_eq!(of("deny"), ["role.ssmmessages"]);
}

fn unknown_or_causes(document: &Value) -> Vec<String> {
    let plan = plan(document);
    let mut ask = ask_anywhere("c");
    ask.account = Some("123456789012".into());
    let report = report(&plan.facts(&ask));
    let mut found = titles(&report, Status::Unknown);
    found.extend(causes(&report));
    found
}

fn trust() -> Value {
    json!({"Statement": [{
        "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ecs-tasks.amazonaws.com"},
    }]})
    .to_string()
    .into()
}

/// The application's plan over the platform, with a policy that it changes.
fn with_changed_policy(joins: &[Value]) -> Vec<String> {
    let live = live();
    let mut document = application_of(&live);
    let policy = |document: String| {
        json!({
            "id": "arn:aws:iam::123456789012:policy/exec", "arn": "arn:aws:iam::123456789012:policy/exec",
            "name": "exec", "policy": document,
        })
    };
    let (before, after) = (
        self::document("Allow"),
        json!({"Statement": []}).to_string(),
    );
    let changes = document["resource_changes"].as_array_mut().unwrap();
    changes.push(json!({
        "address": "aws_iam_policy.exec", "mode": "managed", "type": "aws_iam_policy", "name": "exec",
        "change": {
            "actions": ["update"], "before": policy(before), "after": policy(after), "after_unknown": {},
        },
    }));
    changes.extend_from_slice(joins);
    let plan = plan(&document);
    let report = report(&plan.facts_over(live, &ask(&plan, "coder-production-cluster")));
    assert_eq!(failures(&report), [""; 0]);
    titles(&report, Status::Unknown)
}

fn join(role: &str) -> Value {
    let values = json!({
        "id": "join", "role": role, "policy_arn": "arn:aws:iam::123456789012:policy/exec",
    });
    json!({
        "address": "aws_iam_role_policy_attachment.exec", "mode": "managed", "name": "exec",
        "type": "aws_iam_role_policy_attachment",
        "change": {"actions": ["no-op"], "before": values, "after": values, "after_unknown": {}},
    })
}

#[test]
fn what_aws_says_of_a_role_is_over_once_one_of_its_policies_changes() {
    for joins in [vec![join(ROLE)], vec![]] {
        let unknown = with_changed_policy(&joins);
        assert!(
            unknown
                .iter()
                .any(|title| title.starts_with("role.ssmmessages")),
            "{unknown:#?}"
        );
    }
    assert_eq!(with_changed_policy(&[join("another")]), [""; 0]);
}

/// An attachment that is taken away takes the policy with it, though the role's own resource still lists it.
#[test]
fn a_policy_that_is_taken_away_beside_a_list_that_has_it() {
    let of = |actions: Value| {
        let mut document: Value = small().document();
        let role = change(&mut document, "aws_iam_role.r");
        role["actions"] = json!(["no-op"]);
        role["after"]["managed_policy_arns"] = json!([CORE]);
        role["before"] = role["after"].clone();
        *expression(&mut document, "aws_iam_role.r", "managed_policy_arns") =
            json!({"constant_value": null});
        let join = change(&mut document, "aws_iam_role_policy_attachment.r");
        join["before"] = join["after"].clone();
        join["actions"] = actions;
        if join["actions"] == json!(["delete"]) {
            join["after"] = Value::Null;
        }
        unknown_or_causes(&document)
    };
    assert_eq!(of(json!(["no-op"])), [""; 0]);
    assert_eq!(of(json!(["delete"])), ["role.ssmmessages"]);
}
