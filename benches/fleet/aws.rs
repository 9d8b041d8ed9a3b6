//! A simulated cluster behind the AWS protocols.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::http::{Answer, Request};

const REGION_AND_ACCOUNT: &str = "us-west-2:123456789012";
pub const DEFINITIONS: usize = 40;
pub const ROLES: usize = 20;
const SUBNETS: usize = 6;

/// How IAM answers.
#[derive(Clone, Copy, PartialEq)]
pub enum Kind {
    Healthy,
    /// Half of the task roles are not allowed to use ssmmessages, and the agents of their tasks have stopped.
    Refused,
    /// The caller's policy has a condition on the container name and allows this container.
    Conditional,
}

/// The size of the cluster.
#[derive(Clone, Copy)]
pub struct Fleet {
    pub services: usize,
    pub tasks: usize,
    pub kind: Kind,
}

/// The calls that the server received.
#[derive(Default)]
pub struct Calls {
    pub count: BTreeMap<String, usize>,
    pub throttled: usize,
    /// The start of the current second and the number of its calls.
    second: Option<(Instant, usize)>,
}

/// Answers a call; above `calls_per_second` with a throttling error.
pub fn answer(
    request: &Request,
    fleet: Fleet,
    calls_per_second: Option<usize>,
    calls: &Mutex<Calls>,
) -> Answer {
    let body = String::from_utf8_lossy(&request.body).into_owned();
    let target = request
        .header("x-amz-target")
        .and_then(|target| target.rsplit('.').next());
    let operation = target
        .map(str::to_owned)
        .unwrap_or_else(|| field(&body, "Action").unwrap_or_default());
    let is_throttled = {
        let mut calls = calls.lock().unwrap();
        *calls.count.entry(operation.clone()).or_default() += 1;
        let now = Instant::now();
        let (began, count_in_second) = match calls.second {
            Some((began, count_in_second)) if now - began < Duration::from_secs(1) => {
                (began, count_in_second + 1)
            }
            _ => (now, 1),
        };
        calls.second = Some((began, count_in_second));
        let over = calls_per_second.is_some_and(|limit| count_in_second > limit);
        calls.throttled += usize::from(over);
        over
    };
    let (status, body) = match (is_throttled, target) {
        (true, Some(_)) => (
            400,
            json!({"__type": "ThrottlingException", "message": "slow down"}).to_string(),
        ),
        (true, None) => {
            let error = "<Error><Code>Throttling</Code><Message>slow down</Message></Error>";
            let is_ec2 = operation.starts_with("Describe");
            let body = match is_ec2 {
                true => format!("<Response><Errors>{error}</Errors></Response>"),
                false => format!("<ErrorResponse>{error}</ErrorResponse>"),
            };
            (400, body)
        }
        (false, Some(_)) => (
            200,
            ecs(&operation, &serde_json::from_str(&body).unwrap(), fleet).to_string(),
        ),
        (false, None) => (200, query(&operation, &body, fleet)),
    };
    Answer {
        status,
        body: body.into_bytes(),
        date: None,
        cut: false,
    }
}

fn arn(kind: &str, name: &str) -> String {
    format!("arn:aws:ecs:{REGION_AND_ACCOUNT}:{kind}/{name}")
}

fn role(number: usize) -> String {
    format!("arn:aws:iam::123456789012:role/role-{number}")
}

fn definition_arn(service: usize) -> String {
    arn(
        "task-definition",
        &format!("family-{}:1", service % DEFINITIONS),
    )
}

