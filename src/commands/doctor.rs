use std::process::ExitCode;
use std::slice::from_ref;

use custom_checks::PROGRAM;
use diagnosis::report::{Report, Verdict};
use model::{Finding, Status};

use crate::cli::{Doctor, FailOn, Global};
use crate::cli_error::CliError;
use crate::config;
use crate::doctor::DoctorRun;
use crate::facts::plan;
use crate::output;
use crate::report;
use crate::timeouts::REPORT_TIMEOUT;

pub async fn run(arguments: &Doctor, global: &Global) -> Result<ExitCode, CliError> {
    let is_offline = arguments.demo.is_some() || arguments.snapshot.is_some();
    let mut places = global.places();
    let plan = match &arguments.plan {
        Some(path) if !arguments.fix.fix => {
            let configured = config::load(&places[0], &[]).await?;
            let is_complete = arguments.plan_is_complete || configured.plan_is_complete;
            let plan = plan::read(path, is_complete)?;
            let mut of_plan = Vec::new();
            for place in &places {
                of_plan.extend(plan::locations(&plan, place).await?);
            }
            places = of_plan;
            Some(plan)
        }
        _ => None,
    };
    let global = match places.as_slice() {
        _ if is_offline => global,
        // What is named twice is one.
        [one] => &Global {
            quiet: global.quiet,
            ..one.clone()
        },
        several => return super::several::run(arguments, global, several, plan.as_ref()).await,
    };
    if arguments.fix.fix {
        return super::fix::run(arguments, global).await;
    }
    if arguments.watch {
        return super::watch::run(arguments, global).await;
    }
    let fix = &arguments.fix;
    if fix.yes || fix.allow_drift || fix.dry_run {
        return Err(CliError::new(
            "--yes, --allow-drift and --dry-run require --fix",
            "Add --fix, or leave them out.",
        ));
    }
    let question = DoctorRun::new(arguments, global)
        .await?
        .of_plan(plan.as_ref());
    let examined = question
        .ask(global, arguments.timeout.unwrap_or(REPORT_TIMEOUT))
        .await?;
    output::write(from_ref(&examined.report), &arguments.report, global)?;
    Ok(end(from_ref(&examined.report), arguments, global))
}

const UNTOLD: &str = "Add --plan-over-live to read what is not in the plan from AWS, or --plan-is-complete if there is \
nothing beside the plan.";

/// The exit status; what the reports do not say of it is said.
pub fn end(reports: &[Report], arguments: &Doctor, global: &Global) -> ExitCode {
    let mut findings = reports.iter().flat_map(|report| &report.findings);
    let warned = arguments.fail_on == FailOn::Warn && findings.any(is_warning);
    match report::verdict(reports) {
        Verdict::Fail => ExitCode::from(1),
        Verdict::Pass | Verdict::Inconclusive if warned => {
            say!("There are warnings, and --fail-on warn makes them count.");
            ExitCode::from(1)
        }
        Verdict::Pass => ExitCode::SUCCESS,
        Verdict::Inconclusive => {
            if arguments.plan.is_some() && !arguments.plan_over_live && !global.quiet {
                say!("{UNTOLD}");
            }
            match arguments.allow_unknown {
                true => ExitCode::SUCCESS,
                false => ExitCode::from(3),
            }
        }
    }
}

/// A check program of the user's that does not work is told of, and hurts nobody.
fn is_warning(finding: &Finding) -> bool {
    let is_of_program = finding.check.area.name() == PROGRAM && finding.subject.kind == PROGRAM;
    finding.status == Status::Warn && !is_of_program
}
