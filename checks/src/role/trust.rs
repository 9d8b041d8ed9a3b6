use serde_json::Value;

use super::each_role;
use crate::prelude::*;
use aws_rules::iam::{self, Request, Ternary};

pub const CHECK: Check = Check {
    id: "role.trust",
    title: "ECS tasks can assume the task role",
    why: "ECS assumes the role as ecs-tasks.amazonaws.com and passes its credentials to the task. If the trust policy does not allow that, the agent has no credentials.",
    how: "The trust policy in iam:GetRole. Only conditions on aws:SourceAccount and aws:SourceArn can be evaluated.",
    actions: &["iam:GetRole"],
    remedy: "Allow ecs-tasks.amazonaws.com to assume the role.",
    docs: &[aws_pages::TASK_ROLES],
    symptoms: &["container.agent-running"],
    severity: Severity::High,
    ..super::DEFAULTS
};

const SERVICE: &str = "ecs-tasks.amazonaws.com";
const ACTION: &str = "sts:AssumeRole";

pub fn run(index: &FactIndex) -> Vec<Finding> {
    each_role(index, &CHECK, judge)
}

fn judge(index: &FactIndex, subject: Subject, arn: &str, tasks: &[&Task]) -> Finding {
    let name = arn::name(arn);
    let has_task_role = |task: &&Task| {
        let definition = index.definition(task).and_then(Fact::known);
        task.role(definition).is_some()
    };
    if !tasks.iter().any(has_task_role) {
        let title = "The tasks use the role of their instance, which EC2 assumes";
        return CHECK.skip(subject, title);
    }
    let role = match index.facts.roles.get(arn) {
        Some(Fact::Known(role)) => role,
        Some(Fact::Unavailable(why)) => return CHECK.unknown(subject, why),
        Some(Fact::Absent) | None => {
            let title = format!("The facts do not contain the role {name}");
            return CHECK.unknown_because(subject, title);
        }
    };
    if let Some(why) = &role.trust_unread {
        return CHECK.unknown(subject, why);
    }
    let policy = &role.trust;
    if !policy.is_object() {
        let title = format!(
            "Cannot determine whether ECS tasks can assume {name}: its trust policy is not JSON"
        );
        return CHECK.unknown_because(subject, title);
    }
    let request = request(index);
    let denies = applies(policy, "Deny", &request);
    let allows = applies(policy, "Allow", &request);
    let denied = || {
        CHECK
            .fail(
                subject.clone(),
                format!("ECS tasks cannot assume the task role {name}"),
            )
            .group_title("Task roles do not trust ECS tasks")
            .fix(fixes::role::trust_tasks(
                index.facts,
                arn,
                policy,
                mentions_tasks(policy, "Deny"),
            ))
    };
    if denies == Ternary::Yes {
        return denied().detail(format!(
            "A statement of the trust policy denies it to {SERVICE}."
        ));
    }
    match allows.and(denies.negated()) {
        Ternary::Yes => CHECK.pass(subject, format!("ECS tasks can assume {name}")),
        Ternary::No => denied().detail(missing_allow(policy)),
        Ternary::Depends(keys) => {
            let keys: Vec<String> = keys.into_iter().collect();
            let question = format!("ECS tasks can assume {name}");
            CHECK.unknown_because(subject, text::depends_on(&question, &keys))
        }
    }
}

fn missing_allow(policy: &Value) -> String {
    if !mentions_tasks(policy, "Allow") {
        return format!("No statement of the trust policy lets {SERVICE} call {ACTION}.");
    }
    let excluded = format!(
        "The trust policy names {SERVICE}, but its conditions exclude this account's tasks."
    );
    match iam::literal_wildcard::find_in_document(policy, &[ACTION]) {
        Some(why) => format!("{excluded} {why}"),
        None => excluded,
    }
}

/// Whether a statement with this effect applies to the request.
fn applies(policy: &Value, effect: &str, request: &Request) -> Ternary {
    let variables = iam::has_variables(policy);
    let statements = iam::statements(policy).iter();
    Ternary::any(
        statements.map(|statement| match is_about_tasks(statement, effect) {
            Ternary::No => Ternary::No,
            about => about.and(iam::evaluate_conditions(
                statement.get("Condition"),
                variables,
                request,
            )),
        }),
    )
}

/// Whether a statement with this effect is about tasks, whatever its conditions.
fn mentions_tasks(policy: &Value, effect: &str) -> bool {
    let mut statements = iam::statements(policy).iter();
    statements.any(|statement| is_about_tasks(statement, effect) != Ternary::No)
}

