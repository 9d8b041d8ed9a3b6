//! A stack that does not exist yet.

use serde_json::json;

use crate::shop::*;
use crate::support::*;

#[test]
fn the_shop_is_healthy() {
    let shop = shop();
    let locations = shop.plan().cluster_locations();
    assert_eq!(locations.len(), 1);
    assert_eq!(locations[0].cluster, "shop");
    assert_eq!(locations[0].region.as_deref(), Some("us-west-2"));
    assert_healthy(&shop);
}

#[test]
fn a_service_without_exec_is_found_and_the_fix_names_the_property() {
    for change in [json!(false), json!(null)] {
        let mut shop = shop();
        shop.inputs(SERVICE, "web")["enableExecuteCommand"] = change;
        let report = shop.report();
        assert_eq!(causes(&report), ["service.exec-enabled"]);
        let fixes = explanations(&report);
        let fix = "In the Pulumi program, set enableExecuteCommand of web (aws:ecs/service:Service) to true. The \
                   service does not exist yet: change the program before `pulumi up`.";
        assert!(fixes.contains(fix), "{fixes}");
    }
}

#[test]
fn flags_can_be_texts() {
    let mut shop = shop();
    shop.inputs(SERVICE, "web")["enableExecuteCommand"] = "true".into();
    assert_healthy(&shop);
    shop.inputs(SERVICE, "web")["enableExecuteCommand"] = "false".into();
    assert_eq!(causes(&shop.report()), ["service.exec-enabled"]);
}

#[test]
fn no_text_speaks_of_terraform() {
    let mut shop = shop()
        .without(ENDPOINT, "ssmmessages")
        .without(ROLE_POLICY, "exec");
    let mut deployed = shop.deployed();
    deployed.inputs(SERVICE, "web")["enableExecuteCommand"] = false.into();
    deployed.step(SERVICE, "web")["op"] = "update".into();
    shop.inputs(SERVICE, "web")["enableExecuteCommand"] = UNKNOWN.into();
    for report in [shop.report(), deployed.report()] {
        let texts = serde_json::to_string_pretty(&report).unwrap();
        for word in ["Terraform ", "known only after apply", "part of the plan"] {
            assert!(!texts.contains(word), "{word}: {texts}");
        }
    }
}

#[test]
fn a_role_without_ssmmessages_is_found() {
    let mut shop = shop();
    let policy = exec_policy()
        .to_string()
        .replace("OpenDataChannel", "Nothing");
    shop.inputs(ROLE_POLICY, "exec")["policy"] = policy.into();
    let report = shop.report();
    assert_eq!(causes(&report), ["role.ssmmessages"]);
    let fixes = explanations(&report);
    let fix = "add an aws:iam/rolePolicy:RolePolicy with the role task (aws:iam/role:Role) and this fix's policy";
    assert!(fixes.contains(fix), "{fixes}");
}

#[test]
fn policies_in_the_role_count() {
    let mut shop = shop().without(ROLE_POLICY, "exec");
    assert_eq!(causes(&shop.report())[0], "role.ssmmessages");
    shop.inputs(ROLE, "task")["inlinePolicies"] =
        json!([{"name": "exec", "policy": exec_policy().to_string()}]);
    assert_healthy(&shop);
}

#[test]
fn a_task_definition_without_a_role_is_found() {
    let mut shop = shop();
    let inputs = shop.inputs(DEFINITION, "web").as_object_mut().unwrap();
    inputs.remove("taskRoleArn");
    let report = shop.report();
    assert_eq!(causes(&report), ["role.present"]);
    let fixes = explanations(&report);
    assert!(fixes.contains("add an aws:iam/role:Role"), "{fixes}");
    let edit =
        "set taskRoleArn of web (aws:ecs/taskDefinition:TaskDefinition) to the ARN of the role";
    assert!(fixes.contains(edit), "{fixes}");
}

#[test]
fn private_subnets_without_an_endpoint_are_found() {
    let report = shop().without(ENDPOINT, "ssmmessages").report();
    assert_eq!(causes(&report), ["network.endpoint-present"]);
    let fixes = explanations(&report);
    let fix = "add an aws:ec2/vpcEndpoint:VpcEndpoint with the vpcId of main (aws:ec2/vpc:Vpc), serviceName \
               \"com.amazonaws.us-west-2.ssmmessages\", vpcEndpointType Interface, privateDnsEnabled true, the \
               subnetIds [subnet-a (aws:ec2/subnet:Subnet), subnet-b (aws:ec2/subnet:Subnet)]";
    assert!(fixes.contains(fix), "{fixes}");
}

#[test]
fn an_endpoint_group_that_is_closed_is_found() {
    let mut shop = shop();
    shop.inputs(GROUP, "endpoints")
        .as_object_mut()
        .unwrap()
        .remove("ingress");
    let report = shop.report();
    assert!(
        causes(&report)
            .iter()
            .any(|check| check.starts_with("network."))
    );
    let fixes = explanations(&report);
    let fix = "add to ingress of endpoints (aws:ec2/securityGroup:SecurityGroup) a rule with protocol tcp, fromPort \
               443, toPort 443";
    assert!(fixes.contains(fix), "{fixes}");
}

