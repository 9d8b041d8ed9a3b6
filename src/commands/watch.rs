//! `ecs-exec doctor --watch`: repeats the checks until rollouts are complete, then reports.

use std::io::{self, IsTerminal};
use std::process::ExitCode;
use std::slice::from_ref;
use std::time::Duration;

use model::facts::{Fact, Facts, Service, Task};
use tokio::time::{Instant, sleep};

use super::doctor::exit_code;
use crate::cli::{Doctor, Global};
use crate::cli_error::CliError;
use crate::doctor::{DoctorOutcome, DoctorRun};
use crate::output;
use crate::timeouts::{REPORT_TIMEOUT, ROLLOUT_TIMEOUT};

const PAUSE: Duration = Duration::from_secs(5);
/// Seconds after which an agent that is still pending has failed to start.
const AGENT_START_SECONDS: i64 = 180;

/// `ecs-exec doctor --watch`
pub async fn run(arguments: &Doctor, global: &Global) -> Result<ExitCode, CliError> {
    let run = DoctorRun::new(arguments, global).await?;
    let run = run.with_chosen_service(global).await?;
    let until = Instant::now() + arguments.facts.timeout.unwrap_or(ROLLOUT_TIMEOUT);
    let mut screen = Screen::default();
    loop {
        let outcome = run.examine(global, REPORT_TIMEOUT).await?;
        let pending = pending(&outcome.facts);
        if pending.is_empty() || Instant::now() + PAUSE >= until {
            screen.clear();
            let reports = from_ref(&outcome.report);
            output::write(reports, arguments, global)?;
            return Ok(exit_code(reports, arguments, None));
        }
        screen.show(&outcome, &pending, global);
        sleep(PAUSE).await;
    }
}

/// The deployments and agents that are not ready yet, a line each.
fn pending(facts: &Facts) -> Vec<String> {
    let services = facts.target.services.iter();
    let services = services.filter_map(|wanted| facts.services.get(&wanted.name)?.known());
    let mut pending: Vec<String> = services.filter_map(rollout).collect();
    let tasks = facts.tasks.values().filter_map(Fact::known);
    let starting = tasks.filter(|task| has_starting_agent(task, facts)).count();
    if starting > 0 {
        pending.push(model::text::count(starting, "agent") + " starting");
    }
    pending
}

fn rollout(service: &Service) -> Option<String> {
    let name = &service.name;
    if let Some(deployment) = service.in_progress() {
        let (running, desired) = (deployment.running_count, service.desired_count);
        return Some(format!("{name}: {running} of {desired} new tasks running"));
    }
    let (running, desired) = (service.running_count, service.desired_count);
    (service.pending_count > 0 && running < desired)
        .then(|| format!("{name}: {running} of {desired} tasks running"))
}

fn has_starting_agent(task: &Task, facts: &Facts) -> bool {
    let age = task
        .started_at
        .map(|started| facts.taken_at.as_second() - started.as_second());
    task.is_running()
        && task.has_pending_agent()
        && age.is_some_and(|age| age < AGENT_START_SECONDS)
}

/// A report on the terminal that the next one overwrites.
#[derive(Default)]
struct Screen {
    rows: usize,
    text: String,
}

impl Screen {
    fn show(&mut self, outcome: &DoctorOutcome, pending: &[String], global: &Global) {
        if global.quiet || !io::stderr().is_terminal() {
            return;
        }
        let mut text = output::summary(&outcome.report, global);
        for line in pending {
            text.push_str(&format!("… {}\n", model::text::sanitize_line(line)));
        }
        if text == self.text {
            return;
        }
        self.clear();
        let (fitting, rows) = output::last_lines_that_fit(&text);
        say_part!("{fitting}");
        self.rows = rows;
        self.text = text;
    }

    fn clear(&mut self) {
        if self.rows > 0 {
            // Cursor to the first line of the report; erase from there to the end of the screen.
            say_part!("\x1b[{}F\x1b[J", self.rows);
        }
        self.rows = 0;
        self.text.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collect::capture_file;

    #[test]
    fn only_rollouts_in_progress_are_pending() {
        let mut facts = capture_file::demo("healthy").unwrap();
        assert_eq!(pending(&facts), [""; 0]);
        let rolls_out = |facts: &mut Facts, with_old: bool| {
            let services = facts.services.values_mut();
            let service = services.filter_map(Fact::known_mut).next().unwrap();
            service.deployments[0].rollout_state = Some("IN_PROGRESS".into());
            if with_old {
                let old = service.deployments[0].clone();
                service.deployments.push(old);
            }
        };
        rolls_out(&mut facts, false);
        assert_eq!(pending(&facts).len(), 1, "without an old deployment");
        rolls_out(&mut facts, true);
        assert_eq!(pending(&facts).len(), 1);
    }
}
