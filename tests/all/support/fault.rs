//! Faults of AWS calls: responses that replace, change or delay the real one.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::json;

/// Holds responses until the test releases them.
#[derive(Clone, Debug, Default)]
pub struct Hold(Arc<AtomicBool>);

impl Hold {
    pub fn release(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    pub fn wait(&self) {
        while !self.0.load(Ordering::SeqCst) {
            thread::sleep(Duration::from_millis(5));
        }
    }
}

/// A fault of one AWS call.
#[derive(Clone, Debug)]
pub enum Fault {
    Deny,
    /// This number of times, then the real response.
    Throttle(u32),
    Expired,
    /// The error of ECS if the agent is not connected.
    NotConnected,
    Hang,
    /// The real response when the test releases it.
    Held(Hold),
    Garbage,
    /// Status 200 and a response without fields.
    Empty,
    Status500,
    /// This number of times, then the real response.
    Status503(u32),
    /// The first half of the real response with a matching Content-Length.
    Truncated,
    /// The connection closes in the middle of the real response.
    Reset,
    /// The real response with unknown enumeration values.
    UnknownValues,
    /// The real response without optional fields.
    RequiredFieldsOnly,
    /// The real response with a text of 10 MB.
    LargeTexts,
}

impl Fault {
    /// Whether the real response is changed or delayed instead of replaced.
    pub fn changes_response(&self) -> bool {
        use Fault::*;
        matches!(
            self,
            Held(_) | Truncated | Reset | UnknownValues | RequiredFieldsOnly | LargeTexts
        )
    }
}

/// Takes the next fault of an action and counts it down.
pub fn next_fault(faults: &mut BTreeMap<String, Fault>, action: &str) -> Option<Fault> {
    let key = if faults.contains_key(action) {
        action
    } else {
        "*"
    };
    // A limited fault of `*` applies to each action separately.
    let fault = faults.get(key)?.clone();
    let next = match fault {
        Fault::Throttle(0) | Fault::Status503(0) => return None,
        Fault::Throttle(times) => Fault::Throttle(times - 1),
        Fault::Status503(times) => Fault::Status503(times - 1),
        _ => return Some(fault),
    };
    faults.insert(action.to_owned(), next);
    Some(fault)
}

/// The response that replaces the real one.
pub fn error_response(action: &str, fault: &Fault) -> (u16, Vec<u8>) {
    let (status, code, message) = match fault {
        Fault::Deny => (
            403,
            denial_code(action),
            "You are not authorized to do this.",
        ),
        Fault::Throttle(_) => (400, "ThrottlingException", "Rate exceeded"),
        Fault::Expired => (
            403,
            if is_json(action) {
                "ExpiredTokenException"
            } else {
                "ExpiredToken"
            },
            "The security token included in the request is expired",
        ),
        Fault::NotConnected => (
            400,
            "TargetNotConnectedException",
            "The execute command failed due to an internal error. Try again later.",
        ),
        Fault::Status503(_) => (503, "ServiceUnavailable", "Come again."),
        Fault::Held(_)
        | Fault::Truncated
        | Fault::Reset
        | Fault::UnknownValues
        | Fault::RequiredFieldsOnly
        | Fault::LargeTexts => {
            unreachable!("these faults change the real response")
        }
        Fault::Status500 => (500, "InternalFailure", "Something broke."),
        Fault::Empty if is_json(action) => return (200, b"{}".to_vec()),
        Fault::Empty => return (200, Vec::new()),
        Fault::Garbage => return (200, b"<html>\x1b[31m{{{ not an answer".to_vec()),
        Fault::Hang => {
            thread::sleep(Duration::from_secs(3600));
            unreachable!("tests end before this")
        }
    };
    let body = if is_json(action) {
        json!({"__type": code, "message": message}).to_string()
    } else if action.starts_with("ec2:") {
        format!(
            "<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors><RequestID>1</RequestID></Response>"
        )
    } else if action.starts_with("s3:") {
        format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>")
    } else {
        format!(
            "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error><RequestId>1</RequestId></ErrorResponse>"
        )
    };
    (status, body.into_bytes())
}

/// Whether the service uses JSON instead of XML.
pub fn is_json(action: &str) -> bool {
    ["ecs:", "kms:", "logs:", "ssm:"]
        .iter()
        .any(|service| action.starts_with(service))
}

fn denial_code(action: &str) -> &'static str {
    match action.split(':').next() {
        Some("ecs" | "kms" | "logs" | "ssm") => "AccessDeniedException",
        Some("ec2") => "UnauthorizedOperation",
        _ => "AccessDenied",
    }
}