#[test]
fn a_group_of_tasks_without_egress_is_found() {
    let mut shop = shop();
    shop.inputs(GROUP, "tasks")
        .as_object_mut()
        .unwrap()
        .remove("egress");
    let causes = causes(&shop.report());
    assert!(
        causes.iter().any(|check| check.starts_with("network.")),
        "{causes:?}"
    );
}

#[test]
fn an_encrypted_session_needs_the_key() {
    let mut shop = shop().create(KEY, "exec", json!({"isEnabled": true}), &[]);
    let step = shop.step(CLUSTER, "cluster");
    step["newState"]["inputs"]["configuration"]["executeCommandConfiguration"]["kmsKeyId"] =
        UNKNOWN.into();
    step["newState"]["propertyDependencies"]["configuration"] = json!([urn(KEY, "exec")]);
    let report = shop.report();
    let causes = causes(&report);
    assert!(
        causes.iter().any(|check| check.contains("kms")),
        "{causes:?}"
    );
    let fixes = explanations(&report);
    assert!(fixes.contains("task (aws:iam/role:Role)"), "{fixes}");
}

#[test]
fn routes_and_separate_rules_are_read() {
    const GATEWAY: &str = "aws:ec2/internetGateway:InternetGateway";
    const ROUTE: &str = "aws:ec2/route:Route";
    let mut shop = shop()
        .without(ENDPOINT, "ssmmessages")
        .without(ENDPOINT, "logs")
        .create(GATEWAY, "gateway", json!({"vpcId": UNKNOWN}), &[("vpcId", &[(VPC, "main")])])
        .create(
            ROUTE,
            "out",
            json!({"destinationCidrBlock": "0.0.0.0/0", "gatewayId": UNKNOWN, "routeTableId": UNKNOWN}),
            &[("gatewayId", &[(GATEWAY, "gateway")]), ("routeTableId", &[(TABLE, "private")])],
        )
        .create(
            "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
            "https",
            json!({"securityGroupId": UNKNOWN, "cidrIpv4": "0.0.0.0/0", "ipProtocol": "-1"}),
            &[("securityGroupId", &[(GROUP, "tasks")])],
        );
    shop.inputs(GROUP, "tasks")
        .as_object_mut()
        .unwrap()
        .remove("egress");
    shop.inputs(SERVICE, "web")["networkConfiguration"]["assignPublicIp"] = true.into();
    assert_healthy(&shop);
    shop.inputs(SERVICE, "web")["networkConfiguration"]["assignPublicIp"] = false.into();
    assert_eq!(causes(&shop.report()), ["network.endpoint-present"]);
}

#[test]
fn a_provider_of_the_program_sets_the_region() {
    let provider = urn("pulumi:providers:aws", "eu");
    let mut shop = shop().create(
        "pulumi:providers:aws",
        "eu",
        json!({"region": "eu-west-1"}),
        &[],
    );
    for step in &mut shop.steps {
        step["newState"]["provider"] = format!("{provider}::{UNKNOWN}").into();
    }
    let locations = shop.plan().cluster_locations();
    assert_eq!(locations[0].region.as_deref(), Some("eu-west-1"));
    shop.config = json!({});
    *shop.inputs("pulumi:providers:aws", "eu") = json!({"region": UNKNOWN});
    assert_eq!(shop.plan().cluster_locations()[0].region, None);
}

#[test]
fn components_expand_into_resources_of_the_provider() {
    let mut shop = shop();
    let nested = "urn:pulumi:dev::shop::awsx:ecs:FargateService$aws:ecs/service:Service::web";
    let step = shop.step(SERVICE, "web");
    step["urn"] = nested.into();
    step["newState"]["urn"] = nested.into();
    let component = urn("awsx:ecs:FargateService", "web");
    shop.steps
        .push(json!({"op": "create", "urn": component, "newState": {
        "urn": component, "custom": false, "type": "awsx:ecs:FargateService", "inputs": {}}}));
    assert_healthy(&shop);
}

#[test]
fn a_policy_of_the_native_provider_is_judged() {
    let with_actions = |actions: &str| {
        let policy = json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Action": actions, "Resource": "*",
        }]});
        shop().without(ROLE_POLICY, "exec").create(
            "aws-native:iam:RolePolicy",
            "exec",
            json!({"roleName": UNKNOWN, "policyName": "exec", "policyDocument": policy}),
            &[("roleName", &[(ROLE, "task")])],
        )
    };
    assert_healthy(&with_actions("*"));
    let report = with_actions("s3:*").report();
    assert!(causes(&report).contains(&"role.ssmmessages".to_owned()));
}
