//! A folder of the AWS CDK with two stacks: one exports the network, and the other imports it.

use std::fs;
use std::path::{Path, PathBuf};

use cloudformation_plan::{read, recognizes};
use diagnosis::Report;
use serde_json::{Value, json};

use crate::support::*;

const WEB: &str = "WebStack.template.json";
const NETWORK: &str = "NetworkStack.template.json";
const SERVICE: &str = "/Resources/ServiceD69D759B/Properties";

fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/cdk.out")
}

/// The report on the assembly with a changed template.
fn changed(file: &str, change: impl Fn(&mut Value)) -> Report {
    let folder = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(fixture()).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), folder.path().join(entry.file_name())).unwrap();
    }
    let path = folder.path().join(file);
    let mut template: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    change(&mut template);
    fs::write(&path, template.to_string()).unwrap();
    report(&facts(&read(folder.path()).unwrap()))
}

#[test]
fn the_assembly_is_healthy() {
    let plan = read(&fixture()).unwrap();
    let locations = plan.cluster_locations();
    assert_eq!(locations.len(), 1);
    assert_eq!(locations[0].cluster, "ClusterEB0386A7");
    assert_eq!(locations[0].region.as_deref(), Some("us-west-2"));
    assert_eq!(
        plan.account_of("ClusterEB0386A7").as_deref(),
        Some("123456789012")
    );
    let facts = facts(&plan);
    assert_healthy(&facts);
    assert_eq!(facts.network.subnets.len(), 2);
}

#[test]
fn the_manifest_stands_for_its_folder() {
    let manifest = fixture().join("manifest.json");
    let is_recognized = |name: &str| recognizes(&fs::read(fixture().join(name)).unwrap());
    for name in [
        "manifest.json",
        WEB,
        "../service.yaml",
        "../change-set.json",
    ] {
        assert!(is_recognized(name), "{name}");
    }
    assert!(!is_recognized("../../Cargo.toml"));
    assert!(!recognizes(
        b"{\"format_version\":\"1.2\",\"resource_changes\":[]}"
    ));
    assert_eq!(
        facts(&read(&manifest).unwrap()),
        facts(&read(&fixture()).unwrap())
    );
}

#[test]
fn a_service_without_exec_is_found_with_its_stack() {
    let report = changed(WEB, |template| {
        let service = template.pointer_mut(SERVICE).unwrap();
        service
            .as_object_mut()
            .unwrap()
            .remove("EnableExecuteCommand");
    });
    assert_eq!(causes(&report), ["service.exec-enabled"]);
    let edits = edits(&report);
    let wanted = "  ServiceD69D759B:  # stack web-production (WebStack.template.json)\n";
    assert!(edits.contains(wanted), "{edits}");
}

#[test]
fn a_role_without_ssmmessages_is_found() {
    let report = changed(WEB, |template| {
        let policy =
            "/Resources/TaskDefTaskRoleDefaultPolicyA592CB18/Properties/PolicyDocument/Statement";
        template
            .pointer_mut(policy)
            .unwrap()
            .as_array_mut()
            .unwrap()
            .remove(0);
    });
    assert_eq!(causes(&report), ["role.ssmmessages"]);
    assert!(
        edits(&report).contains("  TaskDefTaskRole1EDB4A67:"),
        "{}",
        edits(&report)
    );
}

#[test]
fn a_missing_endpoint_is_found_across_stacks() {
    let report = changed(NETWORK, |template| {
        let resources = template["Resources"].as_object_mut().unwrap();
        resources.remove("SsmMessagesEndpoint7AC5DC62");
    });
    let causes = causes(&report);
    assert!(
        causes.iter().any(|check| check.starts_with("network.")),
        "{causes:?}"
    );
    let edits = edits(&report);
    assert!(edits.contains("VpcId: !Ref Vpc8378EB38"), "{edits}");
    // The endpoint belongs into the stack of its VPC; the rule into that of the tasks, which imports from the other.
    let network =
        "  # stack NetworkStack (NetworkStack.template.json)\n    Type: AWS::EC2::VPCEndpoint";
    assert!(edits.contains(network), "{edits}");
    let web = "  # stack web-production (WebStack.template.json)\n    Type: AWS::EC2::SecurityGroupIngress";
    assert!(edits.contains(web), "{edits}");
    let import = "GroupId: !ImportValue \"GroupId of EcsExecEndpointSecurityGroup: export it from stack NetworkStack";
    assert!(edits.contains(import), "{edits}");
    assert!(
        edits.contains("SourceSecurityGroupId: !GetAtt ServiceSecurityGroup"),
        "{edits}"
    );
}

#[test]
fn a_closed_group_of_the_endpoint_is_found() {
    let report = changed(NETWORK, |template| {
        let ingress = "/Resources/EndpointGroup23C07C5B/Properties/SecurityGroupIngress";
        *template.pointer_mut(ingress).unwrap() = json!([]);
    });
    let causes = causes(&report);
    assert!(
        causes.iter().any(|check| check.starts_with("network.")),
        "{causes:?}"
    );
    assert!(
        edits(&report).contains("Type: AWS::EC2::SecurityGroupIngress"),
        "{}",
        edits(&report)
    );
}

#[test]
fn imports_from_elsewhere_are_unknown() {
    let report = changed(NETWORK, |template| {
        template.as_object_mut().unwrap().remove("Outputs");
    });
    assert!(causes(&report).is_empty(), "{:?}", causes(&report));
    let unknown = unknown(&report);
    assert!(
        unknown.iter().any(|title| title.starts_with("network.")),
        "{unknown:?}"
    );
    let text = serde_json::to_string(&report).unwrap();
    assert!(text.contains("of another stack"), "{text}");
}

