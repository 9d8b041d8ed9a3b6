use serde_json::Value;

use super::{each_role, role_subject};
use crate::arn;
use crate::check::Check;
use crate::facts::{Fact, Task};
use crate::finding::{Finding, Severity};
use crate::fixes;
use crate::iam::{self, Request, Tri, like};
use crate::text;
use crate::world::{Group, World};

pub const CHECK: Check = Check {
    id: "role.trust",
    title: "ECS tasks may take on the task role",
    why: "ECS hands the role's credentials to the task by assuming the role as ecs-tasks.amazonaws.com; where the trust policy does not let it, the agent has none.",
    how: "The trust policy in iam:GetRole. Conditions other than on aws:SourceAccount and aws:SourceArn cannot be judged from here.",
    actions: &["iam:GetRole"],
    remedy: "Let ecs-tasks.amazonaws.com assume the role.",
    docs: &["https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html"],
    explains: &["container.agent-running"],
    masks: &[],
    severity: Severity::High,
    run,
};

fn run(world: &World) -> Vec<Finding> {
    each_role(world, &CHECK, |group, role, tasks| {
        judge(world, group, role, tasks)
    })
}

fn judge(world: &World, group: &Group, arn: &str, tasks: &[&Task]) -> Finding {
    let subject = role_subject(group, arn);
    let name = arn::name(arn);
    if tasks.iter().all(|task| !names_role(world, task)) {
        return CHECK.skip(
            subject,
            "The tasks use their instance's role, which EC2 takes on",
        );
    }
    let role = match world.facts.roles.get(arn) {
        Some(Fact::Known(role)) => role,
        Some(Fact::Absent) => {
            return CHECK.skip(subject, format!("The task role {name} does not exist"));
        }
        Some(Fact::Unavailable(why)) => return CHECK.unknown(subject, why),
        None => return CHECK.unsure(subject, format!("Nobody asked IAM about {name}")),
    };
    match trust(&role.trust, world) {
        Trust::Given => CHECK.pass(subject, format!("ECS tasks may take on {name}")),
        Trust::Refused(why) => CHECK
            .fail(
                subject,
                format!("ECS tasks may not take on the task role {name}"),
            )
            .detail(why)
            .cause("Task roles do not trust ECS tasks")
            .fix(fixes::role::trust_tasks(
                world.facts,
                arn,
                &role.trust,
                is_denied(&role.trust),
            )),
        Trust::Open(why) => CHECK.unsure(
            subject,
            format!("Whether ECS tasks may take on {name} cannot be told: {why}"),
        ),
    }
}

fn names_role(world: &World, task: &Task) -> bool {
    task.role(world.definition(task).and_then(Fact::known))
        .is_some()
}

enum Trust {
    Given,
    Refused(String),
    Open(String),
}

const SERVICE: &str = "ecs-tasks.amazonaws.com";

fn trust(document: &Value, world: &World) -> Trust {
    let statements = iam::statements(document);
    if !document.is_object() || statements.is_empty() {
        return Trust::Open("the trust policy could not be read".to_owned());
    }
    let of = |effect: &str| {
        let applying = statements
            .iter()
            .filter(|statement| statement["Effect"] == effect && concerns_tasks(statement));
        Tri::any(applying.map(|statement| conditions(&statement["Condition"], world)))
    };
    let (allowed, denied) = (of("Allow"), of("Deny"));
    if denied == Tri::Yes {
        return Trust::Refused(format!(
            "A statement of the trust policy denies it to {SERVICE}."
        ));
    }
    match allowed.and(denied.negated()) {
        Tri::Yes => Trust::Given,
        Tri::No
            if statements
                .iter()
                .any(|s| s["Effect"] == "Allow" && concerns_tasks(s)) =>
        {
            Trust::Refused(format!(
                "The trust policy names {SERVICE}, but its conditions exclude this account's tasks."
            ))
        }
        Tri::No => Trust::Refused(format!(
            "No statement of the trust policy lets {SERVICE} call sts:AssumeRole."
        )),
        Tri::Depends(keys) => {
            let keys: Vec<String> = keys.into_iter().collect();
            Trust::Open(format!(
                "the trust policy has conditions on {}",
                text::list(&keys)
            ))
        }
    }
}

