//! A stack that exists, and changes.

use model::Status;
use pulumi_plan::PulumiPlan;
use serde_json::json;

use crate::shop::*;
use crate::support::*;

#[test]
fn a_stack_that_does_not_change_is_healthy_as_far_as_it_shows() {
    let shop = shop().deployed();
    let report = shop.report();
    assert_eq!(titles(&report, Status::Fail), [""; 0]);
    let plan = shop.plan();
    assert_eq!(plan.account_of("shop").as_deref(), Some(ACCOUNT));
    assert_eq!(plan.region_of("shop").as_deref(), Some("us-west-2"));
    let declared = plan.declared_complete();
    let report = crate::support::report(&declared.facts(&request("shop")));
    assert_eq!(titles(&report, Status::Fail), [""; 0]);
    assert_eq!(unknown(&report), [""; 0]);
}

#[test]
fn an_update_that_turns_exec_off_is_found() {
    for change in [Some(false), None] {
        let mut shop = shop().deployed();
        shop.step(SERVICE, "web")["op"] = "update".into();
        let inputs = shop.inputs(SERVICE, "web").as_object_mut().unwrap();
        match change {
            Some(change) => inputs.insert("enableExecuteCommand".to_owned(), change.into()),
            None => inputs.remove("enableExecuteCommand"),
        };
        let report = shop.report();
        assert_eq!(causes(&report), ["service.exec-enabled"], "{change:?}");
        let fixes = explanations(&report);
        assert!(fixes.contains("set enableExecuteCommand of web"), "{fixes}");
    }
}

#[test]
fn a_property_that_is_left_to_aws_from_now_on_is_unknown() {
    let mut shop = shop().deployed();
    shop.step(ENDPOINT, "ssmmessages")["op"] = "update".into();
    let inputs = shop
        .inputs(ENDPOINT, "ssmmessages")
        .as_object_mut()
        .unwrap();
    inputs.remove("securityGroupIds");
    assert_unknown(&shop, "network.", "");
}

#[test]
fn a_replaced_task_definition_counts_as_it_will_be() {
    let mut shop = shop().deployed();
    let step = shop.step(DEFINITION, "web");
    step["op"] = "replace".into();
    step["newState"].as_object_mut().unwrap().remove("outputs");
    step["newState"].as_object_mut().unwrap().remove("id");
    let containers = step["newState"]["inputs"]["containerDefinitions"]
        .as_str()
        .unwrap();
    let containers = containers.replace(
        "\"essential\":true",
        "\"essential\":true,\"readonlyRootFilesystem\":true",
    );
    step["newState"]["inputs"]["containerDefinitions"] = containers.into();
    shop.step(SERVICE, "web")["op"] = "update".into();
    shop.inputs(SERVICE, "web")["taskDefinition"] = UNKNOWN.into();
    // With --show-replacement-steps, there are three steps of it.
    let mut more = shop.step(DEFINITION, "web").clone();
    more["op"] = "create-replacement".into();
    shop.steps.push(more.clone());
    more["op"] = "delete-replaced".into();
    more.as_object_mut().unwrap().remove("newState");
    shop.steps.push(more);
    let report = shop.report();
    assert!(
        causes(&report)
            .iter()
            .any(|check| check.starts_with("container.")),
        "{:?}",
        causes(&report)
    );
}

#[test]
fn a_deleted_endpoint_is_gone() {
    let mut shop = shop().deployed();
    let step = shop.step(ENDPOINT, "ssmmessages");
    step["op"] = "delete".into();
    step.as_object_mut().unwrap().remove("newState");
    assert_eq!(causes(&shop.report()), ["network.endpoint-present"]);
    let step = shop.step(ENDPOINT, "ssmmessages");
    step["oldState"]["retainOnDelete"] = true.into();
    assert_eq!(titles(&shop.report(), Status::Fail), [""; 0]);
}

#[test]
fn what_is_created_anew_is_not_gone() {
    let mut shop = shop();
    let created = shop.step(ENDPOINT, "ssmmessages").clone();
    let urn = urn(ENDPOINT, "ssmmessages");
    let deleted = json!({"op": "delete", "urn": urn, "oldState": created["newState"]});
    shop.steps.insert(1, deleted);
    assert_healthy(&shop);
}

#[test]
fn an_imported_service_exists() {
    let mut shop = shop().deployed();
    let step = shop.step(SERVICE, "web");
    step["op"] = "import".into();
    step["importID"] = "shop/web-2f4e6d8".into();
    step.as_object_mut().unwrap().remove("oldState");
    step["newState"].as_object_mut().unwrap().remove("outputs");
    assert_eq!(titles(&shop.report(), Status::Fail), [""; 0]);
}

#[test]
fn a_resource_that_a_target_excludes_is_not_created() {
    let mut shop = shop();
    let step = shop.step(ENDPOINT, "ssmmessages");
    step["op"] = "same".into();
    step["oldState"] = step["newState"].clone();
    // The preview is partial then, so nothing counts as missing.
    assert_unknown(&shop, "network.", "");
}

#[test]
fn a_preview_that_hides_some_resources_is_partial() {
    let mut shop = shop().without(ENDPOINT, "ssmmessages");
    let extra = json!({"op": "same", "urn": urn(LOGS, "other"), "newState": {
        "custom": true, "type": LOGS, "id": "other", "inputs": {"name": "other"}}});
    shop.steps.push(extra);
    let mut json = shop.json();
    json["changeSummary"]["same"] = 7.into();
    let plan = pulumi_plan::read(json.to_string().as_bytes()).unwrap();
    let report = crate::support::report(&plan.facts(&request("shop")));
    assert_eq!(titles(&report, Status::Fail), [""; 0]);
    assert!(
        unknown(&report)
            .iter()
            .any(|title| title.contains("the preview does not show everything"))
    );
}

