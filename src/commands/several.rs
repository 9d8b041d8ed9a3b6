//! The doctor's question, put to several clusters at once.

use std::process::ExitCode;

use futures::future::join_all;

use super::doctor::end;
use terraform_plan::TerraformPlan;

use crate::cli::{Doctor, Global};
use crate::cli_error::CliError;
use crate::doctor::DoctorRun;
use crate::output::{self, Progress};
use crate::timeouts::REPORT_TIMEOUT;

/// `places`: the cluster, region and profile of each. One that cannot be asked does not keep the others from it.
pub async fn run(
    arguments: &Doctor,
    global: &Global,
    places: &[Global],
    plan: Option<&TerraformPlan>,
) -> Result<ExitCode, CliError> {
    refuse_of_one(arguments)?;
    // One after the other: the user may be asked whether to trust the project's file.
    let mut questions = Vec::new();
    for place in places {
        questions.push(DoctorRun::new(arguments, place).await);
    }
    let what = match plan {
        Some(_) if !arguments.plan_over_live => "Reading the plan".to_owned(),
        _ => format!("Asking AWS about {} clusters", places.len()),
    };
    let progress = Progress::start(global, &what);
    let answers = join_all(places.iter().zip(questions).map(async |(place, question)| {
        let patience = arguments.timeout.unwrap_or(REPORT_TIMEOUT);
        question?.of_plan(plan).ask(place, patience).await
    }))
    .await;
    progress.end();
    let (mut reports, mut troubles) = (Vec::new(), Vec::new());
    for (place, answer) in places.iter().zip(answers) {
        match answer {
            Ok(examined) => reports.push(examined.report),
            Err(trouble) => troubles.push(CliError {
                what: format!("{}: {}", name(place), trouble.what),
                ..trouble
            }),
        }
    }
    if !reports.is_empty() {
        output::write(&reports, &arguments.report, global)?;
    }
    let Some(last) = troubles.pop() else {
        return Ok(end(&reports, arguments, global));
    };
    for trouble in troubles {
        say!("{trouble}");
    }
    Err(last)
}

/// What is about one cluster only.
fn refuse_of_one(arguments: &Doctor) -> Result<(), CliError> {
    let flags = [
        ("--fix", arguments.fix.fix),
        ("--watch", arguments.watch),
        ("--demo", arguments.demo.is_some()),
        ("--snapshot", arguments.snapshot.is_some()),
        ("--task", !arguments.targets.task.is_empty()),
    ];
    match flags.iter().find(|(_, is_given)| *is_given) {
        Some((flag, _)) => Err(CliError::new(
            format!("{flag} is about one cluster, and several are named"),
            "Run it for each of them.",
        )),
        None => Ok(()),
    }
}

/// The words that tell a place from the others.
fn name(place: &Global) -> String {
    let words = [&place.profile, &place.region, &place.cluster];
    let words: Vec<&str> = words.into_iter().flatten().map(String::as_str).collect();
    words.join(" ")
}
