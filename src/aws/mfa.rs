//! Credentials of profiles with `mfa_serial`. The AWS SDK for Rust does not ask for MFA codes, so this assumes their roles
//! itself. <https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-role.html>

use std::time::SystemTime;

use aws_config::{BehaviorVersion, Region};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_sts::Client;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use model::text::sanitize_line;

use super::failure::root_message;
use super::profile::{Profiles, session_name};
use crate::cli_error::CliError;
use crate::output::{ask, can_ask};

/// How often a code is asked for. AWS locks no device, but a device that is out of step gives no valid code.
const ATTEMPTS: usize = 3;
const ONE_CODE: &str = "A code is valid once and for half a minute: wait for the next one.";

/// How STS is called.
pub struct StsAccess {
    pub region: Option<Region>,
    pub http: SharedHttpClient,
    pub endpoint_url: Option<String>,
}

/// The credentials of the selected profile if it needs an MFA code, for which this asks on the terminal. `None`: it needs
/// none, or there is no terminal.
///
/// # Errors
/// AWS does not accept the code, or does not give the role.
pub async fn credentials(
    profiles: &Profiles,
    access: &StsAccess,
) -> Result<Option<SharedCredentialsProvider>, CliError> {
    if !profiles.needs_mfa() {
        return Ok(None);
    }
    // AWS may not insist on the code; if it does, the error says what to do.
    if !can_ask() {
        return Ok(None);
    }
    // From the profile with long-term credentials to the selected one.
    let chain: Vec<&str> = profiles.chain().collect();
    let mut provider: Option<SharedCredentialsProvider> = None;
    for profile in chain.into_iter().rev() {
        let get = |key| profiles.get(profile, key);
        // A role whose source profile is the profile itself has keys of its own.
        let source = match provider.take() {
            Some(source) => source,
            None => match (get("aws_access_key_id"), get("aws_secret_access_key")) {
                (Some(id), Some(secret)) => {
                    let token = get("aws_session_token").map(str::to_owned);
                    SharedCredentialsProvider::new(Credentials::new(
                        id, secret, token, None, "profile",
                    ))
                }
                _ => {
                    let (region, http) = (access.region.clone(), access.http.clone());
                    let last = profiles.credentials_of(profile, region, http);
                    provider = Some(SharedCredentialsProvider::new(last));
                    continue;
                }
            },
        };
        provider = Some(match get("role_arn") {
            Some(role) => {
                let credentials = assume(profiles, profile, role, source, access).await?;
                SharedCredentialsProvider::new(credentials)
            }
            None => source,
        });
    }
    Ok(provider)
}

async fn assume(
    profiles: &Profiles,
    profile: &str,
    role: &str,
    source: SharedCredentialsProvider,
    access: &StsAccess,
) -> Result<Credentials, CliError> {
    let get = |key| profiles.get(profile, key).map(str::to_owned);
    let region = access.region.clone();
    let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .region(region.unwrap_or_else(|| Region::from_static("us-east-1")))
        .http_client(access.http.clone())
        .credentials_provider(source);
    if let Some(url) = &access.endpoint_url {
        loader = loader.endpoint_url(url);
    }
    let serial = get("mfa_serial");
    let duration = get("duration_seconds").and_then(|seconds| seconds.parse().ok());
    let request = Client::new(&loader.load().await)
        .assume_role()
        .role_arn(role)
        .role_session_name(get("role_session_name").unwrap_or_else(session_name))
        .set_external_id(get("external_id"))
        .set_duration_seconds(duration)
        .set_serial_number(serial.clone());
    let mut attempts = 0;
    let answer = loop {
        let code = match &serial {
            Some(serial) => Some(ask_code(profile, serial).await?),
            None => None,
        };
        attempts += 1;
        match request.clone().set_token_code(code).send().await {
            Err(error) if attempts < ATTEMPTS && is_wrong_code(error.message()) => {
                say!("AWS does not accept this code. {ONE_CODE}");
            }
            answer => break answer,
        }
    };
    let answer = answer.map_err(|error| {
        let why = match error.message() {
            Some(message) => message.to_owned(),
            None => root_message(&error),
        };
        let hint = match serial {
            Some(_) if why.contains("unable to validate MFA code") => {
                "Check mfa_serial of the profile: `aws iam list-mfa-devices` shows the user's devices.".to_owned()
            }
            Some(_) => format!("{ONE_CODE} The role's trust policy must allow this user with MFA."),
            None => "The role's trust policy must allow the source profile's user or role.".to_owned(),
        };
        CliError::new(
            format!("the AWS profile {profile} gives no credentials: {}", sanitize_line(&why)),
            hint,
        )
    })?;
    let Some(given) = answer.credentials else {
        let what = format!("the AWS profile {profile} gives no credentials: STS returned none");
        return Err(CliError::new(what, ""));
    };
    let expiry = SystemTime::try_from(given.expiration).ok();
    Ok(Credentials::new(
        given.access_key_id,
        given.secret_access_key,
        Some(given.session_token),
        expiry,
        "AssumeRole with MFA",
    ))
}

/// Whether the answer is about the code and not about the role: AWS sends `AccessDenied` for both.
fn is_wrong_code(message: Option<&str>) -> bool {
    message.is_some_and(|message| message.contains("invalid MFA one time pass code"))
}

/// Six digits, from the terminal. Asks again for anything else, and AWS is not asked about it.
async fn ask_code(profile: &str, serial: &str) -> Result<String, CliError> {
    const SIX_DIGITS: &str =
        "An MFA code has six digits: your authenticator app or device shows it.";
    let (profile, serial) = (sanitize_line(profile), sanitize_line(serial));
    let question = format!("MFA code of {serial} for profile {profile}: ");
    while let Some(answer) = ask(&question).await {
        let code: String = answer
            .chars()
            .filter(|letter| !letter.is_whitespace())
            .collect();
        if code.len() == 6 && code.chars().all(|letter| letter.is_ascii_digit()) {
            return Ok(code);
        }
        say!("{SIX_DIGITS}");
    }
    Err(CliError::new("no MFA code was given", SIX_DIGITS))
}
