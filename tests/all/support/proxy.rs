//! Stands between the program and the emulator: adds what the emulator lacks, counts calls, and breaks
//! them on demand.

use std::collections::BTreeMap;
use std::io::Read;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use tiny_http::{Header, Request, Response, Server, StatusCode};

/// How many calls are answered at the same time.
const WORKERS: usize = 24;

/// What happens to a call instead of, or before, the emulator's answer.
#[derive(Clone, Debug)]
pub enum Fault {
    Deny,
    /// This many times, then the real answer.
    Throttle(u32),
    Expired,
    Hang,
    Garbage,
    Status500,
}

/// What the proxy does; tests change it while it runs.
#[derive(Default)]
pub struct Rules {
    /// By action (`ecs:DescribeTasks`); `*` is every one.
    pub faults: BTreeMap<String, Fault>,
    /// Added to every call.
    pub latency: Duration,
    /// What DescribeTasks says of the exec agent of tasks that were started with exec.
    pub agent: Agent,
    pub calls: BTreeMap<String, u64>,
}

#[derive(Clone, Copy, Default)]
pub enum Agent {
    #[default]
    Running,
    Pending,
    Stopped,
    Absent,
}

pub struct Proxy {
    pub url: String,
    pub rules: Arc<Mutex<Rules>>,
}

impl Proxy {
    pub fn start(upstream: &str) -> Proxy {
        let server = Arc::new(Server::http("127.0.0.1:0").unwrap());
        let url = format!("http://{}", server.server_addr());
        let rules = Arc::new(Mutex::new(Rules::default()));
        let agent = ureq::Agent::new_with_config(
            ureq::Agent::config_builder()
                .http_status_as_error(false)
                .build(),
        );
        for _ in 0..WORKERS {
            let upstream = Upstream {
                url: upstream.to_owned(),
                agent: agent.clone(),
            };
            let (server, rules) = (server.clone(), rules.clone());
            thread::spawn(move || {
                while let Ok(request) = server.recv() {
                    answer(request, &upstream, &rules);
                }
            });
        }
        Proxy { url, rules }
    }

    pub fn fault(&self, action: &str, fault: Fault) {
        let mut rules = self.rules.lock().unwrap();
        rules.faults.insert(action.to_owned(), fault);
    }

    pub fn agent(&self, agent: Agent) {
        self.rules.lock().unwrap().agent = agent;
    }

