//! Something is missing only if the plan would have to contain it.

use model::Status;
use model::facts::Facts;
use serde_json::{Value, json};

use crate::support::*;

fn is_unknown(facts: &Facts, check: &str, why: &str) {
    let report = report(facts);
    assert_eq!(failures(&report), [""; 0]);
    let unknown = titles(&report, Status::Unknown);
    let is_it = |title: &String| title.starts_with(check) && title.contains(why);
    assert!(unknown.iter().any(is_it), "{unknown:#?}");
}

/// Another stack can have created an endpoint in an existing VPC.
#[test]
fn an_existing_vpc_can_have_an_endpoint_of_another_stack() {
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

/// Without private DNS, the VPC can have another endpoint.
#[test]
fn a_deleted_endpoint_with_private_dns_is_missing() {
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
fn a_plan_without_completeness_counts_as_complete_if_it_has_every_resource() {
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
    // The plan can leave out a configured ACL.
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
fn the_network_of_a_service_on_instances_is_unknown() {
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
        let found = titles(&report(&facts), Status::Unknown);
        assert!(
            !found.iter().any(|title| title.contains("AWS's own")),
            "{found:#?}"
        );
    }
}
