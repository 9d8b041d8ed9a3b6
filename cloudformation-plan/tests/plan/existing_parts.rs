//! What is attached to a resource that a change set modifies, and does not change itself.

use cloudformation_plan::CloudFormationPlan;
use model::Status;
use model::facts::{Fact, Facts};
use serde_json::{Value, json};

use crate::support::*;

/// The IDs that AWS gave the resources of the template.
const IDS: [(&str, &str); 7] = [
    ("TaskRole", "shop-TaskRole-1"),
    ("Group", "sg-0a1b2c3d4e5f60718"),
    ("Table", "rtb-0a1b2c3d4e5f60718"),
    ("SubnetA", "subnet-0a1b2c3d4e5f60718"),
    ("SubnetB", "subnet-0a1b2c3d4e5f60719"),
    ("Vpc", "vpc-0a1b2c3d4e5f60718"),
    ("Gateway", "igw-0a1b2c3d4e5f60718"),
];
const ROLE: &str = "arn:aws:iam::123456789012:role/shop-TaskRole-1";
const GROUP: &str = IDS[1].1;
const TABLE: &str = IDS[2].1;

/// What AWS has, after a deployment of the template.
fn live() -> Facts {
    let facts = facts(&plan(YAML));
    let mut text = serde_json::to_string(&facts).unwrap();
    for (logical_id, id) in IDS {
        let id = if logical_id == "TaskRole" { ROLE } else { id };
        text = text.replace(&format!("\"{logical_id}\""), &format!("\"{id}\""));
    }
    let mut facts: Facts = serde_json::from_str(&text).unwrap();
    facts.planned = false;
    facts
}

fn live_policies(facts: &mut Facts) -> &mut Vec<model::facts::Policy> {
    let identity = facts.identities.get_mut(ROLE).unwrap();
    &mut identity.known_mut().unwrap().policies
}

fn modify(id: &str, kind: &str, physical: &str, before: Value, after: Value) -> Value {
    let context = |properties: Value| json!({"Properties": properties}).to_string();
    json!({"Type": "Resource", "ResourceChange": {
        "Action": "Modify", "LogicalResourceId": id, "ResourceType": kind, "Replacement": "False",
        "PhysicalResourceId": physical,
        "BeforeContext": context(before), "AfterContext": context(after),
    }})
}

/// A change of tags alone.
fn tagged(id: &str, kind: &str, properties: Value) -> Value {
    let (_, physical) = IDS.iter().find(|(name, _)| *name == id).unwrap();
    let mut after = properties.clone();
    after["Tags"] = json!([{"Key": "team", "Value": "shop"}]);
    modify(id, kind, physical, properties, after)
}

fn with_action(action: &str, id: &str, kind: &str, properties: Value) -> Value {
    let context = match action {
        "Add" => "AfterContext",
        _ => "BeforeContext",
    };
    json!({"Type": "Resource", "ResourceChange": {
        "Action": action, "LogicalResourceId": id, "ResourceType": kind,
        context: json!({"Properties": properties}).to_string(),
    }})
}

fn role(properties: Value) -> Value {
    let trust = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}]});
    let mut all = json!({"AssumeRolePolicyDocument": trust});
    for (name, value) in properties.as_object().unwrap() {
        all[name] = value.clone();
    }
    all
}

fn group(rules: Value) -> Value {
    let mut properties = json!({"GroupDescription": "tasks", "VpcId": "vpc-0a1b2c3d4e5f60718"});
    if !rules.is_null() {
        properties["SecurityGroupEgress"] = rules;
    }
    properties
}

/// A change set with the service and its task definition, whose tags change, and these changes.
fn change_set(changes: &[Value]) -> CloudFormationPlan {
    let service = json!({
        "Cluster": "shop-cluster", "ServiceName": "shop", "LaunchType": "FARGATE", "DesiredCount": "1",
        "EnableExecuteCommand": "true", "TaskDefinition": DEFINITION,
        "NetworkConfiguration": {"AwsvpcConfiguration": {"AssignPublicIp": "ENABLED",
            "SecurityGroups": [GROUP], "Subnets": [IDS[3].1]}}});
    let definition = json!({
        "Family": "shop", "NetworkMode": "awsvpc", "Cpu": "256", "Memory": "512", "TaskRoleArn": ROLE,
        "ContainerDefinitions": [{"Name": "web", "LinuxParameters": {"InitProcessEnabled": "true"}}]});
    let mut all = vec![
        modify(
            "Service",
            "AWS::ECS::Service",
            SERVICE,
            service.clone(),
            service,
        ),
        modify(
            "Definition",
            "AWS::ECS::TaskDefinition",
            DEFINITION,
            definition.clone(),
            definition,
        ),
    ];
    all.extend_from_slice(changes);
    let stack = "arn:aws:cloudformation:us-west-2:123456789012:stack/shop/2";
    plan(&json!({"StackId": stack, "StackName": "shop", "Changes": all}).to_string())
}

const SERVICE: &str = "arn:aws:ecs:us-west-2:123456789012:service/shop-cluster/shop";
const DEFINITION: &str = "arn:aws:ecs:us-west-2:123456789012:task-definition/shop:7";

