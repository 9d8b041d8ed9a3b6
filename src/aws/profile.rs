//! A profile of the AWS configuration files.
//! <https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html>

use std::borrow::Cow;

use aws_config::Region;
use aws_config::profile::{Profile, ProfileFileCredentialsProvider, ProfileSet};
use aws_config::provider_config::ProviderConfig;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_types::os_shim_internal::{Env, Fs};

use super::failure::root_message;
use crate::cli_error::CliError;

/// The profiles of the configuration files, and the selected one.
pub struct Profiles {
    all: ProfileSet,
    selected: String,
}

/// Any of these in a profile says where its credentials come from.
const SOURCES: [&str; 8] = [
    "aws_access_key_id",
    "credential_process",
    "credential_source",
    "role_arn",
    "source_profile",
    "sso_session",
    "sso_start_url",
    "web_identity_token_file",
];

/// The region of a profile, or of the default one. `None` also if the configuration files cannot be read: connecting
/// reports that.
pub async fn profile_region(name: Option<&str>) -> Option<String> {
    Profiles::read(name).await.ok()?.region().map(str::to_owned)
}

impl Profiles {
    /// `name`: the profile to select; `None` for `default`.
    pub async fn read(name: Option<&str>) -> Result<Profiles, CliError> {
        let selected = name.unwrap_or("default").to_owned();
        let (fs, env, files) = (Fs::real(), Env::real(), Default::default());
        let all = aws_config::profile::load(&fs, &env, &files, Some(Cow::Owned(selected.clone())));
        match all.await {
            Ok(all) => Ok(Profiles { all, selected }),
            Err(error) => Err(CliError::new(
                format!(
                    "cannot read the AWS configuration: {}",
                    root_message(&error)
                ),
                "Correct it, or set another file with AWS_CONFIG_FILE or AWS_SHARED_CREDENTIALS_FILE.",
            )),
        }
    }

    fn region(&self) -> Option<&str> {
        self.profile()?.get("region")
    }

    /// The name of the selected profile.
    pub fn name(&self) -> &str {
        &self.selected
    }

    fn profile(&self) -> Option<&Profile> {
        self.all.get_profile(&self.selected)
    }

    /// Whether the files have the selected profile.
    pub fn exists(&self) -> bool {
        self.profile().is_some()
    }

    /// Whether the profile itself says where credentials come from.
    pub fn gives_credentials(&self) -> bool {
        let profile = self.profile();
        profile.is_some_and(|profile| SOURCES.iter().any(|key| profile.get(key).is_some()))
    }

    /// The file with the CA certificates to trust instead of the system's.
    pub fn ca_bundle(&self) -> Option<&str> {
        self.profile()?.get("ca_bundle")
    }

    /// The profile's credentials. If it assumes a role, that calls STS in a region.
    pub fn credentials(
        &self,
        region: Option<Region>,
        http: SharedHttpClient,
    ) -> ProfileFileCredentialsProvider {
        let profile_region = || Some(Region::new(self.region()?.to_owned()));
        let config = ProviderConfig::without_region()
            .with_region(region.or_else(profile_region))
            .with_http_client(http);
        ProfileFileCredentialsProvider::builder()
            .configure(&config)
            .profile_name(&self.selected)
            .build()
    }

    /// What to do if the profile gives no credentials. `was_denied`: AWS did not allow it to assume its role.
    pub fn advice(&self, was_denied: bool) -> String {
        let name = &self.selected;
        let Some(profile) = self.profile() else {
            return format!("Set another with --profile or AWS_PROFILE.{}", self.known());
        };
        if was_denied && self.needs_mfa() {
            return format!(
                "This profile needs an MFA code. Let the AWS CLI ask for it: \
                 eval \"$(aws configure export-credentials --format env --profile {name})\", then run this \
                 without the profile"
            );
        }
        let has = |key| profile.get(key).is_some();
        if has("sso_session") || has("sso_start_url") {
            format!("Sign in: aws sso login --profile {name}")
        } else {
            format!(
                "Check the profile with the AWS CLI: aws sts get-caller-identity --profile {name}"
            )
        }
    }

    fn known(&self) -> String {
        let mut names: Vec<&str> = self.all.profiles().collect();
        names.sort_unstable();
        match names.is_empty() {
            true => String::new(),
            false => format!(" Profiles: {}.", model::text::short_list(&names, 12)),
        }
    }

    /// Whether the profile, or a source profile, assumes a role with an MFA code. The AWS SDK for Rust does not ask for
    /// one. <https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-role.html>
    fn needs_mfa(&self) -> bool {
        const LONGEST_CHAIN: usize = 10;
        let next = |profile: &&Profile| {
            let source = profile.get("source_profile")?;
            self.all.get_profile(source)
        };
        std::iter::successors(self.profile(), next)
            .take(LONGEST_CHAIN)
            .any(|profile| profile.get("mfa_serial").is_some())
    }
}
