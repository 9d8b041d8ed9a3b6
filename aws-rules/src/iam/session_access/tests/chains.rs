//! Access through roles that a principal can assume.

use super::*;

fn assume(role: &str) -> Value {
    statement(
        "Allow",
        json!("sts:AssumeRole"),
        json!(format!("{ACCOUNT}:{role}")),
        json!({}),
    )
}

fn chain(access: &BTreeMap<String, PrincipalAccess>, name: &str) -> Option<(Access, String)> {
    let routes = &access.get(name)?.routes;
    let route = routes.iter().find(|route| !route.assumes.is_empty())?;
    let names = route
        .assumes
        .iter()
        .map(|arn| arn.rsplit('/').next().unwrap());
    Some((
        route.permission.access,
        names.collect::<Vec<_>>().join(" > "),
    ))
}

#[test]
fn roles_are_followed_by_trust_and_permission() {
    let mut builder = Builder::default();
    builder.add("role/ops", &[allow("ecs:*")]).trust = Some(trust(root()));
    builder.add("role/closed", &[allow("ecs:*")]).trust =
        Some(trust(json!({"AWS": format!("{ACCOUNT}:user/named")})));
    builder.add("role/step", &[assume("role/ops")]).trust = Some(trust(root()));
    builder.add("user/jane", &[assume("role/ops")]);
    builder.add("user/far", &[assume("role/step")]);
    builder.add(
        "user/barred",
        &[
            allow("sts:*"),
            statement("Deny", json!("sts:AssumeRole"), json!("*"), json!({})),
        ],
    );
    builder.add("user/nobody", &[allow("s3:*")]);
    builder.add("user/named", &[]);
    builder.add("user/admin", &[allow("*")]);
    let access = builder.access();
    let yes = |chain: &str| Some((Access::Allowed, chain.to_owned()));
    assert_eq!(chain(&access, "user/jane"), yes("ops"));
    assert_eq!(chain(&access, "user/far"), yes("step > ops"));
    assert_eq!(chain(&access, "role/step"), yes("ops"));
    assert_eq!(
        chain(&access, "user/named"),
        yes("closed"),
        "trust by name is enough"
    );
    assert_eq!(chain(&access, "user/admin"), None, "needs no role");
    assert!(!access.contains_key("user/barred") && !access.contains_key("user/nobody"));
    assert!(access["role/ops"].as_fact().is_some());
    assert!(access["user/jane"].as_fact().is_none());
}

#[test]
fn a_chain_keeps_the_conditions_of_each_step_and_circles_end() {
    let mut builder = Builder::default();
    let mfa = json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}});
    let mut with_mfa = trust(root());
    with_mfa["Statement"]["Condition"] = mfa;
    builder
        .add(
            "role/ops",
            &[exec_if(
                json!({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}),
            )],
        )
        .trust = Some(with_mfa);
    builder.add("role/a", &[allow("sts:AssumeRole")]).trust = Some(trust(root()));
    builder.add("role/b", &[allow("sts:AssumeRole")]).trust = Some(trust(root()));
    builder.add("user/jane", &[allow("sts:AssumeRole")]);
    let access = builder.access();
    let jane = &access["user/jane"].routes[0];
    assert_eq!(
        chain(&access, "user/jane"),
        Some((Access::Conditional, "ops".to_owned()))
    );
    assert_eq!(
        jane.permission.conditions,
        ["only with MFA", "only from 10.0.0.0/8"]
    );
    assert_eq!(
        chain(&access, "role/a"),
        Some((Access::Conditional, "ops".to_owned()))
    );
}

#[test]
fn a_boundary_limits_a_role_but_not_a_user_that_a_trust_policy_names() {
    let mut builder = Builder::default();
    let limit = builder.policy("limit", allow("s3:*"));
    let named = json!({"AWS": [format!("{ACCOUNT}:user/jane"), format!("{ACCOUNT}:role/ci")]});
    builder.add("role/ops", &[allow("ecs:*")]).trust = Some(trust(named));
    builder.add("user/jane", &[]).boundary = Some(limit);
    builder.add("role/ci", &[]).boundary = Some(limit);
    let access = builder.access();
    assert!(access.contains_key("user/jane") && !access.contains_key("role/ci"));
}

#[test]
fn other_principals_of_a_trust_policy_are_named() {
    let mut builder = Builder::default();
    builder.add("role/ops", &[allow("ecs:*")]).trust = Some(trust(json!({
        "AWS": ["arn:aws:iam::999999999999:root", format!("{ACCOUNT}:root"), "888888888888"],
        "Service": "ecs-tasks.amazonaws.com",
    })));
    builder.add("role/aws-service-role/x/linked", &[allow("ecs:*")]);
    let access = builder.access();
    assert_eq!(
        access["role/ops"].trusts,
        [
            "account 888888888888",
            "account 999999999999",
            "service ecs-tasks.amazonaws.com"
        ]
    );
    assert_eq!(access.len(), 1, "AWS alone uses a service-linked role");
}

/// The key of AWS's own example for roles with a tag.
#[test]
fn the_tag_of_a_role_may_be_named_by_the_key_of_iam() {
    let access = |project: &str, effect: &str, operator: &str| {
        let mut builder = Builder::default();
        let condition = json!({operator: {"iam:ResourceTag/Project": project}});
        let tagged = statement(effect, json!("sts:AssumeRole"), json!("*"), condition);
        builder.add(
            "user/jane",
            &[allow("sts:*"), tagged.clone()][usize::from(effect == "Allow")..],
        );
        let role = builder.add("role/ops", &[allow("ecs:ExecuteCommand")]);
        role.trust = Some(trust(root()));
        role.tags = [("Project".to_owned(), "shop".to_owned())].into();
        builder.access().contains_key("user/jane")
    };
    assert!(access("shop", "Allow", "StringEquals"));
    assert!(!access("other", "Allow", "StringEquals"));
    assert!(access("shop", "Deny", "StringNotEquals"));
    assert!(!access("other", "Deny", "StringNotEquals"));
}
