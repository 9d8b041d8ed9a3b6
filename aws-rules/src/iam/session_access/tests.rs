mod chains;
mod keys;
mod limits;
mod work;

use serde_json::{Value, json};

use super::*;

const ACCOUNT: &str = "arn:aws:iam::123456789012";
const CLUSTER: &str = "arn:aws:ecs:us-west-2:123456789012:cluster/prod";
const TASKS: &str = "arn:aws:ecs:us-west-2:123456789012:task/prod/*";

fn task(id: &str, team: &str) -> TargetTask {
    TargetTask {
        arn: format!("arn:aws:ecs:us-west-2:123456789012:task/prod/{id}"),
        tags: Some([("team".to_owned(), team.to_owned())].into()),
        containers: vec!["web".into(), "envoy".into()],
    }
}

fn target() -> SessionTarget {
    SessionTarget {
        region: "us-west-2".into(),
        cluster_arn: CLUSTER.into(),
        cluster_tags: Some(BTreeMap::new()),
        tasks: vec![task("0a1b", "blue")],
        now: Some("2026-11-30T12:00:00Z".into()),
        key: Fact::Absent,
    }
}

/// A policy of one statement.
fn statement(effect: &str, action: Value, resource: Value, condition: Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": [{
        "Effect": effect, "Action": action, "Resource": resource, "Condition": condition,
    }]})
}

fn allow(action: &str) -> Value {
    statement("Allow", json!(action), json!("*"), json!({}))
}

fn exec_if(condition: Value) -> Value {
    statement("Allow", json!("ecs:ExecuteCommand"), json!("*"), condition)
}

fn trust(principal: Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole",
    }})
}

fn root() -> Value {
    json!({"AWS": format!("{ACCOUNT}:root")})
}

#[derive(Default)]
struct Builder(Account);

impl Builder {
    fn policy(&mut self, name: &str, document: Value) -> usize {
        let policies = &mut self.0.policies;
        policies.push(Policy {
            name: name.into(),
            arn: None,
            document,
        });
        policies.len() - 1
    }

    fn add(&mut self, name: &str, documents: &[Value]) -> &mut AccountPrincipal {
        let documents = documents.iter().enumerate();
        let policies = documents
            .map(|(at, document)| self.policy(&format!("{name}-{at}"), document.clone()))
            .collect();
        self.0.principals.push(AccountPrincipal {
            arn: format!("{ACCOUNT}:{name}"),
            policies,
            ..AccountPrincipal::default()
        });
        self.0.principals.last_mut().unwrap()
    }

    fn access(&self) -> BTreeMap<String, PrincipalAccess> {
        self.access_to(&target())
    }

    fn access_to(&self, target: &SessionTarget) -> BTreeMap<String, PrincipalAccess> {
        let access = session_access(&self.0, target);
        let short = |arn: &str| arn.rsplit(':').next().unwrap().to_owned();
        let principals = access.principals.into_iter();
        principals.map(|one| (short(&one.arn), one)).collect()
    }
}

/// The access of one user with these policies, and the words for it.
fn one(documents: &[Value]) -> Option<(Access, String)> {
    let mut builder = Builder::default();
    builder.add("user/jane", documents);
    let principal = builder.access().remove("user/jane")?;
    let permission = &principal.routes[0].permission;
    let words = [permission.conditions.clone(), permission.undecided.clone()].concat();
    Some((principal.access, words.join("; ")))
}

#[test]
fn a_session_needs_the_cluster_and_the_task() {
    let on = |resource: Value| {
        one(&[statement(
            "Allow",
            json!("ecs:ExecuteCommand"),
            resource,
            json!({}),
        )])
    };
    assert_eq!(on(json!(TASKS)), None);
    assert_eq!(on(json!(CLUSTER)), None);
    assert_eq!(
        on(json!([CLUSTER, TASKS])),
        Some((Access::Allowed, String::new()))
    );
    assert_eq!(one(&[allow("s3:*"), allow("ecs:Describe*")]), None);
    assert_eq!(
        one(&[allow("ECS:executecommand")]).unwrap().0,
        Access::Allowed
    );
}

