//! The files that SARIF results are at, without Terraform sources.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::doctor::{command, run};
use crate::support::platform::home;

/// The check and the file of each result.
fn files(home: &Path, arguments: &[&str]) -> Vec<(String, String)> {
    let mut command = command(home);
    command.args(["doctor", "--format", "sarif", "--region", "us-west-2"]);
    let sarif = run(command.args(arguments)).json();
    let results = sarif["runs"][0]["results"].as_array().unwrap().clone();
    let files = results.iter().map(|result| {
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(place["region"]["startLine"], 1, "{result}");
        let uri = place["artifactLocation"]["uri"].as_str().unwrap();
        (
            result["ruleId"].as_str().unwrap().to_owned(),
            uri.to_owned(),
        )
    });
    let files: Vec<_> = files.collect();
    assert!(!files.is_empty());
    files
}

/// A VPC without a way out, in a stack of its own.
fn network() -> Value {
    json!({"Resources": {"Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16", "EnableDnsSupport": true, "EnableDnsHostnames": true}}, "SubA": {"Type": "AWS::EC2::Subnet", "Properties": {"VpcId": {"Ref": "Vpc"}, "CidrBlock": "10.0.1.0/24", "AvailabilityZone": "us-west-2a"}}, "SubB": {"Type": "AWS::EC2::Subnet", "Properties": {"VpcId": {"Ref": "Vpc"}, "CidrBlock": "10.0.2.0/24", "AvailabilityZone": "us-west-2b"}}, "Rt": {"Type": "AWS::EC2::RouteTable", "Properties": {"VpcId": {"Ref": "Vpc"}}}, "RtaA": {"Type": "AWS::EC2::SubnetRouteTableAssociation", "Properties": {"SubnetId": {"Ref": "SubA"}, "RouteTableId": {"Ref": "Rt"}}}, "RtaB": {"Type": "AWS::EC2::SubnetRouteTableAssociation", "Properties": {"SubnetId": {"Ref": "SubB"}, "RouteTableId": {"Ref": "Rt"}}}, "Sg": {"Type": "AWS::EC2::SecurityGroup", "Properties": {"GroupDescription": "t", "VpcId": {"Ref": "Vpc"}}}}, "Outputs": {"SubA": {"Value": {"Ref": "SubA"}, "Export": {"Name": "Network:SubA"}}, "SubB": {"Value": {"Ref": "SubB"}, "Export": {"Name": "Network:SubB"}}, "Sg": {"Value": {"Fn::GetAtt": ["Sg", "GroupId"]}, "Export": {"Name": "Network:Sg"}}, "Vpc": {"Value": {"Ref": "Vpc"}, "Export": {"Name": "Network:Vpc"}}}})
}

/// A service in the subnets of the other stack.
fn app() -> Value {
    json!({"Resources": {"Cluster": {"Type": "AWS::ECS::Cluster", "Properties": {"ClusterName": "prod"}}, "TaskRole": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}]}, "Policies": [{"PolicyName": "x", "PolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel", "ssmmessages:OpenControlChannel", "ssmmessages:OpenDataChannel"], "Resource": "*"}]}}]}}, "Td": {"Type": "AWS::ECS::TaskDefinition", "Properties": {"Family": "web", "NetworkMode": "awsvpc", "RequiresCompatibilities": ["FARGATE"], "Cpu": "256", "Memory": "512", "TaskRoleArn": {"Fn::GetAtt": ["TaskRole", "Arn"]}, "ContainerDefinitions": [{"Name": "web", "Image": "nginx", "Essential": true, "LinuxParameters": {"InitProcessEnabled": true}}]}}, "Service": {"Type": "AWS::ECS::Service", "Properties": {"Cluster": {"Ref": "Cluster"}, "LaunchType": "FARGATE", "EnableExecuteCommand": true, "DesiredCount": 1, "TaskDefinition": {"Ref": "Td"}, "NetworkConfiguration": {"AwsvpcConfiguration": {"Subnets": [{"Fn::ImportValue": "Network:SubA"}, {"Fn::ImportValue": "Network:SubB"}], "SecurityGroups": [{"Fn::ImportValue": "Network:Sg"}]}}}}}})
}

fn manifest(stacks: &[&str]) -> Value {
    let artifact = |stack: &&str| {
        let artifact = json!({
            "type": "aws:cloudformation:stack", "environment": "aws://123456789012/us-west-2",
            "properties": {"templateFile": format!("{stack}.template.json")},
        });
        ((*stack).to_owned(), artifact)
    };
    let artifacts: serde_json::Map<String, Value> = stacks.iter().map(artifact).collect();
    json!({"version": "36.0.0", "artifacts": artifacts})
}

fn write(file: &Path, content: &Value) {
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, content.to_string()).unwrap();
}

#[test]
fn a_result_of_an_assembly_is_at_the_template_that_its_fix_changes() {
    let home = home(true);
    let folder = home.path().join("infra/cdk.out");
    write(&folder.join("App.template.json"), &app());
    write(&folder.join("Network.template.json"), &network());
    write(
        &folder.join("manifest.json"),
        &manifest(&["Network", "App"]),
    );
    for plan in [
        "infra/cdk.out",
        "./infra/cdk.out/manifest.json",
        folder.to_str().unwrap(),
    ] {
        for (check, file) in files(home.path(), &["--plan", plan]) {
            let expected = match check.starts_with("network.") {
                true => "infra/cdk.out/Network.template.json",
                // No fix names the template of the cluster.
                false => "infra/cdk.out/manifest.json",
            };
            assert_eq!(file, expected, "{plan}: {check}");
        }
    }
}

#[test]
fn a_result_of_one_template_is_at_it() {
    let home = home(true);
    let mut template = app();
    template["Resources"]["TaskRole"]["Properties"]["Policies"] = json!([]);
    let folder = home.path().join("cdk.out");
    write(&folder.join("App.template.json"), &template);
    write(&folder.join("manifest.json"), &manifest(&["App"]));
    write(&home.path().join("plans/my template.json"), &template);
    let outside = tempfile::tempdir().unwrap();
    let outside = outside.path().join("template.json");
    write(&outside, &template);
    // The configuration is not what was checked.
    fs::write(home.path().join("ecs-exec.toml"), "[services.Service]\n").unwrap();
    for (plan, expected) in [
        ("cdk.out", "cdk.out/App.template.json"),
        ("plans/my template.json", "plans/my%20template.json"),
        (outside.to_str().unwrap(), outside.to_str().unwrap()),
    ] {
        for (check, file) in files(home.path(), &["--plan", plan]) {
            assert_eq!(file, expected, "{check}");
        }
    }
}

#[test]
fn every_result_has_a_file_outside_github() {
    let home = home(true);
    let is_at = |expected: &str| {
        for (_, file) in files(home.path(), &["--demo"]) {
            assert_eq!(file, expected);
        }
    };
    is_at("ecs-exec.toml");
    let workflows = home.path().join(".github/workflows");
    fs::create_dir_all(&workflows).unwrap();
    fs::write(workflows.join("build.yml"), "run: make\n").unwrap();
    is_at("ecs-exec.toml");
    fs::write(workflows.join("exec.yml"), "run: ecs-exec doctor\n").unwrap();
    is_at(".github/workflows/exec.yml");
}
