//! Fixes what the doctor finds: plan, consent, apply, wait, look again.

use std::collections::BTreeSet;
use std::io::{self, IsTerminal};
use std::process::ExitCode;
use std::slice::from_ref;
use std::time::Duration;

use diagnosis::report::{Report, Verdict};
use model::step::Step;
use model::text::{self, sanitize_line};
use model::{Disposition, Fix};
use tokio::time::{Instant, sleep};

use super::doctor::end;
use crate::aws::AwsClients;
use crate::cli::{Doctor, Global};
use crate::cli_error::CliError;
use crate::config::Settings;
use crate::doctor::{DoctorOutcome, DoctorRun};
use crate::fix::{
    FixPlan, Interrupts, Scope, Skipped, StepOutputs, WaitEnd, execute, tasks_to_replace,
    wait_for_changes,
};
use crate::output::{self, Progress};
use crate::report::human::wrap;
use crate::timeouts::{REPORT_TIMEOUT, ROLLOUT_TIMEOUT};

/// IAM and the network take a few seconds until everybody knows of a change.
const UNTIL_KNOWN: [Duration; 3] = [
    Duration::from_secs(2),
    Duration::from_secs(5),
    Duration::from_secs(10),
];

/// Before that a task may be started with a role that ECS does not find yet, and a deployment given up for it.
const UNTIL_ROLE_IS_KNOWN: Duration = Duration::from_secs(10);

pub async fn run(arguments: &Doctor, global: &Global) -> Result<ExitCode, CliError> {
    if arguments.demo.is_some() || arguments.snapshot.is_some() || arguments.plan.is_some() {
        return Err(CliError::new(
            "fix needs a live account; --demo, --snapshot and --plan are read-only",
            "Run it against AWS, without --demo, --snapshot and --plan.",
        ));
    }
    let mut question = DoctorRun::new(arguments, global).await?;
    let mut now = question.ask(global, REPORT_TIMEOUT).await?;
    let before = now.report.clone();
    let mut tried = BTreeSet::new();
    // What is fixed may lay open what it hid: an endpoint repairs the network, and then agents that gave up need new tasks.
    loop {
        let scope = Scope {
            report: &question.whole(&now),
            facts: &now.facts,
            allow_drift: arguments.fix.allow_drift,
            tried: &tried,
        };
        let plan = FixPlan::new(&scope, |cause| question.includes(cause));
        show(&plan, output::look_of_errors(global).width.min(120));
        if plan.fixes.is_empty() || tried.len() >= MOST {
            if tried.is_empty() {
                return unchanged(&plan, arguments, global, &now.report);
            }
            break;
        }
        match consent(arguments, &plan, &now).await {
            Consent::Given => {}
            Consent::Refused if tried.is_empty() => {
                return unchanged(&plan, arguments, global, &now.report);
            }
            Consent::Refused => {
                say!("Nothing more was changed.");
                break;
            }
            Consent::Nobody => {
                write_asked_for(arguments, global, &now.report)?;
                return Err(CliError::new(
                    "Nothing was changed. Confirmation needs a terminal: pass --yes to apply this plan",
                    "",
                ));
            }
        }
        let Some(settings) = question.settings() else {
            break;
        };
        let interrupts = Interrupts::watch();
        let end = apply(arguments, global, settings, (&now, &plan), interrupts).await?;
        if end == Applied::Interrupted {
            return Ok(ExitCode::from(crate::exit::INTERRUPTED));
        }
        tried.extend(plan.fixes.iter().map(|planned| planned.fix.id.clone()));
        // A task that was asked about is replaced, so its service is looked at from now on.
        question.follow_services(&now.facts);
        now = look_again(&question, global, &now.report, &plan).await?;
        if end == Applied::Unfinished {
            say!("What was begun goes on in AWS: `ecs-exec doctor --watch` follows it.");
            break;
        }
    }
    compare(&before, &now.report);
    output::write(from_ref(&now.report), &arguments.report, global)?;
    Ok(end(from_ref(&now.report), arguments, global))
}

/// Ends without a change. Where a plan was shown, no report repeats it.
fn unchanged(
    plan: &FixPlan,
    arguments: &Doctor,
    global: &Global,
    report: &Report,
) -> Result<ExitCode, CliError> {
    if plan.fixes.is_empty() && plan.skipped.is_empty() {
        say!("{}", nothing(report));
        output::write(from_ref(report), &arguments.report, global)?;
    } else {
        say!("Nothing was changed.");
        write_asked_for(arguments, global, report)?;
    }
    Ok(end(from_ref(report), arguments, global))
}

/// Writes the report in the formats that were asked for, and no other.
fn write_asked_for(arguments: &Doctor, global: &Global, report: &Report) -> Result<(), CliError> {
    let flags = &arguments.report;
    match flags.format.is_empty() && flags.output.is_none() {
        true => Ok(()),
        false => output::write(from_ref(report), flags, global),
    }
}

fn nothing(report: &Report) -> &'static str {
    match report.verdict {
        Verdict::Inconclusive => {
            "There is no fix to apply, and something that matters could not be seen."
        }
        Verdict::Pass | Verdict::Fail => "Nothing to fix.",
    }
}

/// How applying a plan ended.
#[derive(PartialEq, Eq)]
enum Applied {
    Done,
    /// A roll-out failed, or takes longer than it may: nothing more is begun.
    Unfinished,
    Interrupted,
}

/// More fixes than one run ever needs.
const MOST: usize = 200;

/// The plan goes to standard error: standard output holds the report alone. Fixes stand in the order in which they are
/// applied.
fn show(plan: &FixPlan, width: usize) {
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
    /// There is no terminal to ask at.
    Nobody,
}

