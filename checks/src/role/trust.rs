use serde_json::Value;

use super::{each_role, role_subject};
use crate::fact_index::{FactIndex, Group};
use crate::fixes;
use aws_rules::iam::{self, Request, Ternary};
use model::area::Area;
use model::arn;
use model::check::{Check, Inference, OnPlan};
use model::facts::{Fact, Task};
use model::finding::{Finding, Severity};
use model::text;

pub const CHECK: Check = Check {
    id: "role.trust",
    area: Area::Role,
    title: "ECS tasks may take on the task role",
    why: "ECS hands the role's credentials to the task by assuming the role as ecs-tasks.amazonaws.com; where the trust policy does not let it, the agent has none.",
    how: "The trust policy in iam:GetRole. Conditions other than on aws:SourceAccount and aws:SourceArn cannot be judged from here.",
    actions: &["iam:GetRole"],
    remedy: "Let ecs-tasks.amazonaws.com assume the role.",
    docs: &["https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html"],
    explains: &["container.agent-running"],
    masks: &[],
    severity: Severity::High,
    on_plan: OnPlan::Judges,
    inference: Inference::Inferred,
};

pub fn run(index: &FactIndex) -> Vec<Finding> {
    each_role(index, &CHECK, |group, role, tasks| {
        judge(index, group, role, tasks)
    })
}

fn judge(index: &FactIndex, group: &Group, arn: &str, tasks: &[&Task]) -> Finding {
    let subject = role_subject(group, arn);
    let name = arn::name(arn);
    if tasks.iter().all(|task| !names_role(index, task)) {
        return CHECK.skip(
            subject,
            "The tasks use their instance's role, which EC2 takes on",
        );
    }
    let role = match index.facts.roles.get(arn) {
        Some(Fact::Known(role)) => role,
        Some(Fact::Absent) => {
            return CHECK.skip(subject, format!("The task role {name} does not exist"));
        }
        Some(Fact::Unavailable(why)) => return CHECK.unknown(subject, why),
        None => return CHECK.unknown_because(subject, format!("Nobody asked IAM about {name}")),
    };
    match trust(&role.trust, index) {
        Trust::Given => CHECK.pass(subject, format!("ECS tasks may take on {name}")),
        Trust::Refused(why) => CHECK
            .fail(
                subject,
                format!("ECS tasks may not take on the task role {name}"),
            )
            .detail(why)
            .group_title("Task roles do not trust ECS tasks")
            .fix(fixes::role::trust_tasks(
                index.facts,
                arn,
                &role.trust,
                is_denied(&role.trust),
            )),
        Trust::Open(keys) => CHECK.unknown_because(
            subject,
            text::depends_on(&format!("ECS tasks can assume {name}"), &keys),
        ),
    }
}

fn names_role(index: &FactIndex, task: &Task) -> bool {
    task.role(index.definition(task).and_then(Fact::known))
        .is_some()
}

enum Trust {
    Given,
    Refused(String),
    Open(Vec<String>),
}

const SERVICE: &str = "ecs-tasks.amazonaws.com";
const ACTION: &str = "sts:AssumeRole";

fn trust(document: &Value, index: &FactIndex) -> Trust {
    let request = request(index);
    let says = |effect: &str| {
        let statements = iam::statements(document).iter();
        Ternary::any(statements.map(|statement| applies(document, statement, effect, &request)))
    };
    if !document.is_object() {
        return Trust::Open(vec!["the trust policy, which is no JSON".to_owned()]);
    }
    let denied = says("Deny");
    if denied == Ternary::Yes {
        return Trust::Refused(format!(
            "A statement of the trust policy denies it to {SERVICE}."
        ));
    }
    match says("Allow").and(denied.negated()) {
        Ternary::Yes => Trust::Given,
        Ternary::No => Trust::Refused(refusal(document)),
        Ternary::Depends(keys) => Trust::Open(keys.into_iter().collect()),
    }
}

fn refusal(document: &Value) -> String {
    let mut statements = iam::statements(document).iter();
    if !statements.any(|statement| concerns_tasks(statement, "Allow") != Ternary::No) {
        return format!("No statement of the trust policy lets {SERVICE} call {ACTION}.");
    }
    let excluded = format!(
        "The trust policy names {SERVICE}, but its conditions exclude this account's tasks."
    );
    match iam::literal_wildcard::find_in_document(document, &[ACTION]) {
        Some(why) => format!("{excluded} {why}"),
        None => excluded,
    }
}

/// Some statement says no to tasks, whatever others say.
fn is_denied(document: &Value) -> bool {
    let mut statements = iam::statements(document).iter();
    statements.any(|statement| concerns_tasks(statement, "Deny") != Ternary::No)
}

/// Whether a statement applies to tasks under some condition.
fn concerns_tasks(statement: &Value, effect: &str) -> Ternary {
    iam::has_effect(statement, effect)
        .and(iam::applies_to_action(statement, ACTION))
        .and(iam::names_service(statement, SERVICE))
}

fn applies(document: &Value, statement: &Value, effect: &str, request: &Request) -> Ternary {
    let conditions = || {
        let variables = iam::has_variables(document);
        iam::evaluate_conditions(statement.get("Condition"), variables, request)
    };
    match concerns_tasks(statement, effect) {
        Ternary::No => Ternary::No,
        concerns => concerns.and(conditions()),
    }
}

