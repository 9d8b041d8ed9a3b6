//! Sessions in CloudTrail's records of `ExecuteCommand` and `StartSession`.
//! <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/logging-using-cloudtrail.html>

use aws_rules::iam::session_access::{EXECUTE, START_SESSION};
use jiff::Timestamp;
use model::arn;
use model::secrets::mask;
use model::text::sanitize_line;
use serde::Serialize;
use serde_json::Value;

/// A session that somebody opened, or tried to open.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SessionRecord {
    /// In RFC 3339.
    pub started_at: Option<String>,
    pub session_id: Option<String>,
    /// ARN of the principal.
    pub principal: String,
    /// Whether the principal signed in with MFA, as far as CloudTrail knows.
    pub mfa: Option<bool>,
    pub source_ip: Option<String>,
    pub user_agent: Option<String>,
    /// `ecs:ExecuteCommand`, or `ssm:StartSession`, which bypasses ECS.
    pub action: &'static str,
    /// Name of the service; null if ECS no longer knows the task.
    pub service: Option<String>,
    /// ID of the task.
    pub task: Option<String>,
    pub container: Option<String>,
    /// The command line, with what looks like a secret masked.
    pub command: Option<String>,
    /// `open`, `closed`, `refused`, `failed`, or `unknown`.
    pub state: &'static str,
    /// Why it was refused or failed.
    pub error: Option<String>,
    /// Where its output is recorded.
    pub record: Option<String>,
    /// The ID by which Systems Manager knows the container.
    #[serde(skip)]
    pub runtime_id: Option<String>,
}

/// CloudTrail's word for values that it leaves out.
const HIDDEN: &str = "HIDDEN_DUE_TO_SECURITY_REASONS";

/// The session of an event. `None`: it is none into a task of this cluster.
pub fn session_record(json: &str, cluster: &str) -> Option<SessionRecord> {
    let event: Value = serde_json::from_str(json).ok()?;
    let record = match (event["eventSource"].as_str()?, event["eventName"].as_str()?) {
        ("ecs.amazonaws.com", "ExecuteCommand") => execute_command(&event, cluster)?,
        ("ssm.amazonaws.com", "StartSession") => start_session(&event, cluster)?,
        _ => return None,
    };
    let text = |value: &Value| value.as_str().map(sanitize_line);
    let identity = &event["userIdentity"];
    let by_service = identity["invokedBy"].as_str().map(sanitize_line);
    let principal = text(&identity["arn"]).or(by_service);
    let mfa = &identity["sessionContext"]["attributes"]["mfaAuthenticated"];
    let code = text(&event["errorCode"]);
    let message = text(&event["errorMessage"]).map(|message| mask(&message));
    let is_refused = code.as_deref().is_some_and(|code| {
        code.contains("AccessDenied")
            || code.contains("Unauthorized")
            || code.contains("NotAuthorized")
    });
    let started_at = event["eventTime"]
        .as_str()
        .and_then(|at| at.parse::<Timestamp>().ok());
    Some(SessionRecord {
        started_at: started_at.map(|at| at.to_string()),
        principal: principal.unwrap_or_else(|| "unknown".to_owned()),
        mfa: mfa.as_str().map(|mfa| mfa == "true").or(mfa.as_bool()),
        source_ip: text(&event["sourceIPAddress"]),
        user_agent: text(&event["userAgent"]),
        state: match (&code, is_refused) {
            (None, _) => "unknown",
            (Some(_), true) => "refused",
            (Some(_), false) => "failed",
        },
        error: code.map(|code| match message {
            Some(message) => format!("{code}: {message}"),
            None => code,
        }),
        ..record
    })
}

fn execute_command(event: &Value, cluster: &str) -> Option<SessionRecord> {
    let (asked, answer) = (&event["requestParameters"], &event["responseElements"]);
    if asked["dryrun"] == true {
        return None;
    }
    let named = first([&answer["clusterArn"], &asked["cluster"]]).unwrap_or("default");
    if arn::name(named) != cluster {
        return None;
    }
    let task = first([&answer["taskArn"], &asked["task"]]);
    let container = first([&answer["containerName"], &asked["container"]]);
    Some(SessionRecord {
        session_id: answer["session"]["sessionId"].as_str().map(sanitize_line),
        action: EXECUTE,
        task: task.map(|task| sanitize_line(arn::name(task))),
        container: container.map(sanitize_line),
        command: asked["command"]
            .as_str()
            .filter(|command| !command.contains(HIDDEN))
            .map(|command| mask(&sanitize_line(command))),
        ..SessionRecord::default()
    })
}

/// The first value that is a text.
fn first(values: [&Value; 2]) -> Option<&str> {
    values.into_iter().find_map(Value::as_str)
}

fn start_session(event: &Value, cluster: &str) -> Option<SessionRecord> {
    let (asked, answer) = (&event["requestParameters"], &event["responseElements"]);
    let target = Target::parse(asked["target"].as_str()?)?;
    let document = asked["documentName"].as_str();
    (target.cluster == cluster).then(|| SessionRecord {
        session_id: answer["sessionId"].as_str().map(sanitize_line),
        action: START_SESSION,
        task: Some(sanitize_line(target.task)),
        runtime_id: Some(target.runtime_id.to_owned()),
        command: document.map(|document| format!("document {}", sanitize_line(document))),
        ..SessionRecord::default()
    })
}