async fn consent(arguments: &Doctor, plan: &FixPlan, now: &DoctorOutcome) -> Consent {
    let target = &now.report.target;
    let account = target.account.as_deref().unwrap_or("an unknown account");
    let caller = now
        .report
        .caller
        .arn
        .as_deref()
        .unwrap_or("an unknown caller");
    say!(
        "In {account}, {}, cluster {}, as {caller}.",
        target.region,
        target.cluster
    );
    if arguments.fix.yes {
        return Consent::Given;
    }
    if arguments.fix.dry_run {
        return Consent::Refused;
    }
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Consent::Nobody;
    }
    let question = format!("Apply {}? [y/N] ", text::count(plan.fixes.len(), "change"));
    let answer = output::ask(&question).await.unwrap_or_default();
    match answer.trim().to_ascii_lowercase().as_str() {
        "y" | "yes" => Consent::Given,
        _ => Consent::Refused,
    }
}

/// Makes every step and waits for what it starts; what was done is told.
async fn apply(
    arguments: &Doctor,
    global: &Global,
    settings: &Settings,
    (before, plan): (&DoctorOutcome, &FixPlan),
    mut interrupts: Interrupts,
) -> Result<Applied, CliError> {
    let patience = arguments.timeout.unwrap_or(ROLLOUT_TIMEOUT);
    let until = Instant::now() + patience;
    // Each call has the time that is left, and some to say that it was used up.
    let aws = AwsClients::connect(settings, patience + REPORT_TIMEOUT).await?;
    let old = tasks_to_replace(&aws, settings, &before.facts, &plan.steps).await;
    let mut outputs = StepOutputs::default();
    let mut done: Vec<&Step> = Vec::new();
    for step in &plan.steps {
        if interrupts.came() {
            tell_done(&done, plan.steps.len());
            return Ok(Applied::Interrupted);
        }
        if outputs.has_new_role && step.service_update().is_some() {
            sleep(UNTIL_ROLE_IS_KNOWN).await;
            outputs.has_new_role = false;
        }
        if let Err(failure) = execute(&aws, step, &mut outputs).await {
            tell_done(&done, plan.steps.len());
            return Err(CliError::failed(
                format!(
                    "{} could not be done, because {}",
                    step.summary(),
                    failure.why
                ),
                advice(&outputs),
            ));
        }
        say!("Done: {}", outputs.summary(step));
        done.push(step);
    }
    let progress = Progress::start(global, "Waiting for it to come into force");
    let tell = |state: &str| progress.say(&format!("Waiting: {state}"));
    let waiting = wait_for_changes(&aws, settings, &old, (&done, &outputs), until, tell);
    let end = tokio::select! {
        end = waiting => Some(end),
        () = interrupts.next() => None,
    };
    progress.end();
    match end {
        None => {
            tell_done(&done, done.len());
            say!("What was started goes on without this program.");
            Ok(Applied::Interrupted)
        }
        Some(WaitEnd::Failed(why)) => {
            say!("The roll-out failed: {}", sanitize_line(&why));
            Ok(Applied::Unfinished)
        }
        Some(WaitEnd::Unfinished(state)) => {
            let seconds = patience.as_secs();
            say!("Not finished within {seconds} s: {}", sanitize_line(&state));
            Ok(Applied::Unfinished)
        }
        Some(WaitEnd::Done) => Ok(Applied::Done),
    }
}

/// Looks again, and once more where a cause that was mended is still seen: AWS takes a moment.
async fn look_again(
    question: &DoctorRun<'_>,
    global: &Global,
    before: &Report,
    plan: &FixPlan,
) -> Result<DoctorOutcome, CliError> {
    let mended: Vec<&str> = before
        .root_causes
        .iter()
        .filter(|cause| {
            plan.fixes
                .iter()
                .any(|planned| cause.fixes.contains(&planned.fix.id))
        })
        .map(|cause| cause.check)
        .collect();
    let mut after = question.ask(global, REPORT_TIMEOUT).await?;
    for pause in UNTIL_KNOWN {
        let causes = &after.report.root_causes;
        if !causes.iter().any(|cause| mended.contains(&cause.check)) {
            break;
        }
        sleep(pause).await;
        after = question.ask(global, REPORT_TIMEOUT).await?;
    }
    Ok(after)
}

fn compare(before: &Report, after: &Report) {
    let causes = |report: &Report| match report.root_causes.as_slice() {
        [] => match report.verdict {
            Verdict::Inconclusive => "inconclusive".to_owned(),
            Verdict::Pass | Verdict::Fail => "no root cause".to_owned(),
        },
        causes => {
            let checks: Vec<&str> = causes.iter().map(|cause| cause.check).collect();
            text::list(&checks)
        }
    };
    say!(
        "Before: {} ({} failed).",
        causes(before),
        before.summary.fail
    );
    say!("After: {} ({} failed).", causes(after), after.summary.fail);
}

fn tell_done(done: &[&Step], of: usize) {
    say!(
        "Stopped after {} of {}.",
        done.len(),
        text::count(of, "step")
    );
}

/// What to do where a step could not be done.
fn advice(outputs: &StepOutputs) -> String {
    match &outputs.unused_key {
        Some(key) => {
            format!(
                "Correct that, and run it again. The key {key} was made and nothing uses it yet: the next run does, where the caller may call kms:ListKeys, kms:DescribeKey and kms:GetKeyPolicy."
            )
        }
        None => {
            "Correct that, and run it again: what is done already is not done twice.".to_owned()
        }
    }
}
