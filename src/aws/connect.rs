//! The settings → clients: who calls, where, and over which certificates and proxies.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use tokio::time::{Instant, timeout_at};

use super::Aws;
use super::credentials::{self, Kept};
use super::http;
use super::profile::Profiles;
use crate::cli_error::CliError;
use crate::config::{AWS_PROFILE, Settings, SourcedValue, is_region};
use crate::environment::variable;

impl Aws {
    /// Gets credentials, within the time allowed, and calls nothing else yet.
    pub async fn connect(settings: &Settings, timeout: Duration) -> Result<Aws, CliError> {
        let deadline = Instant::now() + timeout;
        let profiles = profiles(settings).await?;
        let ca_bundle = http::ca_bundle(profiles.as_ref().and_then(Profiles::ca_bundle))?;
        let of_environment = || variable("AWS_ENDPOINT_URL")?.into_string().ok();
        let address = settings.endpoint_url.clone().or_else(of_environment);
        let http = http::client(
            ca_bundle.clone(),
            !address.as_deref().is_some_and(http::is_plain),
        )?;
        let config = sdk_config(settings, profiles.as_ref(), http, timeout).await;
        let region = region(settings, &config)?;
        let config = with_credentials(config, settings, profiles.as_ref(), deadline).await?;
        Ok(Aws::new(&config, region, ca_bundle, deadline))
    }
}

/// The profiles of the AWS configuration; `None` where they cannot be read, and keys in the environment stand for them.
async fn profiles(settings: &Settings) -> Result<Option<Profiles>, CliError> {
    let Some(profile) = &settings.profile else {
        return match credentials::of_environment()? {
            true => Ok(Profiles::read(None).await.ok()),
            false => Profiles::read(None).await.map(Some),
        };
    };
    let profiles = Profiles::read(Some(&profile.value)).await?;
    if !profiles.exists() {
        return Err(CliError::new(
            format!(
                "there is no AWS profile {} (from {})",
                profile.value, profile.source
            ),
            profiles.advice(false),
        ));
    }
    Ok(Some(profiles))
}

async fn sdk_config(
    settings: &Settings,
    profiles: Option<&Profiles>,
    http: SharedHttpClient,
    timeout: Duration,
) -> SdkConfig {
    let region = settings
        .region
        .as_ref()
        .map(|region| Region::new(region.value.clone()));
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
    if let Some(region) = region.clone() {
        loader = loader.region(region);
    }
    if let (Some(profile), Some(profiles)) = (&settings.profile, profiles) {
        loader = loader.profile_name(&profile.value);
        // A profile that is named beats every other source of credentials. One that holds only a region, and is named
        // by the environment, leaves them to the others, as it does for the AWS CLI.
        if profiles.gives_credentials() || profile.source != AWS_PROFILE {
            loader = loader.credentials_provider(profiles.credentials(region, http));
        }
    }
    if let Some(url) = &settings.endpoint_url {
        loader = loader.endpoint_url(url);
    }
    loader.load().await
}

fn region(settings: &Settings, config: &SdkConfig) -> Result<SourcedValue, CliError> {
    if let Some(region) = &settings.region {
        return Ok(region.clone());
    }
    let found = config.region().map(ToString::to_string);
    match found.filter(|region| !region.is_empty()) {
        Some(value) if is_region(&value) => Ok(SourcedValue {
            value,
            source: "the AWS configuration".to_owned(),
        }),
        Some(value) => Err(CliError::new(
            format!("{value} (from the AWS configuration) is no region"),
            "Regions look like us-west-2.",
        )),
        None => Err(CliError::new(
            format!("no region is set for cluster {}", settings.cluster),
            "Give it with --region, AWS_REGION, or `region = \"…\"` in ecs-exec.toml.",
        )),
    }
}

/// The same configuration with credentials that are there.
async fn with_credentials(
    config: SdkConfig,
    settings: &Settings,
    profiles: Option<&Profiles>,
    deadline: Instant,
) -> Result<SdkConfig, CliError> {
    let Some(source) = config.credentials_provider() else {
        return Ok(config);
    };
    let kept = SharedCredentialsProvider::new(Kept::new(source));
    let named =
        profiles.filter(|profiles| settings.profile.is_some() && profiles.gives_credentials());
    match timeout_at(deadline, kept.provide_credentials()).await {
        Ok(Ok(_)) => Ok(config.into_builder().credentials_provider(kept).build()),
        Ok(Err(error)) => Err(credentials::refused(&error, named)),
        Err(_) => Err(credentials::late(named)),
    }
}
