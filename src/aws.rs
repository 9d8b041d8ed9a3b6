//! The AWS clients, and the one way in which calls are made: counted, within the deadline, with every
//! failure turned into a reason that a person understands.

mod clock;
mod connect;
mod credentials;
mod failure;
mod http;
mod pace;
mod partition;
mod profile;
mod whole;

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::{LazyLock, Mutex, OnceLock};
use std::time::Duration;

use aws_config::SdkConfig;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use model::facts::{Reason, Unavailable, host_of};
use tokio::time::{Instant, sleep, timeout_at};

use crate::cli_error::CliError;
use crate::config::SourcedValue;

pub use credentials::NONE as NO_CREDENTIALS;
pub use failure::{Failure, fact};
pub use partition::partition;

use clock::Clock;
use pace::Pace;
use whole::Whole;

/// A client that is made when it is first used: each takes a while, and few commands need all.
pub type Lazy<T> = LazyLock<T, Box<dyn FnOnce() -> T + Send>>;

pub struct Aws {
    pub ec2: Lazy<aws_sdk_ec2::Client>,
    pub ecs: Lazy<aws_sdk_ecs::Client>,
    pub iam: Lazy<aws_sdk_iam::Client>,
    pub kms: Lazy<aws_sdk_kms::Client>,
    pub logs: Lazy<aws_sdk_cloudwatchlogs::Client>,
    pub route53: Lazy<aws_sdk_route53::Client>,
    pub s3: Lazy<aws_sdk_s3::Client>,
    pub ssm: Lazy<aws_sdk_ssm::Client>,
    pub sts: Lazy<aws_sdk_sts::Client>,
    pub region: SourcedValue,
    /// What AWS's clock says, once STS has answered.
    pub clock: Clock,
    /// An address of the user's own to which calls go.
    pub endpoint_url: Option<String>,
    /// Whether calls go to endpoints with validated cryptography, where that was said.
    pub fips: Option<bool>,
    /// Whether calls go to endpoints with IPv6, where that was said.
    pub dual_stack: Option<bool>,
    /// Certificates in PEM that are trusted instead of the system's.
    pub ca_bundle: Option<Vec<u8>>,
    /// Where the caller's credentials come from.
    pub credentials: Option<SharedCredentialsProvider>,
    deadline: Instant,
    pace: Pace,
    calls: Mutex<BTreeMap<String, u64>>,
    rejected: OnceLock<CliError>,
}

/// Between two rounds of tries of a call that is throttled.
const PAUSE: Duration = Duration::from_millis(500);

impl Aws {
    pub(super) fn new(
        config: &SdkConfig,
        region: SourcedValue,
        ca_bundle: Option<Vec<u8>>,
        deadline: Instant,
    ) -> Aws {
        let endpoint_url = config.endpoint_url().map(str::to_owned);
        let has_own_address = endpoint_url.is_some();
        let clock = Clock::default();
        let clock_of_sts = clock.clone();
        Aws {
            ec2: lazy(config, |config| {
                let config = aws_sdk_ec2::config::Builder::from(config).interceptor(Whole);
                aws_sdk_ec2::Client::from_conf(config.build())
            }),
            ecs: lazy(config, aws_sdk_ecs::Client::new),
            iam: lazy(config, |config| {
                let config = aws_sdk_iam::config::Builder::from(config).interceptor(Whole);
                aws_sdk_iam::Client::from_conf(config.build())
            }),
            kms: lazy(config, aws_sdk_kms::Client::new),
            logs: lazy(config, aws_sdk_cloudwatchlogs::Client::new),
            route53: lazy(config, |config| {
                let config = aws_sdk_route53::config::Builder::from(config).interceptor(Whole);
                aws_sdk_route53::Client::from_conf(config.build())
            }),
            s3: lazy(config, move |config| {
                let config = aws_sdk_s3::config::Builder::from(config)
                    // Addresses of the user's own seldom have a name for each bucket.
                    .force_path_style(has_own_address)
                    .interceptor(Whole);
                aws_sdk_s3::Client::from_conf(config.build())
            }),
            ssm: lazy(config, aws_sdk_ssm::Client::new),
            sts: lazy(config, move |config| {
                let config = aws_sdk_sts::config::Builder::from(config)
                    .interceptor(clock_of_sts)
                    .interceptor(Whole);
                aws_sdk_sts::Client::from_conf(config.build())
            }),
            region,
            clock,
            endpoint_url,
            fips: config.use_fips(),
            dual_stack: config.use_dual_stack(),
            ca_bundle,
            credentials: config.credentials_provider(),
            deadline,
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
                Ok(Err(error)) => {
                    if let Some(trouble) = credentials::rejected(&error) {
                        let _ = self.rejected.set(trouble);
                    }
                    Failure::of(action, &error)
                }
                Err(_) => return Err(Failure::late(action)),
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
    pub fn rejected(&self) -> Option<CliError> {
        self.rejected.get().cloned()
    }

    fn count(&self, action: &str) {
        if let Ok(mut calls) = self.calls.lock() {
            *calls.entry(action.to_owned()).or_default() += 1;
        }
    }
}

fn lazy<T>(config: &SdkConfig, make: impl FnOnce(&SdkConfig) -> T + Send + 'static) -> Lazy<T> {
    let config = config.clone();
    LazyLock::new(Box::new(move || make(&config)))
}
