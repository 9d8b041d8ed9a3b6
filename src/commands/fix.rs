//! `ecs-exec fix`: plans the fixes of the root causes, asks, applies them, waits, and checks again.

use std::collections::BTreeSet;
use std::process::ExitCode;
use std::slice::from_ref;
use std::time::Duration;

use diagnosis::report::{Report, Verdict};
use model::step::Step;
use model::text::{self, sanitize_line};
use model::{Disposition, Fix};
use tokio::time::{Instant, sleep};

use super::doctor::exit_code;
use crate::apply::{
    FixPlan, Interrupts, Scope, Skipped, StepOutputs, WaitEnd, execute, tasks_to_replace,
    wait_for_changes,
};
use crate::aws::AwsClients;
use crate::cli::{Doctor, Global};
use crate::cli_error::{CliError, ErrorKind};
use crate::config::Settings;
use crate::doctor::{DoctorOutcome, DoctorRun};
use crate::formats::human::wrap;
use crate::output::{self, Progress};
use crate::timeouts::{REPORT_TIMEOUT, ROLLOUT_TIMEOUT};

/// Pauses before the checks run again: changes of IAM and the network take seconds to spread.
const RECHECK_PAUSES: [Duration; 3] = [
    Duration::from_secs(2),
    Duration::from_secs(5),
    Duration::from_secs(10),
];

/// ECS may not find a new role earlier, and would give up the deployment.
const NEW_ROLE_DELAY: Duration = Duration::from_secs(10);

/// `ecs-exec fix`, and `ecs-exec doctor --fix`
pub async fn run(arguments: &Doctor, global: &Global) -> Result<ExitCode, CliError> {
    output::ensure_valid(&arguments.report)?;
    let facts = &arguments.facts;
    if facts.demo.is_some() || facts.snapshot.is_some() || facts.plan.is_some() {
        return Err(CliError::new(
            "fix needs a live account; --demo, --snapshot and --plan are read-only",
            "Run it against AWS, without --demo, --snapshot and --plan.",
        ));
    }
    if facts.as_principal.is_some() {
        return Err(CliError::new(
            "fix does not take --as",
            "`ecs-exec doctor --as ARN` prints the fixes for another principal.",
        ));
    }
    let run = DoctorRun::new(arguments, global).await?;
    let mut run = run.with_chosen_service(global).await?;
    let mut now = run.examine(global, REPORT_TIMEOUT).await?;
    let before = now.report.clone();
    let mut tried = BTreeSet::new();
    // One fix can reveal the next root cause: after an endpoint repairs the network, agents that gave up need new tasks.
    let plan = loop {
        let scope = Scope {
            report: &run.full_report(&now),
            facts: &now.facts,
            allow_drift: arguments.fix.allow_drift,
            tried: &tried,
        };
        let plan = FixPlan::new(&scope, |cause| run.includes(cause));
        print_plan(&plan, output::look_of_errors(global).width.min(120));
        if plan.fixes.is_empty() || tried.len() >= MAX_FIXES {
            break plan;
        }
        match consent(arguments, &plan, &now).await {
            Consent::Given => {}
            Consent::Refused => {
                if !tried.is_empty() {
                    say!("No more changes made.");
                }
                break plan;
            }
            Consent::NoTerminal => {
                write_requested(arguments, global, &now.report)?;
                return Err(CliError::new(
                    "no changes made: confirmation needs a terminal",
                    "Pass --yes to apply this plan.",
                ));
            }
        }
        let Some(settings) = run.settings() else {
            break plan;
        };
        let interrupts = Interrupts::watch();
        let end = apply(arguments, global, settings, (&now, &plan), interrupts).await?;
        if end == Applied::Interrupted {
            return Ok(ExitCode::from(crate::exit::INTERRUPTED));
        }
        tried.extend(plan.fixes.iter().map(|planned| planned.fix.id.clone()));
        // The fix may have replaced a task that was named, so check its service from now on.
        run.follow_services(&now.facts);
        now = recheck(&run, global, &now.report, &plan).await?;
        if end == Applied::Unfinished {
            say!("The rollout continues in AWS. Follow it with: ecs-exec doctor --watch");
            break plan;
        }
    };
    let reports = from_ref(&now.report);
    if !tried.is_empty() {
        say!("Before: {}.", summary(&before));
        say!("After: {}.", summary(&now.report));
        output::write(reports, arguments, global)?;
    } else if plan.fixes.is_empty() && plan.skipped.is_empty() {
        match now.report.verdict {
            Verdict::Inconclusive => {
                say!("No fix found, but some required checks could not run.")
            }
            Verdict::Pass | Verdict::Fail => say!("Nothing to fix."),
        }
        output::write(reports, arguments, global)?;
    } else {
        say!("No changes made.");
        // A report would only repeat the plan.
        write_requested(arguments, global, &now.report)?;
    }
    Ok(exit_code(reports, arguments, None))
}