fn ecs(operation: &str, parameters: &Value, fleet: Fleet) -> Value {
    let offset: usize = parameters["nextToken"]
        .as_str()
        .map_or(0, |token| token.parse().unwrap());
    let page = |all: usize, name: &dyn Fn(usize) -> String| {
        let end = (offset + 100).min(all);
        let next = (end < all).then(|| end.to_string());
        ((offset..end).map(name).collect::<Vec<_>>(), next)
    };
    match operation {
        "DescribeClusters" => {
            json!({"clusters": [{"clusterArn": arn("cluster", "fleet"), "clusterName": "fleet", "status": "ACTIVE"}], "failures": []})
        }
        "ListServices" => {
            let (arns, next) = page(fleet.services, &|n| {
                arn("service", &format!("fleet/service-{n}"))
            });
            json!({"serviceArns": arns, "nextToken": next})
        }
        "ListTasks" => {
            let (arns, next) = page(fleet.tasks, &|n| arn("task", &format!("fleet/{n:032x}")));
            json!({"taskArns": arns, "nextToken": next})
        }
        "DescribeServices" => {
            let names = parameters["services"].as_array().unwrap();
            let services: Vec<Value> = names
                .iter()
                .map(|name| service(name.as_str().unwrap(), fleet))
                .collect();
            json!({"services": services, "failures": []})
        }
        "DescribeTasks" => {
            let tasks: Vec<Value> = parameters["tasks"]
                .as_array()
                .unwrap()
                .iter()
                .map(|arn| task(arn.as_str().unwrap(), fleet))
                .collect();
            json!({"tasks": tasks, "failures": []})
        }
        "DescribeTaskDefinition" => {
            let task_definition = parameters["taskDefinition"].as_str().unwrap();
            let number: usize = task_definition
                .rsplit("family-")
                .next()
                .unwrap()
                .split(':')
                .next()
                .unwrap()
                .parse()
                .unwrap();
            json!({"taskDefinition": {
                "taskDefinitionArn": task_definition, "family": format!("family-{number}"), "revision": 1, "networkMode": "awsvpc",
                "taskRoleArn": role(number % ROLES), "executionRoleArn": role(number % ROLES),
                "containerDefinitions": [{"name": "app", "image": "app", "essential": true, "linuxParameters": {"initProcessEnabled": true},
                    "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "/app", "awslogs-region": "us-west-2"}}}],
            }})
        }
        other => json!({"__type": "InvalidAction", "message": other}),
    }
}

fn service(name: &str, fleet: Fleet) -> Value {
    let number: usize = name.rsplit('-').next().unwrap().parse().unwrap();
    let each = fleet.tasks / fleet.services;
    json!({
        "serviceArn": arn("service", &format!("fleet/{name}")), "serviceName": name, "status": "ACTIVE", "desiredCount": each,
        "runningCount": each, "pendingCount": 0, "enableExecuteCommand": true, "launchType": "FARGATE", "platformVersion": "LATEST",
        "taskDefinition": definition_arn(number),
        "deployments": [{"id": format!("ecs-svc/{number}"), "status": "PRIMARY", "taskDefinition": definition_arn(number), "desiredCount": each,
            "runningCount": each, "pendingCount": 0, "failedTasks": 0, "rolloutState": "COMPLETED"}],
        "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-0"], "securityGroups": ["sg-tasks"], "assignPublicIp": "DISABLED"}},
    })
}

fn task(arn: &str, fleet: Fleet) -> Value {
    let number = usize::from_str_radix(arn.rsplit('/').next().unwrap(), 16).unwrap();
    let service = number % fleet.services;
    json!({
        "taskArn": arn, "group": format!("service:service-{service}"), "startedBy": format!("ecs-svc/{service}"), "taskDefinitionArn": definition_arn(service),
        "lastStatus": "RUNNING", "desiredStatus": "RUNNING", "enableExecuteCommand": true, "launchType": "FARGATE", "platformVersion": "1.4.0",
        "platformFamily": "Linux", "cpu": "256", "memory": "512", "connectivity": "CONNECTED", "createdAt": 1_790_000_000.0, "startedAt": 1_790_000_060.0,
        "attachments": [{"id": "a", "type": "ElasticNetworkInterface", "status": "ATTACHED", "details": [
            {"name": "subnetId", "value": format!("subnet-{}", number % SUBNETS)}, {"name": "networkInterfaceId", "value": format!("eni-{number}")},
            {"name": "privateIPv4Address", "value": "10.0.0.5"}]}],
        "containers": [{"name": "app", "lastStatus": "RUNNING", "runtimeId": format!("{number}-1"), "containerArn": "c",
            "managedAgents": [{"name": "ExecuteCommandAgent", "lastStatus": if (fleet.kind == Kind::Refused) && (service % ROLES) % 2 == 1 { "STOPPED" } else { "RUNNING" }}]}],
    })
}

