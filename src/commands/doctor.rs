use std::process::ExitCode;
use std::slice::from_ref;

use ecs_exec_checks::Status;
use ecs_exec_checks::report::{Report, ReportFinding, Verdict};
use ecs_exec_own::PROGRAM;

use crate::cli::{Doctor, FailOn, Global};
use crate::output;
use crate::patience::FOR_REPORT;
use crate::question::Question;
use crate::report;
use crate::trouble::Trouble;

pub async fn run(arguments: &Doctor, global: &Global) -> Result<ExitCode, Trouble> {
    if let places @ [_, _, ..] = global.places().as_slice() {
        return super::several::run(arguments, global, places).await;
    }
    if arguments.fix.fix {
        return super::fix::run(arguments, global).await;
    }
    if arguments.watch {
        return super::watch::run(arguments, global).await;
    }
    if arguments.fix.yes || arguments.fix.allow_drift {
        return Err(Trouble::new(
            "--yes and --allow-drift say how to mend, and nothing is to be mended",
            "Add --fix, or leave them out.",
        ));
    }
    let question = Question::new(arguments, global)?;
    let examined = question
        .ask(global, arguments.timeout.unwrap_or(FOR_REPORT))
        .await?;
    output::write(from_ref(&examined.report), &arguments.report, global)?;
    say_what_counts(from_ref(&examined.report), arguments, global);
    let status = status(from_ref(&examined.report), arguments);
    // The process ends: to free a fleet's facts and findings one by one would only take time.
    std::mem::forget(examined);
    Ok(status)
}

pub fn status(reports: &[Report], arguments: &Doctor) -> ExitCode {
    match report::verdict(reports) {
        Verdict::Fail => ExitCode::from(1),
        Verdict::Pass | Verdict::Inconclusive if warnings_count(reports, arguments) => {
            ExitCode::from(1)
        }
        Verdict::Inconclusive if !arguments.allow_unknown => ExitCode::from(3),
        Verdict::Pass | Verdict::Inconclusive => ExitCode::SUCCESS,
    }
}

/// What the reports do not say of the exit status.
pub fn say_what_counts(reports: &[Report], arguments: &Doctor, global: &Global) {
    match report::verdict(reports) {
        Verdict::Fail => {}
        Verdict::Pass | Verdict::Inconclusive if warnings_count(reports, arguments) => {
            say!("There are warnings, and --fail-on warn makes them count.");
        }
        Verdict::Inconclusive
            if arguments.plan.is_some() && !arguments.plan_over_live && !global.quiet =>
        {
            say!("What the plan does not tell AWS may know: --plan-over-live asks it.");
        }
        Verdict::Pass | Verdict::Inconclusive => {}
    }
}

fn warnings_count(reports: &[Report], arguments: &Doctor) -> bool {
    let mut findings = reports.iter().flat_map(|report| &report.findings);
    arguments.fail_on == FailOn::Warn && findings.any(is_warning)
}

/// A check program of the user's that does not work is told of, and hurts nobody.
fn is_warning(finding: &ReportFinding) -> bool {
    let is_of_program = finding.area == PROGRAM && finding.subject.kind == PROGRAM;
    finding.status == Status::Warn && !is_of_program
}