/// Writes the report in the requested formats only.
fn write_requested(arguments: &Doctor, global: &Global, report: &Report) -> Result<(), CliError> {
    let flags = &arguments.report;
    match flags.format.is_empty() && flags.output.is_none() {
        true => Ok(()),
        false => output::write(from_ref(report), arguments, global),
    }
}

/// The result of applying a plan.
#[derive(PartialEq, Eq)]
enum Applied {
    Done,
    /// A rollout failed or timed out: no further fix starts.
    Unfinished,
    Interrupted,
}

/// Ends the loop if fixes do not help.
const MAX_FIXES: usize = 200;

/// Prints the plan to standard error, in the order in which fixes are applied.
fn print_plan(plan: &FixPlan, width: usize) {
    for planned in &plan.fixes {
        let fix = &planned.fix;
        let replaces = match planned.replaces {
            0 => String::new(),
            tasks => format!(", replaces {}", text::count(tasks, "running task")),
        };
        say!("Plan ({}{replaces}): {}", cost(fix), fix.title);
        for command in &fix.commands {
            say!("    {command}");
        }
        for line in wrap(&sanitize_line(&fix.explain), width, "  ") {
            say!("{line}");
        }
    }
    for Skipped { fix, why, reason } in &plan.skipped {
        say!("Skipped ({why}): {}", fix.title);
        for line in wrap(&format!("Not applied, because {reason}."), width, "  ") {
            say!("{line}");
        }
        let exact = fix.terraform.as_deref().into_iter().flat_map(str::lines);
        for line in exact.chain(fix.commands.iter().map(String::as_str)) {
            say!("    {line}");
        }
    }
}

fn cost(fix: &Fix) -> &'static str {
    match fix.disposition {
        Disposition::Drift => "may cause Terraform drift",
        other => other.word(),
    }
}

enum Consent {
    Given,
    Refused,
    NoTerminal,
}

async fn consent(arguments: &Doctor, plan: &FixPlan, now: &DoctorOutcome) -> Consent {
    let target = &now.report.target;
    let account = target.account.as_deref().unwrap_or("an unknown account");
    let caller = now.report.caller.arn.as_deref();
    let caller = caller.unwrap_or("an unknown caller");
    let (region, cluster) = (&target.region, &target.cluster);
    say!("Account {account}, region {region}, cluster {cluster}, caller {caller}.");
    if arguments.fix.yes {
        return Consent::Given;
    }
    if arguments.fix.dry_run {
        return Consent::Refused;
    }
    if !output::can_ask() {
        return Consent::NoTerminal;
    }
    let question = format!("Apply {}? [y/N] ", text::count(plan.fixes.len(), "change"));
    match output::confirm(&question).await {
        true => Consent::Given,
        false => Consent::Refused,
    }
}

