//! `sessions`: who opened sessions, from CloudTrail; and the end of an open one.

use serde_json::{Value, json};

use crate::environment_errors::assert_refused;
use crate::support::account::answer_account;
use crate::support::fake_service::Service;

const TASK: &str = "0a1b2c3d4e5f60718293a4b5c6d7e8f9";

fn execute(id: &str, at: &str, task: &str, command: &str) -> Value {
    let task = format!("arn:aws:ecs:us-west-2:123456789012:task/production/{task}");
    json!({
        "eventSource": "ecs.amazonaws.com", "eventName": "ExecuteCommand", "eventTime": at,
        "sourceIPAddress": "192.0.2.7",
        "userIdentity": {"arn": "arn:aws:sts::123456789012:assumed-role/ops/jane"},
        "requestParameters": {"cluster": "production", "task": task, "container": "web", "command": command},
        "responseElements": {
            "clusterArn": "arn:aws:ecs:us-west-2:123456789012:cluster/production", "taskArn": task,
            "containerName": "web", "session": {"sessionId": id},
        },
    })
}

fn start(id: &str, target: &str) -> Value {
    json!({
        "eventSource": "ssm.amazonaws.com", "eventName": "StartSession", "eventTime": "2026-11-30T08:00:00Z",
        "userIdentity": {"arn": "arn:aws:iam::123456789012:user/past"},
        "requestParameters": {"target": target}, "responseElements": {"sessionId": id},
    })
}

/// Sessions into a running task and into one that is gone; two pages of events of ECS, one of Systems Manager.
fn service() -> Service {
    let service = Service::start();
    answer_account(&service, Vec::new());
    service.answer("cloudtrail:LookupEvents", |body| {
        let asked: Value = serde_json::from_str(body).unwrap();
        let name = asked["LookupAttributes"][0]["AttributeValue"].as_str();
        let first = asked["NextToken"].is_null();
        let mut refused = execute("", "2026-11-30T07:00:00Z", TASK, "sh");
        refused["responseElements"] = Value::Null;
        refused["errorCode"] = json!("AccessDenied");
        let events = match (name.unwrap(), first) {
            ("ExecuteCommand", true) => vec![
                execute(
                    "s-open",
                    "2026-11-30T10:00:00Z",
                    TASK,
                    "mysql -phunter2 \u{1b}[31m",
                ),
                execute("s-gone", "2026-11-30T09:00:00Z", "ffff", "/bin/sh"),
            ],
            ("ExecuteCommand", false) => vec![refused],
            _ => vec![
                start("s-past", &format!("ecs:production_{TASK}_0a1b2c3d-123")),
                start("s-open", &format!("ecs:production_{TASK}_0a1b2c3d-123")),
                start("s-node", "i-0123456789abcdef0"),
            ],
        };
        let events: Vec<Value> = events
            .iter()
            .map(|event| json!({"CloudTrailEvent": event.to_string(), "EventTime": 1_790_000_000}))
            .collect();
        let next = (name == Some("ExecuteCommand") && first).then_some("more");
        (
            200,
            json!({"Events": events, "NextToken": next}).to_string(),
        )
    });
    service.answer("ssm:DescribeSessions", |_| {
        let session = |id: &str, target: &str| {
            json!({"SessionId": id, "Target": target, "Status": "Connected",
                "Owner": "arn:aws:iam::123456789012:user/late", "StartDate": 1_790_000_000})
        };
        let here = format!("ecs:production_{TASK}_0a1b2c3d-123");
        let there = format!("ecs:other_{TASK}_0a1b2c3d-123");
        let open = [
            session("s-open", &here),
            session("s-late", &here),
            session("s-there", &there),
            session("s-node", "i-0123456789abcdef0"),
        ];
        (200, json!({"Sessions": open}).to_string())
    });
    service
}

