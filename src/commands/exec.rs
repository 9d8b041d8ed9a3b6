//! Opens a session for a person.

use std::process::ExitCode;

use model::arn;
use model::text::{list, sanitize_line};

use crate::aws::Aws;
use crate::cli::{Exec, Global, SessionFlags, Short, Transport};
use crate::cli_error::CliError;
use crate::config::{self, Settings, Use, short_name};
use crate::exit;
use crate::session::end::SessionEnd;
use crate::session::job::unwritten;
use crate::session::open::Unopened;
use crate::session::spot::Found;
use crate::session::{
    Local, Named, RemoteText, Spot, carry, escape, failure, open, plugin_session, spot,
};
use crate::target;
use crate::timeouts::SESSION_TIMEOUT;

/// `ecs-exec SERVICE [CONTAINER] [COMMAND]`: COMMAND goes to ECS as it is.
pub async fn short(arguments: &Short, global: &Global) -> Result<ExitCode, CliError> {
    let wish = Wish {
        service: Some(arguments.service.clone()),
        container: arguments.container.clone(),
        command: arguments.command.clone(),
        is_of_project: false,
        may_be_a_command: true,
        flags: &arguments.session,
    };
    let settings = load(&wish, global).await?;
    session(wish, &settings, global).await
}

/// `ecs-exec exec SERVICE -- CMD ARG…`: the words reach the program as they are.
pub async fn run(arguments: &Exec, global: &Global) -> Result<ExitCode, CliError> {
    let wish = wish(arguments);
    let settings = load(&wish, global).await?;
    session(wish, &settings, global).await
}

/// A recipe that is a session. `is_of_project`: its command comes from the project's file.
pub async fn recipe(
    arguments: &Exec,
    settings: &Settings,
    is_of_project: bool,
    global: &Global,
) -> Result<ExitCode, CliError> {
    let wish = Wish {
        is_of_project,
        ..wish(arguments)
    };
    session(wish, settings, global).await
}

fn wish(arguments: &Exec) -> Wish<'_> {
    let words = &arguments.command;
    Wish {
        service: arguments.service.clone(),
        container: arguments.container.clone(),
        command: (!words.is_empty()).then(|| shell_words::join(words)),
        is_of_project: false,
        may_be_a_command: false,
        flags: &arguments.session,
    }
}

async fn load(wish: &Wish<'_>, global: &Global) -> Result<Settings, CliError> {
    let mut uses = vec![Use::Credentials];
    if wish.command.is_none() {
        uses.push(Use::Shell(wish.service.as_deref()));
    }
    config::load(global, &uses).await
}

struct Wish<'a> {
    service: Option<String>,
    container: Option<String>,
    /// `None`: a shell.
    command: Option<String>,
    /// The command comes from the project's file.
    is_of_project: bool,
    /// The service may be a misspelt command.
    may_be_a_command: bool,
    flags: &'a SessionFlags,
}

async fn session(
    wish: Wish<'_>,
    settings: &Settings,
    global: &Global,
) -> Result<ExitCode, CliError> {
    let escape = escape_key(settings, wish.flags)?;
    let aws = Aws::connect(settings, SESSION_TIMEOUT).await;
    let aws = aws.map_err(|trouble| match &wish.service {
        Some(written) if wish.may_be_a_command => spot::or_a_command(trouble, written),
        Some(_) | None => trouble,
    })?;
    let named = Named {
        service: wish.service,
        task: wish.flags.task.clone(),
        container: wish.container,
        pick: wish.flags.pick,
    };
    let found = spot::find(&aws, settings, global, &named).await?;
    let spot = &found.spots[0];
    if wish.flags.doctor && failure::stands_in_the_way(settings, global, spot).await {
        say!("\nNo session was opened.");
        return Ok(ExitCode::from(exit::UNOPENED));
    }
    let (commands, is_of_project) = match wish.command {
        Some(command) => (vec![command], wish.is_of_project),
        None => shells(settings, spot),
    };
    let of_project = of_project(settings, spot, &commands[0], is_of_project);
    say!(
        "Connecting to {} (task: {}{of_project})...",
        sanitize_line(spot.name()),
        spot.task_id()
    );
    found.encryption.warn_if_unknown();
    enter(
        &aws, settings, global, &found, &commands, escape, wish.flags,
    )
    .await
}

