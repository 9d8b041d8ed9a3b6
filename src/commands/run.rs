//! Runs a command in containers and prints what it prints.

use std::io::{self, Write};
use std::process::ExitCode;

use futures::future::join_all;

use crate::aws::Aws;
use crate::cli::{Global, Run};
use crate::config::{self, Use};
use crate::patience::FOR_SESSION;
use crate::session::job::Job;
use crate::session::{Named, spot};
use crate::trouble::Trouble;

pub async fn run(arguments: &Run, global: &Global) -> Result<ExitCode, Trouble> {
    let settings = config::load(global, &[Use::Credentials]).await?;
    let aws = Aws::connect(&settings, FOR_SESSION).await?;
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
        return job.alone(&named).await;
    }
    let found = spot::find_all(&aws, &settings, global, &named).await?;
    let ends = join_all(found.spots.iter().map(async |spot| {
        let prefix = format!("{}  ", spot.task_id().chars().take(8).collect::<String>());
        let mut lines = Lines::new(prefix);
        let write = move |bytes: &[u8]| lines.write(bytes);
        job.once(spot, found.encrypted, None, Box::new(write)).await
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

    fn write(&mut self, bytes: &[u8]) {
        self.waiting.extend_from_slice(bytes);
        while let Some(at) = self.waiting.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.waiting.drain(..=at).collect();
            self.print(&line);
        }
    }

    fn print(&self, line: &[u8]) {
        let mut stdout = io::stdout().lock();
        let _ = stdout
            .write_all(self.prefix.as_bytes())
            .and_then(|()| stdout.write_all(line))
            .and_then(|()| stdout.flush());
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        if !self.waiting.is_empty() {
            let mut line = std::mem::take(&mut self.waiting);
            line.push(b'\n');
            self.print(&line);
        }
    }
}
