//! What stays unknown: nothing is guessed, and no secret is printed.

use model::Status;
use serde_json::json;

use crate::shop::*;
use crate::support::*;

#[test]
fn an_unknown_policy_may_allow_sessions() {
    let mut shop = shop();
    shop.inputs(ROLE_POLICY, "exec")["policy"] = UNKNOWN.into();
    assert_unknown(
        &shop,
        "role.ssmmessages",
        "policy of RolePolicy::exec is known only after deployment",
    );
}

#[test]
fn subnets_of_a_component_are_unknown() {
    let mut shop = shop();
    let step = shop.step(SERVICE, "web");
    step["newState"]["inputs"]["networkConfiguration"]["subnets"] = UNKNOWN.into();
    let vpc = urn("awsx:ec2:Vpc", "vpc");
    step["newState"]["propertyDependencies"]["networkConfiguration"] =
        json!([vpc, urn(GROUP, "tasks")]);
    assert_unknown(
        &shop,
        "network.",
        "networkConfiguration.subnets of Service::web",
    );
}

#[test]
fn a_choice_between_resources_that_differ_is_unknown() {
    let mut shop = shop().create(
        GROUP,
        "closed",
        json!({"name": "closed", "vpcId": UNKNOWN}),
        &[("vpcId", &[(VPC, "main")])],
    );
    let step = shop.step(SERVICE, "web");
    let dependencies = step["newState"]["propertyDependencies"]["networkConfiguration"]
        .as_array_mut()
        .unwrap();
    dependencies.push(urn(GROUP, "closed").into());
    assert_unknown(&shop, "network.", "Service::web");
}

#[test]
fn a_value_without_dependencies_may_be_anything() {
    let mut shop = shop();
    let state = &mut shop.step(DEFINITION, "web")["newState"];
    state["propertyDependencies"] = json!(null);
    assert_unknown(&shop, "", "taskRoleArn of TaskDefinition::web");
}

#[test]
fn a_service_without_a_name_is_not_left_out() {
    // Pulumi generates no names while the provider is not known yet.
    let mut shop = shop();
    shop.inputs(SERVICE, "web")
        .as_object_mut()
        .unwrap()
        .remove("name");
    let facts = shop.plan().facts(&request("shop"));
    assert!(facts.unlisted.is_some());
    assert_eq!(titles(&report(&facts), Status::Fail), [""; 0]);
}

#[test]
fn an_unknown_flag_is_unknown() {
    let mut shop = shop();
    shop.inputs(SERVICE, "web")["enableExecuteCommand"] = UNKNOWN.into();
    assert_unknown(
        &shop,
        "service.exec-enabled",
        "enableExecuteCommand of Service::web is known only after deployment",
    );
}

#[test]
fn a_secret_is_unknown_and_is_not_in_the_facts() {
    let secret = json!({"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
        "plaintext": "\"hunter2\"", "ciphertext": "v1:hunter2"});
    for hidden in [json!("[secret]"), secret] {
        let mut shop = shop();
        shop.inputs(DEFINITION, "web")["containerDefinitions"] = hidden.clone();
        shop.inputs(SERVICE, "web")["tags"] = json!({"password": hidden});
        shop.config["shop:password"] = "hunter2".into();
        let reason = "containerDefinitions of TaskDefinition::web is a secret or contains one, which the preview hides";
        assert_unknown(&shop, "", reason);
        let facts = serde_json::to_string(&shop.facts()).unwrap();
        assert!(
            !facts.contains("hunter2") && !facts.contains("v1:"),
            "{facts}"
        );
    }
}

#[test]
fn native_resources_may_contain_what_is_missing() {
    let shop = shop().without(ENDPOINT, "ssmmessages").create(
        "aws-native:ec2:VpcEndpoint",
        "ssmmessages",
        json!({"vpcId": UNKNOWN, "serviceName": "com.amazonaws.us-west-2.ssmmessages"}),
        &[("vpcId", &[(VPC, "main")])],
    );
    assert_unknown(
        &shop,
        "network.",
        "the preview does not show what VpcEndpoint::ssmmessages creates",
    );
}

#[test]
fn a_resource_that_the_preview_does_not_show_may_be_anything() {
    let mut shop = shop();
    let state = &mut shop.step(SERVICE, "web")["newState"];
    state["propertyDependencies"]["taskDefinition"] = json!([urn(DEFINITION, "elsewhere")]);
    assert_unknown(
        &shop,
        "role.present",
        "the task definition of web-2f4e6d8 is known only after deployment",
    );
}
