//! A profile of the AWS configuration that was named: its credentials, and what it asks for that nobody can give here.

use std::env;
use std::fs;
use std::path::PathBuf;

use aws_config::Region;
use aws_config::meta::region::ProvideRegion;
use aws_config::profile::{ProfileFileCredentialsProvider, ProfileFileRegionProvider};
use aws_config::provider_config::ProviderConfig;
use aws_smithy_runtime_api::client::http::SharedHttpClient;

/// The profile's own credentials, also those of a role that it takes on: that asks STS, in a region.
pub async fn credentials(
    profile: &str,
    region: Option<Region>,
    http: SharedHttpClient,
) -> ProfileFileCredentialsProvider {
    let region = match region {
        Some(region) => Some(region),
        None => {
            let of_profile = ProfileFileRegionProvider::builder()
                .profile_name(profile)
                .build();
            of_profile.region().await
        }
    };
    let config = ProviderConfig::without_region()
        .with_region(region)
        .with_http_client(http);
    ProfileFileCredentialsProvider::builder()
        .configure(&config)
        .profile_name(profile)
        .build()
}

/// The profile, or one that it names as its source, takes on a role with a code of a device. The AWS SDK for Rust asks
/// nobody for one. <https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-role.html>
pub fn wants_code(profile: &str) -> bool {
    let path = env::var_os("AWS_CONFIG_FILE").map(PathBuf::from);
    let Some(path) = path.or_else(|| Some(env::home_dir()?.join(".aws").join("config"))) else {
        return false;
    };
    fs::read_to_string(path).is_ok_and(|config| has_mfa(&config, profile))
}

fn has_mfa(config: &str, profile: &str) -> bool {
    let mut is_in_profile = false;
    for line in config.lines() {
        let line = line.trim();
        if let Some(section) = line.strip_prefix('[') {
            let name = section.trim_end_matches(']').trim();
            is_in_profile = name.strip_prefix("profile ").unwrap_or(name).trim() == profile;
        } else if is_in_profile
            && line
                .split('=')
                .next()
                .is_some_and(|key| key.trim() == "mfa_serial")
        {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::has_mfa;

    #[test]
    fn only_the_profile_s_own_section_counts() {
        let config = "[default]\nregion = x\n[profile ops]\nrole_arn = r\nmfa_serial = arn:m\n[profile dev]\nregion=y\n";
        assert!(has_mfa(config, "ops"));
        assert!(!has_mfa(config, "dev") && !has_mfa(config, "default") && !has_mfa("", "ops"));
    }
}
