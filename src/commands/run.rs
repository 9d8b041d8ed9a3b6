//! Runs a command in containers and prints what it prints.

use std::io::{self, Write};
use std::process::ExitCode;

use futures::future::join_all;

use crate::aws::AwsClients;
use crate::cli::{Global, Run};
use crate::cli_error::CliError;
use crate::config::{self, Use};
use crate::session::job::Job;
use crate::session::{Flow, Named, spot};
use crate::timeouts::SESSION_TIMEOUT;

pub async fn run(arguments: &Run, global: &Global) -> Result<ExitCode, CliError> {
    let settings = config::load(global, &[Use::Credentials]).await?;
    let aws = AwsClients::connect(&settings, SESSION_TIMEOUT).await?;
    let named = Named {
        service: arguments.service.clone(),
        task: arguments.task.clone(),
        container: arguments.container.clone(),
        pick: false,
    };
    let job = Job {
        aws: &aws,
        settings: &settings,
        global,
        words: &arguments.command,
        timeout: arguments.timeout,
        ask_doctor: !arguments.no_doctor,
    };
    if !arguments.all_tasks {
        return job.alone(&named, arguments.no_stdin).await;
    }
    let found = spot::find_all(&aws, &settings, global, &named).await?;
    found.encryption.warn_if_unknown();
    let ends = join_all(found.spots.iter().map(async |spot| {
        let prefix = format!("{}  ", spot.task_id().chars().take(8).collect::<String>());
        let mut lines = Lines::new(prefix);
        let write = move |bytes: &[u8]| lines.write(bytes);
        job.once(spot, &found.encryption, None, Box::new(write))
            .await
    }))
    .await;
    let mut worst = 0;
    for (end, spot) in ends.into_iter().zip(&found.spots) {
        worst = worst.max(job.report(spot, end?).await);
    }
    Ok(ExitCode::from(worst))
}

/// Whole lines with a prefix, so that those of several tasks do not mix.
struct Lines {
    prefix: String,
    waiting: Vec<u8>,
}

impl Lines {
    fn new(prefix: String) -> Lines {
        Lines {
            prefix,
            waiting: Vec::new(),
        }
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<Flow> {
        let searched = self.waiting.len();
        self.waiting.extend_from_slice(bytes);
        let end = self.waiting[searched..]
            .iter()
            .rposition(|byte| *byte == b'\n');
        if let Some(end) = end {
            let rest = self.waiting.split_off(searched + end + 1);
            let lines = std::mem::replace(&mut self.waiting, rest);
            self.print(&lines)?;
        }
        Ok(Flow::Continue)
    }

    fn print(&self, lines: &[u8]) -> io::Result<()> {
        let mut prefixed = Vec::with_capacity(lines.len());
        for line in lines.split_inclusive(|byte| *byte == b'\n') {
            prefixed.extend_from_slice(self.prefix.as_bytes());
            prefixed.extend_from_slice(line);
        }
        let mut stdout = io::stdout().lock();
        stdout.write_all(&prefixed)?;
        stdout.flush()
    }
}

/// What ends without a line feed is a line too. Where it cannot be written, neither could what came before.
impl Drop for Lines {
    fn drop(&mut self) {
        if !self.waiting.is_empty() {
            let mut line = std::mem::take(&mut self.waiting);
            line.push(b'\n');
            let _ = self.print(&line);
        }
    }
}
