//! Cases from the AWS documentation. Undocumented cases must stay undecided.

use serde::Deserialize;
use serde_json::{Value, json};

use aws_rules::iam::{
    PolicySet, Principal, Request, Ternary, evaluate_resource_policy, resource_policy_denies,
};
use model::facts::{Identity, Outcome, Policy};

const CLUSTER: &str = "arn:aws:ecs:us-west-2:123456789012:cluster/prod";

type Context = std::collections::BTreeMap<String, Vec<String>>;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Answer {
    Yes,
    No,
    Undecided,
    Allowed,
    ImplicitDeny,
    ExplicitDeny,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ConditionCase {
    name: String,
    condition: Value,
    context: Context,
    met: Answer,
    /// The keys that an undecided result names.
    #[serde(default)]
    depends_on: Vec<String>,
    version: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StatementCase {
    name: String,
    statements: Value,
    #[serde(default)]
    context: Context,
    resource: Option<String>,
    expected: Answer,
    #[serde(default)]
    depends_on: Vec<String>,
    version: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PrincipalCase {
    name: String,
    statement: Value,
    principal: Who,
    allow: Answer,
    deny: Answer,
}

#[derive(Deserialize)]
struct Who {
    arn: String,
    session: Option<String>,
    has_boundary: Option<bool>,
}

/// The outcome of an identity policy, and the keys that it depends on.
fn decide(
    statements: &Value,
    version: Option<&str>,
    context: &Context,
    resource: &str,
) -> (Answer, Vec<String>) {
    let mut document = json!({"Version": version.unwrap_or("2012-10-17"), "Statement": statements});
    if version == Some("absent")
        && let Some(fields) = document.as_object_mut()
    {
        fields.remove("Version");
    }
    let policy = Policy {
        name: "case".into(),
        arn: None,
        document,
    };
    let identity = Identity {
        policies: vec![policy],
        boundary: None,
    };
    let request = Request::new("ecs:ExecuteCommand", context.clone());
    let effective = PolicySet::new(&request, &identity).decide(resource);
    let answer = match effective.outcome {
        _ if !effective.depends_on.is_empty() => Answer::Undecided,
        Outcome::Allowed => Answer::Allowed,
        Outcome::ImplicitDeny => Answer::ImplicitDeny,
        Outcome::ExplicitDeny => Answer::ExplicitDeny,
    };
    (answer, effective.depends_on.into_iter().collect())
}

/// Reports all wrong cases instead of only the first.
fn check_cases<C>(cases: &str, check: impl Fn(&C) -> Result<(), String>)
where
    C: for<'de> Deserialize<'de>,
{
    let cases: Vec<C> = serde_json::from_str(cases).unwrap();
    let wrong: Vec<String> = cases.iter().filter_map(|case| check(case).err()).collect();
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

fn compare(
    name: &str,
    (answer, named): (Answer, Vec<String>),
    expected: Answer,
    keys: &[String],
) -> Result<(), String> {
    let names = |key: &String| named.iter().any(|name| name.contains(key.as_str()));
    match answer == expected && keys.iter().all(names) {
        true => Ok(()),
        false => Err(format!(
            "{name}: {answer:?} {named:?}, not {expected:?} {keys:?}"
        )),
    }
}

#[test]
fn documented_conditions() {
    check_cases(
        include_str!("../../fixtures/iam/conditions.json"),
        |case: &ConditionCase| {
            let statement = |effect: &str| json!({"Effect": effect, "Action": "*", "Resource": "*", "Condition": case.condition});
            let everything = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
            let (allow, deny) = match case.met {
                Answer::Yes => (Answer::Allowed, Answer::ExplicitDeny),
                Answer::No => (Answer::ImplicitDeny, Answer::Allowed),
                other => (other, other),
            };
            let version = case.version.as_deref();
            for (statements, expected) in [
                (json!([statement("Allow")]), allow),
                (json!([everything, statement("Deny")]), deny),
            ] {
                let answer = decide(&statements, version, &case.context, CLUSTER);
                compare(&case.name, answer, expected, &case.depends_on)?;
            }
            Ok(())
        },
    );
}

#[test]
fn documented_statements() {
    check_cases(
        include_str!("../../fixtures/iam/statements.json"),
        |case: &StatementCase| {
            let resource = case.resource.as_deref().unwrap_or(CLUSTER);
            let version = case.version.as_deref();
            let answer = decide(&case.statements, version, &case.context, resource);
            compare(&case.name, answer, case.expected, &case.depends_on)
        },
    );
}

#[test]
fn documented_principals() {
    check_cases(
        include_str!("../../fixtures/iam/principals.json"),
        |case: &PrincipalCase| {
            let principal = Principal {
                session: case.principal.session.as_deref(),
                has_boundary: case.principal.has_boundary,
                ..Principal::from_arn(&case.principal.arn)
            };
            let request = Request::new("kms:Decrypt", []);
            for (effect, expected) in [("Allow", case.allow), ("Deny", case.deny)] {
                let evaluate = match effect {
                    "Allow" => evaluate_resource_policy,
                    _ => resource_policy_denies,
                };
                let mut statement = case.statement.clone();
                statement["Effect"] = effect.into();
                statement["Action"] = "kms:*".into();
                statement["Resource"] = "*".into();
                let policy = json!({"Version": "2012-10-17", "Statement": statement});
                let key = "arn:aws:kms:r:123456789012:key/k";
                let (answer, named) = match evaluate(&policy, &principal, &request, key) {
                    Ternary::Yes => (Answer::Yes, Vec::new()),
                    Ternary::No => (Answer::No, Vec::new()),
                    Ternary::Depends(keys) => (Answer::Undecided, keys.into_iter().collect()),
                };
                let name = format!("{}, {effect}", case.name);
                compare(&name, (answer, named), expected, &[])?;
            }
            Ok(())
        },
    );
}
