//! Refuses settings that no AWS call can be made with, or that contradict each other.

use model::arn;

use super::merge::{NO_PRINCIPAL, region_of_arn};
use super::{Settings, SourcedValue, short_name};
use crate::cli::Global;
use crate::cli_error::CliError;
use crate::environment::PROXIES;

/// Whether the settings can be used.
pub fn validate(
    global: &Global,
    environment: &impl Fn(&str) -> Option<String>,
    settings: &Settings,
) -> Result<(), CliError> {
    for (flag, value) in global.whereabouts() {
        if value.is_some_and(|value| value.contains(',')) {
            return Err(CliError::new(
                format!("{flag} has several values"),
                "Only `ecs-exec doctor` accepts several clusters.",
            ));
        }
    }
    if arn::kind(&settings.cluster).is_some_and(|kind| kind != "cluster") {
        return Err(CliError::new(
            format!("{} is not the ARN of a cluster", settings.cluster),
            "Cluster ARNs look like arn:aws:ecs:REGION:ACCOUNT:cluster/NAME.",
        ));
    }
    if global.cluster.is_some() && short_name(&settings.cluster).is_empty() {
        return Err(CliError::new(
            "the cluster name is empty",
            "Name one with --cluster.",
        ));
    }
    if let Some(SourcedValue { value, source }) = &settings.region
        && !is_region(value)
    {
        return Err(CliError::new(
            format!("{value} (from {source}) is not a region"),
            "Regions look like us-west-2.",
        ));
    }
    if let (Some(flag), Some(arn)) = (&global.region, region_of_arn(&settings.cluster))
        && *flag != arn.value
    {
        return Err(CliError::new(
            format!(
                "--region is {flag}, but the cluster's ARN has {}",
                arn.value
            ),
            "Omit --region, or correct one of them.",
        ));
    }
    let mut patterns = settings.expect.may_exec.iter();
    if let Some(pattern) = patterns.find(|pattern| !is_arn_pattern(pattern)) {
        return Err(CliError::new(
            format!("{pattern:?} in expect.may_exec is not a pattern of ARNs of users or roles"),
            "Patterns look like arn:aws:iam::*:role/ops-*. Sessions of a role count as the role.",
        ));
    }
    // Not the URLs themselves: they can contain a password.
    if let Some(name) = invalid_endpoint(environment, settings) {
        return Err(CliError::new(
            format!("{name} is not a valid endpoint URL"),
            "It has to begin with http:// or https://.",
        ));
    }
    match invalid_proxy(environment) {
        Some(name) => Err(CliError::new(
            format!("{name} is not a valid proxy URL"),
            "Use a URL like http://proxy.example.com:3128, or unset it.",
        )),
        None => Ok(()),
    }
}

/// The flag or variable with an invalid endpoint URL.
fn invalid_endpoint(
    environment: &impl Fn(&str) -> Option<String>,
    settings: &Settings,
) -> Option<&'static str> {
    const VARIABLES: [&str; 10] = [
        "AWS_ENDPOINT_URL",
        "AWS_ENDPOINT_URL_CLOUDTRAIL",
        "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS",
        "AWS_ENDPOINT_URL_EC2",
        "AWS_ENDPOINT_URL_ECS",
        "AWS_ENDPOINT_URL_IAM",
        "AWS_ENDPOINT_URL_KMS",
        "AWS_ENDPOINT_URL_S3",
        "AWS_ENDPOINT_URL_SSM",
        "AWS_ENDPOINT_URL_STS",
    ];
    let is_bad = |url: String| !url.is_empty() && !is_url(&url, "", &["http", "https"]);
    if let Some(url) = &settings.endpoint_url {
        return is_bad(url.clone()).then_some("--endpoint-url");
    }
    let ignored = environment("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS");
    if ignored.is_some_and(|value| value.eq_ignore_ascii_case("true")) {
        return None;
    }
    let mut variables = VARIABLES.into_iter();
    variables.find(|name| environment(name).is_some_and(is_bad))
}

/// The variable with an invalid proxy URL. The AWS SDK would ignore it and connect without a proxy.
fn invalid_proxy(environment: &impl Fn(&str) -> Option<String>) -> Option<&'static str> {
    const SCHEMES: [&str; 6] = ["http", "https", "socks4", "socks4a", "socks5", "socks5h"];
    let is_bad = |url: String| !url.is_empty() && !is_url(&url, "http", &SCHEMES);
    let mut proxies = PROXIES.into_iter();
    proxies.find(|name| environment(name).is_some_and(is_bad))
}

/// Whether a pattern can match the ARN of a user or role.
fn is_arn_pattern(pattern: &str) -> bool {
    let of_others = [":assumed-role/", ":federated-user/", ":group/", ":policy/"];
    let is_of_others =
        of_others.iter().any(|kind| pattern.contains(kind)) || pattern.ends_with(":root");
    let is_arn = pattern.starts_with("arn:") || pattern.starts_with('*');
    (is_arn && !is_of_others) || pattern == NO_PRINCIPAL
}

/// Whether a text has the form of a region name.
pub fn is_region(value: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    !value.is_empty() && value.chars().all(plain)
}

/// Whether it is a URL with a host and one of these schemes. `default` is the scheme of a URL without one.
fn is_url(url: &str, default: &str, schemes: &[&str]) -> bool {
    url.parse::<http::Uri>().is_ok_and(|uri| {
        uri.authority().is_some() && schemes.contains(&uri.scheme_str().unwrap_or(default))
    })
}
