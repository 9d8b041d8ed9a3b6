//! A proxy between the program and the emulator: adds what the emulator lacks, counts calls, and injects faults.

use std::collections::BTreeMap;
use std::io::Read;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::container::Containers;
use super::fault::{self, Fault, error_response, is_json};
use super::http::{Answer, Request, serve};
use super::managed_agents::{Agent, add_agents, add_guardduty_container};
use super::policy_gate::PolicyGate;

/// The behaviour of the proxy; tests change it at run time.
#[derive(Default)]
pub struct Rules {
    /// Faults by action (`ecs:DescribeTasks`); `*` means every action.
    pub faults: BTreeMap<String, Fault>,
    /// The managed agent of tasks that were started with exec.
    pub agent: Agent,
    /// The managed agent after the tasks were replaced.
    pub agent_of_new_tasks: Option<Agent>,
    /// Whether GuardDuty adds its own failing container to every task.
    pub has_guardduty: bool,
    /// Merged into each service of DescribeServices after the next UpdateService.
    pub services_after_update: Option<Value>,
    /// By action, a patch that is merged into each resource of its JSON response (RFC 7396).
    pub patches: BTreeMap<String, Value>,
    /// By action, a text in its XML response and its replacement.
    pub rewrites: BTreeMap<String, (&'static str, &'static str)>,
    /// The policy of the endpoint, which the emulator does not store.
    pub endpoint_policy: Option<String>,
    /// The Date header of every response.
    pub date: Option<String>,
    pub calls: BTreeMap<String, u64>,
    /// The number of write calls that are still answered; the next one hangs.
    pub writes_left: Option<u64>,
    /// Whether a write call hangs now.
    pub is_stalled: bool,
    /// Enforces the caller's policies.
    pub gate: Option<Arc<PolicyGate>>,
    /// Bodies of requests that the proxy answers itself.
    pub request_bodies: Vec<String>,
    /// The containers of sessions.
    pub containers: Containers,
}

impl Rules {
    fn stalls(&mut self, action: &str) -> bool {
        match &mut self.writes_left {
            Some(_) if !is_write(action) => false,
            Some(0) => {
                self.is_stalled = true;
                true
            }
            Some(remaining) => {
                *remaining -= 1;
                false
            }
            None => false,
        }
    }
}

/// Whether a call changes something, judged by its name.
fn is_write(action: &str) -> bool {
    const READING: [&str; 5] = ["Describe", "Get", "List", "Simulate", "Generate"];
    let operation = action.split(':').nth(1).unwrap_or_default();
    !READING.iter().any(|verb| operation.starts_with(verb))
}

pub struct Proxy {
    pub url: String,
    pub rules: Arc<Mutex<Rules>>,
}

impl Proxy {
    pub fn start(upstream: &str) -> Proxy {
        let rules = Arc::new(Mutex::new(Rules::default()));
        let upstream = Upstream {
            url: upstream.to_owned(),
            agent: ureq::Agent::new_with_config(
                ureq::Agent::config_builder()
                    .http_status_as_error(false)
                    // Small buffers: ureq zeroes them at each call, which is slow in debug builds.
                    .input_buffer_size(16 * 1024)
                    .output_buffer_size(16 * 1024)
                    .max_idle_connections(64)
                    .max_idle_connections_per_host(64)
                    .build(),
            ),
        };
        let shared = rules.clone();
        let url = serve(move |request| {
            let action = action(&request);
            let fault = {
                let mut rules = shared.lock().unwrap();
                *rules.calls.entry(action.clone()).or_default() += 1;
                match rules.stalls(&action) {
                    true => Some(Fault::Hang),
                    false => fault::next_fault(&mut rules.faults, &action),
                }
            };
            let (status, body) = match &fault {
                Some(fault) if !fault.changes_response() => error_response(&action, fault),
                _ => answer(request, &upstream, &shared),
            };
            if let Some(Fault::Held(hold)) = &fault {
                hold.wait();
            }
            let date = shared.lock().unwrap().date.clone();
            Answer {
                status,
                body: match &fault {
                    Some(fault) => fault.alter(body, is_json(&action)),
                    None => body,
                },
                date,
                cut: matches!(fault, Some(Fault::Reset)),
            }
        });
        Proxy { url, rules }
    }

    pub fn fault(&self, action: &str, fault: Fault) {
        let mut rules = self.rules.lock().unwrap();
        rules.faults.insert(action.to_owned(), fault);
    }

    pub fn agent(&self, agent: Agent) {
        self.rules.lock().unwrap().agent = agent;
    }

