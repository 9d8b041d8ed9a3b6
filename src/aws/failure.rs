//! Why a call failed, in words that a person understands.

use std::error::Error;
use std::io;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::ErrorMetadata;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use model::facts::{Fact, Reason, Unavailable};

use crate::cli_error::without_number;
use crate::environment::{PROXIES, variable};

/// Why a call failed.
#[derive(Debug, Clone)]
pub struct Failure {
    pub why: Unavailable,
    /// AWS's error code.
    pub code: Option<String>,
}

impl Failure {
    /// The failure of a call. `action`: as in IAM policies.
    pub fn new<E>(action: &str, error: &SdkError<E, HttpResponse>) -> Failure
    where
        E: Error + ProvideErrorMetadata + Send + Sync + 'static,
    {
        let (reason, message) = match error {
            SdkError::ServiceError(_) => service_error(error),
            SdkError::TimeoutError(_) => (Reason::TimedOut, "no response".to_owned()),
            SdkError::DispatchFailure(failure) if failure.is_timeout() => {
                (Reason::TimedOut, "no response".to_owned())
            }
            SdkError::DispatchFailure(_) => (Reason::Unreachable, unreachable(error)),
            SdkError::ResponseError(_) => (Reason::Failed, "cannot read the response".to_owned()),
            _ => (Reason::Failed, root_message(error)),
        };
        Failure {
            why: Unavailable::new(action, reason, message),
            code: error.code().map(str::to_owned),
        }
    }

    /// The deadline came before the response.
    pub fn timeout(action: &str) -> Failure {
        Failure::from(Unavailable::new(
            action,
            Reason::TimedOut,
            "no response within the timeout",
        ))
    }

    /// A region that does not exist shows only as a host name that does not exist.
    pub fn explain_unknown_host(mut self, region: &str) -> Failure {
        let message = &mut self.why.message;
        if self.why.reason == Reason::Unreachable && is_unknown_host(message) {
            message.push_str(&format!(
                "; check that {region} is the region (--region); if it is, this machine cannot resolve AWS's names"
            ));
        }
        self
    }

    /// Whether AWS answered with this error code.
    pub fn is(&self, code: &str) -> bool {
        self.code.as_deref() == Some(code)
    }
}

impl From<Unavailable> for Failure {
    fn from(why: Unavailable) -> Failure {
        Failure { why, code: None }
    }
}

/// A call's answer as a fact. `absent`: the error codes which mean that the resource does not exist.
pub fn fact<T>(answer: Result<T, Failure>, absent: &[&str]) -> Fact<T> {
    match answer {
        Ok(value) => Fact::Known(value),
        Err(failure) if absent.iter().any(|code| failure.is(code)) => Fact::Absent,
        Err(failure) => Fact::Unavailable(failure.why),
    }
}

/// The message of the innermost error in a chain.
pub fn root_message(error: &(dyn Error + 'static)) -> String {
    let chain: Vec<&(dyn Error + 'static)> = sources(error).collect();
    let Some(last) = chain.last() else {
        return String::new();
    };
    if let Some(metadata) = last.downcast_ref::<ErrorMetadata>() {
        let message = metadata.message().or(metadata.code());
        return message.unwrap_or("no reason given").to_owned();
    }
    let message = last.to_string();
    if let Some((what, status)) = message.split_once("StatusCode(") {
        let (status, _) = status.split_once(')').unwrap_or((status, ""));
        return format!("{what}HTTP status {status}");
    }
    if message.contains("Error at offset ") {
        return "the response is not the JSON that AWS documents".to_owned();
    }
    // The system's message does not say which file or connection failed.
    match chain.len().checked_sub(2).map(|at| chain[at].to_string()) {
        Some(what) if last.is::<io::Error>() && !what.contains(&message) => {
            without_number(&format!("{what}: {message}"))
        }
        _ => without_number(&message),
    }
}

/// An error and its sources.
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
    if is_untrusted_certificate(error) {
        return "this machine does not trust its certificate; set AWS_CA_BUNDLE to your company's CA certificates if it has its own"
            .to_owned();
    }
    let message = root_message(error);
    match PROXIES.iter().find(|name| variable(name).is_some()) {
        Some(name) => format!("{message}; calls may go through the proxy in {name}"),
        None => message,
    }
}

/// As the C library and hyper word it.
fn is_unknown_host(message: &str) -> bool {
    ["lookup address", "dns error", "Name or service not known"]
        .iter()
        .any(|text| message.contains(text))
}

fn is_untrusted_certificate(error: &(dyn Error + 'static)) -> bool {
    if let Some(error) = error.downcast_ref::<rustls::Error>() {
        let untrusted = rustls::CertificateError::UnknownIssuer;
        return *error == rustls::Error::InvalidCertificate(untrusted);
    }
    // An I/O error is not the source of the error that it wraps.
    let wrapped = error
        .downcast_ref::<io::Error>()
        .and_then(io::Error::get_ref);
    match wrapped {
        Some(wrapped) => is_untrusted_certificate(wrapped),
        None => error.source().is_some_and(is_untrusted_certificate),
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
                "cannot read the response".to_owned()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_untrusted_certificate_is_found_in_wrapped_errors() {
        let wrapped = |error| {
            let error = rustls::Error::InvalidCertificate(error);
            io::Error::other(io::Error::new(io::ErrorKind::InvalidData, error))
        };
        let untrusted = wrapped(rustls::CertificateError::UnknownIssuer);
        assert!(is_untrusted_certificate(&untrusted));
        assert!(!is_untrusted_certificate(&wrapped(
            rustls::CertificateError::Expired
        )));
    }
}
