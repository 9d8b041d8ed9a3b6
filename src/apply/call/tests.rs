//! The printed CLI command and the HTTP request of every call have the same values.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use model::aws_call::*;
use model::step::{ResourcePolicy, StatementAddition};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::*;
use crate::config::SourcedValue;

/// Answers every request, and keeps the requests that change something.
#[derive(Debug, Clone, Default)]
struct Recorder(Arc<Mutex<Vec<String>>>);

impl HttpConnector for Recorder {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body = request.body().bytes().unwrap_or_default();
        let body = String::from_utf8_lossy(body).into_owned();
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let request = format!("{}\n{target}\n{body}", request.uri());
        let answer = answer(&request);
        if answer.is_none() {
            self.0.lock().unwrap().push(request);
        }
        let status = if answer == Some(NO_SUCH_ENTITY) {
            404
        } else {
            200
        };
        let operation = body.trim_start_matches("Action=").split('&').next();
        let answer = match answer {
            Some(answer) => answer.to_owned(),
            None if body.starts_with("Action=") => {
                format!(
                    "<{0}Response><{0}Result/></{0}Response>",
                    operation.unwrap()
                )
            }
            None if body.starts_with('{') => "{}".to_owned(),
            None => String::new(),
        };
        let body = SdkBody::from(answer);
        HttpConnectorFuture::ready(Ok(HttpResponse::new(status.try_into().unwrap(), body)))
    }
}

const NO_SUCH_ENTITY: &str =
    "<ErrorResponse><Error><Code>NoSuchEntity</Code></Error></ErrorResponse>";

/// The answer to a request that reads.
fn answer(request: &str) -> Option<&'static str> {
    let is = |operation: &str| {
        request.contains(&format!("Action={operation}&"))
            || request.contains(&format!(".{operation}\n"))
    };
    if is("GetRolePolicy") || is("GetUserPolicy") {
        Some(NO_SUCH_ENTITY)
    } else if is("GetRole") {
        Some(
            "<GetRoleResponse><GetRoleResult><Role><Path>/</Path><RoleName>r</RoleName><RoleId>i</RoleId><Arn>a</Arn>\
             <CreateDate>2026-01-01T00:00:00Z</CreateDate>\
             <AssumeRolePolicyDocument>%7B%22Version%22%3A%222012-10-17%22%7D</AssumeRolePolicyDocument></Role></GetRoleResult></GetRoleResponse>",
        )
    } else if is("ListKeys") {
        Some("{}")
    } else if is("GetKeyPolicy") {
        Some(r#"{"Policy":"{}"}"#)
    } else if is("DescribeVpcEndpoints") {
        Some(
            "<DescribeVpcEndpointsResponse><vpcEndpointSet><item><policyDocument>{}</policyDocument></item></vpcEndpointSet></DescribeVpcEndpointsResponse>",
        )
    } else {
        None
    }
}

fn clients(recorder: &Recorder) -> AwsClients {
    let connector = recorder.clone();
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-test-1"))
        .credentials_provider(SharedCredentialsProvider::new(Credentials::for_tests()))
        .http_client(http_client_fn(move |_, _| {
            SharedHttpConnector::new(connector.clone())
        }))
        .build();
    let region = SourcedValue {
        value: "eu-test-1".to_owned(),
        source: "test".to_owned(),
    };
    AwsClients::new(
        &config,
        region,
        None,
        Instant::now() + Duration::from_secs(60),
    )
}