/// The source of the request is for a task something of ECS in this account and region.
/// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html>
fn request(index: &FactIndex) -> Request<'static> {
    let facts = index.facts;
    let account = facts.account.as_deref();
    let context = account.map(|account| {
        let known = vec![account.to_owned()];
        ("aws:SourceAccount".to_owned(), known)
    });
    let request = Request::new(ACTION, context);
    match account {
        Some(account) => request.with_prefix(
            "aws:SourceArn",
            format!("arn:{}:ecs:{}:{account}:", facts.partition, facts.region),
        ),
        None => request,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::CHECK;
    use crate::testing::{CODER_ROLE, denied, healthy_coder, known, run, statuses};
    use model::facts::Fact;
    use model::finding::Status;

    fn of(statements: Value) -> Vec<Status> {
        let mut facts = healthy_coder();
        known(facts.roles.get_mut(CODER_ROLE).unwrap()).trust = json!({"Statement": statements});
        statuses(&CHECK, &facts)
    }

    fn allow(condition: Value) -> Value {
        json!([{"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole", "Condition": condition}])
    }

    #[test]
    fn trusted_or_not() {
        assert_eq!(statuses(&CHECK, &healthy_coder()), [Status::Pass]);
        assert_eq!(
            of(
                json!([{"Effect": "Allow", "Principal": {"Service": ["ec2.amazonaws.com"]}, "Action": "sts:AssumeRole"}])
            ),
            [Status::Fail]
        );
        assert_eq!(
            of(
                json!({"Effect": "Allow", "Principal": {"Service": ["ec2.amazonaws.com", "ecs-tasks.amazonaws.com"]}, "Action": ["sts:AssumeRole", "sts:TagSession"]})
            ),
            [Status::Pass]
        );
        assert_eq!(
            of(json!([
                {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"},
                {"Effect": "Deny", "Principal": "*", "Action": "sts:*"},
            ])),
            [Status::Fail]
        );
    }

    #[test]
    fn the_source_as_a_text_and_as_an_arn() {
        let source = |operator: &str, pattern: &str| {
            of(allow(json!({operator: {"aws:SourceArn": pattern}})))[0]
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
    fn a_star_that_string_equals_takes_literally() {
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
    fn what_iam_refuses_or_does_not_document() {
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
            assert_eq!(of(json!([statement])), [Status::Unknown], "{statement}");
        }
        let not = json!({"Effect": "Allow", "NotPrincipal": {"AWS": "1"}, "Action": "sts:*"});
        assert_eq!(of(json!([not])), [Status::Unknown]);
        let finding = {
            let mut facts = healthy_coder();
            known(facts.roles.get_mut(CODER_ROLE).unwrap()).trust = json!({"Statement": [not]});
            run(&CHECK, &facts).remove(0)
        };
        assert!(finding.title.contains("NotPrincipal"), "{}", finding.title);
    }

    #[test]
    fn wildcards_and_several_statements() {
        let tasks = json!({"Service": "ecs-tasks.amazonaws.com"});
        let plain = json!({"Effect": "Allow", "Principal": tasks, "Action": "sts:Assume*"});
        assert_eq!(of(plain.clone()), [Status::Pass]);
        let conditional = json!({"Effect": "Allow", "Principal": tasks, "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}});
        assert_eq!(of(json!([plain, conditional])), [Status::Pass]);
        let deny = json!({"Effect": "Deny", "Principal": "*", "NotAction": "sts:TagSession"});
        assert_eq!(of(json!([plain, deny])), [Status::Fail]);
        let others = json!({"Effect": "Deny", "Principal": "*", "Action": "sts:*",
            "Condition": {"StringNotEquals": {"aws:SourceAccount": "123456789012"}}});
        assert_eq!(of(json!([plain, others])), [Status::Pass]);
    }

    #[test]
    fn conditions_on_the_source() {
        assert_eq!(
            of(allow(
                json!({"StringEquals": {"aws:SourceAccount": "123456789012"}})
            )),
            [Status::Pass]
        );
        assert_eq!(
            of(allow(
                json!({"StringEquals": {"aws:SourceAccount": "999999999999"}})
            )),
            [Status::Fail]
        );
        assert_eq!(
            of(allow(
                json!({"ArnLike": {"aws:SourceArn": "arn:aws:ecs:us-west-2:123456789012:*"}})
            )),
            [Status::Pass]
        );
        assert_eq!(
            of(allow(
                json!({"ArnLike": {"aws:SourceArn": "arn:aws:ecs:eu-west-1:123456789012:*"}})
            )),
            [Status::Fail]
        );
        assert_eq!(
            of(allow(
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
            assert_eq!(of(allow(condition)), [status], "{pattern}");
        }
        let wild = json!({"StringEquals": {"aws:SourceAccount": "1234*"}});
        assert_eq!(
            of(allow(wild)),
            [Status::Fail],
            "StringEquals knows no wildcards"
        );
    }

    #[test]
    fn gone_and_unreadable() {
        let mut facts = healthy_coder();
        facts.roles.insert(CODER_ROLE.into(), Fact::Absent);
        assert_eq!(statuses(&CHECK, &facts), [Status::Skip]);
        facts.roles.insert(CODER_ROLE.into(), denied("iam:GetRole"));
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }
}
