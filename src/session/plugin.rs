//! The official plugin as the carrier: started as the AWS CLI starts it, with the terminal to itself.

use std::env;
use std::process::Stdio;
use std::time::Duration;

use aws_credential_types::provider::ProvideCredentials;
use aws_sdk_ssm::config::endpoint::{DefaultResolver, Params, ResolveEndpoint};
use model::facts::Fact;
use model::text::sanitize_line;
use model::version::is_at_least;
use serde_json::json;
use tokio::process::{Child, Command};
use tokio::select;
use tokio::time::timeout;

use super::open::{Opened, terminate};
use super::terminal::{Attributes, IgnoreKeyboardSignals};
use crate::aws::Aws;
use crate::cli_error::CliError;
use crate::config::Settings;
use crate::facts::local;

/// The variable in which the plugin looks for the session, where its first argument names it.
const VARIABLE: &str = "AWS_SSM_START_SESSION_RESPONSE";
/// The first version that does: before it the token stands in the process list.
const LEAST_FOR_VARIABLE: [u32; 4] = [1, 2, 536, 0];

/// How long the plugin may take to end when it is told to.
const END_TIMEOUT: Duration = Duration::from_secs(2);

/// Runs the plugin until it ends, or a signal ends it, whose number is given; its own status says nothing.
pub async fn carry(
    aws: &Aws,
    settings: &Settings,
    opened: &mut Opened,
) -> Result<Option<i32>, CliError> {
    let session = &opened.session;
    let Fact::Known(plugin) = local::plugin().await else {
        return Err(CliError::unopened(
            "the Session Manager plugin is not installed on this machine",
            "Leave --transport plugin out: this program needs no plugin. `ecs-exec doctor --only local -v` says how to install it.",
        ));
    };
    let response = json!({
        "SessionId": session.id,
        "TokenValue": session.token.expose(),
        "StreamUrl": session.stream_url,
    })
    .to_string();
    let takes_variable = plugin
        .version
        .known()
        .and_then(|version| is_at_least(version, &LEAST_FOR_VARIABLE))
        .unwrap_or(false);
    let profile = settings
        .profile
        .as_ref()
        .map_or("", |profile| profile.value.as_str());
    let mut command = Command::new(&plugin.path);
    if takes_variable {
        command.arg(VARIABLE).env(VARIABLE, response);
    } else {
        say!(
            "The plugin {} is older than 1.2.536: the session's token stands in the list of processes while it runs.",
            sanitize_line(&plugin.path)
        );
        command.arg(response);
    }
    command
        .arg(&session.region)
        .arg("StartSession")
        .arg(profile)
        .arg(json!({"Target": session.target}).to_string())
        .arg(endpoint(aws).await)
        .stdin(Stdio::inherit())
        .stdout(Stdio::inherit())
        .stderr(Stdio::inherit());
    hand_credentials(aws, &mut command).await;
    let before = Attributes::now();
    let ignored = IgnoreKeyboardSignals::new();
    let mut child = command.spawn().map_err(|error| {
        CliError::unopened(
            format!("the plugin {} could not be started: {error}", plugin.path),
            "Leave --transport plugin out: this program needs no plugin.",
        )
    })?;
    let signal = select! {
        _ = child.wait() => None,
        signal = opened.signals.next_but_ctrl_c() => Some(signal),
    };
    if let Some(signal) = signal {
        pass_on(signal, &child);
        if timeout(END_TIMEOUT, child.wait()).await.is_err() {
            let _ = child.kill().await;
        }
        before.restore();
        terminate(aws, &opened.session.id).await;
    }
    drop(ignored);
    Ok(signal)
}

#[cfg(unix)]
fn pass_on(signal: i32, to: &Child) {
    use rustix::process::{Pid, Signal, kill_process};
    let pid = to
        .id()
        .and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
    if let (Some(pid), Some(signal)) = (pid, Signal::from_named_raw(signal)) {
        // Fails where it has just ended.
        let _ = kill_process(pid, signal);
    }
}

#[cfg(not(unix))]
fn pass_on(_: i32, _: &Child) {}

/// Where the plugin resumes and ends sessions: where this program's own calls to Systems Manager go. The AWS CLI names
/// the endpoint of ECS here, which knows neither.
async fn endpoint(aws: &Aws) -> String {
    let own = env::var("AWS_ENDPOINT_URL_SSM").ok();
    if let Some(url) = own
        .filter(|url| !url.is_empty())
        .or_else(|| aws.endpoint_url.clone())
    {
        return url;
    }
    let params = Params::builder()
        .region(aws.region.value.clone())
        .set_use_fips(aws.fips)
        .set_use_dual_stack(aws.dual_stack)
        .build();
    if let Ok(params) = params
        && let Ok(endpoint) = DefaultResolver::new().resolve_endpoint(&params).await
    {
        return endpoint.url().to_owned();
    }
    format!("https://{}", aws.host_of("ssm"))
}

/// The plugin looks for credentials itself, and does not find all that the SDK does.
async fn hand_credentials(aws: &Aws, command: &mut Command) {
    let Some(provider) = &aws.credentials else {
        return;
    };
    if let Ok(credentials) = provider.provide_credentials().await {
        command
            .env("AWS_ACCESS_KEY_ID", credentials.access_key_id())
            .env("AWS_SECRET_ACCESS_KEY", credentials.secret_access_key());
        match credentials.session_token() {
            Some(token) => command.env("AWS_SESSION_TOKEN", token),
            None => command.env_remove("AWS_SESSION_TOKEN"),
        };
    }
}
