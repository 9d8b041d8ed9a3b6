//! Forwards a port with an SSM session of its own type, which the Session Manager plugin carries.

use std::collections::HashMap;
use std::process::ExitCode;

use ssm_channel::{Secret, Session};

use crate::aws::AwsClients;
use crate::cli::{Global, PortForward};
use crate::cli_error::CliError;
use crate::collect::local;
use crate::config::Use;
use crate::exit;
use crate::place;
use crate::session::{
    Context, OpenError, TargetArgs, open_unless_signalled, plugin_session, resolve_target,
};
use crate::timeouts::SESSION_TIMEOUT;

#[derive(Debug, PartialEq, Eq)]
struct Ports {
    local: u16,
    /// `None`: the remote port is the container's own.
    host: Option<String>,
    remote: u16,
}

impl Ports {
    /// `LOCAL:REMOTE` or `LOCAL:HOST:REMOTE`.
    fn parse(text: &str) -> Option<Ports> {
        let (local, rest) = text.split_once(':')?;
        let (host, remote) = match rest.rsplit_once(':') {
            Some((host, remote)) => (Some(host.to_owned()), remote),
            None => (None, rest),
        };
        Some(Ports {
            local: local.parse().ok()?,
            host: host.filter(|host| !host.is_empty()),
            remote: remote.parse().ok().filter(|port| *port > 0)?,
        })
    }
}

/// `ecs-exec port-forward`
pub async fn run(arguments: &PortForward, global: &Global) -> Result<ExitCode, CliError> {
    let ports = Ports::parse(&arguments.ports).ok_or_else(|| {
        CliError::new(
            format!("invalid ports {}", arguments.ports),
            "Expected LOCAL:REMOTE or LOCAL:HOST:REMOTE, like 8080:4000 or 5432:db.internal:5432.",
        )
    })?;
    let settings = place::load(global, &[Use::Credentials]).await?;
    if local::plugin().await.is_absent() {
        return Err(CliError::unopened(
            "port-forward needs the Session Manager plugin, which is not installed on this machine",
            "`ecs-exec doctor --only local -v` shows how to install it.",
        ));
    }
    let aws = &AwsClients::connect(&settings, SESSION_TIMEOUT).await?;
    let cx = Context::new(aws, &settings, global);
    let args = TargetArgs {
        service: Some(arguments.service.clone()),
        task: arguments.task.clone(),
        container: arguments.container.clone(),
        pick: false,
    };
    let target = resolve_target(cx, &args).await?;
    let target = target.ssm_target(&settings.cluster);
    let signal = match open_unless_signalled(aws, start(aws, target, ports)).await {
        Ok(mut opened) => plugin_session(aws, &settings, &mut opened).await?,
        Err(OpenError::Interrupted(signal)) => Some(signal),
        Err(OpenError::Fatal(error)) => return Err(error),
        Err(OpenError::Refused(why)) => {
            return Err(CliError::unopened(
                format!("the port cannot be forwarded: {why}"),
                "This needs ssm:StartSession on the task and on the document, and a connected agent: see `ecs-exec doctor`.",
            ));
        }
    };
    Ok(signal.map_or(ExitCode::SUCCESS, exit::by_signal))
}

/// <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_StartSession.html>
async fn start(aws: &AwsClients, target: String, ports: Ports) -> Result<Session, OpenError> {
    let document = match ports.host {
        Some(_) => "AWS-StartPortForwardingSessionToRemoteHost",
        None => "AWS-StartPortForwardingSession",
    };
    let mut parameters = HashMap::from([
        ("portNumber".to_owned(), vec![ports.remote.to_string()]),
        ("localPortNumber".to_owned(), vec![ports.local.to_string()]),
    ]);
    parameters.extend(ports.host.map(|host| ("host".to_owned(), vec![host])));
    let answer = aws
        .call("ssm:StartSession", || {
            aws.ssm
                .start_session()
                .target(&target)
                .document_name(document)
                .set_parameters(Some(parameters.clone()))
                .send()
        })
        .await
        .map_err(|failure| OpenError::of(aws, &failure))?;
    Ok(Session {
        id: answer.session_id.unwrap_or_default(),
        stream_url: answer.stream_url.unwrap_or_default(),
        token: Secret::new(answer.token_value.unwrap_or_default()),
        target,
        kms_key: None,
        region: aws.region.value.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::Ports;

    #[test]
    fn ports_are_parsed() {
        let parse = |text| Ports::parse(text).map(|ports| (ports.local, ports.host, ports.remote));
        assert_eq!(parse("8080:80"), Some((8080, None, 80)));
        assert_eq!(
            parse("5432:db.internal:5432"),
            Some((5432, Some("db.internal".into()), 5432))
        );
        assert_eq!(parse("0:80"), Some((0, None, 80)), "any free port");
        for bad in ["", "80", "a:80", "80:a", "80:0", "99999:80", "1:2:"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}