/// The target of a session into a task: `ecs:CLUSTER_TASK_RUNTIME`.
pub struct Target<'t> {
    pub cluster: &'t str,
    pub task: &'t str,
    pub runtime_id: &'t str,
}

impl Target<'_> {
    /// `None`: the session is into a node, not into a task.
    pub fn parse(target: &str) -> Option<Target<'_>> {
        // A cluster's name may have underscores.
        let mut parts = target.strip_prefix("ecs:")?.rsplitn(3, '_');
        let (runtime_id, task, cluster) = (parts.next()?, parts.next()?, parts.next()?);
        Some(Target {
            cluster,
            task,
            runtime_id,
        })
    }
}

/// `ops/jane` of an assumed role, `jane` of a user.
pub fn short_principal(principal: &str) -> &str {
    let after = |mark: &str| principal.split_once(mark).map(|(_, name)| name);
    match after(":assumed-role/") {
        Some(name) => name,
        None => match after(":user/") {
            Some(name) => arn::name(name),
            None => principal.rsplit(':').next().unwrap_or(principal),
        },
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const TASK: &str = "arn:aws:ecs:us-west-2:123456789012:task/prod/0a1b";

    fn event() -> Value {
        json!({
            "eventSource": "ecs.amazonaws.com", "eventName": "ExecuteCommand", "eventTime": "2026-11-30T10:00:00Z",
            "sourceIPAddress": "192.0.2.7", "userAgent": "ecs-exec/0.1",
            "userIdentity": {
                "type": "AssumedRole", "arn": "arn:aws:sts::123456789012:assumed-role/ops/jane",
                "sessionContext": {"attributes": {"mfaAuthenticated": "true"}},
            },
            "requestParameters": {
                "cluster": "prod", "task": "0a1b", "container": "web", "interactive": true,
                "command": "/bin/sh -c 'psql postgres://app:hunter2@db/prod'",
            },
            "responseElements": {
                "clusterArn": "arn:aws:ecs:us-west-2:123456789012:cluster/prod", "taskArn": TASK, "containerName": "web",
                "session": {"sessionId": "ecs-execute-command-1", "tokenValue": "HIDDEN_DUE_TO_SECURITY_REASONS"},
            },
        })
    }

    fn read(event: &Value) -> Option<SessionRecord> {
        session_record(&event.to_string(), "prod")
    }

    #[test]
    fn a_session_has_who_when_where_and_what_without_secrets() {
        let record = read(&event()).unwrap();
        assert_eq!(record.started_at.as_deref(), Some("2026-11-30T10:00:00Z"));
        assert_eq!(record.session_id.as_deref(), Some("ecs-execute-command-1"));
        assert_eq!(short_principal(&record.principal), "ops/jane");
        assert_eq!(record.mfa, Some(true));
        assert_eq!(record.source_ip.as_deref(), Some("192.0.2.7"));
        let where_to = (record.task.as_deref(), record.container.as_deref());
        assert_eq!(where_to, (Some("0a1b"), Some("web")));
        let command = record.command.unwrap();
        assert!(
            command.contains("psql") && !command.contains("hunter2"),
            "{command}"
        );
    }

    #[test]
    fn events_of_other_clusters_and_dry_runs_are_left_out() {
        assert!(session_record(&event().to_string(), "other").is_none());
        let mut dry = event();
        dry["requestParameters"]["dryrun"] = json!(true);
        assert!(read(&dry).is_none());
        assert!(session_record("{", "prod").is_none());
        assert!(session_record("{}", "prod").is_none());
        let mut unnamed = event();
        unnamed["responseElements"] = Value::Null;
        unnamed["requestParameters"]["cluster"] = Value::Null;
        assert!(session_record(&unnamed.to_string(), "default").is_some());
    }

    #[test]
    fn attempts_that_failed_say_why() {
        let mut refused = event();
        refused["responseElements"] = Value::Null;
        refused["errorCode"] = json!("AccessDenied");
        refused["errorMessage"] = json!("User is not authorized\u{1b}[31m");
        let record = read(&refused).unwrap();
        assert_eq!(record.state, "refused");
        assert_eq!(
            record.error.as_deref(),
            Some("AccessDenied: User is not authorized[31m")
        );
        assert_eq!(
            (record.task.as_deref(), record.session_id),
            (Some("0a1b"), None)
        );
        refused["errorCode"] = json!("TargetNotConnectedException");
        assert_eq!(read(&refused).unwrap().state, "failed");
    }

    #[test]
    fn a_session_past_ecs_is_known_by_its_target() {
        let start = |target: &str| {
            read(&json!({
                "eventSource": "ssm.amazonaws.com", "eventName": "StartSession", "eventTime": "2026-11-30T10:00:00Z",
                "userIdentity": {"arn": "arn:aws:iam::123456789012:user/team/jane"},
                "requestParameters": {"target": target},
                "responseElements": {"sessionId": "jane-1"},
            }))
        };
        let record = start("ecs:prod_0a1b_0a1b-77").unwrap();
        assert_eq!(record.action, START_SESSION);
        assert_eq!(record.runtime_id.as_deref(), Some("0a1b-77"));
        assert_eq!(short_principal(&record.principal), "jane");
        assert!(start("i-0123").is_none() && start("ecs:other_0a1b_0a1b-77").is_none());
        let target = Target::parse("ecs:my_cluster_0a1b_0a1b-77").unwrap();
        assert_eq!(target.cluster, "my_cluster");
        assert_eq!(short_principal("arn:aws:iam::123456789012:root"), "root");
    }
}
