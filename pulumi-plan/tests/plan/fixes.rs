//! What fixes say: the property to set, and the resource by its logical name.

use diagnosis::Report;
use serde_json::json;

use crate::shop::*;
use crate::support::*;

fn assert_says(report: &Report, check: &str, fix: &str) {
    let causes = causes(report);
    assert!(causes.contains(&check.to_owned()), "{causes:?}");
    let fixes = explanations(report);
    assert!(fixes.contains(fix), "{fixes}");
}

/// The report on the shop with other containers.
fn with_containers(from: &str, to: &str) -> Report {
    let mut shop = shop();
    let containers = &mut shop.inputs(DEFINITION, "web")["containerDefinitions"];
    let changed = containers.as_str().unwrap().replace(from, to);
    assert_ne!(*containers, changed.as_str());
    *containers = changed.into();
    shop.report()
}

#[test]
fn a_read_only_root_is_an_edit_of_the_container() {
    let report = with_containers(
        "\"essential\":true",
        "\"essential\":true,\"readonlyRootFilesystem\":true",
    );
    let fix = "in container \"web\" of containerDefinitions of web (aws:ecs/taskDefinition:TaskDefinition), set \
               readonlyRootFilesystem to false";
    assert_says(&report, "container.read-only-root", fix);
}

#[test]
fn the_dns_of_a_vpc_is_a_property_of_it() {
    let mut shop = shop();
    shop.inputs(VPC, "main")["enableDnsSupport"] = false.into();
    let fix = "set enableDnsSupport of main (aws:ec2/vpc:Vpc) to true";
    assert_says(&shop.report(), "network.vpc-dns", fix);
}

#[test]
fn private_dns_is_a_property_of_the_endpoint() {
    let mut shop = shop();
    shop.inputs(ENDPOINT, "ssmmessages")["privateDnsEnabled"] = false.into();
    let fix = "set privateDnsEnabled of ssmmessages (aws:ec2/vpcEndpoint:VpcEndpoint) to true";
    assert_says(&shop.report(), "network.endpoint-private-dns", fix);
}

#[test]
fn a_trust_policy_is_a_property_of_the_role() {
    let mut shop = shop();
    let trust = &mut shop.inputs(ROLE, "task")["assumeRolePolicy"];
    *trust = trust
        .as_str()
        .unwrap()
        .replace("ecs-tasks", "lambda")
        .into();
    let fix = "set assumeRolePolicy of task (aws:iam/role:Role) to {";
    assert_says(&shop.report(), "role.trust", fix);
}

#[test]
fn a_network_acl_gets_rules() {
    let mut shop = shop().create(
        "aws:ec2/networkAcl:NetworkAcl",
        "closed",
        json!({"vpcId": UNKNOWN, "subnetIds": [UNKNOWN]}),
        &[
            ("vpcId", &[(VPC, "main")]),
            ("subnetIds", &[(SUBNET, "subnet-b")]),
        ],
    );
    // The tasks of subnet-b have to leave it.
    let step = shop.step(ENDPOINT, "ssmmessages");
    step["newState"]["inputs"]["subnetIds"] = json!([UNKNOWN]);
    step["newState"]["propertyDependencies"]["subnetIds"] = json!([urn(SUBNET, "subnet-a")]);
    let fix = "add an aws:ec2/networkAclRule:NetworkAclRule with the networkAclId of closed \
               (aws:ec2/networkAcl:NetworkAcl), egress ";
    assert_says(&shop.report(), "network.nacl", fix);
}

#[test]
fn an_endpoint_without_groups_has_the_default_group_of_its_vpc() {
    let mut shop = shop();
    let inputs = shop
        .inputs(ENDPOINT, "ssmmessages")
        .as_object_mut()
        .unwrap();
    inputs.remove("securityGroupIds");
    let causes = causes(&shop.report());
    assert_eq!(causes, ["network.endpoint-security-group"]);
}

#[test]
fn a_disabled_key_is_enabled_by_a_property() {
    let mut shop = shop().create(KEY, "exec", json!({"isEnabled": false}), &[]);
    let step = shop.step(CLUSTER, "cluster");
    let configuration = &mut step["newState"]["inputs"]["configuration"];
    configuration["executeCommandConfiguration"]["kmsKeyId"] = UNKNOWN.into();
    step["newState"]["propertyDependencies"]["configuration"] = json!([urn(KEY, "exec")]);
    let fixes = explanations(&shop.report());
    assert!(
        fixes.contains("In the Pulumi program,") && !fixes.contains("aws_kms_key"),
        "{fixes}"
    );
}

#[test]
fn a_role_without_an_arn_is_named_in_words_in_the_policy_of_a_key() {
    let with_key = |principal: &str| {
        let policy = json!({"Statement": [{
            "Effect": "Allow", "Principal": {"AWS": principal}, "Action": "kms:*", "Resource": "*",
        }]});
        let mut shop = shop().create(KEY, "exec", json!({"policy": policy.to_string()}), &[]);
        let step = shop.step(CLUSTER, "cluster");
        let configuration = &mut step["newState"]["inputs"]["configuration"];
        configuration["executeCommandConfiguration"]["kmsKeyId"] = UNKNOWN.into();
        step["newState"]["propertyDependencies"]["configuration"] = json!([urn(KEY, "exec")]);
        let mut request = request("shop");
        request.account = None;
        report(&shop.plan().facts(&request))
    };
    let report = with_key("arn:aws:iam::123456789012:user/admin");
    let fix = "add to the policy of exec (aws:kms/key:Key) the statement {";
    assert_says(&report, "role.kms-decrypt", fix);
    let fixes = explanations(&report);
    let principal = "\"Principal\":{\"AWS\":\"the ARN of task (aws:iam/role:Role)\"}";
    assert!(fixes.contains(principal), "{fixes}");
    let fixes = explanations(&with_key("arn:aws:iam::123456789012:root"));
    assert!(
        !fixes.contains("aws:kms/key:Key"),
        "an unknown account: {fixes}"
    );
}