#[test]
fn denies_and_boundaries_count() {
    let deny = statement("Deny", json!("ecs:*"), json!(TASKS), json!({}));
    assert_eq!(
        one(&[allow("*"), deny.clone()]).map(|(access, _)| access),
        {
            // ssm:StartSession is left.
            Some(Access::Allowed)
        }
    );
    let both = statement("Deny", json!(["ecs:*", "ssm:*"]), json!("*"), json!({}));
    assert_eq!(one(&[allow("*"), both]), None);
    for (boundary, expected) in [("s3:*", false), ("ecs:ExecuteCommand", true)] {
        let mut builder = Builder::default();
        let limit = builder.policy("limit", allow(boundary));
        builder.add("role/ops", &[allow("*")]).boundary = Some(limit);
        let access = builder.access();
        assert_eq!(access.contains_key("role/ops"), expected, "{boundary}");
    }
}

#[test]
fn conditions_are_kept_in_words() {
    for (condition, words) in [
        (
            json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}}),
            "only with MFA",
        ),
        (
            json!({"Bool": {"aws:MultiFactorAuthPresent": true}}),
            "only with MFA",
        ),
        (
            json!({"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}}),
            "only with MFA or long-term access keys",
        ),
        (
            json!({"Null": {"aws:MultiFactorAuthAge": "false"}}),
            "only with MFA",
        ),
        (
            json!({"NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}}),
            "only within 3600 s after MFA",
        ),
        (
            json!({"NumericGreaterThan": {"aws:MultiFactorAuthAge": "3600"}}),
            "only if aws:MultiFactorAuthAge is more than 3600",
        ),
        (
            json!({"Null": {"aws:PrincipalOrgID": "false"}}),
            "only if aws:PrincipalOrgID is present",
        ),
        (
            json!({"StringEqualsIfExists": {"aws:SourceVpce": "vpce-1"}}),
            "only through VPC endpoint vpce-1 or without aws:SourceVpce",
        ),
        (
            json!({"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "192.0.2.1/32"]}}),
            "only from 10.0.0.0/8 or 192.0.2.1/32",
        ),
        (
            json!({"StringEquals": {"aws:SourceVpce": "vpce-1"}, "Bool": {"aws:MultiFactorAuthPresent": "true"}}),
            "only with MFA and through VPC endpoint vpce-1",
        ),
        (
            json!({"StringLike": {"sts:SourceIdentity": "*@example.com"}}),
            "",
        ),
        (
            json!({"StringEquals": {"aws:PrincipalOrgID": "o-1"}}),
            "only in organization o-1",
        ),
    ] {
        match one(&[exec_if(condition.clone())]) {
            Some((access, found)) => {
                assert_eq!(
                    (access, found.as_str()),
                    (Access::Conditional, words),
                    "{condition}"
                );
            }
            None => assert_eq!(words, "", "{condition}"),
        }
    }
}

#[test]
fn a_deny_is_worded_by_what_exempts_from_it() {
    for (condition, words) in [
        (
            json!({"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}),
            "only with MFA",
        ),
        (
            json!({"Bool": {"aws:MultiFactorAuthPresent": "false"}}),
            "only with MFA or long-term access keys",
        ),
        (
            json!({"NumericGreaterThan": {"aws:MultiFactorAuthAge": "3600"}}),
            "only within 3600 s after MFA, or with long-term access keys",
        ),
        (
            json!({"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}),
            "only from 10.0.0.0/8",
        ),
        (
            json!({"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}, "StringNotEquals": {"aws:SourceVpc": "vpc-1"}}),
            "only from 10.0.0.0/8 or from VPC vpc-1",
        ),
    ] {
        let deny = statement("Deny", json!("*"), json!("*"), condition.clone());
        let found = one(&[allow("*"), deny]);
        assert_eq!(
            found,
            Some((Access::Conditional, words.to_owned())),
            "{condition}"
        );
    }
}

#[test]
fn any_task_counts() {
    let mut target = target();
    target.tasks.push(task("ff00", "red"));
    let on_cluster = statement("Allow", json!("ecs:*"), json!(CLUSTER), json!({}));
    let mut builder = Builder::default();
    builder.add(
        "user/red",
        &[
            on_cluster.clone(),
            exec_if(json!({"StringEquals": {"ecs:ResourceTag/team": "red"}})),
        ],
    );
    let one_task = json!("arn:aws:ecs:us-west-2:123456789012:task/prod/ff*");
    builder.add(
        "user/one",
        &[
            on_cluster,
            statement("Allow", json!("ecs:*"), one_task, json!({})),
        ],
    );
    let access = builder.access_to(&target);
    assert!(access.contains_key("user/one"));
    let red = &access["user/red"].routes[0].permission;
    // The cluster is not tagged, which its own statement makes up for.
    assert_eq!(red.conditions, ["only tasks tagged team=red"]);
}

#[test]
fn the_tags_of_users_are_known_and_those_of_roles_unless_sessions_set_them() {
    let document = exec_if(json!({"StringEquals": {"aws:PrincipalTag/team": "blue"}}));
    let mut builder = Builder::default();
    for (name, team) in [
        ("user/blue", Some("blue")),
        ("user/red", Some("red")),
        ("user/none", None),
    ] {
        let user = builder.add(name, std::slice::from_ref(&document));
        user.tags
            .extend(team.map(|team| ("team".to_owned(), team.to_owned())));
    }
    let role = builder.add("role/plain", std::slice::from_ref(&document));
    role.trust = Some(trust(json!({"Service": "ec2.amazonaws.com"})));
    let role = builder.add("role/tagged", &[document]);
    let mut open = trust(json!({"Federated": "arn:aws:iam::123456789012:saml-provider/corp"}));
    open["Statement"]["Action"] = json!(["sts:AssumeRoleWithSAML", "sts:TagSession"]);
    role.trust = Some(open);
    let access = builder.access();
    let names: Vec<&str> = access.keys().map(String::as_str).collect();
    assert_eq!(names, ["role/tagged", "user/blue"]);
    let tagged = &access["role/tagged"];
    assert_eq!(
        tagged.routes[0].permission.conditions,
        ["only if aws:PrincipalTag/team is blue"]
    );
    assert_eq!(tagged.trusts, ["identity provider corp"]);
}

#[test]
fn what_aws_does_not_document_is_undecided_with_the_reason() {
    let (access, why) = one(&[exec_if(json!({"StringEqual": {"aws:userid": "x"}}))]).unwrap();
    assert_eq!(access, Access::Undecided);
    assert!(why.contains("unknown operator StringEqual"), "{why}");
    let mfa = exec_if(json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}}));
    let wrong = exec_if(json!({"StringEqual": {"aws:userid": "x"}}));
    let with_mfa = Some((Access::Conditional, "only with MFA".to_owned()));
    assert_eq!(one(&[mfa, wrong]), with_mfa, "it is certain with MFA");
    let (access, why) = one(&[Value::Null]).unwrap();
    assert_eq!(
        (access, why.as_str()),
        (
            Access::Undecided,
            "a policy that was not read or is no JSON"
        )
    );
}

#[test]
fn start_session_is_a_route_of_its_own() {
    let mut builder = Builder::default();
    builder.add(
        "user/past",
        &[statement("Allow", json!("ssm:*"), json!(TASKS), json!({}))],
    );
    builder.add("user/both", &[allow("*")]);
    builder.add(
        "user/nodes",
        &[statement(
            "Allow",
            json!("ssm:StartSession"),
            json!("arn:aws:ec2:*:*:instance/*"),
            json!({}),
        )],
    );
    let access = builder.access();
    let actions = |name: &str| -> Vec<&str> {
        access[name]
            .routes
            .iter()
            .map(|route| route.action)
            .collect()
    };
    assert_eq!(actions("user/past"), [START_SESSION]);
    assert_eq!(actions("user/both"), [EXECUTE, START_SESSION]);
    assert!(!access.contains_key("user/nodes"));
}
