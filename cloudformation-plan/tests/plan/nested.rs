//! Nested stacks whose templates are beside the template that names them.

use std::fs;
use std::path::Path;

use cloudformation_plan::read;
use diagnosis::Report;
use model::Status;

use crate::support::*;

/// A parent with the service, and a nested stack with the network that outputs its subnets.
const PARENT: &str = r#"
Resources:
  Network:
    Type: AWS::CloudFormation::Stack
    Properties:
      TemplateURL: stacks/network.yaml
      Parameters: {Cidr: 10.1.0.0/16, Zones: "a,b"}
  App:
    Type: AWS::CloudFormation::Stack
    Properties:
      TemplateURL: ./app.yaml
      Parameters:
        Subnets: !Join [",", [!GetAtt Network.Outputs.SubnetA, !GetAtt Network.Outputs.SubnetB]]
        Group: !GetAtt Network.Outputs.Group
"#;

const NETWORK: &str = r#"
Parameters:
  Cidr: {Type: String}
  Zones: {Type: CommaDelimitedList}
Resources:
  Vpc:
    Type: AWS::EC2::VPC
    Properties: {CidrBlock: !Ref Cidr, EnableDnsHostnames: true}
  Gateway: {Type: "AWS::EC2::InternetGateway"}
  Attachment:
    Type: AWS::EC2::VPCGatewayAttachment
    Properties: {VpcId: !Ref Vpc, InternetGatewayId: !Ref Gateway}
  Table:
    Type: AWS::EC2::RouteTable
    Properties: {VpcId: !Ref Vpc}
  DefaultRoute:
    Type: AWS::EC2::Route
    Properties: {RouteTableId: !Ref Table, DestinationCidrBlock: 0.0.0.0/0, GatewayId: !Ref Gateway}
  SubnetA:
    Type: AWS::EC2::Subnet
    Properties: {VpcId: !Ref Vpc, CidrBlock: 10.1.0.0/24, AvailabilityZone: !Select [0, !Ref Zones]}
  SubnetB:
    Type: AWS::EC2::Subnet
    Properties: {VpcId: !Ref Vpc, CidrBlock: 10.1.1.0/24, AvailabilityZone: !Select [1, !Ref Zones]}
  TableOfA:
    Type: AWS::EC2::SubnetRouteTableAssociation
    Properties: {SubnetId: !Ref SubnetA, RouteTableId: !Ref Table}
  TableOfB:
    Type: AWS::EC2::SubnetRouteTableAssociation
    Properties: {SubnetId: !Ref SubnetB, RouteTableId: !Ref Table}
  Group:
    Type: AWS::EC2::SecurityGroup
    Properties: {GroupDescription: tasks, VpcId: !Ref Vpc}
Outputs:
  SubnetA: {Value: !Ref SubnetA}
  SubnetB: {Value: !Ref SubnetB}
  Group: {Value: !GetAtt Group.GroupId}
"#;

const APP: &str = r#"
Parameters:
  Subnets: {Type: "List<AWS::EC2::Subnet::Id>"}
  Group: {Type: String}
Resources:
  Logs: {Type: "AWS::Logs::LogGroup", Properties: {LogGroupName: sessions}}
  Cluster:
    Type: AWS::ECS::Cluster
    Properties:
      Configuration:
        ExecuteCommandConfiguration:
          Logging: OVERRIDE
          LogConfiguration: {CloudWatchLogGroupName: !Ref Logs}
  TaskRole:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: 2012-10-17
        Statement:
          - {Effect: Allow, Principal: {Service: ecs-tasks.amazonaws.com}, Action: "sts:AssumeRole"}
      Policies:
        - PolicyName: exec
          PolicyDocument:
            Version: 2012-10-17
            Statement: [{Effect: Allow, Action: ["ssmmessages:*", "logs:*"], Resource: "*"}]
  Definition:
    Type: AWS::ECS::TaskDefinition
    Properties:
      Family: web
      NetworkMode: awsvpc
      RequiresCompatibilities: [FARGATE]
      Cpu: 256
      Memory: 512
      TaskRoleArn: !GetAtt TaskRole.Arn
      RuntimePlatform: {OperatingSystemFamily: LINUX}
      ContainerDefinitions:
        - {Name: web, Image: nginx, LinuxParameters: {InitProcessEnabled: true}}
  Service:
    Type: AWS::ECS::Service
    Properties:
      ServiceName: web
      Cluster: !Ref Cluster
      LaunchType: FARGATE
      EnableExecuteCommand: true
      TaskDefinition: !Ref Definition
      NetworkConfiguration:
        AwsvpcConfiguration:
          AssignPublicIp: ENABLED
          Subnets: !Ref Subnets
          SecurityGroups: [!Ref Group]