/// Some statement says no to tasks, whatever others say.
fn is_denied(document: &Value) -> bool {
    let statements = iam::statements(document);
    statements
        .iter()
        .any(|statement| statement["Effect"] == "Deny" && concerns_tasks(statement))
}

fn concerns_tasks(statement: &Value) -> bool {
    let names = |principal: &Value| {
        *principal == "*"
            || iam::list(&principal["Service"])
                .iter()
                .any(|service| service == SERVICE)
            || iam::list(&principal["AWS"]).iter().any(|arn| arn == "*")
    };
    let is_action = |patterns: &Value| {
        iam::list(patterns)
            .iter()
            .any(|pattern| like(&pattern.to_ascii_lowercase(), "sts:assumerole"))
    };
    let named = match (statement.get("Principal"), statement.get("NotPrincipal")) {
        (Some(principal), _) => names(principal),
        (None, Some(principal)) => !names(principal),
        (None, None) => false,
    };
    let action = match (statement.get("Action"), statement.get("NotAction")) {
        (Some(patterns), _) => is_action(patterns),
        (None, Some(patterns)) => !is_action(patterns),
        (None, None) => false,
    };
    named && action
}

/// Conditions on the source of the request, which for a task is something of ECS in this account and region.
fn conditions(condition: &Value, world: &World) -> Tri {
    let facts = world.facts;
    let Some(account) = facts.account.as_deref() else {
        return match condition.is_null() {
            true => Tri::Yes,
            false => Tri::on("the account"),
        };
    };
    let source = format!("arn:{}:ecs:{}:{account}:*", facts.partition, facts.region);
    let context = [("aws:SourceAccount".to_owned(), vec![account.to_owned()])];
    let request = Request::new("sts:AssumeRole", context);
    let operators = condition.as_object().into_iter().flatten();
    Tri::all(operators.flat_map(|(operator, keys)| {
        let keys = keys.as_object().into_iter().flatten();
        keys.map(
            |(key, patterns)| match key.eq_ignore_ascii_case("aws:SourceArn") {
                true => by_source(operator, &iam::list(patterns), &source),
                false => iam::is_met(operator, key, patterns, &request),
            },
        )
    }))
}

/// All parts of the source's ARN are known but the last. `ArnLike` compares part by part, `StringLike` the whole.
fn by_source(operator: &str, patterns: &[String], source: &str) -> Tri {
    let test = match operator.strip_suffix("IfExists").unwrap_or(operator) {
        "ArnLike" | "ArnEquals" => by_parts,
        "StringLike" => by_text,
        _ => return Tri::on("aws:SourceArn"),
    };
    Tri::any(patterns.iter().map(|pattern| test(pattern, source)))
}

fn by_parts(pattern: &str, source: &str) -> Tri {
    let pattern: Vec<&str> = pattern.splitn(6, ':').collect();
    let source: Vec<&str> = source.splitn(6, ':').collect();
    let known = pattern.iter().zip(&source).take(5).all(|(p, s)| like(p, s));
    match (known, pattern.get(5)) {
        (true, Some(&"*")) => Tri::Yes,
        (true, None) => Tri::from(pattern.last() == Some(&"*")),
        (true, Some(_)) => Tri::on("aws:SourceArn"),
        (false, _) => Tri::No,
    }
}

/// A star reaches past colons; what the pattern still asks of the last part cannot be known.
fn by_text(pattern: &str, source: &str) -> Tri {
    let known = source.trim_end_matches('*');
    if pattern.ends_with('*') && like(pattern, known) {
        return Tri::Yes;
    }
    let mut beginnings = pattern.char_indices().map(|(end, _)| &pattern[..end]);
    match beginnings.any(|beginning| like(beginning, known)) {
        true => Tri::on("aws:SourceArn"),
        false => Tri::No,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::CHECK;
    use crate::facts::Fact;
    use crate::finding::Status;
    use crate::testing::{CODER_ROLE, denied, healthy_coder, known, statuses};

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
        assert_eq!(source("ArnLike", of_account), Status::Fail);
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
            ("arn:aws:*", Status::Pass),
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
