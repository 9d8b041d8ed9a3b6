//! Opens a session for a person.

use std::process::ExitCode;

use model::arn;
use model::text::{list, sanitize_line};

use crate::aws::AwsClients;
use crate::cli::misspelt;
use crate::cli::{Exec, Global, RecipeArguments, SessionFlags, ShortForm, Transport};
use crate::cli_error::CliError;
use crate::completion::seen_names;
use crate::config::{self, Recipe, Settings, Use, short_name};
use crate::exit;
use crate::place;
use crate::session::{
    ClosingCause, Context, ExecTarget, LocalIo, OpenError, RemoteText, SessionEnd, TargetArgs,
    as_user, escape, failure_report, find_plugin, first_shell, open, or_similar_command,
    plugin_session, report_unwritten_output, resolve_target, run_session,
};
use crate::target;
use crate::timeouts::SESSION_TIMEOUT;

/// What the user asked for, by whichever command.
struct SessionRequest<'a> {
    service: Option<String>,
    container: Option<String>,
    /// `None`: a shell.
    command: Option<String>,
    /// The command comes from the project's configuration file.
    is_project_command: bool,
    /// The service may be a misspelt command.
    may_be_command: bool,
    flags: &'a SessionFlags,
}

/// `ecs-exec SERVICE [CONTAINER] [COMMAND]`: COMMAND goes to ECS unchanged.
pub async fn short_form(arguments: &ShortForm, global: &Global) -> Result<ExitCode, CliError> {
    let request = SessionRequest {
        service: Some(arguments.service.clone()),
        container: arguments
            .container
            .clone()
            .or_else(|| arguments.container_flag.clone()),
        command: arguments.command.clone(),
        is_project_command: false,
        may_be_command: true,
        flags: &arguments.session,
    };
    run_request(request, global).await
}

/// `ecs-exec exec SERVICE -- CMD ARG…`: the words reach the program unchanged.
pub async fn run(arguments: &Exec, global: &Global) -> Result<ExitCode, CliError> {
    let words = &arguments.command;
    let request = SessionRequest {
        service: arguments.service.clone(),
        container: arguments.container.clone(),
        command: match words.is_empty() {
            true => arguments.command_line.clone(),
            false => Some(shell_words::join(words)),
        },
        is_project_command: false,
        may_be_command: arguments.is_implied,
        flags: &arguments.session,
    };
    run_request(request, global).await
}

/// An interactive recipe.
pub async fn recipe(
    name: &str,
    recipe: &Recipe,
    arguments: &RecipeArguments,
    settings: &Settings,
    global: &Global,
) -> Result<ExitCode, CliError> {
    let project = settings.project.as_ref();
    let flags = SessionFlags {
        task: arguments.task.clone(),
        escape: arguments.escape.clone(),
        no_doctor: arguments.no_doctor,
        ..SessionFlags::default()
    };
    let request = SessionRequest {
        service: Some(recipe.service.clone()),
        container: arguments
            .container
            .clone()
            .or_else(|| recipe.container.clone()),
        command: Some(shell_words::join(&recipe.command)),
        is_project_command: project.is_some_and(|project| project.has_recipe(name)),
        may_be_command: false,
        flags: &flags,
    };
    session(request, settings, global).await
}

async fn run_request(request: SessionRequest<'_>, global: &Global) -> Result<ExitCode, CliError> {
    if request.flags.keep_alive && request.flags.transport == Transport::Plugin {
        return Err(CliError::new(
            "--keep-alive works only with --transport native",
            "The plugin has no such option.",
        ));
    }
    let mut uses = vec![Use::Credentials];
    if request.command.is_none() {
        uses.push(Use::Shell(request.service.as_deref()));
    }
    let settings = config::load(global, &uses).await?;
    if request.may_be_command
        && let Some(written) = &request.service
        && !settings.has_service(written)
        && !seen_names::read().has_service(written)
        && let Some(meant) = misspelt::meant_command(written)
    {
        let written = sanitize_line(written);
        return Err(CliError::new(
            format!("there is no command {written}"),
            format!(
                "Did you mean `ecs-exec {meant}`? If {written} is a service: ecs-exec exec {written}"
            ),
        ));
    }
    let settings = place::with_cluster(settings, global, &uses).await?;
    session(request, &settings, global).await
}

async fn session(
    request: SessionRequest<'_>,
    settings: &Settings,
    global: &Global,
) -> Result<ExitCode, CliError> {
    let flags = request.flags;
    let escape = match flags.escape.as_deref().or(settings.escape.as_deref()) {
        None => Some(escape::DEFAULT),
        Some(text) => escape::parse(text).map_err(|why| CliError::new(why, ""))?,
    };
    let connected = AwsClients::connect(settings, SESSION_TIMEOUT).await;
    let aws = &connected.map_err(|error| match &request.service {
        Some(written) if request.may_be_command => or_similar_command(error, written),
        Some(_) | None => error,
    })?;
    let cx = Context::new(aws, settings, global);
    let args = TargetArgs {
        service: request.service,
        task: flags.task.clone(),
        container: request.container,
        pick: flags.pick,
    };
    let target = resolve_target(cx, &args).await?;
    if flags.doctor && failure_report::print_obstacles(cx, &target).await {
        say!("\nNo session was opened.");
        return Ok(ExitCode::from(exit::UNOPENED));
    }
    let is_shell = request.command.is_none();
    let (commands, is_project_command) = match request.command {
        Some(command) => (vec![command], request.is_project_command),
        None => shells(settings, target.task.service_name()),
    };
    note!(
        "Connecting to {} (task: {}{})...",
        sanitize_line(target.name()),
        target.task_id(),
        project_note(settings, &target, &commands[0], is_project_command)
    );
    target.warn_if_encryption_is_unknown();
    let commands = match (&flags.user, is_shell) {
        (None, _) => commands,
        (Some(user), true) => vec![shell_words::join(as_user(user, &first_shell(&commands)))],
        (Some(user), false) => vec![shell_words::join(as_user(user, &commands[0]))],
    };
    match flags.transport {
        Transport::Native => {
            let local = LocalIo::standard(escape).keep_alive(flags.keep_alive);
            enter(cx, &target, &commands, local, !flags.no_doctor).await
        }
        Transport::Plugin => enter_by_plugin(cx, &target, &commands[0], !flags.no_doctor).await,
    }
}