#[test]
fn a_looked_up_vpc_is_unknown() {
    let report = changed(WEB, |template| {
        let network = format!("{SERVICE}/NetworkConfiguration/AwsvpcConfiguration/Subnets");
        *template.pointer_mut(&network).unwrap() = json!(["subnet-0123456789abcdef0"]);
    });
    assert!(causes(&report).is_empty(), "{:?}", causes(&report));
    assert!(!unknown(&report).is_empty());
}

#[test]
fn a_cluster_of_the_same_name_in_two_accounts_is_two_clusters() {
    let folder = tempfile::tempdir().unwrap();
    let mut artifacts = serde_json::Map::new();
    for (stage, account, flag) in [
        ("Dev", "111111111111", "true"),
        ("Prod", "222222222222", "false"),
    ] {
        let template = YAML.replace(
            "EnableExecuteCommand: true",
            &format!("EnableExecuteCommand: {flag}"),
        );
        let file = format!("{stage}.template.json");
        let json = cloudformation_plan::to_json(&template).unwrap();
        fs::write(folder.path().join(&file), json).unwrap();
        artifacts.insert(
            stage.to_owned(),
            json!({
                "type": "aws:cloudformation:stack",
                "environment": format!("aws://{account}/us-west-2"),
                "properties": {"templateFile": file, "stackName": "App"},
            }),
        );
    }
    let manifest = json!({"version": "36.0.0", "artifacts": artifacts});
    fs::write(folder.path().join("manifest.json"), manifest.to_string()).unwrap();
    let plan = read(folder.path()).unwrap();
    let locations = plan.cluster_locations();
    let accounts: Vec<_> = locations.iter().map(|one| one.account.as_deref()).collect();
    assert_eq!(accounts, [Some("111111111111"), Some("222222222222")]);
    for (location, causes_there) in locations.iter().zip([&[][..], &["service.exec-enabled"]]) {
        let mut request = request(&location.cluster);
        request.account.clone_from(&location.account);
        assert_eq!(causes(&report(&plan.facts(&request))), causes_there);
    }
}

#[test]
fn exports_are_those_of_the_region() {
    let plan = |first: &str, second: &str| {
        let folder = tempfile::tempdir().unwrap();
        let mut manifest: Value =
            serde_json::from_slice(&fs::read(fixture().join("manifest.json")).unwrap()).unwrap();
        for file in [WEB, NETWORK] {
            fs::copy(fixture().join(file), folder.path().join(file)).unwrap();
        }
        // The same stacks in another region, without a route out of their VPC.
        let mut network: Value =
            serde_json::from_slice(&fs::read(fixture().join(NETWORK)).unwrap()).unwrap();
        network["Resources"]
            .as_object_mut()
            .unwrap()
            .remove("SsmMessagesEndpoint7AC5DC62");
        fs::write(
            folder.path().join("Other.template.json"),
            network.to_string(),
        )
        .unwrap();
        let artifacts = manifest["artifacts"].as_object_mut().unwrap();
        let mut other = artifacts
            .values()
            .find(|one| one["properties"]["templateFile"] == NETWORK)
            .unwrap()
            .clone();
        other["properties"]["templateFile"] = "Other.template.json".into();
        other["environment"] = format!("aws://123456789012/{second}").into();
        artifacts.insert(first.to_owned(), other);
        fs::write(folder.path().join("manifest.json"), manifest.to_string()).unwrap();
        report(&facts(&read(folder.path()).unwrap()))
    };
    // Before and after the stack that exports to the service.
    for name in ["AAA", "ZZZ"] {
        assert_eq!(causes(&plan(name, "eu-west-1")), [""; 0], "{name}");
    }
}

#[test]
fn an_edit_names_the_construct_that_makes_the_resource() {
    let report = changed(WEB, |template| {
        let service = template.pointer_mut("/Resources/ServiceD69D759B").unwrap();
        service["Metadata"] = json!({"aws:cdk:path": "WebStack/Service/Service"});
        service["Properties"]["EnableExecuteCommand"] = false.into();
    });
    let edits = edits(&report);
    let wanted =
        "# stack web-production (WebStack.template.json), construct WebStack/Service/Service\n";
    assert!(edits.contains(wanted), "{edits}");
    assert!(
        report.fixes[0]
            .explain
            .contains("`cdk synth` writes the template anew")
    );
}

#[test]
fn an_outbound_rule_belongs_into_the_stack_of_the_tasks() {
    let report = changed(WEB, |template| {
        let groups = template["Resources"].as_object_mut().unwrap().values_mut();
        for group in groups.filter(|one| one["Type"] == "AWS::EC2::SecurityGroup") {
            group["Properties"]["SecurityGroupEgress"] = json!([
                {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "CidrIp": "10.0.0.0/16"}
            ]);
        }
    });
    assert_eq!(causes(&report), ["network.task-egress"]);
    let edits = edits(&report);
    let web = "  # stack web-production (WebStack.template.json)\n    Type: AWS::EC2::SecurityGroupEgress";
    assert!(edits.contains(web), "{edits}");
    assert!(
        edits.contains("GroupId: !GetAtt ServiceSecurityGroup"),
        "{edits}"
    );
    assert!(
        edits.contains("DestinationSecurityGroupId: !ImportValue \"GroupId of "),
        "{edits}"
    );
}
