//! Why a call gave no answer, in words that a person understands.

use std::error::Error;
use std::io;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::ErrorMetadata;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use model::facts::{Fact, Reason, Unavailable};

use crate::cli_error::without_number;
use crate::environment::{PROXIES, variable};

/// Why a call gave no answer.
#[derive(Debug, Clone)]
pub struct Failure {
    pub why: Unavailable,
    /// AWS's error code.
    pub code: Option<String>,
}

impl Failure {
    pub fn of<E>(action: &str, error: &SdkError<E, HttpResponse>) -> Failure
    where
        E: Error + ProvideErrorMetadata + Send + Sync + 'static,
    {
        let (reason, message) = match error {
            SdkError::ServiceError(_) => service_error(error),
            SdkError::TimeoutError(_) => (Reason::TimedOut, "no answer".to_owned()),
            SdkError::DispatchFailure(failure) if failure.is_timeout() => {
                (Reason::TimedOut, "no answer".to_owned())
            }
            SdkError::DispatchFailure(_) => (Reason::Unreachable, unreachable(error)),
            SdkError::ResponseError(_) => (
                Reason::Failed,
                "the answer could not be understood".to_owned(),
            ),
            _ => (Reason::Failed, in_words(error)),
        };
        Failure {
            why: Unavailable::new(action, reason, message),
            code: error.code().map(str::to_owned),
        }
    }

    /// The deadline came before the answer.
    pub fn late(action: &str) -> Failure {
        Failure::from(Unavailable::new(
            action,
            Reason::TimedOut,
            "no answer within the time allowed",
        ))
    }

    pub fn is(&self, code: &str) -> bool {
        self.code.as_deref() == Some(code)
    }
}

impl From<Unavailable> for Failure {
    fn from(why: Unavailable) -> Failure {
        Failure { why, code: None }
    }
}

/// A call's answer as a fact; `absent` are the codes by which AWS says that there is no such thing.
pub fn fact<T>(answer: Result<T, Failure>, absent: &[&str]) -> Fact<T> {
    match answer {
        Ok(value) => Fact::Known(value),
        Err(failure) if absent.iter().any(|code| failure.is(code)) => Fact::Absent,
        Err(failure) => Fact::Unavailable(failure.why),
    }
}

/// What is wrong, as the innermost error of a chain says it.
pub fn in_words(error: &(dyn Error + 'static)) -> String {
    let chain: Vec<&(dyn Error + 'static)> = sources(error).collect();
    let Some(last) = chain.last() else {
        return String::new();
    };
    if let Some(said) = last.downcast_ref::<ErrorMetadata>() {
        let said = said.message().or(said.code());
        return said.unwrap_or("no reason given").to_owned();
    }
    let said = last.to_string();
    if let Some(status) = said.strip_prefix("StatusCode(") {
        return format!("HTTP status {}", status.trim_end_matches(')'));
    }
    // What the system says of a file or a connection does not tell which.
    match chain.len().checked_sub(2).map(|at| chain[at].to_string()) {
        Some(what) if last.is::<io::Error>() && !what.contains(&said) => {
            without_number(&format!("{what}: {said}"))
        }
        _ => without_number(&said),
    }
}

/// An error with everything that is behind it.
pub fn sources<'e>(
    error: &'e (dyn Error + 'static),
) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    let mut next = Some(error);
    std::iter::from_fn(move || {
        let current = next?;
        next = current.source();
        Some(current)
    })
}

fn unreachable(error: &(dyn Error + 'static)) -> String {
    let said = in_words(error);
    if said.contains("UnknownIssuer") {
        return "its certificate is not one that this machine trusts; AWS_CA_BUNDLE names a company's own".to_owned();
    }
    match PROXIES.iter().find(|name| variable(name).is_some()) {
        Some(name) => format!("{said}; {name} names a proxy, through which calls may go"),
        None => said,
    }
}

fn service_error<E>(error: &SdkError<E, HttpResponse>) -> (Reason, String)
where
    E: ProvideErrorMetadata,
{
    let code = error.code().unwrap_or_default();
    let message = match error.message() {
        Some(message) if !message.is_empty() => message.to_owned(),
        _ if code.is_empty() => match error.raw_response() {
            Some(response) if response.status().is_success() => {
                "the answer could not be understood".to_owned()
            }
            Some(response) => format!(
                "AWS answered with HTTP status {}",
                response.status().as_u16()
            ),
            None => "AWS answered with an error that has no name".to_owned(),
        },
        _ => code.to_owned(),
    };
    let reason = if is_denied(code) {
        Reason::Denied
    } else if is_throttled(code) || status(error) == Some(429) {
        Reason::Throttled
    } else {
        Reason::Failed
    };
    (reason, message)
}

fn status<E>(error: &SdkError<E, HttpResponse>) -> Option<u16> {
    error
        .raw_response()
        .map(|response| response.status().as_u16())
}

fn is_denied(code: &str) -> bool {
    matches!(
        code,
        "AccessDenied"
            | "AccessDeniedException"
            | "UnauthorizedOperation"
            | "UnauthorizedAccess"
            | "AuthorizationError"
            | "NotAuthorized"
            | "Client.UnauthorizedOperation"
            | "AllAccessDisabled"
    )
}

fn is_throttled(code: &str) -> bool {
    matches!(
        code,
        "Throttling"
            | "ThrottlingException"
            | "ThrottledException"
            | "RequestThrottled"
            | "RequestThrottledException"
            | "RequestLimitExceeded"
            | "TooManyRequestsException"
            | "PriorRequestNotComplete"
            | "SlowDown"
            | "EC2ThrottledException"
    )
}
