//! Runs a command in containers and prints its output.

use std::io::{self, Write};
use std::process::ExitCode;

use futures::future::join_all;

use crate::aws::AwsClients;
use crate::cli::{Global, Run};
use crate::cli_error::CliError;
use crate::config::Use;
use crate::picker::ensure_can_choose_service;
use crate::place;
use crate::session::{
    Context, Flow, RemoteCommand, TargetArgs, as_user, resolve_targets, with_service,
};
use crate::timeouts::SESSION_TIMEOUT;

/// `ecs-exec run`
pub async fn run(arguments: &Run, global: &Global) -> Result<ExitCode, CliError> {
    let is_named = arguments.service.is_some() || arguments.task.is_some();
    ensure_can_choose_service(is_named, "ecs-exec run SERVICE -- CMD")?;
    let settings = place::load(global, &[Use::Credentials]).await?;
    let aws = AwsClients::connect(&settings, SESSION_TIMEOUT).await?;
    let args = TargetArgs {
        service: arguments.service.clone(),
        task: arguments.task.clone(),
        container: arguments.container.clone(),
        pick: false,
    };
    let words = match &arguments.user {
        Some(user) => as_user(user, &shell_words::join(&arguments.command)),
        None => arguments.command.clone(),
    };
    let command = RemoteCommand {
        cx: Context::new(&aws, &settings, global),
        words: &words,
        timeout: arguments.timeout,
        ask_doctor: !arguments.no_doctor,
    };
    if !arguments.all_tasks {
        return command.run_in_one(&args, arguments.no_stdin).await;
    }
    let args = with_service(command.cx, &args).await?;
    let targets = resolve_targets(command.cx, &args).await?;
    if let Some(first) = targets.first() {
        first.warn_if_encryption_is_unknown();
    }
    let ends = join_all(targets.iter().map(async |target| {
        let prefix = target.task_id().chars().take(8).collect::<String>();
        let mut lines = PrefixedLines::new(format!("{prefix}  "));
        let sink = Box::new(move |bytes: &[u8]| lines.write(bytes));
        command.run(target, None, sink).await
    }))
    .await;
    let mut highest = 0;
    for (end, target) in ends.into_iter().zip(&targets) {
        highest = highest.max(command.report(target, end?).await);
    }
    Ok(ExitCode::from(highest))
}

/// Writes whole lines with a prefix, so that those of several tasks do not mix.
struct PrefixedLines {
    prefix: String,
    incomplete: Vec<u8>,
}

impl PrefixedLines {
    fn new(prefix: String) -> PrefixedLines {
        PrefixedLines {
            prefix,
            incomplete: Vec::new(),
        }
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<Flow> {
        let Some(end) = bytes.iter().rposition(|byte| *byte == b'\n') else {
            self.incomplete.extend_from_slice(bytes);
            return Ok(Flow::Continue);
        };
        let (complete, rest) = bytes.split_at(end + 1);
        let mut lines = std::mem::replace(&mut self.incomplete, rest.to_vec());
        lines.extend_from_slice(complete);
        self.print(&lines)?;
        Ok(Flow::Continue)
    }

    fn print(&self, lines: &[u8]) -> io::Result<()> {
        let mut prefixed = Vec::new();
        for line in lines.split_inclusive(|byte| *byte == b'\n') {
            prefixed.extend_from_slice(self.prefix.as_bytes());
            prefixed.extend_from_slice(line);
        }
        let mut stdout = io::stdout().lock();
        stdout.write_all(&prefixed)?;
        stdout.flush()
    }
}

/// Text at the end without a line feed is a line too. If it cannot be written, neither could what came before.
impl Drop for PrefixedLines {
    fn drop(&mut self) {
        if !self.incomplete.is_empty() {
            self.incomplete.push(b'\n');
            let _ = self.print(&self.incomplete);
        }
    }
}
