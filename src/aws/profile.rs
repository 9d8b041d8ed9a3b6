//! A profile of the AWS configuration files.
//! <https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html>

use std::borrow::Cow;

use aws_config::Region;
#[allow(deprecated)]
use aws_config::profile::profile_file::{ProfileFileKind, ProfileFiles};
use aws_config::profile::{Profile, ProfileFileCredentialsProvider, ProfileSet};
use aws_config::provider_config::ProviderConfig;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_types::os_shim_internal::{Env, Fs};

use super::failure::root_message;
use crate::cli_error::CliError;
use crate::environment::variable;
use crate::target::nearest;

/// The profiles of the configuration files, and the selected one.
pub struct Profiles {
    all: ProfileSet,
    selected: String,
}

/// Any of these in a profile says where its credentials come from.
const SOURCES: [&str; 9] = [
    "aws_access_key_id",
    "credential_process",
    "credential_source",
    "login_session",
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

    /// The region of the selected profile.
    pub fn region(&self) -> Option<&str> {
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

    /// The selected profile's credentials. If it assumes a role, that calls STS in a region.
    pub fn credentials(
        &self,
        region: Option<Region>,
        http: SharedHttpClient,
    ) -> ProfileFileCredentialsProvider {
        self.credentials_of(&self.selected, region, http)
    }

    /// The credentials of a profile.
    pub fn credentials_of(
        &self,
        profile: &str,
        region: Option<Region>,
        http: SharedHttpClient,
    ) -> ProfileFileCredentialsProvider {
        let profile_region = || Some(Region::new(self.region()?.to_owned()));
        let config = ProviderConfig::without_region()
            .with_region(region.or_else(profile_region))
            .with_http_client(http);
        ProfileFileCredentialsProvider::builder()
            .configure(&config)
            .profile_name(profile)
            .profile_files(self.files_with_session_names())
            .build()
    }

    /// The configuration files, with the user's name as the session name of profiles that assume a role and set none:
    /// CloudTrail and AWS's answers then say who it was. The SDK's own is `assume-role-from-profile-` and a time.
    #[allow(deprecated)] // Only this crate re-exports the types.
    pub fn files_with_session_names(&self) -> ProfileFiles {
        let session = session_name();
        let unnamed = self.all.profiles().filter(|name| {
            let profile = self.all.get_profile(name);
            let get = |key| profile.and_then(|profile| profile.get(key));
            get("role_arn").is_some() && get("role_session_name").is_none() && is_plain(name)
        });
        let sections =
            unnamed.map(|name| format!("[profile {name}]\nrole_session_name = {session}\n"));
        ProfileFiles::builder()
            .with_contents(ProfileFileKind::Config, sections.collect::<String>())
            .include_default_config_file(true)
            .include_default_credentials_file(true)
            .build()
    }

    /// A key of a profile.
    pub fn get(&self, profile: &str, key: &str) -> Option<&str> {
        self.all.get_profile(profile)?.get(key)
    }

    /// What to do if the profile gives no credentials. `was_denied`: AWS did not allow it to assume its role.
    pub fn advice(&self, was_denied: bool) -> String {
        let name = &self.selected;
        let Some(profile) = self.profile() else {
            let near = nearest(name, self.all.profiles());
            return match near.is_empty() {
                true => format!("Set another with --profile or AWS_PROFILE.{}", self.known()),
                false => format!("Did you mean {}?", near.join(" or ")),
            };
        };
        if was_denied && self.needs_mfa() {
            return self.mfa_advice();
        }
        let has = |key| profile.get(key).is_some();
        if has("login_session") {
            format!("Sign in: aws login --profile {name}")
        } else if has("sso_session") || has("sso_start_url") {
            format!("Sign in: aws sso login --profile {name}")
        } else if has("credential_process") {
            format!(
                "Run the program that the profile names in credential_process yourself, to see what it says: \
                 aws configure get credential_process --profile {name}"
            )
        } else if has("web_identity_token_file") {
            "The file that the profile names in web_identity_token_file must hold a token that has not expired, and the \
             role must trust its issuer."
                .to_owned()
        } else if let Some(source) = profile.get("credential_source") {
            match source {
                "Ec2InstanceMetadata" => "The profile takes credentials from an EC2 instance: it works only there, and the \
                                          instance needs an instance profile."
                    .to_owned(),
                "EcsContainer" => "The profile takes credentials from a container: it works only in a task with a task \
                                   role."
                    .to_owned(),
                "Environment" => {
                    "The profile takes credentials from the environment: set AWS_ACCESS_KEY_ID and \
                     AWS_SECRET_ACCESS_KEY."
                        .to_owned()
                }
                _ => format!(
                    "The profile's credential_source must be Ec2InstanceMetadata, EcsContainer or Environment, not {}.",
                    model::text::sanitize_line(source)
                ),
            }
        } else {
            format!(
                "Check the profile with the AWS CLI: aws sts get-caller-identity --profile {name}"
            )
        }
    }

    /// How to get credentials with an MFA code without being asked by this program.
    pub fn mfa_advice(&self) -> String {
        let name = &self.selected;
        format!(
            "This profile needs an MFA code. On a terminal ecs-exec asks for it; elsewhere let the AWS CLI ask: \
             eval \"$(aws configure export-credentials --format env --profile {name})\", then run this without the \
             profile"
        )
    }

    /// A sentence with the names of the profiles, behind a space; empty if there are none.
    pub fn known(&self) -> String {
        let mut names: Vec<&str> = self.all.profiles().collect();
        names.sort_unstable();
        match names.is_empty() {
            true => String::new(),
            false => format!(" Profiles: {}.", model::text::short_list(&names, 12)),
        }
    }

    /// Whether the profile, or a source profile, assumes a role with an MFA code.
    /// <https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-role.html>
    pub fn needs_mfa(&self) -> bool {
        self.chain().any(|name| {
            self.get(name, "mfa_serial").is_some() && self.get(name, "role_arn").is_some()
        })
    }

    /// The profiles whose `source_profile` leads back to one of them, as `a → b → a`.
    pub fn cycle(&self) -> Option<String> {
        let mut passed: Vec<&str> = Vec::new();
        for name in self.chain() {
            if let Some(start) = passed.iter().position(|known| *known == name) {
                return Some([&passed[start..], &[name]].concat().join(" → "));
            }
            passed.push(name);
        }
        None
    }

    /// The selected profile, its source profile, and so on.
    pub fn chain(&self) -> impl Iterator<Item = &str> {
        const LONGEST_CHAIN: usize = 10;
        let next = |name: &&str| {
            let source = self.get(name, "source_profile")?;
            (source != *name).then_some(source)
        };
        std::iter::successors(Some(self.selected.as_str()), next).take(LONGEST_CHAIN)
    }
}

/// Whether a profile's name needs no quotes in a configuration file.
fn is_plain(name: &str) -> bool {
    let is_allowed = |letter: char| letter.is_ascii_alphanumeric() || "-_.@+:/".contains(letter);
    name.chars().all(is_allowed)
}

/// `ecs-exec-USER`, as the name of a session of an assumed role.
/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>
pub fn session_name() -> String {
    let user = ["USER", "LOGNAME", "USERNAME"]
        .into_iter()
        .find_map(variable);
    let user = user.map(|user| user.to_string_lossy().into_owned());
    session_name_of(user.as_deref())
}

/// At most 64 of the characters that STS accepts.
fn session_name_of(user: Option<&str>) -> String {
    let is_allowed = |letter: &char| letter.is_ascii_alphanumeric() || "_=,.@-".contains(*letter);
    let user: String = user
        .unwrap_or_default()
        .chars()
        .filter(is_allowed)
        .collect();
    let name = match user.as_str() {
        "" => "ecs-exec".to_owned(),
        user => format!("ecs-exec-{user}"),
    };
    name.chars().take(64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_session_is_named_after_the_user() {
        assert_eq!(session_name_of(Some("ann.lee")), "ecs-exec-ann.lee");
        assert_eq!(
            session_name_of(Some("CORP\\ann lee")),
            "ecs-exec-CORPannlee"
        );
        assert_eq!(session_name_of(Some("ä")), "ecs-exec");
        assert_eq!(session_name_of(None), "ecs-exec");
        assert_eq!(session_name_of(Some(&"a".repeat(99))).len(), 64);
    }
}
