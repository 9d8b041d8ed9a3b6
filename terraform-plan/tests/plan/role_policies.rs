//! The policies of roles after apply, by everything that attaches and removes them.

use model::Status;
use model::facts::{Fact, Policy, Reason, Unavailable};
use serde_json::{Value, json};

use crate::plan_builder::{PlanBuilder, list_of_references, references};
use crate::plan_over_live::{application_of, live};
use crate::support::*;

const CORE: &str = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore";
const ROLE: &str = "coder-production-coder-task";
const ROLE_ARN: &str = "arn:aws:iam::123456789012:role/coder-production-coder-task";

/// The security group allows everything, so only the role decides.
fn small() -> PlanBuilder {
    PlanBuilder::new()
        .group("g", json!({"egress": anywhere(), "ingress": anywhere()}))
        .service(list_of_references(
            1,
            &["aws_security_group.g.id", "aws_security_group.g"],
        ))
        .endpoint(Some(list_of_references(
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
    let mut request = request_anywhere("c");
    request.account = Some("123456789012".into());
    let report = report(&plan.facts(&request));
    assert_eq!(failures(&report), [""; 0]);
    titles(&report, Status::Unknown)
}

#[test]
fn an_exclusive_list_removes_unlisted_policies() {
    let attached = |arns: Value| {
        small().with(
            "aws_iam_role_policy_attachments_exclusive.only",
            json!({"role_name": "r", "policy_arns": arns}),
        )
    };
    assert_eq!(attached(json!([CORE])).causes(), [""; 0]);
    let none = json!(["arn:aws:iam::aws:policy/AmazonECSTaskExecutionRolePolicy"]);
    assert_eq!(attached(none).causes(), ["role.ssmmessages"]);
    let unknown = unknown_of(&attached(references(&["local.policies"])).document());
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

/// Terraform sorts the inline policies of a role by content.
#[test]
fn inline_policy_blocks_match_by_name() {
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
    let block = |name: &str, data: &str| json!({"name": name, "policy": references(&[&format!("data.aws_iam_policy_document.{data}.json")])});
    let of = |shut: &str| {
        let small = small().with(
            "aws_iam_role.r",
            json!({
                "name": "r", "arn": references(&[]), "assume_role_policy": trust(),
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
    let mut request = request_anywhere("c");
    request.account = Some("123456789012".into());
    let report = report(&plan.facts(&request));
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

const EXEC: &str = "arn:aws:iam::123456789012:policy/exec";

/// The application's plan over the platform, whose role has only these policies, with a changed policy.
fn with_changed_policy(policies: Option<Vec<Policy>>, joins: &[Value]) -> Vec<String> {
    let mut live = live();
    let identity = live.identities.get_mut(ROLE_ARN).unwrap();
    match policies {
        Some(policies) => identity.known_mut().unwrap().policies = policies,
        None => {
            let why = Unavailable::new("iam:ListRolePolicies", Reason::Denied, "no");
            *identity = Fact::Unavailable(why);
        }
    }
    let mut document = application_of(&live);
    let policy = |document: String| {
        json!({
            "id": EXEC, "arn": EXEC, "name": "exec", "policy": document,
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
    let report = report(&plan.facts_over(live, &request(&plan, "coder-production-cluster")));
    let checks = |status, sign: &str| -> Vec<String> {
        let found = report.findings.iter().filter(|one| one.status == status);
        found.map(|one| format!("{sign}{}", one.check.id)).collect()
    };
    [checks(Status::Fail, ""), checks(Status::Unknown, "? ")].concat()
}

fn join(role: &str) -> Value {
    let values = json!({
        "id": "join", "role": role, "policy_arn": EXEC,
    });
    json!({
        "address": "aws_iam_role_policy_attachment.exec", "mode": "managed", "name": "exec",
        "type": "aws_iam_role_policy_attachment",
        "change": {"actions": ["no-op"], "before": values, "after": values, "after_unknown": {}},
    })
}

#[test]
fn a_changed_policy_counts_with_those_that_aws_has() {
    let policy = |arn: Option<&str>| Policy {
        name: "exec".to_owned(),
        arn: arn.map(str::to_owned),
        document: serde_json::from_str(&self::document("Allow")).unwrap(),
    };
    for joins in [vec![join(ROLE)], vec![]] {
        let with = |policies| with_changed_policy(policies, &joins);
        let only_changed = with(Some(vec![policy(Some(EXEC))]));
        assert!(
            only_changed.contains(&"role.ssmmessages".to_owned()),
            "{only_changed:#?}"
        );
        let both = vec![policy(Some(EXEC)), policy(None)];
        assert_eq!(with(Some(both)), [""; 0]);
        let unread = with(None);
        assert!(
            unread.contains(&"? role.ssmmessages".to_owned()),
            "{unread:#?}"
        );
    }
    let own = with_changed_policy(Some(vec![policy(None)]), &[join("another")]);
    assert_eq!(own, [""; 0]);
}

/// A deleted attachment removes the policy, though the role's own resource still lists it.
#[test]
fn a_deleted_policy_counts_as_gone_even_if_a_list_has_it() {
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
