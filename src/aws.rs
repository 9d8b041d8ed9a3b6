//! AWS clients, and [`AwsClients::call`], which every API call goes through: it counts calls, keeps the deadline, and
//! turns a failure into a reason that a person understands.
//!
//! | module | content |
//! | --- | --- |
//! | `connect` | settings → clients: region, profile, HTTP client, credentials |
//! | `profile` | a profile of the AWS configuration files |
//! | `mfa` | credentials of profiles that need an MFA code, which it asks for |
//! | `credentials` | credentials, cached; why there are none |
//! | `http` | CA certificates and the proxy |
//! | `concurrency` | how many calls to a service run at once |
//! | `failure` | why a call failed |
//! | `truncated_xml`, `clock` | interceptors: reject truncated answers, compare clocks |
//! | `partition` | region → partition |

pub mod call_log;
mod clock;
mod concurrency;
mod connect;
mod credentials;
mod failure;
mod http;
mod mfa;
mod profile;
mod truncated_xml;

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use aws_config::SdkConfig;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::request_id::RequestId;
use model::facts::{Reason, Unavailable, host_of};
use tokio::time::{Instant, sleep, timeout_at};

use crate::cli_error::CliError;
use crate::config::SourcedValue;

pub use credentials::NO_CREDENTIALS;
pub use failure::{Failure, fact};
pub use model::partition::partition;
pub use profile::profile_region;

use clock::Clock;
use concurrency::ServiceConcurrency;
use truncated_xml::RejectTruncatedXml;

/// The clients of a run, and what all of their calls share.
pub struct AwsClients {
    pub cloudtrail: aws_sdk_cloudtrail::Client,
    pub ec2: aws_sdk_ec2::Client,
    pub ecs: aws_sdk_ecs::Client,
    pub iam: aws_sdk_iam::Client,
    pub kms: aws_sdk_kms::Client,
    pub logs: aws_sdk_cloudwatchlogs::Client,
    pub route53: aws_sdk_route53::Client,
    pub s3: aws_sdk_s3::Client,
    pub ssm: aws_sdk_ssm::Client,
    pub sts: aws_sdk_sts::Client,
    pub region: SourcedValue,
    /// AWS's clock, after STS has answered.
    pub clock: Clock,
    /// The address that the user configured for all calls.
    pub endpoint_url: Option<String>,
    /// Whether calls use FIPS endpoints, if configured.
    pub fips: Option<bool>,
    /// Whether calls use dual-stack endpoints, if configured.
    pub dual_stack: Option<bool>,
    /// PEM certificates to trust instead of the system's.
    pub ca_bundle: Option<Vec<u8>>,
    /// Source of the caller's credentials.
    pub credentials: Option<SharedCredentialsProvider>,
    deadline: Instant,
    concurrency: ServiceConcurrency,
    calls: Mutex<BTreeMap<String, u64>>,
    rejected: OnceLock<CliError>,
}

/// What the error type of each call can do.
pub trait CallError: Error + ProvideErrorMetadata + RequestId + Send + Sync + 'static {}

impl<E: Error + ProvideErrorMetadata + RequestId + Send + Sync + 'static> CallError for E {}

/// Pause before a throttled call is repeated.
const THROTTLING_PAUSE: Duration = Duration::from_millis(500);

