//! That something is missing is said only where the plan would have to have it.

use checks::Status;
use checks::facts::Facts;
use serde_json::{Value, json};

use crate::support::*;

fn is_unknown(facts: &Facts, check: &str, why: &str) {
    let report = report(facts);
    assert_eq!(failures(&report), [""; 0]);
    let unknown = titles(&report, Status::Unknown);
    let is_it = |title: &String| title.starts_with(check) && title.contains(why);
    assert!(unknown.iter().any(is_it), "{unknown:#?}");
}

/// Another stack may have put an endpoint into a VPC that was there before.
#[test]
fn an_endpoint_of_another_stack_in_a_vpc_of_this_one() {
    let without = |document: &mut Value| {
        remove(document, ENDPOINT);
        let state = document["prior_state"].to_string();
        let state: Value = serde_json::from_str(&state.replace("ssmmessages", "other")).unwrap();
        document["prior_state"] = state;
    };
    let check = "network.endpoint-present";
    is_unknown(
        &facts_of(UPDATE, without),
        check,
        "existed before this plan",
    );
    let replaced = facts_of(UPDATE, |document| {
        without(document);
        let vpc = change(document, "module.vpc.aws_vpc.main");
        vpc["actions"] = json!(["delete", "create"]);
    });
    assert_eq!(causes(&report(&replaced)), [check], "a new one is empty");
}

/// Without private DNS it may have been one of two.
#[test]
fn an_endpoint_that_goes_away() {
    let gone = |private_dns: bool| {
        facts_of(UPDATE, |document| {
            change(document, ENDPOINT)["before"]["private_dns_enabled"] = private_dns.into();
            delete(document, ENDPOINT);
        })
    };
    assert_eq!(causes(&report(&gone(true))), ["network.endpoint-present"]);
    is_unknown(&gone(false), "network.endpoint-present", "existed before");
}

/// Terraform before 1.8, and OpenTofu.
#[test]
fn a_plan_that_does_not_tell_whether_it_is_whole() {
    let untold = |document: &mut Value| {
        document.as_object_mut().unwrap().remove("complete");
    };
    for base in [CREATE, UPDATE] {
        assert_healthy(&facts_of(base, untold));
    }
    let facts = facts_of(CREATE, |document| {
        untold(document);
        remove(document, ENDPOINT);
    });
    is_unknown(&facts, "network.endpoint-present", "whether it is complete");
    // An ACL that is configured and not in the plan may have been left out.
    let facts = facts_of(CREATE, |document| {
        untold(document);
        let vpc = &mut document["configuration"]["root_module"]["module_calls"]["vpc"]["module"];
        let resources = vpc["resources"].as_array_mut().unwrap();
        resources.push(json!({
            "address": "aws_network_acl.a", "mode": "managed", "type": "aws_network_acl", "name": "a",
        }));
    });
    is_unknown(&facts, "network.nacl", "");
}

#[test]
fn a_service_on_instances() {
    for kind in ["EC2", "EXTERNAL"] {
        let facts = facts_of(CREATE, |document| {
            let service = r#"aws_ecs_service.service["coder"]"#;
            set(document, service, "launch_type", kind.into());
            set(document, service, "network_configuration", json!([]));
        });
        is_unknown(
            &facts,
            "network.path",
            "the plan does not show which instances run coder-production-coder",
        );
        let told = titles(&report(&facts), Status::Unknown);
        assert!(
            !told.iter().any(|title| title.contains("AWS's own")),
            "{told:#?}"
        );
    }
}
