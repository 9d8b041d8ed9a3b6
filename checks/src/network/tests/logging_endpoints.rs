//! Paths to KMS, CloudWatch Logs and S3.

use serde_json::json;

use crate::network::logging_endpoints::CHECK;
use crate::testing::*;
use model::facts::{Endpoint, Fact, Facts, RouteTarget};
use model::finding::Status;

fn add_endpoint(facts: &mut Facts, service: &str, kind: &str) {
    let like = endpoint(facts).clone();
    let endpoints = known(facts.network.endpoints.as_mut().unwrap());
    endpoints.push(Endpoint {
        id: format!("vpce-{service}"),
        service: format!("com.amazonaws.us-west-2.{service}"),
        kind: kind.into(),
        ..like
    });
}

#[test]
fn endpoints_are_required_only_for_configured_services_without_egress() {
    let mut facts = healthy_coder();
    remove_default_routes(&mut facts);
    assert_eq!(statuses(&CHECK, &facts), [Status::Skip]);
    let mut facts = with_key();
    assert_eq!(statuses(&CHECK, &facts), [Status::Pass], "there is a NAT");
    remove_default_routes(&mut facts);
    let finding = &run(&CHECK, &facts)[0];
    assert_eq!(finding.status, Status::Fail);
    assert!(
        finding.fixes[0].commands[0].contains("us-west-2.kms"),
        "{:?}",
        finding.fixes
    );
    add_endpoint(&mut facts, "kms", "Interface");
    assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
}

#[test]
fn a_gateway_endpoint_serves_s3() {
    let mut facts = with_bucket(true);
    remove_default_routes(&mut facts);
    assert_eq!(statuses(&CHECK, &facts), [Status::Fail]);
    add_endpoint(&mut facts, "s3", "Gateway");
    assert_eq!(
        statuses(&CHECK, &facts),
        [Status::Fail],
        "in no route table of the subnet"
    );
    let tables: Vec<String> = facts
        .network
        .route_tables
        .values()
        .flat_map(|tables| tables.known().unwrap())
        .map(|table| table.id.clone())
        .collect();
    known(facts.network.endpoints.as_mut().unwrap())
        .last_mut()
        .unwrap()
        .route_tables = tables;
    assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
}

#[test]
fn a_lost_recording_only_warns() {
    for (encrypted, status) in [(true, Status::Fail), (false, Status::Warn)] {
        let mut facts = with_log_group(encrypted);
        remove_default_routes(&mut facts);
        assert_eq!(statuses(&CHECK, &facts), [status]);
        let mut facts = with_bucket(encrypted);
        remove_default_routes(&mut facts);
        assert_eq!(statuses(&CHECK, &facts), [status]);
    }
}

#[test]
fn security_groups_can_block_the_internet() {
    let mut facts = with_key();
    let of_endpoint = endpoint(&mut facts).security_groups.clone();
    task_group(&mut facts).egress = vec![model::facts::GroupRule {
        protocol: "-1".into(),
        security_groups: of_endpoint,
        ..Default::default()
    }];
    assert_eq!(statuses(&CHECK, &facts), [Status::Fail]);
}

/// The most recently added endpoint.
fn added(facts: &mut Facts) -> &mut Endpoint {
    let endpoints = known(facts.network.endpoints.as_mut().unwrap());
    endpoints.last_mut().unwrap()
}

fn with_endpoint(mut facts: Facts, service: &str) -> Facts {
    remove_default_routes(&mut facts);
    add_endpoint(&mut facts, service, "Interface");
    assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
    facts
}

fn title(facts: &Facts) -> String {
    run(&CHECK, facts)[0].title.to_string()
}

#[test]
fn each_hop_before_the_endpoint_can_block() {
    let mut facts = with_endpoint(with_key(), "kms");
    endpoint_group(&mut facts).ingress.clear();
    assert_eq!(statuses(&CHECK, &facts), [Status::Fail]);
    assert!(
        title(&facts).contains("of vpce-kms does not let"),
        "{}",
        title(&facts)
    );
    let fix = &run(&CHECK, &facts)[0].fixes[0];
    assert!(fix.commands[0].contains("authorize-security-group-ingress"));

    let mut facts = with_endpoint(with_key(), "kms");
    restrict_egress_to(&mut facts, &["10.0.0.0/16"]);
    assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
    restrict_egress_to(&mut facts, &["10.9.0.0/16"]);
    assert_eq!(statuses(&CHECK, &facts), [Status::Fail]);
    let fix = &run(&CHECK, &facts)[0].fixes[0];
    assert!(fix.commands[0].contains("authorize-security-group-egress"));

    let mut facts = with_endpoint(with_key(), "kms");
    let far = endpoint(&mut facts).subnets[1].clone();
    added(&mut facts).subnets = vec![far];
    assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
    acl(&mut facts).entries.clear();
    assert_eq!(statuses(&CHECK, &facts), [Status::Fail]);
    assert!(title(&facts).contains("network ACLs"), "{}", title(&facts));

    let mut facts = with_endpoint(with_key(), "kms");
    for group in facts.network.security_groups.values_mut() {
        *group = denied("ec2:DescribeSecurityGroups");
    }
    assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
}

