//! `ecs-exec port-forward`: which ports, from where, and which way.

use std::io::Write;
use std::net::{IpAddr, Ipv4Addr};
use std::process::ExitCode;

use model::text::sanitize_line;

use crate::aws::AwsClients;
use crate::cli::{Global, PortForward, Transport};
use crate::cli_error::CliError;
use crate::config::{Settings, Use};
use crate::exit;
use crate::picker::ensure_can_choose_service;
use crate::place;
use crate::session::forward::ecs_exec::{self, EcsExecEnd};
use crate::session::forward::start_session::{self, ForwardEnd};
use crate::session::forward::{Forwarding, Ports};
use crate::session::{
    Context, ExecTarget, OpenError, TargetArgs, failure_report, find_plugin, open_unless_signalled,
    plugin_session, resolve_target,
};
use crate::timeouts::SESSION_TIMEOUT;

/// `ecs-exec port-forward`
pub async fn run(arguments: &PortForward, global: &Global) -> Result<ExitCode, CliError> {
    // `port-forward 8080`: the service is chosen from a list.
    let (first, service) = match &arguments.service {
        Some(first) if Ports::parse(first).is_some() => (Some(first), None),
        service => (None, service.clone()),
    };
    let ports: Vec<Ports> = first
        .into_iter()
        .chain(&arguments.ports)
        .map(|text| Ports::parse(text).ok_or_else(|| invalid(text)))
        .collect::<Result<_, _>>()?;
    if ports.is_empty() {
        return Err(CliError::new(
            "no port is named",
            format!(
                "For example: ecs-exec port-forward {} 8080:80",
                service.as_deref().unwrap_or("SERVICE")
            ),
        ));
    }
    ensure_can_choose_service(
        service.is_some() || arguments.task.is_some(),
        "ecs-exec port-forward SERVICE PORT",
    )?;
    let mut forwardings = Vec::new();
    match arguments.transport {
        Transport::Native => {
            for ports in &ports {
                forwardings.push(Forwarding::listen(arguments.address, ports.clone()).await?);
            }
        }
        Transport::Plugin => {
            ensure_plugin_can(arguments, ports.len())?;
            // The plugin listens itself, but only after a session is open.
            for ports in &ports {
                Forwarding::listen(arguments.address, ports.clone()).await?;
            }
        }
    }
    if !arguments.address.is_loopback() {
        say!(
            "warning: every machine that reaches {} can use the forwarded ports",
            arguments.address
        );
    }
    let settings = place::load(global, &[Use::Credentials]).await?;
    let aws = &AwsClients::connect(&settings, SESSION_TIMEOUT).await?;
    let cx = Context::new(aws, &settings, global);
    let args = TargetArgs {
        service,
        task: arguments.task.clone(),
        container: arguments.container.clone(),
        pick: false,
    };
    let target = resolve_target(cx, &args).await?;
    let ask_doctor = !arguments.no_doctor;
    match (arguments.transport, ports.first()) {
        (Transport::Plugin, Some(ports)) => {
            forward_by_plugin(cx, &settings, &target, ports, ask_doctor).await
        }
        _ => forward(cx, &target, &forwardings, ask_doctor).await,
    }
}

fn invalid(ports: &str) -> CliError {
    CliError::new(
        format!("invalid ports {ports}"),
        "Expected PORT, LOCAL:REMOTE or LOCAL:HOST:REMOTE, like 8080, 8080:4000 or 5432:db.internal:5432.",
    )
}

fn ensure_plugin_can(arguments: &PortForward, ports: usize) -> Result<(), CliError> {
    let cannot = match ports {
        1 if arguments.address == IpAddr::V4(Ipv4Addr::LOCALHOST) => return Ok(()),
        1 => "the plugin cannot listen on another address",
        _ => "the plugin forwards one port only",
    };
    Err(CliError::new(
        cannot,
        "Omit --transport plugin: this program needs no plugin.",
    ))
}

