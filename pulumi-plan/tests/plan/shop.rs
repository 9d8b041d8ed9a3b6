//! The shop: a service on Fargate with its whole network, as programs of Pulumi define it.

use serde_json::{Value, json};

use crate::support::*;

pub const VPC: &str = "aws:ec2/vpc:Vpc";
pub const SUBNET: &str = "aws:ec2/subnet:Subnet";
pub const GROUP: &str = "aws:ec2/securityGroup:SecurityGroup";
pub const TABLE: &str = "aws:ec2/routeTable:RouteTable";
pub const ASSOCIATION: &str = "aws:ec2/routeTableAssociation:RouteTableAssociation";
pub const ENDPOINT: &str = "aws:ec2/vpcEndpoint:VpcEndpoint";
pub const ROLE: &str = "aws:iam/role:Role";
pub const ROLE_POLICY: &str = "aws:iam/rolePolicy:RolePolicy";
pub const LOGS: &str = "aws:cloudwatch/logGroup:LogGroup";
pub const KEY: &str = "aws:kms/key:Key";
pub const CLUSTER: &str = "aws:ecs/cluster:Cluster";
pub const DEFINITION: &str = "aws:ecs/taskDefinition:TaskDefinition";
pub const SERVICE: &str = "aws:ecs/service:Service";

/// What a task role needs for sessions, and for their log.
pub fn exec_policy() -> Value {
    json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Resource": "*", "Action": [
            "ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel",
            "ssmmessages:OpenControlChannel", "ssmmessages:OpenDataChannel"]},
        {"Effect": "Allow", "Resource": "*", "Action": [
            "logs:DescribeLogGroups", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]},
    ]})
}

/// A shop on Fargate, in private subnets with endpoints, which does not exist yet.
pub fn shop() -> Preview {
    let trust = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}]});
    let containers = json!([{
        "name": "web", "image": "example/web:1", "essential": true,
        "linuxParameters": {"initProcessEnabled": true},
        "logConfiguration": {"logDriver": "awslogs", "options": {
            "awslogs-group": "/shop-4c31d2a", "awslogs-region": "us-west-2", "awslogs-stream-prefix": "web"}},
    }]);
    let vpc: (&str, &[(&str, &str)]) = ("vpcId", &[(VPC, "main")]);
    let mut shop = Preview::empty().create(
        VPC,
        "main",
        json!({"cidrBlock": "10.1.0.0/16", "enableDnsHostnames": true, "enableDnsSupport": true,
            "tags": {"Name": "shop"}}),
        &[],
    );
    shop = shop.create(TABLE, "private", json!({"vpcId": UNKNOWN}), &[vpc]);
    for (name, cidr, zone) in [
        ("subnet-a", "10.1.0.0/24", "us-west-2a"),
        ("subnet-b", "10.1.1.0/24", "us-west-2b"),
    ] {
        shop = shop.create(
            SUBNET,
            name,
            json!({"vpcId": UNKNOWN, "cidrBlock": cidr, "availabilityZone": zone, "mapPublicIpOnLaunch": false}),
            &[vpc],
        );
        shop = shop.create(
            ASSOCIATION,
            name,
            json!({"subnetId": UNKNOWN, "routeTableId": UNKNOWN}),
            &[
                ("subnetId", &[(SUBNET, name)]),
                ("routeTableId", &[(TABLE, "private")]),
            ],
        );
    }
    shop = shop.create(
        GROUP,
        "tasks",
        json!({"name": "tasks-1a2b3c4", "vpcId": UNKNOWN, "description": "Managed by Pulumi", "revokeRulesOnDelete": false,
            "egress": [{"protocol": "-1", "fromPort": 0, "toPort": 0, "cidrBlocks": ["0.0.0.0/0"], "self": false}]}),
        &[vpc],
    );
    shop = shop.create(
        GROUP,
        "endpoints",
        json!({"name": "endpoints-1a2b3c4", "vpcId": UNKNOWN, "description": "Managed by Pulumi",
            "revokeRulesOnDelete": false, "ingress": [{"protocol": "tcp", "fromPort": 443, "toPort": 443,
                "securityGroups": [UNKNOWN], "self": false}]}),
        &[vpc, ("ingress", &[(GROUP, "tasks")])],
    );
    for service in ["ssmmessages", "logs"] {
        shop = shop.create(
            ENDPOINT,
            service,
            json!({"vpcId": UNKNOWN, "serviceName": format!("com.amazonaws.us-west-2.{service}"),
                "vpcEndpointType": "Interface", "privateDnsEnabled": true, "subnetIds": [UNKNOWN, UNKNOWN],
                "securityGroupIds": [UNKNOWN]}),
            &[
                vpc,
                ("subnetIds", &[(SUBNET, "subnet-a"), (SUBNET, "subnet-b")]),
                ("securityGroupIds", &[(GROUP, "endpoints")]),
            ],
        );
    }
    shop = shop.create(
        LOGS,
        "logs",
        json!({"name": "/shop-4c31d2a", "retentionInDays": 30, "skipDestroy": false}),
        &[],
    );
    shop = shop.create(
        CLUSTER,
        "cluster",
        json!({"name": "shop", "configuration": {"executeCommandConfiguration": {
            "logging": "OVERRIDE", "logConfiguration": {"cloudWatchLogGroupName": "/shop-4c31d2a"}}}}),
        &[("configuration", &[(LOGS, "logs")])],
    );
    shop = shop.create(
        ROLE,
        "task",
        json!({"name": "task-5d6e7f8", "path": "/", "forceDetachPolicies": false, "maxSessionDuration": 3600,
            "assumeRolePolicy": trust.to_string()}),
        &[],
    );
    shop = shop.create(
        ROLE_POLICY,
        "exec",
        json!({"name": "exec-9a8b7c6", "role": UNKNOWN, "policy": exec_policy().to_string()}),
        &[("role", &[(ROLE, "task")])],
    );
    shop = shop.create(
        DEFINITION,
        "web",
        json!({"family": "web", "networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"], "cpu": "256",
            "memory": "512", "taskRoleArn": UNKNOWN, "runtimePlatform": {"operatingSystemFamily": "LINUX"},
            "containerDefinitions": containers.to_string()}),
        &[("taskRoleArn", &[(ROLE, "task")])],
    );
    shop.create(
        SERVICE,
        "web",
        json!({"name": "web-2f4e6d8", "cluster": UNKNOWN, "taskDefinition": UNKNOWN, "launchType": "FARGATE",
            "desiredCount": 1, "enableExecuteCommand": true, "schedulingStrategy": "REPLICA",
            "networkConfiguration": {"assignPublicIp": false, "securityGroups": [UNKNOWN],
                "subnets": [UNKNOWN, UNKNOWN]}}),
        &[
            ("cluster", &[(CLUSTER, "cluster")]),
            ("taskDefinition", &[(DEFINITION, "web")]),
            ("networkConfiguration", &[(GROUP, "tasks"), (SUBNET, "subnet-a"), (SUBNET, "subnet-b")]),
        ],
    )
}
