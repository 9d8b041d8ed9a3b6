//! Carries a session with the official plugin: started as the AWS CLI starts it, with the terminal to itself.
//! <https://github.com/aws/aws-cli/blob/v2/awscli/customizations/sessionmanager.py>

use std::env;
use std::process::Stdio;
use std::time::Duration;

use aws_credential_types::provider::ProvideCredentials;
use aws_sdk_ssm::config::endpoint::{DefaultResolver, Params, ResolveEndpoint};
use model::facts::{Fact, Plugin};
use model::text::sanitize_line;
use model::version::is_at_least;
use serde_json::json;
use tokio::process::{Child, Command};
use tokio::select;
use tokio::time::timeout;

use super::open::{OpenSession, terminate};
use crate::aws::AwsClients;
use crate::cli_error::CliError;
use crate::collect::local;
use crate::config::Settings;
use crate::signals::{STOP, Signals};

/// The variable with the session; its name is the plugin's first argument.
const VARIABLE: &str = "AWS_SSM_START_SESSION_RESPONSE";
/// The first version that reads the variable. Earlier ones take the session, token included, as an argument.
const LEAST_FOR_VARIABLE: [u32; 4] = [1, 2, 536, 0];

const INSTALL_PAGE: &str = "https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-working-with-install-plugin.html";

/// How long the plugin can take to end after a signal.
const END_TIMEOUT: Duration = Duration::from_secs(2);

/// The plugin on this machine. Look for it before a session is opened.
pub async fn find() -> Result<Plugin, CliError> {
    match local::plugin().await {
        Fact::Known(plugin) => Ok(plugin),
        Fact::Absent | Fact::Unavailable(_) => Err(CliError::unopened(
            "the Session Manager plugin is not installed on this machine",
            format!(
                "Omit --transport plugin: this program needs no plugin. To install it: {INSTALL_PAGE}"
            ),
        )),
    }
}

/// Runs the plugin until it ends, or until a signal ends it, whose number is returned. The plugin's own exit status
/// says nothing about the session.
pub async fn carry(
    aws: &AwsClients,
    settings: &Settings,
    plugin: &Plugin,
    opened: &mut OpenSession,
) -> Result<Option<i32>, CliError> {
    let session = &opened.session;
    let response = json!({
        "SessionId": session.id,
        "TokenValue": session.token.expose(),
        "StreamUrl": session.stream_url,
    })
    .to_string();
    let version = plugin.version.known();
    let takes_variable = version.and_then(|version| is_at_least(version, &LEAST_FOR_VARIABLE));
    let mut command = Command::new(&plugin.path);
    if takes_variable == Some(true) {
        command.arg(VARIABLE).env(VARIABLE, response);
    } else {
        say!(
            "warning: the plugin {} is older than 1.2.536, so the session's token is in the list of processes while it runs",
            sanitize_line(&plugin.path)
        );
        command.arg(response);
    }
    let profile = settings.profile.as_ref();
    command
        .arg(&session.region)
        .arg("StartSession")
        .arg(profile.map_or("", |profile| profile.value.as_str()))
        .arg(json!({"Target": session.target}).to_string())
        .arg(ssm_endpoint(aws).await)
        .stdin(Stdio::inherit())
        .stdout(Stdio::inherit())
        .stderr(Stdio::inherit());
    pass_credentials(aws, &mut command).await;
    let terminal = TerminalMode::save();
    // Ctrl-Z is for the plugin: while it is watched, it does not stop this program.
    let _stop = Signals::watch(&[STOP]);
    let mut child = command.spawn().map_err(|error| {
        CliError::unopened(
            format!("could not start the plugin {}: {error}", plugin.path),
            "Omit --transport plugin: this program needs no plugin.",
        )
    })?;
    let signal = select! {
        _ = child.wait() => return Ok(None),
        signal = opened.signals.next_except_interrupt() => signal,
    };
    forward_signal(signal, &child);
    if timeout(END_TIMEOUT, child.wait()).await.is_err() {
        let _ = child.kill().await;
    }
    terminal.restore();
    terminate(aws, &opened.session.id).await;
    Ok(Some(signal))
}

#[cfg(unix)]
fn forward_signal(signal: i32, to: &Child) {
    use rustix::process::{Pid, Signal, kill_process};
    let pid = to.id().and_then(|id| i32::try_from(id).ok());
    if let (Some(pid), Some(signal)) = (pid.and_then(Pid::from_raw), Signal::from_named_raw(signal))
    {
        // Fails if it has just ended.
        let _ = kill_process(pid, signal);
    }
}

#[cfg(not(unix))]
fn forward_signal(_: i32, _: &Child) {}

/// The terminal's mode, which a killed plugin leaves as it was.
struct TerminalMode {
    #[cfg(unix)]
    saved: Option<rustix::termios::Termios>,
}

impl TerminalMode {
    fn save() -> TerminalMode {
        TerminalMode {
            #[cfg(unix)]
            saved: rustix::termios::tcgetattr(std::io::stdin()).ok(),
        }
    }

    fn restore(self) {
        #[cfg(unix)]
        if let Some(saved) = self.saved {
            use rustix::termios::{OptionalActions, tcsetattr};
            let _ = tcsetattr(std::io::stdin(), OptionalActions::Now, &saved);
        }
    }
}

/// The endpoint at which the plugin resumes and ends sessions: the one that this program uses for Systems Manager. (The
/// AWS CLI passes the one of ECS, which has neither call.)
async fn ssm_endpoint(aws: &AwsClients) -> String {
    let own = env::var("AWS_ENDPOINT_URL_SSM").ok();
    let own = own.filter(|url| !url.is_empty());
    if let Some(url) = own.or_else(|| aws.endpoint_url.clone()) {
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

/// The plugin looks for credentials itself, but not in all places in which the SDK does.
async fn pass_credentials(aws: &AwsClients, command: &mut Command) {
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