    pub fn calls(&self) -> BTreeMap<String, u64> {
        self.rules.lock().unwrap().calls.clone()
    }
}

/// The emulator itself.
struct Upstream {
    url: String,
    agent: ureq::Agent,
}

fn answer(request: Request, upstream: &Upstream, rules: &Mutex<Rules>) -> (u16, Vec<u8>) {
    let action = action(&request);
    let (agent, has_guardduty) = {
        let rules = rules.lock().unwrap();
        (rules.agent, rules.has_guardduty)
    };
    let gate = rules.lock().unwrap().gate.clone();
    if gate.is_some_and(|gate| !gate.allows(&action, &request)) {
        return error_response(&action, &Fault::Deny);
    }
    if action == "ssm:StartSession" {
        let answer = json!({"SessionId": "s-1", "TokenValue": "the-token", "StreamUrl": "wss://x"});
        rules
            .lock()
            .unwrap()
            .request_bodies
            .push(String::from_utf8_lossy(&request.body).into_owned());
        return (200, answer.to_string().into_bytes());
    }
    let key = rules
        .lock()
        .unwrap()
        .containers
        .image
        .lock()
        .unwrap()
        .data_key
        .clone();
    if let ("kms:GenerateDataKey", Some(key)) = (action.as_str(), key) {
        rules
            .lock()
            .unwrap()
            .request_bodies
            .push(String::from_utf8_lossy(&request.body).into_owned());
        let encode = |bytes: &[u8]| data_encoding::BASE64.encode(bytes);
        let parameters: Value = serde_json::from_slice(&request.body).unwrap();
        let key_id = &parameters["KeyId"];
        let answer = json!({"KeyId": key_id, "Plaintext": encode(&key), "CiphertextBlob": encode(b"sealed")});
        return (200, answer.to_string().into_bytes());
    }
    if action == "ssm:ResumeSession" {
        let url = rules.lock().unwrap().containers.url.lock().unwrap().clone();
        let answer = json!({"SessionId": "x", "TokenValue": "another-token", "StreamUrl": url});
        return (200, answer.to_string().into_bytes());
    }
    let (status, answer) = upstream.forward(&request);
    let answer = apply_patches(answer, status, &action, rules);
    match action.as_str() {
        "ecs:DescribeTasks" if status == 200 => {
            let answer = add_agents(&answer, agent);
            (
                status,
                if has_guardduty {
                    add_guardduty_container(&answer)
                } else {
                    answer
                },
            )
        }
        "ecs:ExecuteCommand" if status == 200 => {
            let parameters: Value = serde_json::from_slice(&request.body).unwrap();
            let containers = rules.lock().unwrap().containers.clone();
            let url = containers.open(parameters["command"].as_str().unwrap());
            let mut answer: Value = serde_json::from_slice(&answer).unwrap();
            answer["session"] = json!({
                "sessionId": "ecs-execute-command-0a1b2c3d4e5f60718",
                "streamUrl": url,
                "tokenValue": "the-token",
            });
            (status, answer.to_string().into_bytes())
        }
        "ec2:DescribeVpcEndpoints" if status == 200 => {
            let policy = rules.lock().unwrap().endpoint_policy.clone();
            (status, add_policy(&answer, policy.as_deref()))
        }
        "ec2:ModifyVpcEndpoint" => {
            let body = String::from_utf8_lossy(&request.body);
            let policy = body
                .split('&')
                .find_map(|pair| pair.strip_prefix("PolicyDocument="));
            if let Some(policy) = policy {
                let plain = policy.replace('+', " ");
                let decoded = percent_encoding::percent_decode_str(&plain).decode_utf8_lossy();
                rules.lock().unwrap().endpoint_policy = Some(decoded.into_owned());
            }
            (status, answer)
        }
        "ecs:UpdateService" => {
            let update: Value = serde_json::from_slice(&request.body).unwrap();
            if update["forceNewDeployment"] == json!(true) {
                upstream.replace_tasks(&update);
            }
            let mut rules = rules.lock().unwrap();
            rules.agent = rules.agent_of_new_tasks.unwrap_or(rules.agent);
            let Some(services) = rules.services_after_update.clone() else {
                return (status, answer);
            };
            let mut response: Value = serde_json::from_slice(&answer).unwrap();
            merge(&mut response["service"], &services);
            rules
                .patches
                .insert("ecs:DescribeServices".to_owned(), services);
            (status, response.to_string().into_bytes())
        }
        _ => (status, answer),
    }
}