/// With port sessions; without the permission for them, through ECS Exec.
async fn forward(
    cx: Context<'_>,
    target: &ExecTarget,
    forwardings: &[Forwarding],
    ask_doctor: bool,
) -> Result<ExitCode, CliError> {
    note!(
        "Connecting to {} (task: {})...",
        sanitize_line(target.name()),
        target.task_id()
    );
    let ssm_target = target.ssm_target(&cx.settings.cluster);
    let ready = |forwarding: &Forwarding| print_ready(forwarding, target);
    let way = "Forwarding with sessions of Systems Manager (ssm:StartSession). Ctrl-C ends it.";
    match start_session::run(cx.aws, target, &ssm_target, forwardings, way, ready).await {
        Ok(ForwardEnd::Signal(signal)) | Err(OpenError::Interrupted(signal)) => {
            Ok(exit::by_signal(signal))
        }
        Ok(ForwardEnd::Ended { port, why }) => {
            let hint = match why.explain() {
                Some(known) => known.known_error.meaning.as_str(),
                None => {
                    "AWS ends sessions that are idle for 20 minutes, or as long as the account's Session Manager preferences say. Run the command again."
                }
            };
            let error = format!("the session of local port {port} ended: {why}");
            Err(CliError::unopened(error, hint))
        }
        Err(OpenError::Fatal(error)) => Err(error),
        Err(OpenError::Refused(why)) => {
            let failure = ("the ports cannot be forwarded", &why);
            failure_report::print(cx, target, failure, ask_doctor).await;
            Ok(ExitCode::from(exit::UNOPENED))
        }
        Err(OpenError::StartDenied(_)) => {
            let ready = |tool: &str| {
                note!(
                    "Forwarding through ECS Exec with {tool} of the image, a session for each connection, because these credentials are not allowed to call ssm:StartSession. Ctrl-C ends it."
                );
                for forwarding in forwardings {
                    print_ready(forwarding, target);
                }
            };
            note!("ssm:StartSession is denied; looking for a way through ECS Exec...");
            target.warn_if_encryption_is_unknown();
            match ecs_exec::run(cx, target, forwardings, ask_doctor, ready).await? {
                EcsExecEnd::Signal(signal) => Ok(exit::by_signal(signal)),
                EcsExecEnd::NotBegun(status) => Ok(ExitCode::from(status)),
            }
        }
    }
}

/// On standard output, so that a script learns which port was chosen.
fn print_ready(Forwarding { ports, local, .. }: &Forwarding, target: &ExecTarget) {
    let container = sanitize_line(&target.container);
    let through = match ports.host {
        Some(_) => "through",
        None => "of",
    };
    let mut stdout = std::io::stdout().lock();
    // If nobody reads it, forwarding goes on.
    let _ = writeln!(
        stdout,
        "Forwarding {local} -> {ports} {through} {container}"
    )
    .and_then(|()| stdout.flush());
}

async fn forward_by_plugin(
    cx: Context<'_>,
    settings: &Settings,
    target: &ExecTarget,
    ports: &Ports,
    ask_doctor: bool,
) -> Result<ExitCode, CliError> {
    let plugin = find_plugin().await?;
    let ssm_target = target.ssm_target(&settings.cluster);
    let requested = start_session::start(cx.aws, &ssm_target, ports, ports.local);
    let signal = match open_unless_signalled(cx.aws, requested).await {
        Ok(mut opened) => plugin_session(cx.aws, settings, &plugin, &mut opened).await?,
        Err(OpenError::Interrupted(signal)) => Some(signal),
        Err(OpenError::Fatal(error)) => return Err(error),
        Err(OpenError::Refused(why) | OpenError::StartDenied(why)) => {
            let failure = ("the port cannot be forwarded", &why);
            failure_report::print(cx, target, failure, ask_doctor).await;
            return Ok(ExitCode::from(exit::UNOPENED));
        }
    };
    Ok(signal.map_or(ExitCode::SUCCESS, exit::by_signal))
}
