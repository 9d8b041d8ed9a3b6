//! Forwards a port, by a session of its own kind that the Session Manager plugin carries.

use std::process::ExitCode;

use ssm_channel::{Secret, Session};

use crate::aws::AwsClients;
use crate::cli::{Global, PortForward};
use crate::cli_error::CliError;
use crate::config::{self, Use};
use crate::exit;
use crate::facts::local;
use crate::session::open::{Unopened, opened};
use crate::session::{Named, plugin_session, spot};
use crate::timeouts::SESSION_TIMEOUT;

/// What is forwarded to what.
#[derive(Debug, PartialEq, Eq)]
struct Ports {
    local: u16,
    host: Option<String>,
    remote: u16,
}

impl Ports {
    /// `LOCAL:REMOTE` or `LOCAL:HOST:REMOTE`.
    fn read(text: &str) -> Option<Ports> {
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

pub async fn run(arguments: &PortForward, global: &Global) -> Result<ExitCode, CliError> {
    let ports = Ports::read(&arguments.ports).ok_or_else(|| {
        CliError::new(
            format!("{} does not name two ports", arguments.ports),
            "Like 8080:4000, or 5432:db.internal:5432.",
        )
    })?;
    let settings = config::load(global, &[Use::Credentials]).await?;
    if local::plugin().await.is_absent() {
        return Err(CliError::unopened(
            "the Session Manager plugin is not installed on this machine, and it alone forwards ports",
            "`ecs-exec doctor --only local -v` says how to install it.",
        ));
    }
    let aws = AwsClients::connect(&settings, SESSION_TIMEOUT).await?;
    let named = Named {
        service: Some(arguments.service.clone()),
        task: arguments.task.clone(),
        container: arguments.container.clone(),
        pick: false,
    };
    let found = spot::find(&aws, &settings, global, &named).await?;
    let target = found.spots[0].target(&settings.cluster);
    let mut opened = match opened(&aws, start(&aws, &target, &ports)).await {
        Ok(opened) => opened,
        Err(Unopened::Cancelled(signal)) => return Ok(exit::by_signal(signal)),
        Err(Unopened::Refused(trouble)) => return Err(trouble),
    };
    let signal = plugin_session(&aws, &settings, &mut opened).await?;
    Ok(signal.map_or(ExitCode::SUCCESS, exit::by_signal))
}

async fn start(aws: &AwsClients, target: &str, ports: &Ports) -> Result<Session, CliError> {
    let document = match ports.host {
        Some(_) => "AWS-StartPortForwardingSessionToRemoteHost",
        None => "AWS-StartPortForwardingSession",
    };
    let answer = aws
        .call("ssm:StartSession", || {
            aws.ssm
                .start_session()
                .target(target)
                .document_name(document)
                .set_parameters(parameters(ports))
                .send()
        })
        .await
        .map_err(|failure| {
            aws.rejected().unwrap_or_else(|| {
                CliError::unopened(
                    format!("the port cannot be forwarded, because {}", failure.why),
                    "It needs ssm:StartSession on the task and on the document, and a connected agent: see `ecs-exec doctor`.",
                )
            })
        })?;
    Ok(Session {
        id: answer.session_id.unwrap_or_default(),
        stream_url: answer.stream_url.unwrap_or_default(),
        token: Secret::new(answer.token_value.unwrap_or_default()),
        target: target.to_owned(),
        kms_key: None,
        region: aws.region.value.clone(),
    })
}

fn parameters(ports: &Ports) -> Option<std::collections::HashMap<String, Vec<String>>> {
    let mut parameters = std::collections::HashMap::from([
        ("portNumber".to_owned(), vec![ports.remote.to_string()]),
        ("localPortNumber".to_owned(), vec![ports.local.to_string()]),
    ]);
    if let Some(host) = &ports.host {
        parameters.insert("host".to_owned(), vec![host.clone()]);
    }
    Some(parameters)
}

#[cfg(test)]
mod tests {
    use super::Ports;

    #[test]
    fn ports() {
        let read = |text| Ports::read(text).map(|ports| (ports.local, ports.host, ports.remote));
        assert_eq!(read("8080:80"), Some((8080, None, 80)));
        assert_eq!(
            read("5432:db.internal:5432"),
            Some((5432, Some("db.internal".into()), 5432))
        );
        assert_eq!(read("0:80"), Some((0, None, 80)), "any free port");
        for bad in ["", "80", "a:80", "80:a", "80:0", "99999:80", "1:2:"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