fn throttled() -> (u16, String) {
    (
        400,
        json!({"__type": "ThrottlingException", "message": "Rate exceeded"}).to_string(),
    )
}

fn denied() -> (u16, String) {
    (
        400,
        json!({"__type": "AccessDeniedException", "message": "no"}).to_string(),
    )
}

#[test]
fn sessions_have_who_where_what_and_whether_they_are_open() {
    let service = service();
    service.answer("ecs:DescribeTasks", |body| {
        let asked: Value = serde_json::from_str(body).unwrap();
        let ids = asked["tasks"].as_array().unwrap().iter();
        let (known, gone): (Vec<&Value>, Vec<&Value>) =
            ids.partition(|id| id.as_str().unwrap().ends_with(TASK));
        let tasks: Vec<Value> = known
            .iter()
            .map(|_| {
                json!({"taskArn": format!("arn:aws:ecs:us-west-2:123456789012:task/production/{TASK}"),
                    "lastStatus": "RUNNING", "group": "service:web", "taskDefinitionArn": "web:1",
                    "containers": [{"name": "web", "runtimeId": "0a1b2c3d-123"}]})
            })
            .collect();
        let failures: Vec<Value> = gone.iter().map(|id| json!({"arn": id, "reason": "MISSING"})).collect();
        (200, json!({"tasks": tasks, "failures": failures}).to_string())
    });
    service.answer("ecs:DescribeTaskDefinition", |_| {
        let log = json!({"logDriver": "awslogs", "options": {"awslogs-group": "/app"}});
        let container = json!({"name": "web", "logConfiguration": log});
        (
            200,
            json!({"taskDefinition": {"taskDefinitionArn": "web:1", "family": "web",
            "containerDefinitions": [container]}})
            .to_string(),
        )
    });
    let run = service.run(&["sessions", "--since", "7d", "--format", "json"]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    let json = run.json();
    assert_eq!(json["schema_version"], "1");
    let rows: Vec<Vec<&str>> = json["sessions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|session| {
            let fields = ["session_id", "state", "service", "container", "action"];
            fields
                .iter()
                .map(|field| session[*field].as_str().unwrap_or("-"))
                .collect()
        })
        .collect();
    let (execute, past) = ("ecs:ExecuteCommand", "ssm:StartSession");
    assert!(
        rows.contains(&vec!["s-open", "open", "web", "web", execute]),
        "{rows:?}"
    );
    assert!(
        rows.contains(&vec!["s-gone", "closed", "-", "web", execute]),
        "{rows:?}"
    );
    assert!(
        rows.contains(&vec!["s-past", "closed", "web", "web", past]),
        "{rows:?}"
    );
    assert!(
        rows.contains(&vec!["s-late", "open", "web", "web", past]),
        "{rows:?}"
    );
    assert!(
        rows.contains(&vec!["-", "refused", "web", "web", execute]),
        "{rows:?}"
    );
    assert_eq!(rows.len(), 5, "{rows:?}");
    assert_eq!(
        service.calls("cloudtrail:LookupEvents"),
        3,
        "every page of both names"
    );
    let open = &json["sessions"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["session_id"] == "s-open")
        .unwrap();
    assert_eq!(open["record"], "log group /app, stream s-open");
    assert_eq!(open["command"], "mysql -p[masked] [31m");

    let human = service.run(&["sessions", "web"]);
    assert_eq!(human.status, 0, "{}", human.stderr);
    assert!(human.stdout.contains("ops/jane"), "{}", human.stdout);
    assert!(
        !human.stdout.contains("s-gone") && !human.stdout.contains("hunter2"),
        "{}",
        human.stdout
    );
    assert!(
        human
            .stdout
            .contains("1 session into tasks that have no service or could not be read"),
        "{}",
        human.stdout
    );
    assert!(
        human.stdout.contains("15 minutes late and keeps 90 days"),
        "{}",
        human.stdout
    );
    let csv = service.run(&["sessions", "--format", "csv"]).stdout;
    assert!(csv.starts_with("started,principal,mfa,from,"), "{csv}");
}