"#;

/// The report on a folder with the three templates.
fn report_on(parent: &str, network: &str, app: &str) -> Report {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), parent, network, app);
    report(&facts(&read(&folder.path().join("main.yaml")).unwrap()))
}

fn write(folder: &Path, parent: &str, network: &str, app: &str) {
    fs::create_dir(folder.join("stacks")).unwrap();
    fs::write(folder.join("main.yaml"), parent).unwrap();
    fs::write(folder.join("stacks/network.yaml"), network).unwrap();
    fs::write(folder.join("app.yaml"), app).unwrap();
}

#[test]
fn nested_stacks_pass_parameters_and_outputs() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), PARENT, NETWORK, APP);
    let facts = facts(&read(&folder.path().join("main.yaml")).unwrap());
    assert_healthy(&facts);
    assert_eq!(facts.network.subnets.len(), 2);
}

#[test]
fn a_cause_in_a_nested_stack_is_named_with_its_stack_and_file() {
    let app = APP.replace("      EnableExecuteCommand: true\n", "");
    let report = report_on(PARENT, NETWORK, &app);
    assert_eq!(causes(&report), ["service.exec-enabled"]);
    let wanted = "  Service:  # stack App (app.yaml)\n";
    assert!(edits(&report).contains(wanted), "{}", edits(&report));
}

#[test]
fn a_missing_route_of_a_nested_stack_is_found() {
    let (before, after) = NETWORK.split_once("  DefaultRoute:").unwrap();
    let network = before.to_owned() + &after[after.find("  SubnetA:").unwrap()..];
    let report = report_on(PARENT, &network, APP);
    let causes = causes(&report);
    assert!(
        causes.iter().any(|check| check.starts_with("network.")),
        "{causes:?}"
    );
}

#[test]
fn a_nested_stack_under_a_false_condition_does_not_exist() {
    let endpoints = "  Endpoints:\n    Type: AWS::CloudFormation::Stack\n    Condition: Never\n    Properties: {TemplateURL: stacks/network.yaml, Parameters: {Cidr: 10.9.0.0/16, Zones: \"a,b\"}}\n";
    let parent = PARENT.replace(
        "Resources:\n",
        &format!("Conditions:\n  Never: !Equals [a, b]\nResources:\n{endpoints}"),
    );
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &parent, NETWORK, APP);
    let facts = facts(&read(&folder.path().join("main.yaml")).unwrap());
    assert_eq!(facts.network.subnets.len(), 2);
    assert_healthy(&facts);
}

#[test]
fn templates_that_are_not_beside_their_parent_stay_unread() {
    for url in [
        "https://s3.amazonaws.com/b/network.yaml",
        "../network.yaml",
        "/etc/hosts",
        "gone.yaml",
        "stacks",
    ] {
        let parent = PARENT.replace("stacks/network.yaml", url);
        let report = report_on(&parent, NETWORK, APP);
        assert_eq!(titles(&report, Status::Fail), [""; 0], "{url}");
        assert_ne!(titles(&report, Status::Unknown), [""; 0], "{url}");
    }
}

#[test]
fn a_damaged_nested_template_is_named() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), PARENT, "Resources: [", APP);
    let error = read(&folder.path().join("main.yaml"))
        .unwrap_err()
        .to_string();
    assert!(error.starts_with("stacks/network.yaml: "), "{error}");
}

#[test]
fn a_template_that_contains_itself_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let own = "Resources:\n  A: {Type: \"AWS::CloudFormation::Stack\", Properties: {TemplateURL: main.yaml}}\n";
    fs::write(folder.path().join("main.yaml"), own).unwrap();
    let error = read(&folder.path().join("main.yaml"))
        .unwrap_err()
        .to_string();
    assert!(error.contains("levels deep"), "{error}");
}

#[test]
fn the_cdk_names_the_file_of_a_nested_stack_in_its_metadata() {
    let parent = PARENT.replace(
        "    Properties:\n      TemplateURL: stacks/network.yaml\n",
        "    Metadata: {\"aws:asset:path\": stacks/network.yaml, \"aws:asset:property\": TemplateURL}\n    Properties:\n      TemplateURL: !Sub \"https://s3.${AWS::URLSuffix}/assets/1.json\"\n",
    );
    assert_ne!(parent, PARENT);
    let report = report_on(&parent, NETWORK, APP);
    assert_eq!(
        titles(&report, Status::Unknown).len(),
        titles(&report_on(PARENT, NETWORK, APP), Status::Unknown).len()
    );
}
