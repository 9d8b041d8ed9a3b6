//! The AWS clients, and the one way in which calls are made: counted, within the deadline, with every
//! failure turned into a reason that a person understands.

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use ecs_exec_checks::facts::{Fact, Reason, Unavailable, host_of};
use tokio::time::{Instant, sleep, timeout_at};

use super::clock::Clock;
use super::live::partition;
use super::pace::Pace;
use super::whole::Whole;
use super::{http, profile};
use crate::config::{Settings, Sourced};
use crate::trouble::Trouble;

pub struct Aws {
    pub ec2: aws_sdk_ec2::Client,
    pub ecs: aws_sdk_ecs::Client,
    pub iam: aws_sdk_iam::Client,
    pub kms: aws_sdk_kms::Client,
    pub logs: aws_sdk_cloudwatchlogs::Client,
    pub s3: aws_sdk_s3::Client,
    pub ssm: aws_sdk_ssm::Client,
    pub sts: aws_sdk_sts::Client,
    pub region: Sourced,
    /// What AWS's clock says, once STS has answered.
    pub clock: Clock,
    /// An address of the user's own to which calls go.
    pub endpoint_url: Option<String>,
    /// Certificates in PEM that are trusted instead of the system's.
    pub ca_bundle: Option<Vec<u8>>,
    /// Where the caller's credentials come from.
    pub credentials: Option<SharedCredentialsProvider>,
    /// The profile that was named.
    profile: Option<String>,
    deadline: Instant,
    pace: Pace,
    calls: Mutex<BTreeMap<String, u64>>,
    rejected: OnceLock<Trouble>,
}

/// Between two rounds of tries of a call that is throttled.
const PAUSE: Duration = Duration::from_millis(500);

/// Why a call gave no answer.
#[derive(Debug, Clone)]
pub struct Failure {
    pub why: Unavailable,
    /// AWS's error code.
    pub code: Option<String>,
}

impl Failure {
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

impl Aws {
    pub async fn connect(settings: &Settings, timeout: Duration) -> Result<Aws, Trouble> {
        let ca_bundle = http::ca_bundle()?;
        let http = http::client(ca_bundle.clone())?;
        let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .http_client(http.clone())
            .retry_config(
                RetryConfig::standard()
                    .with_max_attempts(4)
                    .with_initial_backoff(Duration::from_millis(400))
                    .with_max_backoff(Duration::from_secs(3)),
            )
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(Duration::from_secs(5).min(timeout))
                    .build(),
            );
        if let Some(region) = &settings.region {
            loader = loader.region(Region::new(region.value.clone()));
        }
        if let Some(profile) = &settings.profile {
            // A profile that was named beats keys in the environment, as it does for the AWS CLI.
            let region = settings
                .region
                .as_ref()
                .map(|region| Region::new(region.value.clone()));
            let credentials = profile::credentials(profile, region, http.clone()).await;
            loader = loader
                .profile_name(profile)
                .credentials_provider(credentials);
        }
        if let Some(url) = &settings.endpoint_url {
            loader = loader.endpoint_url(url);
        }
        let config = loader.load().await;
        let region = match (&settings.region, config.region()) {
            (Some(region), _) => region.clone(),
            (None, Some(region)) => Sourced {
                value: region.to_string(),
                source: "the AWS profile".to_owned(),
            },
            (None, None) => return Err(no_region(settings)),
        };
        let profile = settings.profile.clone();
        Ok(Aws::new(&config, region, profile, ca_bundle, timeout))
    }

    fn new(
        config: &SdkConfig,
        region: Sourced,
        profile: Option<String>,
        ca_bundle: Option<Vec<u8>>,
        timeout: Duration,
    ) -> Aws {
        let endpoint_url = config.endpoint_url().map(str::to_owned);
        let clock = Clock::default();
        let sts = aws_sdk_sts::config::Builder::from(config)
            .interceptor(clock.clone())
            .interceptor(Whole)
            .build();
        // Addresses of the user's own seldom have a name for each bucket.
        let s3 = aws_sdk_s3::config::Builder::from(config)
            .force_path_style(endpoint_url.is_some())
            .interceptor(Whole)
            .build();
        Aws {
            ec2: aws_sdk_ec2::Client::from_conf(
                aws_sdk_ec2::config::Builder::from(config)
                    .interceptor(Whole)
                    .build(),
            ),
            ecs: aws_sdk_ecs::Client::new(config),
            iam: aws_sdk_iam::Client::from_conf(
                aws_sdk_iam::config::Builder::from(config)
                    .interceptor(Whole)
                    .build(),
            ),
            kms: aws_sdk_kms::Client::new(config),
            logs: aws_sdk_cloudwatchlogs::Client::new(config),
            s3: aws_sdk_s3::Client::from_conf(s3),
            ssm: aws_sdk_ssm::Client::new(config),
            sts: aws_sdk_sts::Client::from_conf(sts),
            region,
            clock,
            endpoint_url,
            ca_bundle,
            credentials: config.credentials_provider(),
            profile,
            deadline: Instant::now() + timeout,
            pace: Pace::default(),
            calls: Mutex::default(),
            rejected: OnceLock::new(),
        }
    }