/// Executes the steps, waits for the rollouts they start, and prints each step that is done.
async fn apply(
    arguments: &Doctor,
    global: &Global,
    settings: &Settings,
    (before, plan): (&DoctorOutcome, &FixPlan),
    mut interrupts: Interrupts,
) -> Result<Applied, CliError> {
    let timeout = arguments.facts.timeout.unwrap_or(ROLLOUT_TIMEOUT);
    let until = Instant::now() + timeout;
    // The calls need time after the timeout, to read why a rollout did not finish.
    let aws = AwsClients::connect(settings, timeout + REPORT_TIMEOUT).await?;
    let old = tasks_to_replace(&aws, settings, &before.facts, &plan.steps).await;
    let mut outputs = StepOutputs::default();
    let mut done: Vec<&Step> = Vec::new();
    for step in &plan.steps {
        if interrupts.came() {
            say_stopped(&done, plan.steps.len());
            return Ok(Applied::Interrupted);
        }
        if outputs.has_new_role && step.service_update().is_some() {
            sleep(NEW_ROLE_DELAY).await;
            outputs.has_new_role = false;
        }
        if let Err(failure) = execute(&aws, step, &mut outputs).await {
            say_stopped(&done, plan.steps.len());
            return Err(CliError::of_kind(
                ErrorKind::FixFailed,
                format!("{} failed: {}", step.summary(), failure.why),
                retry_hint(&outputs),
            ));
        }
        say!("Done: {}", outputs.summary(step));
        done.push(step);
    }
    let progress = Progress::start(global, "Waiting for the changes to take effect");
    let tell = |state: &str| progress.say(&format!("Waiting: {state}"));
    let waiting = wait_for_changes(&aws, settings, &old, (&done, &outputs), until, tell);
    let end = tokio::select! {
        end = waiting => Some(end),
        () = interrupts.next() => None,
    };
    progress.end();
    match end {
        None => {
            say_stopped(&done, done.len());
            say!("Changes that were started continue in AWS.");
            Ok(Applied::Interrupted)
        }
        Some(WaitEnd::Failed(why)) => {
            say!("The rollout failed: {}", sanitize_line(&why));
            Ok(Applied::Unfinished)
        }
        Some(WaitEnd::Unfinished(state)) => {
            let seconds = timeout.as_secs();
            say!("Not finished within {seconds} s: {}", sanitize_line(&state));
            Ok(Applied::Unfinished)
        }
        Some(WaitEnd::Done) => Ok(Applied::Done),
    }
}

/// Runs the checks again; pauses and repeats while a fixed root cause is still found.
async fn recheck(
    run: &DoctorRun<'_>,
    global: &Global,
    before: &Report,
    plan: &FixPlan,
) -> Result<DoctorOutcome, CliError> {
    let fixed: Vec<&str> = before
        .root_causes
        .iter()
        .filter(|cause| {
            plan.fixes
                .iter()
                .any(|planned| cause.fixes.contains(&planned.fix.id))
        })
        .map(|cause| cause.check)
        .collect();
    let mut after = run.examine(global, REPORT_TIMEOUT).await?;
    for pause in RECHECK_PAUSES {
        let causes = &after.report.root_causes;
        if !causes.iter().any(|cause| fixed.contains(&cause.check)) {
            break;
        }
        sleep(pause).await;
        after = run.examine(global, REPORT_TIMEOUT).await?;
    }
    Ok(after)
}

/// `task.exec-enabled (2 failed)`.
fn summary(report: &Report) -> String {
    let checks: Vec<&str> = report.root_causes.iter().map(|cause| cause.check).collect();
    let causes = match (checks.as_slice(), report.verdict) {
        ([], Verdict::Inconclusive) => "inconclusive".to_owned(),
        ([], Verdict::Pass | Verdict::Fail) => "no root cause".to_owned(),
        (checks, _) => text::list(checks),
    };
    format!("{causes} ({} failed)", report.summary.fail)
}

fn say_stopped(done: &[&Step], of: usize) {
    say!(
        "Stopped after {} of {}.",
        done.len(),
        text::count(of, "step")
    );
}

/// What to do after a step failed.
fn retry_hint(outputs: &StepOutputs) -> String {
    match &outputs.unused_key {
        Some(key) => {
            format!(
                "Correct this and run the command again. It will reuse the key {key}, which was created and is unused, \
                 if the caller is allowed to call kms:ListKeys, kms:DescribeKey and kms:GetKeyPolicy."
            )
        }
        None => "Correct this and run the command again: steps that are done are not repeated."
            .to_owned(),
    }
}