/// The next example, in the order of the enum: a call without an example does not compile.
fn next(call: Option<&AwsCall>) -> Option<AwsCall> {
    let text = str::to_owned;
    let rule = |peer| SecurityGroupRule {
        group: Ref::from("sg-a"),
        port: 8443,
        peer,
    };
    let policy = || InlinePolicy {
        principal: text("principal"),
        name: text("policy"),
        document: json!({"Statement": "inline"}),
    };
    Some(match call {
        None => AwsCall::UpdateService(ServiceUpdate {
            cluster: text("cluster"),
            service: text("service"),
            enable_execute_command: Some(true),
            platform_version: Some(text("1.4.0")),
            task_definition: Some(text("family")),
            desired_count: Some(3),
            force_new_deployment: true,
        }),
        Some(AwsCall::UpdateService(_)) => AwsCall::UpdateContainerAgent {
            cluster: text("cluster"),
            container_instance: text("instance"),
        },
        Some(AwsCall::UpdateContainerAgent { .. }) => {
            AwsCall::CreateSecurityGroup(NewSecurityGroup {
                name: text("group"),
                description: text("a description"),
                vpc: text("vpc-1"),
            })
        }
        Some(AwsCall::CreateSecurityGroup(_)) => {
            AwsCall::AuthorizeSecurityGroupIngress(rule(Peer::SecurityGroup(text("sg-b"))))
        }
        Some(AwsCall::AuthorizeSecurityGroupIngress(_)) => {
            AwsCall::AuthorizeSecurityGroupEgress(rule(Peer::Cidr(text("10.1.0.0/16"))))
        }
        Some(AwsCall::AuthorizeSecurityGroupEgress(_)) => AwsCall::CreateNetworkAclEntry(AclRule {
            acl: text("acl-1"),
            egress: true,
            number: 77,
            ports: 1024..=65_535,
            cidr: text("10.1.0.0/16"),
        }),
        Some(AwsCall::CreateNetworkAclEntry(_)) => AwsCall::CreateVpcEndpoint(NewEndpoint {
            vpc: text("vpc-1"),
            service: text("com.amazonaws.eu-test-1.kms"),
            kind: EndpointKind::Interface {
                subnets: vec![text("subnet-a"), text("subnet-b")],
                security_groups: vec![Ref::from("sg-a")],
                private_dns: true,
            },
            policy: Some(json!({"Statement": "endpoint"})),
        }),
        Some(AwsCall::CreateVpcEndpoint(_)) => AwsCall::DeleteVpcEndpoints(text("vpce-1")),
        Some(AwsCall::DeleteVpcEndpoints(_)) => AwsCall::ModifyVpcEndpoint {
            endpoint: text("vpce-1"),
            private_dns: true,
        },
        Some(AwsCall::ModifyVpcEndpoint { .. }) => AwsCall::ModifyVpcAttribute {
            vpc: text("vpc-1"),
            attribute: DnsAttribute::Hostnames,
        },
        Some(AwsCall::ModifyVpcAttribute { .. }) => AwsCall::CreateRole(NewRole {
            name: text("role"),
            path: Some(text("/team/")),
            trust_policy: json!({"Statement": "trust"}),
        }),
        Some(AwsCall::CreateRole(_)) => AwsCall::PutRolePolicy(policy()),
        Some(AwsCall::PutRolePolicy(_)) => AwsCall::PutUserPolicy(policy()),
        Some(AwsCall::PutUserPolicy(_)) => AwsCall::UpdateAssumeRolePolicy {
            role: text("role"),
            trust_policy: aws_rules::iam::document::task_trust(),
        },
        Some(AwsCall::UpdateAssumeRolePolicy { .. }) => AwsCall::EnableKey(text("key-1")),
        Some(AwsCall::EnableKey(_)) => AwsCall::CancelKeyDeletion(text("key-1")),
        Some(AwsCall::CancelKeyDeletion(_)) => AwsCall::CreateKey(NewKey {
            description: text("a description"),
            policy: json!({"Statement": "key"}),
        }),
        Some(AwsCall::CreateKey(_)) => AwsCall::CreateLogGroup(text("/group")),
        Some(AwsCall::CreateLogGroup(_)) => AwsCall::AssociateKmsKey {
            log_group: text("/group"),
            key: Ref::from("key-1"),
        },
        Some(AwsCall::AssociateKmsKey { .. }) => AwsCall::CreateBucket {
            bucket: text("bucket"),
            location: Some(text("eu-west-1")),
        },
        Some(AwsCall::CreateBucket { .. }) => AwsCall::PutBucketEncryption(text("bucket")),
        Some(AwsCall::PutBucketEncryption(_)) => return None,
    })
}

