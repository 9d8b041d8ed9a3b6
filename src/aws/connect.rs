//! Settings → clients: the caller, the region, certificates and proxies.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use model::text::sanitize_line;
use tokio::time::{Instant, timeout_at};

use super::AwsClients;
use super::credentials::{self, CachedCredentials};
use super::http;
use super::mfa::{self, StsAccess};
use super::profile::Profiles;
use crate::cli_error::CliError;
use crate::completion::seen_names;
use crate::config::{AWS_PROFILE, Settings, SourcedValue, built_in_cluster, is_region, short_name};
use crate::target::nearest;

impl AwsClients {
    /// Loads credentials within the timeout, and calls nothing else yet.
    pub async fn connect(settings: &Settings, timeout: Duration) -> Result<AwsClients, CliError> {
        let profiles = profiles(settings).await?;
        let ca_bundle = http::ca_bundle(profiles.as_ref().and_then(Profiles::ca_bundle))?;
        let http = http::client(ca_bundle.clone())?;
        let profile = settings.profile.as_ref();
        let key = (
            profile.map(|profile| profile.value.clone()),
            settings.endpoint_url.clone(),
        );
        let loaded = credentials::loaded(&key, timeout).await;
        let is_loaded = loaded.is_some();
        let known = match loaded {
            Some(loaded) => Some(loaded),
            None => mfa_credentials(settings, profiles.as_ref(), &http).await?,
        };
        // The time that the user needs for an MFA code does not count.
        let deadline = Instant::now() + timeout;
        let config = sdk_config(settings, profiles.as_ref(), known, http, timeout).await;
        let region = region(settings, &config)?;
        if is_loaded {
            return Ok(AwsClients::new(&config, region, ca_bundle, deadline));
        }
        let config = with_credentials(config, settings, profiles.as_ref(), deadline).await?;
        if let Some(provider) = config.credentials_provider() {
            credentials::keep(key, provider);
        }
        Ok(AwsClients::new(&config, region, ca_bundle, deadline))
    }
}

/// The profiles of the AWS configuration; `None` if they cannot be read and the environment has keys.
async fn profiles(settings: &Settings) -> Result<Option<Profiles>, CliError> {
    let Some(profile) = &settings.profile else {
        return match credentials::are_in_environment()? {
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

/// The credentials of a profile that needs an MFA code, unless the environment has keys.
async fn mfa_credentials(
    settings: &Settings,
    profiles: Option<&Profiles>,
    http: &SharedHttpClient,
) -> Result<Option<SharedCredentialsProvider>, CliError> {
    let Some(profiles) = profiles else {
        return Ok(None);
    };
    if settings.profile.is_none() && credentials::are_in_environment()? {
        return Ok(None);
    }
    let region = settings.region.as_ref().map(|region| region.value.as_str());
    let access = StsAccess {
        region: region
            .or_else(|| profiles.region())
            .map(|region| Region::new(region.to_owned())),
        http: http.clone(),
        endpoint_url: settings.endpoint_url.clone(),
    };
    mfa::credentials(profiles, &access).await
}

async fn sdk_config(
    settings: &Settings,
    profiles: Option<&Profiles>,
    known: Option<SharedCredentialsProvider>,
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
        // A profile that the user names takes precedence over every other source of credentials. A profile that the
        // environment names and that has only a region does not, as in the AWS CLI.
        if profiles.gives_credentials() || profile.source != AWS_PROFILE {
            loader = loader.credentials_provider(profiles.credentials(region, http));
        }
    }
    if let Some(profiles) = profiles {
        loader = loader.profile_files(profiles.files_with_session_names());
    }
    if let Some(known) = known {
        loader = loader.credentials_provider(known);
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
            format!("{value} (from the AWS configuration) is not a region"),
            "Regions look like us-west-2.",
        )),
        None => {
            const HINT: &str =
                "Give it with --region, AWS_REGION, or `region = \"…\"` in ecs-exec.toml.";
            let (what, meant) = match settings.cluster.as_str() {
                "" => ("no region is set".to_owned(), None),
                cluster => (
                    format!("no region is set for cluster {cluster}"),
                    known_region_or_cluster(cluster),
                ),
            };
            Err(CliError::new(
                what,
                match meant {
                    Some(meant) => format!("Did you mean {meant}? If not: {HINT}"),
                    None => HINT.to_owned(),
                },
            ))
        }
    }
}

/// The flag with the region in which an earlier command saw the cluster; else that with a cluster of a similar name.
fn known_region_or_cluster(cluster: &str) -> Option<String> {
    let seen = seen_names::read();
    let is_in = |region: &String| seen.clusters(Some(region)).any(|known| known == cluster);
    if let Some(region) = seen.regions().find(is_in) {
        return Some(sanitize_line(&format!("--region {region}")));
    }
    let seen: Vec<String> = seen.clusters(None).collect();
    let built_in = built_in_cluster();
    let known = seen.iter().chain(&built_in).map(String::as_str);
    let near = nearest(short_name(cluster), known);
    let near = near.first()?;
    Some(sanitize_line(&format!("--cluster {near}")))
}

/// The configuration with credentials that were loaded.
async fn with_credentials(
    config: SdkConfig,
    settings: &Settings,
    profiles: Option<&Profiles>,
    deadline: Instant,
) -> Result<SdkConfig, CliError> {
    let Some(source) = config.credentials_provider() else {
        return Ok(config);
    };
    let cached = SharedCredentialsProvider::new(CachedCredentials::new(source));
    let named =
        profiles.filter(|profiles| settings.profile.is_some() && profiles.gives_credentials());
    match timeout_at(deadline, cached.provide_credentials()).await {
        Ok(Ok(_)) => Ok(config.into_builder().credentials_provider(cached).build()),
        Ok(Err(error)) => {
            let known = profiles.map(Profiles::known).unwrap_or_default();
            Err(credentials::load_error(&error, named, &known))
        }
        Err(_) => Err(credentials::load_timeout(named)),
    }
}