    /// Makes one call. Throttling is waited out until the deadline; nothing else is asked twice here.
    ///
    /// The SDK's own adaptive pace is not used: it halves the rate again and again, so that a fleet takes twice as
    /// long as AWS's limit dictates. A place that is kept while a call waits slows the others down enough.
    pub async fn call<T, E, F>(&self, action: &str, request: impl Fn() -> F) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
        E: Error + ProvideErrorMetadata + Send + Sync + 'static,
    {
        let place = timeout_at(self.deadline, self.pace.place(action)).await;
        if place.is_err() || Instant::now() >= self.deadline {
            return Err(Failure::from(Unavailable::not_asked(
                action,
                format!("the time allowed was used up before {action} could be asked"),
            )));
        }
        self.count(action);
        loop {
            let failure = match timeout_at(self.deadline, request()).await {
                Ok(Ok(answer)) => return Ok(answer),
                Ok(Err(error)) => self.failure(action, &error),
                Err(_) => return Err(late(action)),
            };
            if failure.why.reason != Reason::Throttled || Instant::now() + PAUSE >= self.deadline {
                return Err(failure);
            }
            sleep(PAUSE).await;
        }
    }

    /// The public name of a service in the region.
    pub fn host_of(&self, service: &str) -> String {
        let region = &self.region.value;
        host_of(partition(region), region, service)
    }

    pub fn calls(&self) -> BTreeMap<String, u64> {
        self.calls
            .lock()
            .map(|calls| calls.clone())
            .unwrap_or_default()
    }

    /// Why AWS did not accept the credentials, if it did not.
    pub fn rejected(&self) -> Option<Trouble> {
        self.rejected.get().cloned()
    }

    fn count(&self, action: &str) {
        if let Ok(mut calls) = self.calls.lock() {
            *calls.entry(action.to_owned()).or_default() += 1;
        }
    }

    fn failure<E>(&self, action: &str, error: &SdkError<E, HttpResponse>) -> Failure
    where
        E: Error + ProvideErrorMetadata + Send + Sync + 'static,
    {
        if let Some(trouble) = credentials_trouble(error, self.profile.as_deref()) {
            let _ = self.rejected.set(trouble);
        }
        let code = error.code().map(str::to_owned);
        let (reason, message) = match error {
            SdkError::ServiceError(_) => service_error(error),
            SdkError::TimeoutError(_) => (Reason::TimedOut, "no answer".to_owned()),
            SdkError::DispatchFailure(failure) if failure.is_timeout() => {
                (Reason::TimedOut, "no answer".to_owned())
            }
            SdkError::DispatchFailure(_) => (Reason::Unreachable, innermost(error)),
            SdkError::ResponseError(_) => (
                Reason::Failed,
                "the answer could not be understood".to_owned(),
            ),
            _ => (Reason::Failed, innermost(error)),
        };
        Failure {
            why: Unavailable::new(action, reason, message),
            code,
        }
    }
}

fn late(action: &str) -> Failure {
    Failure::from(Unavailable::new(
        action,
        Reason::TimedOut,
        "no answer within the time allowed",
    ))
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

/// AWS turned the credentials down, or there are none to send.
fn credentials_trouble<E>(
    error: &SdkError<E, HttpResponse>,
    profile: Option<&str>,
) -> Option<Trouble>
where
    E: Error + ProvideErrorMetadata + Send + Sync + 'static,
{
    let help = "Sign in again (aws sso login, or whatever gives you credentials), then run this once more.";
    match error.code() {
        Some("ExpiredToken" | "ExpiredTokenException" | "RequestExpired") => {
            return Some(Trouble::new("the AWS credentials have expired", help));
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
            let said = error.message().unwrap_or("no reason given");
            return Some(Trouble::new(
                format!("AWS does not accept these credentials: {said}"),
                help,
            ));
        }
        _ => {}
    }
    let credentials: &CredentialsError = sources(error).find_map(|source| source.downcast_ref())?;
    if let Some(profile) = profile {
        return Some(Trouble::new(
            format!(
                "the AWS profile {profile} gives no credentials: {}",
                innermost(credentials)
            ),
            match profile::wants_code(profile) {
                true => format!(
                    "It wants a code of an MFA device, which this program asks nobody for: {EXPORT} {profile})\""
                ),
                false => format!(
                    "Name another with --profile, or sign in: aws sso login --profile {profile}"
                ),
            },
        ));
    }
    let said = innermost(credentials);
    let none = matches!(credentials, CredentialsError::CredentialsNotLoaded(_))
        || is_about_instance_metadata(&said);
    Some(if none {
        Trouble::new(
            "there are no AWS credentials on this machine",
            "Sign in (aws sso login), choose a profile with --profile or AWS_PROFILE, or set AWS_ACCESS_KEY_ID and \
             AWS_SECRET_ACCESS_KEY. `ecs-exec doctor --demo` needs none.",
        )
    } else {
        Trouble::new(
            format!("the AWS credentials could not be loaded: {said}"),
            help,
        )
    })
}

/// Puts a profile's credentials into the environment; the AWS CLI asks for the code.
const EXPORT: &str = "eval \"$(aws configure export-credentials --format env --profile";

/// The instance metadata service is asked last, when nothing else gave credentials: off an EC2 instance its
/// refusal only says that there are none.
fn is_about_instance_metadata(said: &str) -> bool {
    said.contains("IMDS") || said.contains("metadata")
}

fn no_region(settings: &Settings) -> Trouble {
    Trouble::new(
        format!("no region is set for cluster {}", settings.cluster),
        "Give it with --region, AWS_REGION, or `region = \"…\"` in ecs-exec.toml.",
    )
}

fn sources<'e>(
    error: &'e (dyn Error + 'static),
) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    let mut next = Some(error);
    std::iter::from_fn(move || {
        let current = next?;
        next = current.source();
        Some(current)
    })
}

/// The last link of an error's chain, which names the fault itself.
fn innermost(error: &(dyn Error + 'static)) -> String {
    sources(error)
        .last()
        .map_or(String::new(), ToString::to_string)
}