fn allow(actions: &[&str], resource: &str) -> serde_json::Value {
    json!({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": actions, "Resource": resource}]})
}

#[test]
fn the_endpoint_policy_can_refuse_the_role() {
    let mut facts = with_endpoint(with_key(), "kms");
    let own = key(&mut facts).arn.clone();
    for (actions, resource, status) in [
        (["kms:*"], "*", Status::Pass),
        (["kms:Decrypt"], own.as_str(), Status::Pass),
        (["kms:Encrypt"], "*", Status::Fail),
        (
            ["kms:Decrypt"],
            "arn:aws:kms:us-west-2:123456789012:key/other",
            Status::Fail,
        ),
    ] {
        added(&mut facts).policy = Some(allow(&actions, resource));
        assert_eq!(statuses(&CHECK, &facts), [status], "{actions:?} {resource}");
    }
    assert!(
        title(&facts).contains("call kms:Decrypt"),
        "{}",
        title(&facts)
    );
    let mut hanging = allow(&["kms:*"], "*");
    hanging["Statement"][0]["Condition"] = json!({"StringEquals": {"aws:PrincipalOrgID": "o-1"}});
    added(&mut facts).policy = Some(hanging);
    assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    for key in facts.kms_keys.values_mut() {
        *key = denied("kms:DescribeKey");
    }
    assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
}

#[test]
fn a_policy_that_allows_only_reading_warns() {
    let look = "logs:DescribeLogGroups";
    let write = [
        "logs:CreateLogStream",
        "logs:DescribeLogStreams",
        "logs:PutLogEvents",
    ];
    let mut facts = with_endpoint(with_log_group(true), "logs");
    for (actions, status) in [(&[look][..], Status::Warn), (&write[..], Status::Fail)] {
        added(&mut facts).policy = Some(allow(actions, "*"));
        assert_eq!(statuses(&CHECK, &facts), [status]);
    }
}

#[test]
fn a_gateway_endpoint_has_public_addresses() {
    let mut facts = with_bucket(true);
    remove_default_routes(&mut facts);
    add_endpoint(&mut facts, "s3", "Gateway");
    let gateway = RouteTarget::GatewayEndpoint("vpce-s3".into());
    route(&mut facts, "pl-s3", gateway, false);
    assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
    restrict_egress_to(&mut facts, &["10.0.0.0/16"]);
    assert_eq!(statuses(&CHECK, &facts), [Status::Fail]);
    task_group(&mut facts).egress[0].prefix_lists = vec!["pl-s3".into()];
    assert_eq!(statuses(&CHECK, &facts), [Status::Unknown], "not read");
    let entries = Fact::Known(vec!["52.92.0.0/17".into()]);
    facts.network.prefix_lists.insert("pl-s3".into(), entries);
    assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
    added(&mut facts).policy = Some(allow(&["s3:GetObject"], "*"));
    assert_eq!(statuses(&CHECK, &facts), [Status::Fail]);
}

/// The bucket behind a gateway endpoint with this policy.
fn facts_with_gateway_policy(encrypted: bool, statements: serde_json::Value) -> Facts {
    let mut facts = with_bucket(encrypted);
    remove_default_routes(&mut facts);
    add_endpoint(&mut facts, "s3", "Gateway");
    let gateway = RouteTarget::GatewayEndpoint("vpce-s3".into());
    route(&mut facts, "pl-s3", gateway, false);
    added(&mut facts).policy = Some(json!({"Version": "2012-10-17", "Statement": statements}));
    facts
}

#[test]
fn only_a_star_includes_roles_in_a_gateway_policy() {
    let allow = |principal: serde_json::Value| json!({"Effect": "Allow", "Principal": principal, "Action": "*", "Resource": "*"});
    let named = [
        json!({"AWS": "123456789012"}),
        json!({"AWS": "arn:aws:iam::123456789012:root"}),
        json!({"AWS": CODER_ROLE}),
        json!({"AWS": [CODER_ROLE, "123456789012"]}),
    ];
    for principal in named {
        for (encrypted, status) in [(true, Status::Fail), (false, Status::Warn)] {
            let facts = facts_with_gateway_policy(encrypted, allow(principal.clone()));
            let finding = &run(&CHECK, &facts)[0];
            assert_eq!(finding.status, status, "{principal}");
            assert!(finding.detail.contains("aws:PrincipalArn"), "{finding:?}");
            let fix = &finding.fixes[0].commands[0];
            assert!(fix.contains("modify-vpc-endpoint"), "{fix}");
        }
        let mut facts = facts_with_gateway_policy(true, allow(principal.clone()));
        add_endpoint(&mut facts, "s3", "Interface");
        added(&mut facts).policy = Some(json!({"Statement": allow(principal.clone())}));
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass], "{principal}");
    }
    for principal in [
        json!("*"),
        json!({"AWS": "*"}),
        json!({"AWS": ["*", "123456789012"]}),
    ] {
        let facts = facts_with_gateway_policy(true, allow(principal.clone()));
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass], "{principal}");
    }
    let both = json!([allow(json!({"AWS": CODER_ROLE})), allow(json!("*"))]);
    assert_eq!(
        statuses(&CHECK, &facts_with_gateway_policy(true, both)),
        [Status::Pass]
    );
}

