//! `ecs-exec doctor` on several clusters at the same time.

use std::process::ExitCode;

use futures::future::join_all;

use super::doctor::exit_code;
use crate::cli::{Doctor, Global};
use crate::cli_error::CliError;
use crate::collect::plan::Plan;
use crate::doctor::DoctorRun;
use crate::output::{self, Progress};
use crate::timeouts::REPORT_TIMEOUT;

/// `places`: the cluster, region and profile of each. An error in one does not stop the others.
pub async fn run(
    arguments: &Doctor,
    global: &Global,
    places: &[Global],
    plan: Option<&Plan>,
) -> Result<ExitCode, CliError> {
    ensure_no_single_cluster_flags(arguments)?;
    // One after the other: each may ask the user whether to trust the project's file.
    let mut runs = Vec::new();
    for place in places {
        runs.push(DoctorRun::new(arguments, place).await);
    }
    let message = match plan {
        Some(_) if !arguments.facts.plan_over_live => "Reading the plan".to_owned(),
        _ => format!("Reading {} clusters from AWS", places.len()),
    };
    let progress = Progress::start(global, &message);
    let timeout = arguments.facts.timeout.unwrap_or(REPORT_TIMEOUT);
    let outcomes = join_all(places.iter().zip(runs).map(async |(place, run)| {
        let outcome = async { run?.with_plan(plan).examine(place, timeout).await };
        outcome.await.map_err(|error| error.about(&name(place)))
    }))
    .await;
    progress.end();
    let (mut reports, mut errors) = (Vec::new(), Vec::new());
    for outcome in outcomes {
        match outcome {
            Ok(outcome) => reports.push(outcome.report),
            Err(error) => errors.push(error),
        }
    }
    // GitHub shows the first annotations only: a cluster that could not be read comes before warnings of another.
    for error in &errors {
        output::annotate(error, &arguments.report);
    }
    if !reports.is_empty() {
        output::write(&reports, arguments, global)?;
    }
    for error in &errors {
        say!("{error}");
    }
    Ok(match errors.last() {
        Some(last) => ExitCode::from(last.exit_code()),
        None => exit_code(&reports, arguments, plan),
    })
}

fn ensure_no_single_cluster_flags(arguments: &Doctor) -> Result<(), CliError> {
    let flags = [
        ("--fix", arguments.fix.fix),
        ("--watch", arguments.facts.watch),
        ("--task", !arguments.targets.task.is_empty()),
    ];
    match flags.iter().find(|(_, is_given)| *is_given) {
        Some((flag, _)) => Err(CliError::new(
            format!("{flag} accepts one cluster, and several are named"),
            "Run the command once for each cluster.",
        )),
        None => Ok(()),
    }
}

/// The flags' values that name a cluster.
fn name(place: &Global) -> String {
    let values = place.whereabouts().map(|(_, value)| value);
    let mut words: Vec<&str> = values.into_iter().flatten().collect();
    words.reverse();
    words.join(" ")
}