impl AwsClients {
    pub(super) fn new(
        config: &SdkConfig,
        region: SourcedValue,
        ca_bundle: Option<Vec<u8>>,
        deadline: Instant,
    ) -> AwsClients {
        let endpoint_url = config.endpoint_url().map(str::to_owned);
        let clock = Clock::default();
        let ec2 = aws_sdk_ec2::config::Builder::from(config).interceptor(RejectTruncatedXml);
        let iam = aws_sdk_iam::config::Builder::from(config).interceptor(RejectTruncatedXml);
        let route53 =
            aws_sdk_route53::config::Builder::from(config).interceptor(RejectTruncatedXml);
        let s3 = aws_sdk_s3::config::Builder::from(config)
            // A configured address seldom has a host name for each bucket.
            .force_path_style(endpoint_url.is_some())
            .interceptor(RejectTruncatedXml);
        let sts = aws_sdk_sts::config::Builder::from(config)
            .interceptor(clock.clone())
            .interceptor(RejectTruncatedXml);
        AwsClients {
            cloudtrail: aws_sdk_cloudtrail::Client::new(config),
            ec2: aws_sdk_ec2::Client::from_conf(ec2.build()),
            ecs: aws_sdk_ecs::Client::new(config),
            iam: aws_sdk_iam::Client::from_conf(iam.build()),
            kms: aws_sdk_kms::Client::new(config),
            logs: aws_sdk_cloudwatchlogs::Client::new(config),
            route53: aws_sdk_route53::Client::from_conf(route53.build()),
            s3: aws_sdk_s3::Client::from_conf(s3.build()),
            ssm: aws_sdk_ssm::Client::new(config),
            sts: aws_sdk_sts::Client::from_conf(sts.build()),
            region,
            clock,
            endpoint_url,
            fips: config.use_fips(),
            dual_stack: config.use_dual_stack(),
            ca_bundle,
            credentials: config.credentials_provider(),
            deadline,
            concurrency: ServiceConcurrency::default(),
            calls: Mutex::default(),
            rejected: OnceLock::new(),
        }
    }

    /// Makes one call, and repeats it until the deadline while AWS throttles it. `action`: as in IAM policies.
    ///
    /// The SDK's adaptive retry mode is not used: it halves the rate again and again, so that a fleet takes twice as
    /// long as AWS's limit dictates. A throttled call keeps its permit, which slows the others down enough.
    pub async fn call<T, E, F>(&self, action: &str, request: impl Fn() -> F) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
        E: CallError,
        T: RequestId,
    {
        let permit = timeout_at(self.deadline, self.concurrency.acquire(action)).await;
        if permit.is_err() || Instant::now() >= self.deadline {
            return Err(Failure::from(Unavailable::not_asked(
                action,
                format!("the timeout ended before {action} was called"),
            )));
        }
        self.count(action);
        loop {
            let started = Instant::now();
            let answer = timeout_at(self.deadline, request()).await;
            call_log::print(action, started.elapsed(), &answer);
            let failure = match answer {
                Ok(Ok(answer)) => return Ok(answer),
                Ok(Err(error)) => {
                    if let Some(rejected) = credentials::rejected(&error) {
                        let _ = self.rejected.set(rejected);
                    }
                    Failure::new(action, &error).explain_unknown_host(&self.region.value)
                }
                Err(_) => return Err(Failure::timeout(action)),
            };
            if failure.why.reason != Reason::Throttled
                || Instant::now() + THROTTLING_PAUSE >= self.deadline
            {
                return Err(failure);
            }
            sleep(THROTTLING_PAUSE).await;
        }
    }

    /// The public name of a service in the region.
    pub fn host_of(&self, service: &str) -> String {
        let region = &self.region.value;
        host_of(partition(region), region, service)
    }

    /// How often each action was called.
    pub fn calls(&self) -> BTreeMap<String, u64> {
        self.calls
            .lock()
            .map(|calls| calls.clone())
            .unwrap_or_default()
    }

    /// Why AWS rejected the credentials, if it did.
    pub fn rejected(&self) -> Option<CliError> {
        self.rejected.get().cloned()
    }

    /// An error if AWS rejected the credentials: then nothing that was read is true.
    pub fn ensure_accepted(&self) -> Result<(), CliError> {
        self.rejected().map_or(Ok(()), Err)
    }

    fn count(&self, action: &str) {
        if let Ok(mut calls) = self.calls.lock() {
            *calls.entry(action.to_owned()).or_default() += 1;
        }
    }
}
