//! Looks again and again while something rolls out, and ends with the verdict.

use std::io::{self, IsTerminal};
use std::process::ExitCode;
use std::slice::from_ref;
use std::time::Duration;

use model::facts::{Fact, Facts, Service, Task};
use tokio::time::{Instant, sleep};

use super::doctor::end;
use crate::cli::{Doctor, Global};
use crate::cli_error::CliError;
use crate::doctor::{DoctorOutcome, DoctorRun};
use crate::output;
use crate::timeouts::{REPORT_TIMEOUT, ROLLOUT_TIMEOUT};

const PAUSE: Duration = Duration::from_secs(5);
/// An agent that needs longer will not come, in seconds.
const AGENT_SECONDS: i64 = 180;

pub async fn run(arguments: &Doctor, global: &Global) -> Result<ExitCode, CliError> {
    let question = DoctorRun::new(arguments, global).await?;
    let until = Instant::now() + arguments.timeout.unwrap_or(ROLLOUT_TIMEOUT);
    let mut shown = Shown::default();
    loop {
        let examined = question.ask(global, REPORT_TIMEOUT).await?;
        let moving = moving(&examined.facts);
        if moving.is_empty() || Instant::now() + PAUSE >= until {
            shown.clear();
            output::write(from_ref(&examined.report), &arguments.report, global)?;
            return Ok(end(from_ref(&examined.report), arguments, global));
        }
        shown.show(&examined, &moving, global);
        sleep(PAUSE).await;
    }
}

/// What is still on its way, in words.
fn moving(facts: &Facts) -> Vec<String> {
    let services = facts.target.services.iter();
    let services = services.filter_map(|wanted| facts.services.get(&wanted.name)?.known());
    let mut moving: Vec<String> = services.filter_map(of_service).collect();
    let tasks = facts.tasks.values().filter_map(Fact::known);
    let starting = tasks.filter(|task| has_young_agent(task, facts)).count();
    if starting > 0 {
        moving.push(model::text::count(starting, "agent") + " starting");
    }
    moving
}

fn of_service(service: &Service) -> Option<String> {
    let name = &service.name;
    if let Some(deployment) = service.in_progress() {
        let Service { desired_count, .. } = service;
        return Some(format!(
            "{name}: {} of {desired_count} new tasks run",
            deployment.running_count
        ));
    }
    let is_filling = service.pending_count > 0 && service.running_count < service.desired_count;
    is_filling.then(|| {
        format!(
            "{name}: {} of {} tasks run",
            service.running_count, service.desired_count
        )
    })
}

fn has_young_agent(task: &Task, facts: &Facts) -> bool {
    let age = task
        .started_at
        .map(|started| facts.taken_at.as_second() - started.as_second());
    let is_pending = task
        .own_containers()
        .filter_map(|container| container.exec_agent())
        .any(|agent| agent.last_status == "PENDING");
    task.is_running() && is_pending && age.is_some_and(|age| age < AGENT_SECONDS)
}

/// What stands on the screen while it goes on: a report that is drawn over, on a terminal only.
#[derive(Default)]
struct Shown {
    rows: usize,
    text: String,
}

impl Shown {
    fn show(&mut self, examined: &DoctorOutcome, moving: &[String], global: &Global) {
        if global.quiet || !io::stderr().is_terminal() {
            return;
        }
        let mut text = output::summary(&examined.report, global);
        for line in moving {
            text.push_str(&format!("… {}\n", model::text::sanitize_line(line)));
        }
        if text == self.text {
            return;
        }
        self.clear();
        let (fitting, rows) = output::that_fit(&text);
        say_part!("{fitting}");
        self.rows = rows;
        self.text = text;
    }

    fn clear(&mut self) {
        if self.rows > 0 {
            // Up to the first line, and everything from there on away.
            say_part!("\x1b[{}F\x1b[J", self.rows);
        }
        self.rows = 0;
        self.text.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::snapshot;

    #[test]
    fn only_what_is_on_its_way_is_waited_for() {
        let mut facts = snapshot::demo("healthy").unwrap();
        assert_eq!(moving(&facts), [""; 0]);
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
        assert_eq!(moving(&facts).len(), 1, "its last old task is gone");
        rolls_out(&mut facts, true);
        assert_eq!(moving(&facts).len(), 1);
    }
}