fn field(body: &str, name: &str) -> Option<String> {
    let value = body
        .split('&')
        .find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))?;
    Some(
        percent_encoding::percent_decode_str(&value.replace('+', " "))
            .decode_utf8_lossy()
            .into_owned(),
    )
}

/// Values of numbered fields: `Filter.1.Value.1`, `Filter.1.Value.2`, …
fn fields(body: &str, prefix: &str) -> Vec<String> {
    (1..)
        .map_while(|number| field(body, &format!("{prefix}.{number}")))
        .collect()
}

fn query(operation: &str, body: &str, fleet: Fleet) -> String {
    let ids = || fields(body, "Filter.1.Value");
    let set = |name: &str, items: Vec<String>| {
        let items: String = items
            .iter()
            .map(|item| format!("<item>{item}</item>"))
            .collect();
        format!("<{operation}Response><{name}>{items}</{name}></{operation}Response>")
    };
    let groups = "<groupSet><item><groupId>sg-tasks</groupId></item></groupSet>";
    match operation {
        "GetCallerIdentity" => "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/ops</Arn><UserId>U</UserId><Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>".to_owned(),
        "DescribeNetworkInterfaces" => set("networkInterfaceSet", ids().iter().map(|id| {
            let number: usize = id.rsplit('-').next().unwrap().parse().unwrap();
            format!("<networkInterfaceId>{id}</networkInterfaceId><subnetId>subnet-{}</subnetId><vpcId>vpc-1</vpcId><privateIpAddress>10.0.0.5</privateIpAddress>{groups}<privateIpAddressesSet><item><privateIpAddress>10.0.0.5</privateIpAddress></item></privateIpAddressesSet>", number % SUBNETS)
        }).collect()),
        "DescribeSubnets" => set("subnetSet", ids().iter().map(|id| format!("<subnetId>{id}</subnetId><vpcId>vpc-1</vpcId><cidrBlock>10.0.0.0/16</cidrBlock><availabilityZone>us-west-2a</availabilityZone><ownerId>123456789012</ownerId>")).collect()),
        "DescribeVpcEndpoints" => set("vpcEndpointSet", vec!["<vpcEndpointId>vpce-1</vpcEndpointId><vpcEndpointType>Interface</vpcEndpointType><vpcId>vpc-1</vpcId><serviceName>com.amazonaws.us-west-2.ssmmessages</serviceName><state>available</state><privateDnsEnabled>true</privateDnsEnabled><subnetIdSet><item>subnet-0</item></subnetIdSet><groupSet><item><groupId>sg-tasks</groupId></item></groupSet>".to_owned()]),
        "DescribeRouteTables" => set("routeTableSet", vec!["<routeTableId>rtb-1</routeTableId><vpcId>vpc-1</vpcId><associationSet><item><main>true</main></item></associationSet><routeSet><item><destinationCidrBlock>10.0.0.0/16</destinationCidrBlock><gatewayId>local</gatewayId><state>active</state></item></routeSet>".to_owned()]),
        "DescribeNetworkAcls" => set("networkAclSet", vec![format!("<networkAclId>acl-1</networkAclId><vpcId>vpc-1</vpcId><default>true</default><entrySet>{}</entrySet>", [true, false].map(|egress| format!("<item><ruleNumber>100</ruleNumber><protocol>-1</protocol><ruleAction>allow</ruleAction><egress>{egress}</egress><cidrBlock>0.0.0.0/0</cidrBlock></item>")).concat())]),
        "DescribeSecurityGroups" => {
            let all = "<item><ipProtocol>-1</ipProtocol><ipRanges><item><cidrIp>0.0.0.0/0</cidrIp></item></ipRanges></item>";
            set("securityGroupInfo", vec![format!("<groupId>sg-tasks</groupId><groupName>tasks</groupName><vpcId>vpc-1</vpcId><ipPermissions>{all}</ipPermissions><ipPermissionsEgress>{all}</ipPermissionsEgress>")])
        }
        "DescribeVpcBlockPublicAccessOptions" => "<DescribeVpcBlockPublicAccessOptionsResponse><vpcBlockPublicAccessOptions><internetGatewayBlockMode>off</internetGatewayBlockMode></vpcBlockPublicAccessOptions></DescribeVpcBlockPublicAccessOptionsResponse>".to_owned(),
        "DescribeNatGateways" => set("natGatewaySet", Vec::new()),
        "DescribeVpcs" => set("vpcSet", vec!["<vpcId>vpc-1</vpcId><cidrBlock>10.0.0.0/16</cidrBlock><dhcpOptionsId>dopt-1</dhcpOptionsId>".to_owned()]),
        "DescribeDhcpOptions" => set("dhcpOptionsSet", vec!["<dhcpOptionsId>dopt-1</dhcpOptionsId><dhcpConfigurationSet><item><key>domain-name-servers</key><valueSet><item><value>AmazonProvidedDNS</value></item></valueSet></item></dhcpConfigurationSet>".to_owned()]),
        "DescribeVpcAttribute" => {
            let attribute = field(body, "Attribute").unwrap();
            format!("<DescribeVpcAttributeResponse><vpcId>vpc-1</vpcId><{attribute}><value>true</value></{attribute}></DescribeVpcAttributeResponse>")
        }
        "GetRole" => {
            let name = field(body, "RoleName").unwrap();
            let trust = "%7B%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Principal%22%3A%7B%22Service%22%3A%22ecs-tasks.amazonaws.com%22%7D%2C%22Action%22%3A%22sts%3AAssumeRole%22%7D%5D%7D";
            format!("<GetRoleResponse><GetRoleResult><Role><Path>/</Path><RoleName>{name}</RoleName><RoleId>R</RoleId><Arn>arn:aws:iam::123456789012:role/{name}</Arn><CreateDate>2026-01-01T00:00:00Z</CreateDate><AssumeRolePolicyDocument>{trust}</AssumeRolePolicyDocument></Role></GetRoleResult></GetRoleResponse>")
        }
        "SimulatePrincipalPolicy" => simulate(body, fleet),
        other => format!("<Response><Errors><Error><Code>InvalidAction</Code><Message>{other}</Message></Error></Errors></Response>"),
    }
}