/// The status of a check on a change set, alone or over what AWS has.
fn status(check: &str, live: Option<Facts>, changes: &[Value]) -> Vec<Status> {
    let plan = change_set(changes);
    let facts = match live {
        Some(live) => plan.facts_over(live, &request("shop-cluster")),
        None => plan.facts(&request("shop-cluster")),
    };
    let report = report(&facts);
    let found = report.findings.iter().filter(|one| one.check.id == check);
    found.map(|one| one.status).collect()
}

/// An endpoint in the subnet of the tasks, whose tags change.
fn endpoint() -> [Value; 2] {
    let subnet = json!({"VpcId": "vpc-0a1b2c3d4e5f60718", "CidrBlock": "10.1.0.0/24"});
    let endpoint = json!({
        "ServiceName": "com.amazonaws.us-west-2.ssmmessages", "VpcEndpointType": "Interface",
        "VpcId": "vpc-0a1b2c3d4e5f60718", "SubnetIds": [IDS[3].1], "SecurityGroupIds": ["sg-e"],
        "PrivateDnsEnabled": "true"});
    let kind = "AWS::EC2::VPCEndpoint";
    [
        tagged("SubnetA", "AWS::EC2::Subnet", subnet),
        modify("Endpoint", kind, "vpce-1", endpoint.clone(), endpoint),
    ]
}

fn policy(effect: &str) -> Value {
    json!({"Statement": [{"Effect": effect, "Action": "ssmmessages:*", "Resource": "*"}]})
}

#[test]
fn policies_that_do_not_change_are_those_of_aws() {
    let tags = || [tagged("TaskRole", "AWS::IAM::Role", role(json!({})))];
    let of = |live, changes: &[Value]| status("role.ssmmessages", live, changes);
    assert_eq!(of(None, &tags()), [Status::Unknown]);
    assert_eq!(of(Some(live()), &tags()), [Status::Pass]);
    let mut without = live();
    live_policies(&mut without).clear();
    assert_eq!(of(Some(without), &tags()), [Status::Fail]);
}

#[test]
fn changes_of_policies_apply_on_top_of_those_of_aws() {
    let of = |live, changes: &[Value]| status("role.ssmmessages", Some(live), changes);
    let separate = |effect: &str| json!({"PolicyName": "more", "Roles": ["shop-TaskRole-1"], "PolicyDocument": policy(effect)});
    let mut without = live();
    live_policies(&mut without).clear();
    let kind = "AWS::IAM::Policy";
    let adds = |effect| [with_action("Add", "More", kind, separate(effect))];
    assert_eq!(of(without, &adds("Allow")), [Status::Pass]);
    assert_eq!(of(live(), &adds("Deny")), [Status::Fail]);
    let mut named_more = live();
    live_policies(&mut named_more)[0].name = "more".to_owned();
    let removes = [with_action("Remove", "More", kind, separate("Allow"))];
    assert_eq!(of(named_more, &removes), [Status::Fail]);
    assert_eq!(
        of(live(), &removes),
        [Status::Pass],
        "another policy allows it"
    );
    let inline = |name: &str| {
        role(json!({"Policies": [{"PolicyName": name, "PolicyDocument": policy("Allow")}]}))
    };
    let removes = |name: &str| {
        [modify(
            "TaskRole",
            "AWS::IAM::Role",
            "shop-TaskRole-1",
            inline(name),
            role(json!({})),
        )]
    };
    assert_eq!(of(live(), &removes("exec")), [Status::Fail]);
    assert_eq!(of(live(), &removes("other")), [Status::Pass]);
}

#[test]
fn rules_that_do_not_change_are_those_of_aws() {
    let tags = || {
        [tagged(
            "Group",
            "AWS::EC2::SecurityGroup",
            group(Value::Null),
        )]
    };
    let of = |live, changes: &[Value]| status("network.task-egress", live, changes);
    let mut alone = tags().to_vec();
    alone.extend(endpoint());
    assert_eq!(of(None, &alone), [Status::Unknown]);
    assert_eq!(of(Some(live()), &tags()), [Status::Pass]);
    let mut without = live();
    let live_group = without.network.security_groups.get_mut(GROUP).unwrap();
    live_group.known_mut().unwrap().egress.clear();
    assert_eq!(of(Some(without.clone()), &tags()), [Status::Fail]);
    let rule = json!({"GroupId": GROUP, "IpProtocol": "tcp", "FromPort": "443", "ToPort": "443", "CidrIp": "0.0.0.0/0"});
    let kind = "AWS::EC2::SecurityGroupEgress";
    let added = with_action("Add", "Out", kind, rule.clone());
    assert_eq!(
        of(Some(without), &[tags()[0].clone(), added]),
        [Status::Pass]
    );
    let removed = with_action("Remove", "Out", kind, rule);
    assert_eq!(
        of(Some(live()), &[tags()[0].clone(), removed]),
        [Status::Fail]
    );
}

