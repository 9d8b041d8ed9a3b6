//! The caller's credentials. They are loaded once and before the first call, so that a credential process or a browser
//! starts once, and the error is about the credentials and not about every call.

use std::collections::BTreeMap;
use std::error::Error;
use std::time::{Duration, SystemTime};

use aws_config::imds::client::error::ImdsError;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{self, ProvideCredentials, SharedCredentialsProvider, future};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::ErrorMetadata;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use model::text::sanitize_line;
use tokio::sync::Mutex;
use tokio::time::timeout;

use super::failure::{root_message, sources};
use super::profile::Profiles;
use crate::cli_error::{CliError, ErrorKind};
use crate::environment::variable;

/// Credentials that expire sooner than this are loaded again.
const REFRESH_BEFORE_EXPIRY: Duration = Duration::from_secs(5 * 60);

/// A provider that caches credentials until shortly before they expire.
#[derive(Debug)]
pub struct CachedCredentials {
    source: SharedCredentialsProvider,
    cached: Mutex<Option<Credentials>>,
}

impl CachedCredentials {
    /// Asks the source at the first call, and again shortly before the credentials expire.
    pub fn new(source: SharedCredentialsProvider) -> CachedCredentials {
        CachedCredentials {
            source,
            cached: Mutex::default(),
        }
    }

    async fn get(&self) -> provider::Result {
        let mut cached = self.cached.lock().await;
        let valid = cached.as_ref().filter(|credentials| {
            let expiry = credentials.expiry();
            expiry.is_none_or(|expiry| expiry > SystemTime::now() + REFRESH_BEFORE_EXPIRY)
        });
        if let Some(credentials) = valid {
            return Ok(credentials.clone());
        }
        let credentials = self.source.provide_credentials().await?;
        *cached = Some(credentials.clone());
        Ok(credentials)
    }
}

impl ProvideCredentials for CachedCredentials {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.get())
    }
}

/// Whose credentials: the profile, and where STS is called.
pub type CredentialsKey = (Option<String>, Option<String>);

/// What was loaded. One command can connect several times, and a program, a browser or an MFA code is asked once.
static LOADED: std::sync::Mutex<BTreeMap<CredentialsKey, SharedCredentialsProvider>> =
    std::sync::Mutex::new(BTreeMap::new());

/// The credentials that this process has loaded before, unless they have expired.
pub async fn loaded(key: &CredentialsKey, limit: Duration) -> Option<SharedCredentialsProvider> {
    let known = LOADED.lock().ok()?.get(key).cloned()?;
    let provided = timeout(limit, known.provide_credentials()).await.ok()?;
    let expiry = provided.ok()?.expiry();
    let is_valid = expiry.is_none_or(|expiry| expiry > SystemTime::now());
    is_valid.then_some(known)
}

/// Keeps credentials for the next time that this process connects.
pub fn keep(key: CredentialsKey, provider: SharedCredentialsProvider) {
    if let Ok(mut loaded) = LOADED.lock() {
        loaded.insert(key, provider);
    }
}

/// Whether the environment has keys. Half a pair is an error: credentials from another source would be another caller's.
pub fn are_in_environment() -> Result<bool, CliError> {
    const PAIR: [&str; 2] = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];
    let half = |set: &str, missing: &str| {
        Err(CliError::new(
            format!("{set} is set, but {missing} is not"),
            "Set both, or neither to use other credentials.",
        ))
    };
    match PAIR.map(|name| variable(name).is_some()) {
        [true, true] => Ok(true),
        [false, false] => Ok(false),
        [true, false] => half(PAIR[0], PAIR[1]),
        [false, true] => half(PAIR[1], PAIR[0]),
    }
}

/// The source of credentials did not answer in time. `profile`: the profile that the user named.
pub fn load_timeout(profile: Option<&Profiles>) -> CliError {
    match profile {
        Some(profile) => CliError::new(
            format!(
                "timed out while loading the AWS credentials of profile {}",
                profile.name()
            ),
            profile.advice(false),
        ),
        None => CliError::new("timed out while loading the AWS credentials", SIGN_IN),
    }
}