fn apply_patches(answer: Vec<u8>, status: u16, action: &str, rules: &Mutex<Rules>) -> Vec<u8> {
    let rules = rules.lock().unwrap();
    match (rules.patches.get(action), rules.rewrites.get(action)) {
        (Some(patch), _) if status == 200 => patch_resources(&answer, patch),
        (_, Some((from, to))) => String::from_utf8_lossy(&answer)
            .replace(from, to)
            .into_bytes(),
        _ => answer,
    }
}

impl Upstream {
    fn forward(&self, request: &Request) -> (u16, Vec<u8>) {
        let url = format!("{}{}", self.url, request.target);
        let mut forward = ureq::http::Request::builder()
            .method(request.method.as_str())
            .uri(url);
        for (name, value) in &request.headers {
            let ours = ["content-length", "host", "connection", "expect"];
            if !ours.iter().any(|known| name.eq_ignore_ascii_case(known)) {
                forward = forward.header(name, value);
            }
        }
        let forward = forward.body(request.body.clone()).unwrap();
        let mut response = self.agent.run(forward).unwrap();
        let mut answer = Vec::new();
        response
            .body_mut()
            .as_reader()
            .read_to_end(&mut answer)
            .unwrap();
        (response.status().as_u16(), answer)
    }

    /// The emulator ignores forceNewDeployment; stopping the tasks makes its scheduler start new ones.
    fn replace_tasks(&self, update: &Value) {
        let cluster = &update["cluster"];
        let service = json!({"cluster": cluster, "serviceName": update["service"]});
        let listed = self.ecs("ListTasks", &service);
        for task in listed["taskArns"].as_array().into_iter().flatten() {
            self.ecs("StopTask", &json!({"cluster": cluster, "task": task}));
        }
    }

    fn ecs(&self, operation: &str, body: &Value) -> Value {
        let mut response = self
            .agent
            .post(&self.url)
            .header("content-type", "application/x-amz-json-1.1")
            .header("x-amz-target", format!("AmazonEC2ContainerServiceV20141113.{operation}"))
            .header(
                "authorization",
                "AWS4-HMAC-SHA256 Credential=test/20260101/us-west-2/ecs/aws4_request, SignedHeaders=host, Signature=0",
            )
            .send(body.to_string())
            .unwrap();
        serde_json::from_reader(response.body_mut().as_reader()).unwrap()
    }
}

/// `service:Operation`, from the JSON protocols' header or the query protocols' body.
pub fn action(request: &Request) -> String {
    let service = request
        .header("authorization")
        .and_then(|value| value.split('/').nth(3))
        .unwrap_or("unknown");
    let body = String::from_utf8_lossy(&request.body);
    if service == "s3" && request.target.contains("encryption") {
        return "s3:GetEncryptionConfiguration".to_owned();
    }
    if service == "route53" {
        return "route53:ListHostedZonesByVPC".to_owned();
    }
    let operation = match request.header("x-amz-target") {
        Some(target) => target.rsplit('.').next(),
        None => body
            .split('&')
            .find_map(|pair| pair.strip_prefix("Action=")),
    };
    format!("{service}:{}", operation.unwrap_or_default())
}

/// Merges a patch into each resource of an ECS response.
fn patch_resources(answer: &[u8], patch: &Value) -> Vec<u8> {
    let mut answer: Value = serde_json::from_slice(answer).unwrap();
    for field in ["tasks", "services", "clusters"] {
        for resource in answer[field].as_array_mut().into_iter().flatten() {
            merge(resource, patch);
        }
    }
    if answer["taskDefinition"].is_object() {
        merge(&mut answer["taskDefinition"], patch);
    }
    answer.to_string().into_bytes()
}

/// An object under a list is merged into each of its items.
fn merge(target: &mut Value, patch: &Value) {
    match (target, patch) {
        (Value::Array(items), Value::Object(_)) => {
            items.iter_mut().for_each(|item| merge(item, patch));
        }
        (Value::Object(fields), Value::Object(changes)) => {
            for (name, change) in changes {
                merge(fields.entry(name.clone()).or_insert(Value::Null), change);
            }
        }
        (target, patch) => *target = patch.clone(),
    }
}

fn add_policy(answer: &[u8], policy: Option<&str>) -> Vec<u8> {
    let text = String::from_utf8_lossy(answer);
    let Some(policy) = policy else {
        return text.into_owned().into_bytes();
    };
    let escaped = policy
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('"', "&quot;");
    // Inserts the policy after the endpoint's ID: the order of fields does not matter.
    let end = "</vpcEndpointId>";
    let with_policy = format!("{end}<policyDocument>{escaped}</policyDocument>");
    text.replace(end, &with_policy).into_bytes()
}