    pub fn latency(&self, latency: Duration) {
        self.rules.lock().unwrap().latency = latency;
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

fn answer(mut request: Request, upstream: &Upstream, rules: &Mutex<Rules>) {
    let mut body = Vec::new();
    request.as_reader().read_to_end(&mut body).unwrap();
    let action = action(request.headers(), &body);
    let (fault, latency, agent) = {
        let mut rules = rules.lock().unwrap();
        *rules.calls.entry(action.clone()).or_default() += 1;
        (take_fault(&mut rules, &action), rules.latency, rules.agent)
    };
    thread::sleep(latency);
    let (status, mut answer) = match fault {
        Some(Fault::Hang) => {
            // Kept open and never answered, for as long as the test runs.
            std::mem::forget(request);
            return;
        }
        Some(fault) => broken(&action, &fault),
        None => upstream.forward(&request, &body),
    };
    if action == "ecs:DescribeTasks" && status == 200 && !answer.starts_with(b"<") {
        answer = add_agents(&answer, agent);
    }
    if action == "ecs:UpdateService" {
        let update: Value = serde_json::from_slice(&body).unwrap();
        if update["forceNewDeployment"] == json!(true) {
            upstream.replace_tasks(&update);
        }
    }
    let response = Response::from_data(answer)
        .with_status_code(StatusCode(status))
        .with_chunked_threshold(usize::MAX);
    // Whoever asked may have given up.
    let _ = request.respond(response);
}

impl Upstream {
    fn forward(&self, request: &Request, body: &[u8]) -> (u16, Vec<u8>) {
        let mut forward = self.agent.post(format!("{}{}", self.url, request.url()));
        for header in request.headers() {
            let name = header.field.as_str().as_str();
            if !matches!(
                name.to_ascii_lowercase().as_str(),
                "content-length" | "host" | "connection"
            ) {
                forward = forward.header(name, header.value.as_str());
            }
        }
        let mut response = forward.send(body).unwrap();
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

fn take_fault(rules: &mut Rules, action: &str) -> Option<Fault> {
    let key = if rules.faults.contains_key(action) {
        action
    } else {
        "*"
    };
    // Throttling everywhere means each action so many times, not all of them together.
    let fault = rules.faults.get(key)?.clone();
    if let Fault::Throttle(times) = fault {
        if times == 0 {
            return None;
        }
        rules
            .faults
            .insert(action.to_owned(), Fault::Throttle(times - 1));
    }
    Some(fault)
}

/// `service:Operation`, from the JSON protocols' header or the query protocols' body.
fn action(headers: &[Header], body: &[u8]) -> String {
    let header = |name: &'static str| {
        headers
            .iter()
            .find(|header| header.field.equiv(name))
            .map(|header| header.value.as_str())
    };
    let service = header("authorization")
        .and_then(|value| value.split('/').nth(3))
        .unwrap_or("unknown");
    let operation = match header("x-amz-target") {
        Some(target) => target.rsplit('.').next().unwrap().to_owned(),
        None => String::from_utf8_lossy(body)
            .split('&')
            .find_map(|pair| pair.strip_prefix("Action=").map(str::to_owned))
            .unwrap_or_default(),
    };
    format!("{service}:{operation}")
}

fn broken(action: &str, fault: &Fault) -> (u16, Vec<u8>) {
    let (status, code, message) = match fault {
        Fault::Deny => (
            403,
            denial_code(action),
            "You are not authorized to do this.",
        ),
        Fault::Throttle(_) => (400, "ThrottlingException", "Rate exceeded"),
        Fault::Expired => (
            403,
            if action.starts_with("ecs:") {
                "ExpiredTokenException"
            } else {
                "ExpiredToken"
            },
            "The security token included in the request is expired",
        ),
        Fault::Status500 => (500, "InternalFailure", "Something broke."),
        Fault::Garbage => return (200, b"<html>\x1b[31m{{{ not an answer".to_vec()),
        Fault::Hang => unreachable!("it never answers"),
    };
    let body = if action.starts_with("ecs:") {
        json!({"__type": code, "message": message}).to_string()
    } else if action.starts_with("ec2:") {
        format!(
            "<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors><RequestID>1</RequestID></Response>"
        )
    } else {
        format!(
            "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error><RequestId>1</RequestId></ErrorResponse>"
        )
    };
    (status, body.into_bytes())
}

fn denial_code(action: &str) -> &'static str {
    match action.split(':').next() {
        Some("ecs") => "AccessDeniedException",
        Some("ec2") => "UnauthorizedOperation",
        _ => "AccessDenied",
    }
}

/// The emulator reports no managed agents; AWS reports one for each container of a task started with exec.
fn add_agents(answer: &[u8], agent: Agent) -> Vec<u8> {
    let mut answer: Value = serde_json::from_slice(answer).unwrap();
    let status = match agent {
        Agent::Running => "RUNNING",
        Agent::Pending => "PENDING",
        Agent::Stopped => "STOPPED",
        Agent::Absent => return answer.to_string().into_bytes(),
    };
    for task in answer["tasks"].as_array_mut().into_iter().flatten() {
        if task["enableExecuteCommand"] != json!(true) {
            continue;
        }
        for container in task["containers"].as_array_mut().into_iter().flatten() {
            container["managedAgents"] =
                json!([{"name": "ExecuteCommandAgent", "lastStatus": status}]);
        }
    }
    answer.to_string().into_bytes()
}