/// Where a project's file decided where the session goes, as whom, or what it starts: what that is.
fn of_project(settings: &Settings, spot: &Spot, command: &str, is_command: bool) -> String {
    let Some(project) = &settings.project else {
        return String::new();
    };
    let command_too = is_command.then_some("command");
    let decided: Vec<&str> = project.identity().chain(command_too).collect();
    if decided.is_empty() {
        return String::new();
    }
    let account = arn::account(&spot.task_arn).unwrap_or("unknown");
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
    aws: &Aws,
    settings: &Settings,
    global: &Global,
    found: &Found,
    commands: &[String],
    escape: Option<char>,
    flags: &SessionFlags,
) -> Result<ExitCode, CliError> {
    let spot = &found.spots[0];
    let ask_doctor = !flags.no_doctor;
    // Nobody but the plugin may read the keys where it carries the session.
    let mut local = match flags.transport {
        Transport::Native => Some(Local::standard(escape)),
        Transport::Plugin => None,
    };
    let failed = async |what, why: &RemoteText, ask_doctor| {
        failure::tell(settings, global, spot, (what, why), ask_doctor).await;
        Ok(ExitCode::from(exit::UNOPENED))
    };
    for (at, command) in commands.iter().enumerate() {
        let mut opened = match open(aws, settings, spot, &found.encryption, command).await {
            Ok(opened) => opened,
            Err(Unopened::Cancelled(signal)) => return Ok(exit::by_signal(signal)),
            Err(Unopened::Refused(refused)) => {
                if let Some(trouble) = aws.rejected() {
                    return Err(trouble);
                }
                let why = failure::words(&refused);
                return failed(failure::UNOPENED, &why, ask_doctor).await;
            }
        };
        let Some(local) = &mut local else {
            let signal = plugin_session(aws, settings, &mut opened).await?;
            return Ok(signal.map_or(ExitCode::SUCCESS, exit::by_signal));
        };
        match carry(aws, opened, local, None).await {
            SessionEnd::Closed(None) | SessionEnd::Exit(_) => return Ok(ExitCode::SUCCESS),
            SessionEnd::Left => {
                say!("Left the session.");
                return Ok(ExitCode::SUCCESS);
            }
            SessionEnd::Closed(Some(why)) if failure::is_missing_program(&why) => {
                let Some(next) = commands.get(at + 1) else {
                    return failed(failure::UNOPENED, &why, false).await;
                };
                say!(
                    "There is no {} in the image; trying {}.",
                    sanitize_line(command),
                    sanitize_line(next)
                );
            }
            SessionEnd::Closed(Some(why)) if failure::is_of_the_start(&why) => {
                return failed(failure::UNOPENED, &why, ask_doctor).await;
            }
            SessionEnd::Closed(Some(why)) => {
                say!("{}", why.block());
                if let Some(known) = why.explain() {
                    say!("{}", known.known_error.meaning);
                }
                return Ok(ExitCode::SUCCESS);
            }
            SessionEnd::Signal(signal) => return Ok(exit::by_signal(signal)),
            SessionEnd::TimedOut => return Ok(ExitCode::from(exit::TIMED_OUT)),
            SessionEnd::Unwritten(error) => return Ok(ExitCode::from(unwritten(&error))),
            SessionEnd::Failed { why, .. } => {
                return failed(failure::BROKEN_OFF, &why, ask_doctor).await;
            }
        }
    }
    Ok(ExitCode::from(exit::UNOPENED))
}

/// The key that begins those of this program's own, as the flag says it, or the configuration; `None`: there is none.
fn escape_key(settings: &Settings, flags: &SessionFlags) -> Result<Option<char>, CliError> {
    match flags.escape.as_deref().or(settings.escape.as_deref()) {
        None => Ok(Some(escape::DEFAULT)),
        Some(text) => escape::parse(text).map_err(|why| CliError::new(why, "")),
    }
}

/// The shells to try, in order: the configured one, then /bin/sh, which is in nearly every image. `auto` stands
/// for /bin/bash, then /bin/sh. Whether the configured one comes from the project's file.
fn shells(settings: &Settings, spot: &Spot) -> (Vec<String>, bool) {
    const LAST: &str = "/bin/sh";
    let configured = match &spot.service {
        Some(service) => target::wanted(settings, service).shell,
        None => settings.shell.clone(),
    };
    let first = match configured.as_deref() {
        Some("auto") => "/bin/bash",
        Some(shell) => shell,
        None => LAST,
    };
    let mut shells = vec![first.to_owned()];
    if first != LAST {
        shells.push(LAST.to_owned());
    }
    let service = spot.service.as_deref();
    (shells, target::is_shell_of_project(settings, service))
}