fn is_about_tasks(statement: &Value, effect: &str) -> Ternary {
    iam::has_effect(statement, effect)
        .and(iam::applies_to_action(statement, ACTION))
        .and(iam::names_service(statement, SERVICE))
}

/// ECS calls on behalf of a resource of ECS in this account and region.
/// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html>
fn request(index: &FactIndex) -> Request<'static> {
    let facts = index.facts;
    let Some(account) = &facts.account else {
        return Request::new(ACTION, None);
    };
    let context = ("aws:SourceAccount".to_owned(), vec![account.clone()]);
    let source = format!("arn:{}:ecs:{}:{account}:", facts.partition, facts.region);
    Request::new(ACTION, Some(context)).with_prefix("aws:SourceArn", source)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::CHECK;
    use crate::testing::{CODER_ROLE, denied, healthy_coder, known, run, statuses};
    use model::facts::Fact;
    use model::finding::Status;

    fn trust_statuses(statements: Value) -> Vec<Status> {
        let mut facts = healthy_coder();
        known(facts.roles.get_mut(CODER_ROLE).unwrap()).trust = json!({"Statement": statements});
        statuses(&CHECK, &facts)
    }

    fn allow(condition: Value) -> Value {
        json!([{"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole", "Condition": condition}])
    }

    #[test]
    fn the_trust_policy_must_name_ecs_tasks() {
        assert_eq!(statuses(&CHECK, &healthy_coder()), [Status::Pass]);
        assert_eq!(
            trust_statuses(
                json!([{"Effect": "Allow", "Principal": {"Service": ["ec2.amazonaws.com"]}, "Action": "sts:AssumeRole"}])
            ),
            [Status::Fail]
        );
        assert_eq!(
            trust_statuses(
                json!({"Effect": "Allow", "Principal": {"Service": ["ec2.amazonaws.com", "ecs-tasks.amazonaws.com"]}, "Action": ["sts:AssumeRole", "sts:TagSession"]})
            ),
            [Status::Pass]
        );
        assert_eq!(
            trust_statuses(json!([
                {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"},
                {"Effect": "Deny", "Principal": "*", "Action": "sts:*"},
            ])),
            [Status::Fail]
        );
    }

    #[test]
    fn the_source_arn_matches_as_a_string_or_an_arn() {
        let source = |operator: &str, pattern: &str| {
            trust_statuses(allow(json!({operator: {"aws:SourceArn": pattern}})))[0]
        };
        let of_account = "arn:*:123456789012:*";
        assert_eq!(source("StringLike", of_account), Status::Pass);
        assert_eq!(
            source("ArnLike", of_account),
            Status::Unknown,
            "AWS does not document incomplete ARNs"
        );
        assert_eq!(
            source("StringLike", "arn:aws:ecs:us-west-2:*"),
            Status::Pass
        );
        assert_eq!(source("StringLike", "arn:*:task/c/*"), Status::Unknown);
        assert_eq!(
            source("StringLike", "arn:aws:ecs:eu-west-1:*"),
            Status::Fail
        );
        assert_eq!(
            source("ArnLike", "arn:aws:ecs:*:123456789012:task/c/*"),
            Status::Unknown
        );
    }

    #[test]
    fn string_equals_takes_a_star_literally() {
        let arn = "arn:aws:ecs:us-west-2:123456789012:*";
        let finding = |operator: &str, key: &str| {
            let mut facts = healthy_coder();
            let statements = allow(json!({operator: {key: arn}}));
            known(facts.roles.get_mut(CODER_ROLE).unwrap()).trust =
                json!({"Version": "2012-10-17", "Statement": statements});
            run(&CHECK, &facts).remove(0)
        };
        for operator in [
            "StringEquals",
            "StringEqualsIgnoreCase",
            "StringEqualsIfExists",
        ] {
            let finding = finding(operator, "aws:sourcearn");
            assert_eq!(finding.status, Status::Fail, "{operator}");
            assert!(finding.detail.contains(operator), "{}", finding.detail);
            assert!(finding.detail.contains("Use ArnLike or StringLike"));
        }
        let negated = finding("StringNotEquals", "aws:SourceArn");
        assert_eq!(negated.status, Status::Pass);
        assert_eq!(finding("ArnLike", "aws:SourceArn").status, Status::Pass);
    }

    #[test]
    fn invalid_or_undocumented_statements_are_unknown() {
        let tasks = json!({"Service": "ecs-tasks.amazonaws.com"});
        let plain = json!({"Effect": "Allow", "Principal": tasks, "Action": "sts:AssumeRole"});
        for (name, value) in [
            (
                "Condition",
                json!([{"StringEquals": {"aws:SourceAccount": "9"}}]),
            ),
            ("Condition", json!({"StringEquals": "x"})),
            (
                "Condition",
                json!({"StringIsNot": {"aws:SourceAccount": "9"}}),
            ),
            ("Principal", json!("ecs-tasks.amazonaws.com")),
            ("Principal", json!({"Service": "ecs-*.amazonaws.com"})),
            ("Effect", json!("allow")),
            ("Action", json!({"a": "sts:AssumeRole"})),
        ] {
            let mut statement = plain.clone();
            statement[name] = value;
            assert_eq!(
                trust_statuses(json!([statement])),
                [Status::Unknown],
                "{statement}"
            );
        }
        let not = json!({"Effect": "Allow", "NotPrincipal": {"AWS": "1"}, "Action": "sts:*"});
        assert_eq!(trust_statuses(json!([not])), [Status::Unknown]);
        let finding = {
            let mut facts = healthy_coder();
            known(facts.roles.get_mut(CODER_ROLE).unwrap()).trust = json!({"Statement": [not]});
            run(&CHECK, &facts).remove(0)
        };
        assert!(finding.title.contains("NotPrincipal"), "{}", finding.title);
    }

    #[test]
    fn wildcards_and_several_statements_are_evaluated() {
        let tasks = json!({"Service": "ecs-tasks.amazonaws.com"});
        let plain = json!({"Effect": "Allow", "Principal": tasks, "Action": "sts:Assume*"});
        assert_eq!(trust_statuses(plain.clone()), [Status::Pass]);
        let conditional = json!({"Effect": "Allow", "Principal": tasks, "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}});
        assert_eq!(trust_statuses(json!([plain, conditional])), [Status::Pass]);
        let deny = json!({"Effect": "Deny", "Principal": "*", "NotAction": "sts:TagSession"});
        assert_eq!(trust_statuses(json!([plain, deny])), [Status::Fail]);
        let others = json!({"Effect": "Deny", "Principal": "*", "Action": "sts:*",
            "Condition": {"StringNotEquals": {"aws:SourceAccount": "123456789012"}}});
        assert_eq!(trust_statuses(json!([plain, others])), [Status::Pass]);
    }

    #[test]
    fn conditions_on_the_source_are_evaluated() {
        assert_eq!(
            trust_statuses(allow(
                json!({"StringEquals": {"aws:SourceAccount": "123456789012"}})
            )),
            [Status::Pass]
        );
        assert_eq!(
            trust_statuses(allow(
                json!({"StringEquals": {"aws:SourceAccount": "999999999999"}})
            )),
            [Status::Fail]
        );
        assert_eq!(
            trust_statuses(allow(
                json!({"ArnLike": {"aws:SourceArn": "arn:aws:ecs:us-west-2:123456789012:*"}})
            )),
            [Status::Pass]
        );
        assert_eq!(
            trust_statuses(allow(
                json!({"ArnLike": {"aws:SourceArn": "arn:aws:ecs:eu-west-1:123456789012:*"}})
            )),
            [Status::Fail]
        );
        assert_eq!(
            trust_statuses(allow(
                json!({"StringEquals": {"aws:PrincipalOrgID": "o-1"}})
            )),
            [Status::Unknown]
        );
        for (pattern, status) in [
            (
                "arn:aws:ecs:us-west-2:123456789012:cluster/x",
                Status::Unknown,
            ),
            ("arn:aws:ecs:*:123456789012:*", Status::Pass),
            ("arn:aws:*", Status::Unknown),
            ("arn:aws:s3:*", Status::Fail),
        ] {
            let condition = json!({"ArnLike": {"aws:SourceArn": pattern}});
            assert_eq!(trust_statuses(allow(condition)), [status], "{pattern}");
        }
        let wild = json!({"StringEquals": {"aws:SourceAccount": "1234*"}});
        assert_eq!(
            trust_statuses(allow(wild)),
            [Status::Fail],
            "StringEquals knows no wildcards"
        );
    }

    #[test]
    fn a_missing_role_is_skipped_and_a_denied_read_unknown() {
        let mut facts = healthy_coder();
        facts.roles.insert(CODER_ROLE.into(), Fact::Absent);
        assert_eq!(statuses(&CHECK, &facts), [Status::Skip]);
        facts.roles.insert(CODER_ROLE.into(), denied("iam:GetRole"));
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }
}
