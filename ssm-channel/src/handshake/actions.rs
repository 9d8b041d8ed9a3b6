//! Processes the actions that the agent requests, except for the call to KMS.

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::payload::{
    ActionStatus, KmsParameters, KmsResult, ProcessedAction, RequestedAction, SessionTypeParameters,
};
use crate::session::SessionType;

/// The session types that are a terminal or behave like one.
const SHELL_TYPES: [&str; 3] = [
    "Standard_Stream",
    "InteractiveCommands",
    "NonInteractiveCommands",
];
/// The session type that carries connections to a port.
const PORT_TYPE: &str = "Port";
const SESSION_TYPE: &str = "SessionType";
const KMS_ENCRYPTION: &str = "KMSEncryption";

/// The processed actions, and the key that one of them requests.
pub struct Actions {
    pub processed: Vec<ProcessedAction>,
    pub kms: Option<KmsAction>,
}

/// The action that needs a data key: its place among the processed ones, and what it requests.
pub struct KmsAction {
    pub index: usize,
    pub parameters: KmsParameters,
}

pub fn process(requested: Vec<RequestedAction>, expected: SessionType) -> Actions {
    let mut kms = None;
    let mut processed = Vec::new();
    for (index, action) in requested.into_iter().enumerate() {
        processed.push(match action.action_type.as_str() {
            SESSION_TYPE => session_type(&action.action_parameters, expected),
            KMS_ENCRYPTION if kms.is_none() => match parse(&action.action_parameters) {
                Some(parameters) => {
                    kms = Some(KmsAction { index, parameters });
                    result(KMS_ENCRYPTION, ActionStatus::Success, "")
                }
                None => result(KMS_ENCRYPTION, ActionStatus::Failed, "no key is named"),
            },
            other => result(
                other,
                ActionStatus::Unsupported,
                &format!("Unsupported action {other}"),
            ),
        });
    }
    Actions { processed, kms }
}

fn session_type(parameters: &Value, expected: SessionType) -> ProcessedAction {
    let parameters: Option<SessionTypeParameters> = parse(parameters);
    let requested = parameters.map_or_else(String::new, |parameters| parameters.session_type);
    let is_expected = match expected {
        SessionType::Shell => SHELL_TYPES.contains(&requested.as_str()),
        SessionType::Port => requested == PORT_TYPE,
    };
    match is_expected {
        true => result(SESSION_TYPE, ActionStatus::Success, ""),
        false => {
            let error = format!("Unknown session type {requested}");
            result(SESSION_TYPE, ActionStatus::Failed, &error)
        }
    }
}

pub fn kms_success(kms: KmsResult) -> ProcessedAction {
    ProcessedAction {
        action_result: Some(kms),
        ..result(KMS_ENCRYPTION, ActionStatus::Success, "")
    }
}

pub fn kms_failure(why: &str) -> ProcessedAction {
    let error = format!("Failed to process action {KMS_ENCRYPTION}: {why}");
    result(KMS_ENCRYPTION, ActionStatus::Failed, &error)
}

fn result(action_type: &str, status: ActionStatus, error: &str) -> ProcessedAction {
    ProcessedAction {
        action_type: action_type.to_owned(),
        action_status: status as u32,
        action_result: None,
        error: error.to_owned(),
    }
}

fn parse<T: DeserializeOwned>(parameters: &Value) -> Option<T> {
    T::deserialize(parameters).ok()
}