/// The message for a machine without any credentials.
pub const NO_CREDENTIALS: &str = "there are no AWS credentials on this machine";

/// No source gave credentials. `profile`: the profile that the user named; `known`: a sentence with the names of all.
pub fn load_error(error: &CredentialsError, profile: Option<&Profiles>, known: &str) -> CliError {
    let message = match root_message(error) {
        // The SDK means a feature of its own build, which no user can turn on.
        message if message.contains("feature") => {
            "ecs-exec does not support this source of credentials".to_owned()
        }
        message => message,
    };
    if let Some(profile) = profile {
        if let Some(cycle) = profile.cycle() {
            return CliError::new(
                format!(
                    "the AWS profile {} gives no credentials: its source_profile leads in a circle: {cycle}",
                    profile.name()
                ),
                "Let source_profile of one of them name a profile that has credentials of its own.",
            );
        }
        let was_denied = sources(error)
            .filter_map(|source| source.downcast_ref::<ErrorMetadata>())
            .any(|metadata| metadata.code() == Some("AccessDenied"));
        let what = format!(
            "the AWS profile {} gives no credentials: {message}",
            profile.name()
        );
        return CliError::new(what, profile.advice(was_denied));
    }
    // The SDK asks the instance metadata service last, when no other source gave credentials: on a machine that is not
    // an EC2 instance its error only means that there are none.
    if matches!(error, CredentialsError::CredentialsNotLoaded(_))
        || sources(error).any(|source| source.is::<ImdsError>())
    {
        return CliError::of_kind(
            ErrorKind::NoCredentials,
            NO_CREDENTIALS,
            format!(
                "Sign in (aws sso login), choose a profile with --profile or AWS_PROFILE, or set AWS_ACCESS_KEY_ID and \
                 AWS_SECRET_ACCESS_KEY.{known} `ecs-exec doctor --demo` needs none."
            ),
        );
    }
    let what = format!("cannot load the AWS credentials: {message}");
    match source_variable() {
        Some(name) => CliError::new(
            what,
            match name {
                "AWS_WEB_IDENTITY_TOKEN_FILE" => {
                    let file = variable(name).unwrap_or_default();
                    let file = sanitize_line(&file.to_string_lossy());
                    format!(
                        "AWS_WEB_IDENTITY_TOKEN_FILE ({file}) and AWS_ROLE_ARN say where they come from: the file must hold \
                         a token that has not expired, and the role must trust its issuer."
                    )
                }
                name => format!(
                    "{name} says where to load them from: a container's credentials, which only a program in that container can load."
                ),
            },
        ),
        None => CliError::new(what, SIGN_IN),
    }
}

const SIGN_IN: &str =
    "Sign in again (aws sso login, or however you get credentials), then run this again.";

/// The variable that says where credentials come from.
fn source_variable() -> Option<&'static str> {
    const NAMES: [&str; 3] = [
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    ];
    NAMES.into_iter().find(|name| variable(name).is_some())
}

/// The error if AWS rejected the credentials, or they could not be loaded again.
pub fn rejected<E>(error: &SdkError<E, HttpResponse>) -> Option<CliError>
where
    E: Error + ProvideErrorMetadata + Send + Sync + 'static,
{
    match error.code() {
        Some("ExpiredToken" | "ExpiredTokenException" | "RequestExpired") => {
            Some(CliError::new("the AWS credentials have expired", SIGN_IN))
        }
        Some(
            "InvalidClientTokenId"
            | "UnrecognizedClientException"
            | "AuthFailure"
            | "InvalidAccessKeyId"
            | "SignatureDoesNotMatch"
            | "InvalidSignatureException"
            | "IncompleteSignature"
            | "MissingAuthenticationToken"
            | "MissingAuthenticationTokenException"
            | "InvalidToken",
        ) => {
            let message = error.message().unwrap_or("no reason given");
            Some(CliError::new(
                format!("AWS does not accept these credentials: {message}"),
                SIGN_IN,
            ))
        }
        _ => sources(error)
            .find_map(|source| source.downcast_ref())
            .map(|error| load_error(error, None, "")),
    }
}