/// A program can look any group of the VPC up. Only a VPC that does not exist yet has no group but the default one.
#[test]
fn a_group_found_through_an_existing_vpc_is_unknown() {
    let default_group = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup";
    let shop = shop().create(
        default_group,
        "default",
        json!({"vpcId": UNKNOWN, "ingress": [], "egress": []}),
        &[("vpcId", &[(VPC, "main")])],
    );
    let mut shop = shop.deployed();
    for state in ["oldState", "newState"] {
        let group = shop.step(default_group, "default")[state]["id"].clone();
        shop.step(VPC, "main")[state]["outputs"]["defaultSecurityGroupId"] = group;
    }
    let step = shop.step(SERVICE, "web");
    step["op"] = "update".into();
    step["newState"]["inputs"]["networkConfiguration"]["securityGroups"] = json!([UNKNOWN]);
    step["newState"]["propertyDependencies"]["networkConfiguration"] = json!([urn(VPC, "main")]);
    assert_unknown(&shop, "network.task-egress", "");
}

/// Without `--show-sames`, a policy of the role may be among the resources that the preview leaves out; and another stack
/// may attach one in any case.
#[test]
fn an_existing_role_may_have_policies_that_the_preview_does_not_show() {
    let read = |hides: bool| {
        let mut shop = shop().without(ROLE_POLICY, "exec").deployed();
        shop.step(ROLE, "task")["op"] = "update".into();
        let mut json = shop.json();
        json["changeSummary"]["same"] = if hides { 99 } else { 0 }.into();
        pulumi_plan::read(json.to_string().as_bytes()).unwrap()
    };
    let report = |plan: PulumiPlan| crate::support::report(&plan.facts(&request("shop")));
    let declared = report(read(false).declared_complete());
    assert_eq!(causes(&declared), ["role.ssmmessages"]);
    for (hides, reason) in [(true, "--show-sames"), (false, "what others have attached")] {
        let report = report(read(hides));
        assert_eq!(titles(&report, Status::Fail), [""; 0]);
        let unknown = unknown(&report);
        let is_explained =
            |title: &String| title.starts_with("role.ssmmessages") && title.contains(reason);
        assert!(unknown.iter().any(is_explained), "{unknown:#?}");
    }
}

/// Another stack may add rules to the group of an endpoint that exists.
#[test]
fn an_existing_group_may_have_rules_that_the_preview_does_not_show() {
    let mut shop = shop();
    shop.inputs(GROUP, "endpoints")["ingress"] = json!([]);
    assert!(
        !causes(&shop.report()).is_empty(),
        "a new group has no other"
    );
    let shop = shop.deployed();
    assert_eq!(titles(&shop.report(), Status::Fail), [""; 0]);
    let declared = shop.plan().declared_complete();
    let report = crate::support::report(&declared.facts(&request("shop")));
    assert!(!causes(&report).is_empty());
}

/// Resources of their own set these attributes, too, and Pulumi keeps what the resource had when it was created.
#[test]
fn what_hidden_resources_add_is_unknown() {
    for (property, at_creation) in [
        ("privateDnsEnabled", json!(false)),
        ("securityGroupIds", json!(["sg-00000000000000bad"])),
        ("policy", json!(r#"{"Statement": []}"#)),
    ] {
        let changed = |hides: bool| {
            let mut shop = shop().deployed();
            let step = shop.step(ENDPOINT, "ssmmessages");
            step["op"] = "update".into();
            for state in ["oldState", "newState"] {
                let inputs = step[state]["inputs"].as_object_mut().unwrap();
                inputs.remove(property);
                step[state]["outputs"][property] = at_creation.clone();
            }
            let mut json = shop.json();
            if hides {
                json["changeSummary"]["same"] = 99.into();
            }
            let plan = pulumi_plan::read(json.to_string().as_bytes()).unwrap();
            crate::support::report(&plan.facts(&request("shop")))
        };
        let shown = changed(false);
        assert_ne!(
            titles(&shown, Status::Pass),
            titles(&changed(true), Status::Pass)
        );
        if property != "securityGroupIds" {
            assert_ne!(causes(&shown), [""; 0], "{property}");
        }
        assert_eq!(titles(&changed(true), Status::Fail), [""; 0], "{property}");
    }
}

#[test]
fn a_bucket_may_have_an_encryption_that_the_preview_hides() {
    let bucket = "aws:s3/bucket:Bucket";
    let changed = |hides: bool| {
        let logging = json!({"executeCommandConfiguration": {"logging": "OVERRIDE", "logConfiguration": {
            "s3BucketName": "audit", "s3BucketEncryptionEnabled": true}}});
        let mut shop = shop().create(bucket, "audit", json!({"bucket": "audit"}), &[]);
        shop.inputs(CLUSTER, "cluster")["configuration"] = logging;
        shop.step(CLUSTER, "cluster")["newState"]["propertyDependencies"] = json!({});
        let mut shop = shop.deployed();
        shop.step(bucket, "audit")["op"] = "update".into();
        let mut json = shop.json();
        if hides {
            json["changeSummary"]["same"] = 99.into();
        }
        let plan = pulumi_plan::read(json.to_string().as_bytes()).unwrap();
        let facts = plan.facts(&request("shop"));
        facts.buckets["audit"].known().unwrap().encryption.clone()
    };
    assert_eq!(changed(false).known().map(String::as_str), Some("AES256"));
    assert_eq!(changed(true).known(), None);
}