/// The values that a CLI command gives to options. A flag counts as `true`.
fn printed(command: &str) -> BTreeSet<String> {
    let words = shell_words::split(command).unwrap();
    let mut values = BTreeSet::new();
    for (at, word) in words.iter().enumerate().skip(3) {
        let is_flag = words.get(at + 1).is_none_or(|next| next.starts_with("--"));
        if word.starts_with("--") {
            values.extend(is_flag.then(|| "true".to_owned()));
        } else {
            values.extend(leaves(word));
        }
    }
    values
}

/// The values in an argument: JSON, `Key=value,Key=value`, or plain text.
fn leaves(text: &str) -> Vec<String> {
    if let Ok(json @ (Value::Object(_) | Value::Array(_))) = serde_json::from_str(text) {
        return json_leaves(&json);
    }
    let pairs = text.split(',').map(|pair| pair.split_once('='));
    match pairs.collect::<Option<Vec<_>>>() {
        Some(pairs) => pairs
            .into_iter()
            .map(|(_, value)| value.to_owned())
            .collect(),
        None => vec![text.to_owned()],
    }
}

fn json_leaves(json: &Value) -> Vec<String> {
    match json {
        Value::Object(fields) => fields.values().flat_map(json_leaves).collect(),
        Value::Array(items) => items.iter().flat_map(json_leaves).collect(),
        Value::String(text) => leaves(text),
        other => vec![other.to_string()],
    }
}

/// The values in an HTTP request, whatever its protocol is.
fn sent(request: &str) -> BTreeSet<String> {
    let (head, body) = request.rsplit_once('\n').unwrap();
    let form = body.split('&').filter_map(|pair| pair.split_once('='));
    if body.starts_with("Action=") {
        let fields = form.filter(|(name, _)| !matches!(*name, "Action" | "Version"));
        return fields
            .flat_map(|(_, value)| leaves(&percent_decode_str(value).decode_utf8_lossy()))
            .collect();
    }
    if body.starts_with('{') {
        return leaves(body).into_iter().collect();
    }
    // S3: the bucket is part of the URL, and the rest is XML.
    let (host, _) = head.trim_start_matches("https://").split_once('.').unwrap();
    let texts = body
        .split(['<', '>'])
        .skip(1)
        .step_by(2)
        .zip(body.split(['<', '>']).skip(2).step_by(2));
    texts
        .map(|(_, text)| text.to_owned())
        .filter(|text| !text.is_empty())
        .chain([host.to_owned()])
        .collect()
}

async fn requests(step: &Step) -> Vec<String> {
    let recorder = Recorder::default();
    let aws = clients(&recorder);
    let mut outputs = StepOutputs::default();
    if let Err(failure) = execute(&aws, step, &mut outputs).await {
        panic!("{}: {}", step.summary(), failure.why);
    }
    std::mem::take(&mut recorder.0.lock().unwrap())
}

#[tokio::test]
async fn every_call_sends_the_values_that_it_prints() {
    let mut call = next(None);
    while let Some(example) = call {
        let command = example.cli().to_string();
        let command = match example.cli().output() {
            // The variable and the query exist only in the shell command.
            Some(_) => {
                command
                    .split_once("$(")
                    .unwrap()
                    .1
                    .split_once(" --query")
                    .unwrap()
                    .0
            }
            None => command.as_str(),
        };
        let requests = requests(&Step::Call(example.clone())).await;
        let [request] = requests.as_slice() else {
            panic!("{command}: {requests:?}")
        };
        let mut printed = printed(command);
        // The CLI converts the protocol name to its number.
        if matches!(example, AwsCall::CreateNetworkAclEntry(_)) && printed.remove("tcp") {
            printed.insert("6".to_owned());
        }
        assert_eq!(printed, sent(request), "{command}\n{request}");
        call = next(Some(&example));
    }
}

#[tokio::test]
async fn a_statement_is_added_to_the_policy_that_is_read() {
    let statement = json!({"Sid": "EcsExec1", "Action": "kms:Decrypt"});
    for policy in [
        ResourcePolicy::Key("key-1".to_owned()),
        ResourcePolicy::Endpoint("vpce-1".to_owned()),
    ] {
        let addition = StatementAddition {
            policy,
            statement: statement.clone(),
        };
        let requests = requests(&Step::AddStatement(addition)).await;
        let sent = sent(&requests[0]);
        assert!(sent.contains("kms:Decrypt"), "{sent:?}");
    }
}