/// CloudFormation may take the default rule from a group that gets its first rule.
#[test]
fn the_default_rule_may_go_with_the_first_own_rule() {
    let mut open = live();
    let live_group = open.network.security_groups.get_mut(GROUP).unwrap();
    let egress = &mut live_group.known_mut().unwrap().egress;
    egress.truncate(1);
    egress[0].protocol = "-1".to_owned();
    (egress[0].from_port, egress[0].to_port) = (None, None);
    let gets = |rule: Value| {
        let kind = "AWS::EC2::SecurityGroup";
        let change = modify(
            "Group",
            kind,
            GROUP,
            group(Value::Null),
            group(json!([rule])),
        );
        status("network.task-egress", Some(open.clone()), &[change])
    };
    let rule = |port: &str| json!({"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "CidrIp": "0.0.0.0/0"});
    assert_eq!(gets(rule("443")), [Status::Pass]);
    assert_eq!(gets(rule("5432")), [Status::Unknown]);
}

#[test]
fn routes_that_do_not_change_are_those_of_aws() {
    let vpc = json!({"VpcId": "vpc-0a1b2c3d4e5f60718"});
    let tags = || tagged("Table", "AWS::EC2::RouteTable", vpc.clone());
    let of = |live, changes: &[Value]| status("network.internet-route", live, changes);
    assert_eq!(of(Some(live()), &[tags()]), [Status::Pass]);
    let subnet = json!({"VpcId": "vpc-0a1b2c3d4e5f60718", "CidrBlock": "10.1.0.0/24"});
    let subnet = tagged("SubnetA", "AWS::EC2::Subnet", subnet);
    let place = json!({"SubnetId": IDS[3].1, "RouteTableId": TABLE});
    let place = with_action(
        "Add",
        "Place",
        "AWS::EC2::SubnetRouteTableAssociation",
        place,
    );
    let alone = [tags(), subnet, place];
    assert_eq!(of(None, &alone), [Status::Unknown]);
    let route =
        json!({"RouteTableId": TABLE, "DestinationCidrBlock": "0.0.0.0/0", "GatewayId": IDS[6].1});
    let removed = with_action("Remove", "Default", "AWS::EC2::Route", route);
    let mut gone = alone.to_vec();
    gone.push(removed);
    assert_eq!(of(Some(live()), &gone), [Status::Fail]);
}

#[test]
fn entries_of_a_network_acl_that_do_not_change_are_those_of_aws() {
    let mut before = live();
    let acl: Vec<model::facts::NetworkAcl> = serde_json::from_value(json!([{
        "id": "acl-1", "default": false, "subnets": [IDS[3].1], "entries": [
            {"number": 100, "egress": false, "allow": true, "protocol": "-1", "cidr": "0.0.0.0/0"},
            {"number": 100, "egress": true, "allow": true, "protocol": "-1", "cidr": "0.0.0.0/0"}],
    }]))
    .unwrap();
    let vpc = "vpc-0a1b2c3d4e5f60718".to_owned();
    before
        .network
        .network_acls
        .insert(vpc.clone(), Fact::Known(acl));
    let properties = json!({"VpcId": vpc});
    let tags = modify(
        "Acl",
        "AWS::EC2::NetworkAcl",
        "acl-1",
        properties.clone(),
        properties,
    );
    let of = |live, changes: &[Value]| status("network.nacl", live, changes);
    let changes = [tags.clone()];
    assert!(!of(Some(before.clone()), &changes).contains(&Status::Fail));
    let entry = |egress: &str| {
        json!({"NetworkAclId": "acl-1", "Egress": egress, "RuleNumber": "100", "Protocol": "-1",
            "RuleAction": "allow", "CidrBlock": "0.0.0.0/0"})
    };
    let removed = with_action("Remove", "Out", "AWS::EC2::NetworkAclEntry", entry("true"));
    assert!(of(Some(before), &[tags, removed]).contains(&Status::Fail));
}

/// What is attached to a new role is new, so the change set shows it.
#[test]
fn a_new_or_replaced_role_is_shown_whole() {
    let named = || role(json!({"RoleName": "shop-TaskRole-1"}));
    let of = |change: Value| status("role.ssmmessages", None, &[change]);
    let new = with_action("Add", "TaskRole", "AWS::IAM::Role", named());
    assert_eq!(of(new), [Status::Fail]);
    let modified = |replacement: &str| {
        let (kind, id) = ("AWS::IAM::Role", "shop-TaskRole-0");
        let mut change = modify("TaskRole", kind, id, role(json!({})), named());
        change["ResourceChange"]["Replacement"] = replacement.into();
        of(change)
    };
    assert_eq!(modified("True"), [Status::Fail]);
    assert_eq!(modified("Conditional"), [Status::Unknown]);
}

#[test]
fn a_declared_change_set_still_leaves_things_out() {
    let plan = change_set(&[tagged("TaskRole", "AWS::IAM::Role", role(json!({})))]);
    let facts = plan.declared_complete().facts(&request("shop-cluster"));
    assert_eq!(titles(&report(&facts), Status::Fail), [""; 0]);
}