#[test]
fn conditions_name_roles_in_a_gateway_policy() {
    let on = |effect: &str, principal: &str, role: &str| {
        json!({"Effect": effect, "Principal": principal, "Action": "*", "Resource": "*",
            "Condition": {"ArnEquals": {"aws:PrincipalArn": role}}})
    };
    let other = "arn:aws:iam::123456789012:role/other";
    let with = |statements: serde_json::Value| {
        statuses(&CHECK, &facts_with_gateway_policy(true, statements))[0]
    };
    assert_eq!(with(on("Allow", "*", CODER_ROLE)), Status::Pass);
    assert_eq!(with(on("Allow", "*", other)), Status::Fail);
    let all = json!({"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"});
    let denied = on("Deny", "*", CODER_ROLE);
    assert_eq!(with(json!([all, denied])), Status::Fail);
    assert_eq!(with(json!([all, on("Deny", "*", other)])), Status::Pass);
    // AWS does not document such denies for gateway endpoints, so only those for other principals are decided.
    let deny = |key: &str, name: &str| json!({"Effect": "Deny", key: {"AWS": name}, "Action": "*", "Resource": "*"});
    assert_eq!(
        with(json!([all, deny("Principal", CODER_ROLE)])),
        Status::Unknown
    );
    assert_eq!(with(json!([all, deny("Principal", other)])), Status::Pass);
    assert_eq!(
        with(json!([all, deny("NotPrincipal", other)])),
        Status::Fail
    );
    let allow_but = |name: &str| json!({"Effect": "Allow", "NotPrincipal": {"AWS": name}, "Action": "*", "Resource": "*"});
    assert_eq!(with(allow_but(other)), Status::Unknown);
    assert_eq!(with(allow_but(CODER_ROLE)), Status::Unknown);
}

#[test]
fn an_interface_endpoint_takes_precedence_over_a_gateway_endpoint() {
    let mut facts = with_bucket(true);
    remove_default_routes(&mut facts);
    add_endpoint(&mut facts, "s3", "Gateway");
    let gateway = RouteTarget::GatewayEndpoint("vpce-s3".into());
    route(&mut facts, "pl-s3", gateway, false);
    add_endpoint(&mut facts, "s3", "Interface");
    assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
    added(&mut facts).policy = Some(allow(&["s3:GetObject"], "*"));
    assert_eq!(statuses(&CHECK, &facts), [Status::Fail]);
    added(&mut facts).inbound_only = true;
    assert_eq!(statuses(&CHECK, &facts), [Status::Pass], "by the gateway");
}

#[test]
fn network_acls_can_block_the_internet() {
    let mut facts = with_key();
    acl(&mut facts).entries.clear();
    assert_eq!(statuses(&CHECK, &facts), [Status::Fail]);
    for acls in facts.network.network_acls.values_mut() {
        *acls = denied("ec2:DescribeNetworkAcls");
    }
    assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
}

#[test]
fn a_proxy_makes_blocked_services_unknown() {
    let mut facts = with_key();
    remove_default_routes(&mut facts);
    assert_eq!(statuses(&CHECK, &facts), [Status::Fail]);
    proxy(&mut facts, true, true);
    assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
}

#[test]
fn unreadable_facts_are_unknown() {
    let mut facts = with_log_group(true);
    remove_default_routes(&mut facts);
    facts.network.endpoints = Some(denied("ec2:DescribeVpcEndpoints"));
    assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    facts.cluster = denied("ecs:DescribeClusters");
    assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
}