/// What the project's configuration file decided, if it decided where the session goes, as whom, or what it runs.
fn project_note(
    settings: &Settings,
    target: &ExecTarget,
    command: &str,
    is_project_command: bool,
) -> String {
    let Some(project) = &settings.project else {
        return String::new();
    };
    let command_too = is_project_command.then_some("command");
    let decided: Vec<&str> = project.identity().chain(command_too).collect();
    if decided.is_empty() {
        return String::new();
    }
    let account = arn::account(&target.task.arn).unwrap_or("unknown");
    let profile = settings.profile.as_ref();
    let profile = profile.map_or(String::new(), |profile| {
        format!(", profile: {}", profile.value)
    });
    sanitize_line(&format!(
        ", account: {account}, cluster: {}{profile}, command: {command}; {} from {}",
        short_name(&settings.cluster),
        list(&decided),
        project.path().display()
    ))
}

/// Opens a session with the first of these commands that the image has.
async fn enter(
    cx: Context<'_>,
    target: &ExecTarget,
    commands: &[String],
    mut local: LocalIo,
    ask_doctor: bool,
) -> Result<ExitCode, CliError> {
    let mut commands = commands.iter().peekable();
    while let Some(command) = commands.next() {
        match run_session(cx, target, command, &mut local, None).await? {
            SessionEnd::Closed(None) | SessionEnd::Exit(_) => return Ok(ExitCode::SUCCESS),
            SessionEnd::Left => {
                say!("Left the session.");
                return Ok(ExitCode::SUCCESS);
            }
            SessionEnd::Closed(Some(why)) => match (ClosingCause::of(&why), commands.peek()) {
                (ClosingCause::MissingProgram, Some(next)) => say!(
                    "There is no {} in the image; trying {}.",
                    sanitize_line(command),
                    sanitize_line(next)
                ),
                (ClosingCause::MissingProgram, None) => {
                    return not_opened(cx, target, &why, false).await;
                }
                (ClosingCause::SetupFailed, _) => {
                    return not_opened(cx, target, &why, ask_doctor).await;
                }
                (ClosingCause::Other, _) => {
                    say!("{}", why.block());
                    if let Some(known) = why.explain() {
                        say!("{}", known.known_error.meaning);
                    }
                    return Ok(ExitCode::SUCCESS);
                }
            },
            SessionEnd::Signal(signal) => return Ok(exit::by_signal(signal)),
            SessionEnd::TimedOut => return Ok(ExitCode::from(exit::TIMED_OUT)),
            SessionEnd::Unwritten(error) => {
                return Ok(ExitCode::from(report_unwritten_output(&error)));
            }
            SessionEnd::Failed {
                has_begun: false,
                why,
            } => return not_opened(cx, target, &why, ask_doctor).await,
            SessionEnd::Failed { why, .. } => {
                let failure = ("the session broke off", &why);
                failure_report::print(cx, target, failure, ask_doctor).await;
                return Ok(ExitCode::from(exit::UNOPENED));
            }
        }
    }
    Ok(ExitCode::from(exit::UNOPENED))
}

/// Only the plugin reads the keys, so it gets the terminal.
async fn enter_by_plugin(
    cx: Context<'_>,
    target: &ExecTarget,
    command: &str,
    ask_doctor: bool,
) -> Result<ExitCode, CliError> {
    let plugin = find_plugin().await?;
    let signal = match open(cx, target, command).await {
        Ok(mut opened) => plugin_session(cx.aws, cx.settings, &plugin, &mut opened).await?,
        Err(OpenError::Interrupted(signal)) => Some(signal),
        Err(OpenError::Fatal(error)) => return Err(error),
        Err(OpenError::Refused(why) | OpenError::StartDenied(why)) => {
            return not_opened(cx, target, &why, ask_doctor).await;
        }
    };
    Ok(signal.map_or(ExitCode::SUCCESS, exit::by_signal))
}

async fn not_opened(
    cx: Context<'_>,
    target: &ExecTarget,
    why: &RemoteText,
    ask_doctor: bool,
) -> Result<ExitCode, CliError> {
    let failure = ("the session could not be opened", why);
    failure_report::print(cx, target, failure, ask_doctor).await;
    Ok(ExitCode::from(exit::UNOPENED))
}

/// The shells to try, in order: the configured one, then /bin/sh, which nearly every image has. `auto` stands for
/// /bin/bash, then /bin/sh. Second: whether the configured one comes from the project's file.
fn shells(settings: &Settings, service: Option<&str>) -> (Vec<String>, bool) {
    const FALLBACK: &str = "/bin/sh";
    let configured = match service {
        Some(service) => target::service_target(settings, service).shell,
        None => settings.shell.clone(),
    };
    let first = match configured.as_deref() {
        Some("auto") => "/bin/bash",
        Some(shell) => shell,
        None => FALLBACK,
    };
    let mut shells = vec![first.to_owned(), FALLBACK.to_owned()];
    shells.dedup();
    (shells, target::is_shell_of_project(settings, service))
}
