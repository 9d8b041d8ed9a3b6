use serde_json::Value;

use super::{each_role, role_subject};
use crate::check::Check;
use crate::facts::{Fact, Task, role_name};
use crate::finding::{Finding, Severity};
use crate::fixes;
use crate::iam::like;
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
    let name = role_name(arn);
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
            .fix(fixes::role::trust_tasks(world.facts, arn)),
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
    let statements = many(&document["Statement"]);
    if statements.is_empty() {
        return Trust::Open("the trust policy could not be read".to_owned());
    }
    let mut open = None;
    let mut given = false;
    let mut unmet = None;
    for statement in statements
        .iter()
        .filter(|statement| concerns_tasks(statement))
    {
        let denies = statement["Effect"] == "Deny";
        match (conditions(&statement["Condition"], world), denies) {
            (Condition::Met, true) => {
                return Trust::Refused(format!(
                    "A statement of the trust policy denies it to {SERVICE}."
                ));
            }
            (Condition::Met, false) => given = true,
            (Condition::Unmet(key), false) => unmet = Some(key),
            (Condition::Unmet(_), true) => {}
            (Condition::Unclear(key), _) => open = Some(key),
        }
    }
    match (given, open, unmet) {
        (_, Some(key), _) => Trust::Open(format!("the trust policy has a condition on {key}")),
        (true, None, _) => Trust::Given,
        (false, None, Some(key)) => Trust::Refused(format!(
            "The trust policy names {SERVICE}, but its condition on {key} excludes this account's tasks."
        )),
        (false, None, None) => Trust::Refused(format!(
            "No statement of the trust policy lets {SERVICE} call sts:AssumeRole."
        )),
    }
}

fn concerns_tasks(statement: &Value) -> bool {
    let principal = &statement["Principal"];
    let named = principal == "*"
        || many(&principal["Service"])
            .iter()
            .any(|service| *service == SERVICE)
        || many(&principal["AWS"]).iter().any(|arn| *arn == "*");
    let action = many(&statement["Action"])
        .iter()
        .filter_map(|action| action.as_str())
        .any(|action| {
            matches!(
                action.to_ascii_lowercase().as_str(),
                "sts:assumerole" | "sts:*" | "*"
            )
        });
    named && action
}

enum Condition {
    Met,
    Unmet(String),
    Unclear(String),
}

/// Conditions on the source of the request, which for a task is a task's ARN in this account and region.
fn conditions(condition: &Value, world: &World) -> Condition {
    let Some(operators) = condition.as_object() else {
        return Condition::Met;
    };
    let facts = world.facts;
    let Some(account) = facts.account.as_deref() else {
        return Condition::Unclear("the source of the request".to_owned());
    };
    let source = format!("arn:{}:ecs:{}:{account}:*", facts.partition, facts.region);
    for (operator, keys) in operators {
        for (key, patterns) in keys.as_object().into_iter().flatten() {
            let patterns: Vec<&str> = many(patterns).iter().filter_map(|p| p.as_str()).collect();
            let lower = key.to_ascii_lowercase();
            let known = match (operator.as_str(), lower.as_str()) {
                ("StringEquals" | "StringLike", "aws:sourceaccount") => {
                    patterns.iter().any(|pattern| like(pattern, account))
                }
                ("ArnLike" | "ArnEquals" | "StringLike", "aws:sourcearn") => {
                    patterns.iter().any(|pattern| could_match(pattern, &source))
                }
                _ => return Condition::Unclear(key.clone()),
            };
            if !known {
                return Condition::Unmet(key.clone());
            }
        }
    }
    Condition::Met
}

/// Whether a pattern can match an ARN of which all parts but the last are known.
fn could_match(pattern: &str, source: &str) -> bool {
    let parts = |arn: &str| arn.splitn(6, ':').map(str::to_owned).collect::<Vec<_>>();
    let (pattern, source) = (parts(pattern), parts(source));
    pattern.len() < 6 || pattern.iter().zip(&source).take(5).all(|(p, s)| like(p, s))
}

/// IAM lets one value stand for a list of one.
fn many(value: &Value) -> Vec<&Value> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(items) => items.iter().collect(),
        one => vec![one],
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
            of(allow(json!({"StringEquals": {"sts:ExternalId": "x"}}))),
            [Status::Unknown]
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
