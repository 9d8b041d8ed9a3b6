//! A simulated service with one task, for session tests without the emulator.

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::container::{Containers, Image};
use super::doctor::{self, Run};
use super::http::{Answer, Request, serve};
use super::platform::home;
use super::port_agent;
use super::proxy::action;

const REGION_AND_ACCOUNT: &str = "us-west-2:123456789012";
pub const KEY: &str = "arn:aws:kms:us-west-2:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";

/// The state of the account; tests change it at run time.
#[derive(Default)]
pub struct Account {
    /// The cluster's key for ECS Exec.
    pub kms_key: Option<&'static str>,
    /// Denied actions, each with its message.
    pub denied: BTreeMap<&'static str, &'static str>,
    /// Answers to other actions, made of the request's body: status and body.
    pub answers: BTreeMap<&'static str, Reply>,
    pub calls: BTreeMap<String, u64>,
    /// What ssm:StartSession was asked.
    pub port_sessions: Vec<Value>,
    /// Port sessions end by themselves after this time.
    pub port_sessions_end_after: Option<Duration>,
}

pub type Reply = Box<dyn Fn(&str) -> (u16, String) + Send>;

pub struct Service {
    pub home: TempDir,
    pub account: Arc<Mutex<Account>>,
    containers: Containers,
    url: String,
}

impl Service {
    pub fn start() -> Service {
        let account: Arc<Mutex<Account>> = Arc::default();
        let containers = Containers::default();
        let (shared, opened) = (account.clone(), containers.clone());
        let url = serve(move |request| answer(&request, &shared, &opened));
        Service {
            home: home(false),
            account,
            containers,
            url,
        }
    }

    pub fn with_image(change: impl FnOnce(&mut Image)) -> Service {
        let service = Service::start();
        service.image(change);
        service
    }

    pub fn image(&self, change: impl FnOnce(&mut Image)) {
        change(&mut self.containers.image.lock().unwrap());
    }

    /// The commands of the sessions.
    pub fn commands(&self) -> Vec<String> {
        self.containers.commands.lock().unwrap().clone()
    }

    /// Answers an action with what its body asks for.
    pub fn answer(
        &self,
        action: &'static str,
        reply: impl Fn(&str) -> (u16, String) + Send + 'static,
    ) {
        let mut account = self.account.lock().unwrap();
        account.answers.insert(action, Box::new(reply));
    }

    pub fn calls(&self, action: &str) -> u64 {
        let account = self.account.lock().unwrap();
        account.calls.get(action).copied().unwrap_or(0)
    }

    /// The program with these arguments. They should disable the doctor, which needs more APIs.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = doctor::command(self.home.path());
        command
            .args(arguments)
            .env("AWS_ENDPOINT_URL", &self.url)
            .env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
            .env("AWS_SECRET_ACCESS_KEY", "secret")
            .env("AWS_REGION", "us-west-2")
            .env("ECS_EXEC_CLUSTER", "production");
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Run {
        doctor::run(&mut self.command(arguments))
    }
}

fn answer(request: &Request, account: &Mutex<Account>, containers: &Containers) -> Answer {
    let action = action(request);
    let mut account = account.lock().unwrap();
    *account.calls.entry(action.clone()).or_default() += 1;
    if let Some(reply) = account.answers.get(action.as_str()) {
        let (status, body) = reply(&String::from_utf8_lossy(&request.body));
        return Answer {
            status,
            body: body.into_bytes(),
            date: None,
            cut: false,
        };
    }
    let (status, body) = match account.denied.get(action.as_str()) {
        Some(why) => (
            400,
            json!({"__type": "AccessDeniedException", "message": why}),
        ),
        None => match response_body(&action, request, &mut account, containers) {
            Some(body) => (200, body),
            None => (
                400,
                json!({"__type": "AccessDeniedException", "message": format!("not here: {action}")}),
            ),
        },
    };
    Answer {
        status,
        body: body.to_string().into_bytes(),
        date: None,
        cut: false,
    }
}

fn response_body(
    action: &str,
    request: &Request,
    account: &mut Account,
    containers: &Containers,
) -> Option<Value> {
    let parameters: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let cluster = format!("arn:aws:ecs:{REGION_AND_ACCOUNT}:cluster/production");
    let task = format!(
        "arn:aws:ecs:{REGION_AND_ACCOUNT}:task/production/0a1b2c3d4e5f60718293a4b5c6d7e8f9"
    );
    let image = containers.image.lock().unwrap().clone();
    Some(match action {
        "ecs:DescribeServices" => json!({"services": [{
            "serviceArn": format!("arn:aws:ecs:{REGION_AND_ACCOUNT}:service/production/web"), "serviceName": "web",
            "clusterArn": cluster, "status": "ACTIVE", "desiredCount": 1, "runningCount": 1,
            "enableExecuteCommand": true, "taskDefinition": format!("arn:aws:ecs:{REGION_AND_ACCOUNT}:task-definition/web:1"),
        }]}),
        "ecs:ListServices" => {
            json!({"serviceArns": [format!("arn:aws:ecs:{REGION_AND_ACCOUNT}:service/production/web")]})
        }
        "ecs:ListTasks" => json!({"taskArns": [task]}),
        "ecs:DescribeTasks" => json!({"tasks": [{
            "taskArn": task, "clusterArn": cluster, "lastStatus": "RUNNING", "desiredStatus": "RUNNING",
            "enableExecuteCommand": true, "group": "service:web", "launchType": "FARGATE",
            "taskDefinitionArn": format!("arn:aws:ecs:{REGION_AND_ACCOUNT}:task-definition/web:1"),
            "containers": [{
                "name": "web", "lastStatus": "RUNNING", "runtimeId": "0a1b2c3d-123",
                "managedAgents": [{"name": "ExecuteCommandAgent", "lastStatus": "RUNNING"}],
            }],
        }]}),
        "ecs:DescribeClusters" => {
            let exec = account
                .kms_key
                .map(|key| json!({"kmsKeyId": key, "logging": "DEFAULT"}));
            json!({"clusters": [{
                "clusterArn": cluster, "clusterName": "production", "status": "ACTIVE",
                "configuration": {"executeCommandConfiguration": exec},
            }]})
        }
        "ecs:ExecuteCommand" => {
            let url = containers.open(parameters["command"].as_str()?);
            json!({"clusterArn": cluster, "taskArn": task, "session": {
                "sessionId": "ecs-execute-command-0a1b2c3d4e5f60718",
                "streamUrl": url, "tokenValue": "the-token",
            }})
        }
        "kms:GenerateDataKey" => {
            let encode = |bytes: &[u8]| data_encoding::BASE64.encode(bytes);
            json!({
                "KeyId": parameters["KeyId"], "Plaintext": encode(&image.data_key?),
                "CiphertextBlob": encode(b"sealed"),
            })
        }
        "ssm:StartSession" => {
            let port = &parameters["Parameters"]["portNumber"][0];
            let port = port.as_str()?.parse().ok()?;
            let local = &parameters["Parameters"]["localPortNumber"][0];
            let local = local.as_str().unwrap_or_default().to_owned();
            let url = port_agent::start(port, local, account.port_sessions_end_after);
            account.port_sessions.push(parameters);
            json!({"SessionId": "user-0a1b2c3d4e5f60718", "TokenValue": "the-token", "StreamUrl": url})
        }
        "ssm:TerminateSession" => json!({"SessionId": "ecs-execute-command-0a1b2c3d4e5f60718"}),
        _ => return None,
    })
}