#[test]
fn what_cannot_be_read_is_said() {
    let service = service();
    service.answer("ssm:DescribeSessions", |_| denied());
    let run = service.run(&["sessions", "--format", "json"]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    let human = service.run(&["sessions"]);
    let (_, since) = human
        .stdout
        .lines()
        .next()
        .unwrap()
        .split_once(" since ")
        .unwrap();
    let since = since.split(',').next().unwrap();
    assert_eq!(since.len(), "2026-11-29 21:47 UTC".len(), "{since}");
    let notes = run.json()["notes"].to_string();
    assert!(
        notes.contains(
            "Which sessions are open is unknown: missing permission ssm:DescribeSessions"
        ),
        "{notes}"
    );
    assert_eq!(run.json()["sessions"][0]["state"], "unknown");
    service.answer("cloudtrail:LookupEvents", |_| denied());
    assert_refused(
        &service.run(&["sessions"]),
        "cannot read the event history: missing permission cloudtrail:LookupEvents",
        "AWSCloudTrail_ReadOnlyAccess",
    );
}

#[test]
fn throttling_is_waited_out() {
    let service = service();
    let count = std::sync::atomic::AtomicUsize::new(0);
    service.answer("cloudtrail:LookupEvents", move |_| {
        match count.fetch_add(1, std::sync::atomic::Ordering::Relaxed) {
            0..6 => throttled(),
            _ => (200, json!({"Events": []}).to_string()),
        }
    });
    let run = service.run(&["sessions", "--format", "csv"]);
    assert_eq!(run.status, 0, "{}", run.stderr);
}

#[test]
fn wrong_times_and_services_are_refused() {
    let service = service();
    for (since, help) in [
        ("91d", "keeps 90 days"),
        ("0h", "greater than 0"),
        ("soon", "like 24h or 7d"),
    ] {
        assert_refused(
            &service.run(&["sessions", "--since", since]),
            help,
            "--since",
        );
    }
    let elsewhere = "arn:aws:ecs:us-west-2:123456789012:service/other/web";
    assert_refused(
        &service.run(&["sessions", elsewhere]),
        "is in cluster other",
        "--cluster",
    );
    assert_refused(&service.run(&["sessions", "--yes"]), "--end <ID>", "");
}

#[test]
fn an_open_session_is_ended_after_a_question() {
    let service = service();
    let asked = service.run(&["sessions", "--end", "s-late"]);
    assert_refused(&asked, "confirmation needs a terminal", "--yes");
    assert!(
        asked.stderr.contains("s-late: late opened it into task"),
        "{}",
        asked.stderr
    );
    assert_eq!(service.calls("ssm:TerminateSession"), 0);
    let ended = service.run(&["sessions", "--end", "s-late", "--yes"]);
    assert_eq!((ended.status, ended.stdout.as_str()), (0, "Ended s-late\n"));
    assert_eq!(service.calls("ssm:TerminateSession"), 1);
    let end = |id: &str| service.run(&["sessions", "--yes", "--end", id]);
    assert_refused(
        &end("s-nope"),
        "there is no open session s-nope",
        "s-open and s-late",
    );
    assert_refused(&end("s-there"), "is in cluster other", "--cluster other");
    assert_refused(
        &end("s-node"),
        "is into i-0123456789abcdef0, which is not a task",
        "",
    );
    assert_eq!(service.calls("ssm:TerminateSession"), 1);
    service.answer("ssm:TerminateSession", |_| denied());
    assert_refused(
        &end("s-late"),
        "missing permission ssm:TerminateSession",
        "",
    );
    service.answer("ssm:DescribeSessions", |_| denied());
    assert_refused(
        &end("s-late"),
        "missing permission ssm:TerminateSession",
        "is unknown",
    );
}
