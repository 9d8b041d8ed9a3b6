//! `ecs-exec doctor`: facts, checks, diagnosis, report, exit code.

use std::process::ExitCode;
use std::slice::from_ref;

use diagnosis::report::{Report, Verdict};
use model::{Area, Finding, Status};

use crate::cli::{Doctor, FailOn, Global};
use crate::cli_error::CliError;
use crate::collect::plan::{self, Plan};
use crate::doctor::DoctorRun;
use crate::timeouts::REPORT_TIMEOUT;
use crate::{config, exit, formats, output};

/// Runs the doctor on one cluster; other modes have files of their own.
pub async fn run(arguments: &Doctor, global: &Global) -> Result<ExitCode, CliError> {
    output::ensure_valid(&arguments.report)?;
    let (places, plan) = places(arguments, global).await?;
    let global = match places.as_slice() {
        [one] => one,
        several => return super::several::run(arguments, global, several, plan.as_ref()).await,
    };
    if arguments.fix.fix {
        return super::fix::run(arguments, global).await;
    }
    if arguments.facts.watch {
        return super::watch::run(arguments, global).await;
    }
    ensure_no_fix_flags(arguments)?;

    let run = DoctorRun::new(arguments, global).await?;
    let run = run.with_chosen_service(global).await?;
    let run = run.with_plan(plan.as_ref());
    let timeout = arguments.facts.timeout.unwrap_or(REPORT_TIMEOUT);
    let outcome = run.examine(global, timeout).await?;
    let reports = from_ref(&outcome.report);
    output::write(reports, arguments, global)?;
    Ok(exit_code(reports, arguments, plan.as_ref()))
}

/// The clusters to look at, from the flags and the plan, and the plan itself.
async fn places(
    arguments: &Doctor,
    global: &Global,
) -> Result<(Vec<Global>, Option<Plan>), CliError> {
    let facts = &arguments.facts;
    if facts.demo.is_some() || facts.snapshot.is_some() {
        return Ok((vec![global.clone()], None));
    }
    let mut places = global.places();
    let mut read = None;
    if let Some(path) = facts.plan.as_ref().filter(|_| !arguments.fix.fix) {
        let settings = config::load(&places[0], &[]).await?;
        let plan = plan::read(path, facts.plan_is_complete || settings.plan_is_complete)?;
        let mut planned = Vec::new();
        for place in &places {
            planned.extend(plan::locations(&plan, place).await?);
        }
        places = planned;
        read = Some(plan);
    }
    if let [one] = places.as_mut_slice() {
        one.quiet = global.quiet;
    }
    Ok((places, read))
}

fn ensure_no_fix_flags(arguments: &Doctor) -> Result<(), CliError> {
    let fix = &arguments.fix;
    match fix.yes || fix.allow_drift || fix.dry_run {
        true => Err(CliError::new(
            "--yes, --allow-drift and --dry-run require --fix",
            "Add --fix, or remove them.",
        )),
        false => Ok(()),
    }
}

/// The exit code of the reports; notes on standard error say what the reports do not.
pub fn exit_code(reports: &[Report], arguments: &Doctor, plan: Option<&Plan>) -> ExitCode {
    let mut findings = reports.iter().flat_map(|report| &report.findings);
    let verdict = formats::verdict(reports);
    if verdict == Verdict::Fail {
        return ExitCode::from(exit::FAILED);
    }
    if arguments.checks.fail_on == FailOn::Warn && findings.any(is_warning) {
        say!("There are warnings, which fail the run because of --fail-on warn.");
        return ExitCode::from(exit::FAILED);
    }
    if verdict == Verdict::Pass {
        return ExitCode::SUCCESS;
    }
    let facts = &arguments.facts;
    if let Some(plan) = plan
        && !facts.plan_over_live
    {
        let or_complete = match facts.plan_is_complete || plan.shows_only_changes() {
            true => "",
            false => ", or --plan-is-complete if there is nothing beside the plan",
        };
        note!("Add --plan-over-live to read what is not in the plan from AWS{or_complete}.");
    }
    match arguments.checks.allow_unknown {
        true => ExitCode::SUCCESS,
        false => ExitCode::from(exit::INCONCLUSIVE),
    }
}

/// A check program that fails to run is reported as a warning, but does not fail the run.
fn is_warning(finding: &Finding) -> bool {
    let is_about_program = finding.check.area == Area::Program && finding.subject.kind == "program";
    finding.status == Status::Warn && !is_about_program
}
