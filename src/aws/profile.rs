//! A profile of the AWS configuration: its credentials, and what it asks for that nobody can give here.
//! <https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html>

use std::borrow::Cow;

use aws_config::Region;
use aws_config::profile::{Profile, ProfileFileCredentialsProvider, ProfileSet};
use aws_config::provider_config::ProviderConfig;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_types::os_shim_internal::{Env, Fs};

use super::failure::in_words;
use crate::cli_error::CliError;

/// The profiles of the configuration's files, one of them chosen.
pub struct Profiles {
    all: ProfileSet,
    chosen: String,
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

impl Profiles {
    /// `name`: the chosen one; where none is named, `default`.
    pub async fn read(name: Option<&str>) -> Result<Profiles, CliError> {
        let chosen = name.unwrap_or("default").to_owned();
        let (fs, env, files) = (Fs::real(), Env::real(), Default::default());
        let all = aws_config::profile::load(&fs, &env, &files, Some(Cow::Owned(chosen.clone())));
        match all.await {
            Ok(all) => Ok(Profiles { all, chosen }),
            Err(error) => Err(CliError::new(
                format!("the AWS configuration cannot be used: {}", in_words(&error)),
                "Mend it, or name another file with AWS_CONFIG_FILE or AWS_SHARED_CREDENTIALS_FILE.",
            )),
        }
    }

    pub fn name(&self) -> &str {
        &self.chosen
    }

    fn profile(&self) -> Option<&Profile> {
        self.all.get_profile(&self.chosen)
    }

    pub fn exists(&self) -> bool {
        self.profile().is_some()
    }

    /// Whether the profile itself says where credentials come from.
    pub fn gives_credentials(&self) -> bool {
        let profile = self.profile();
        profile.is_some_and(|profile| SOURCES.iter().any(|key| profile.get(key).is_some()))
    }

    /// The file with the certificates that are trusted instead of the system's.
    pub fn ca_bundle(&self) -> Option<&str> {
        self.profile()?.get("ca_bundle")
    }

    /// The profile's own credentials, also those of a role that it takes on: that asks STS, in a region.
    pub fn credentials(
        &self,
        region: Option<Region>,
        http: SharedHttpClient,
    ) -> ProfileFileCredentialsProvider {
        let of_profile = || Some(Region::new(self.profile()?.get("region")?.to_owned()));
        let config = ProviderConfig::without_region()
            .with_region(region.or_else(of_profile))
            .with_http_client(http);
        ProfileFileCredentialsProvider::builder()
            .configure(&config)
            .profile_name(&self.chosen)
            .build()
    }

    /// What to do where the profile gives no credentials. `was_denied`: AWS refused to let it take on its role.
    pub fn advice(&self, was_denied: bool) -> String {
        let name = &self.chosen;
        let Some(profile) = self.profile() else {
            return format!(
                "Name another with --profile or AWS_PROFILE.{}",
                self.known()
            );
        };
        if was_denied && self.wants_code() {
            return format!(
                "It wants a code of an MFA device, which this program asks nobody for. Let the AWS CLI ask: \
                 eval \"$(aws configure export-credentials --format env --profile {name})\" and then run this \
                 without the profile"
            );
        }
        let has = |key| profile.get(key).is_some();
        if has("sso_session") || has("sso_start_url") {
            format!("Sign in: aws sso login --profile {name}")
        } else {
            format!("See what the AWS CLI says of it: aws sts get-caller-identity --profile {name}")
        }
    }

    fn known(&self) -> String {
        let mut names: Vec<&str> = self.all.profiles().collect();
        names.sort_unstable();
        match names.is_empty() {
            true => String::new(),
            false => format!(" There are {}.", model::text::short_list(&names, 12)),
        }
    }

    /// The profile, or one that it gets its credentials from, takes on a role with a code of a device. The AWS SDK
    /// for Rust asks nobody for one. <https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-role.html>
    fn wants_code(&self) -> bool {
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