fn simulate(body: &str, fleet: Fleet) -> String {
    let principal = field(body, "PolicySourceArn").unwrap();
    let number: Option<usize> = principal
        .rsplit("role-")
        .next()
        .and_then(|number| number.parse().ok());
    let lacks = (fleet.kind == Kind::Refused) && number.is_some_and(|number| number % 2 == 1);
    let mut resources = fields(body, "ResourceArns.member");
    if resources.is_empty() {
        resources.push("*".to_owned());
    }
    let mut results = String::new();
    for action in fields(body, "ActionNames.member") {
        for resource in &resources {
            // The first simulation has no value for the condition key.
            let is_open = fleet.kind == Kind::Conditional
                && action == "ecs:ExecuteCommand"
                && !body.contains("ecs%3Acontainer-name");
            let is_exec = action == "ecs:ExecuteCommand" || action.starts_with("ecs:Describe");
            let decision = if is_exec && !is_open || action.starts_with("ssmmessages:") && !lacks {
                "allowed"
            } else {
                "implicitDeny"
            };
            results.push_str(&format!("<member><EvalActionName>{action}</EvalActionName><EvalResourceName>{resource}</EvalResourceName><EvalDecision>{decision}</EvalDecision><MatchedStatements/><MissingContextValues>{}</MissingContextValues></member>", if is_open { "<member>ecs:container-name</member>" } else { "" }));
        }
    }
    format!(
        "<SimulatePrincipalPolicyResponse><SimulatePrincipalPolicyResult><IsTruncated>false</IsTruncated><EvaluationResults>{results}</EvaluationResults></SimulatePrincipalPolicyResult></SimulatePrincipalPolicyResponse>"
    )
}
