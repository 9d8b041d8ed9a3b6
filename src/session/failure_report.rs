//! Explains a session that failed: what AWS or the agent said, what it means, and what the doctor finds.

use std::time::Duration;

use diagnosis::causes::LIVE_SESSION;
use diagnosis::{Report, Selection, examine};
use model::Status;
use model::facts::{Probe, ProbeEnd, Reason};
use model::text::sanitize_line;

use super::{Context, ExecTarget, RemoteText};
use crate::aws::Failure;
use crate::cli_error::CliError;
use crate::collect;
use crate::formats;
use crate::formats::human::wrap;
use crate::output::{self, Progress};
use crate::target::{GatherRequest, Services};

/// The symptom that the cause of a broken agent explains.
const AGENT: &str = "container.agent-running";

/// How long the doctor can take if the user did not ask for it.
const AUTO_DOCTOR_TIMEOUT: Duration = Duration::from_secs(15);

/// A failed call in a sentence.
pub fn text(failure: &Failure) -> RemoteText {
    let message = failure.why.message.clone();
    RemoteText::new(match (&failure.code, failure.why.reason) {
        (Some(code), _) if !message.contains(code.as_str()) => format!("{code}: {message}"),
        (_, Reason::TimedOut) => format!("{} did not answer in time", failure.why.action),
        _ => message,
    })
}

/// Prints what happened and why, as far as is known. `ask_doctor`: examine the task too.
pub async fn print(
    cx: Context<'_>,
    target: &ExecTarget,
    (what, why): (&str, &RemoteText),
    ask_doctor: bool,
) {
    say!("error: {what}: {why}");
    if let Some(explained) = why.explain() {
        say!("  {}.", explained.known_error.title);
        let width = output::look_of_errors(cx.global).width.min(120);
        for line in wrap(&explained.known_error.meaning, width, "  ") {
            say!("{line}");
        }
    }
    if !ask_doctor {
        return;
    }
    match causes(cx, target, Some(why)).await {
        Ok(text) if text.is_empty() => say!(
            "\nThe doctor found no {} `ecs-exec doctor --task {}{} -v` shows what it checked.",
            if why.explain().is_some() {
                "other cause."
            } else {
                "cause."
            },
            target.task_id(),
            location_flags(cx)
        ),
        Ok(text) => say_part!("{text}"),
        Err(error) => say!(
            "\nThe doctor could not examine the task: {}.",
            sanitize_line(error.message())
        ),
    }
}

/// The flags that name the cluster, as the user gave them or chose it.
fn location_flags(cx: Context<'_>) -> String {
    let chosen = cx
        .settings
        .cluster_is_chosen
        .then_some(cx.settings.cluster.as_str());
    let chosen = chosen.map(|cluster| ("--cluster", Some(cluster)));
    let given = cx.global.whereabouts().into_iter();
    given
        .chain(chosen)
        .filter_map(|(flag, value)| Some(format!(" {flag} {}", shell_words::quote(value?))))
        .collect()
}

/// Asks the doctor before a session and prints what it finds. Returns whether a session would fail.
pub async fn print_obstacles(cx: Context<'_>, target: &ExecTarget) -> bool {
    let text = causes(cx, target, None).await.unwrap_or_default();
    say_part!("{text}");
    !text.is_empty()
}

/// The causes that the doctor finds, as text. `error`: what a session failed with, which turns a risk into a cause.
async fn causes(
    cx: Context<'_>,
    target: &ExecTarget,
    error: Option<&RemoteText>,
) -> Result<String, CliError> {
    let task = target.task.arn.to_string();
    let request = GatherRequest {
        services: Services::None,
        tasks: vec![task.clone()],
        container: Some(target.container.clone()),
        ..GatherRequest::default()
    };
    let progress = Progress::start(cx.global, "Asking the doctor about the task");
    let gathered = collect::gather(cx.settings, &request, AUTO_DOCTOR_TIMEOUT).await;
    progress.end();
    let mut facts = gathered?.facts;
    if let Some(error) = error {
        let probe = Probe {
            container: target.container.clone(),
            end: ProbeEnd::Failed(error.block()),
        };
        facts.probes.insert(task, vec![probe]);
    }
    let facts = capture::without_secrets(facts);
    // A failed expectation of the configuration prevents no session.
    let selection =
        Selection::with_custom_checks(Vec::new(), Vec::new(), vec!["policy".to_owned()]);
    let mut report = examine(&facts, &selection.unwrap_or_default());
    // The user knows that the session failed.
    report
        .root_causes
        .retain(|cause| cause.check != LIVE_SESSION);
    Ok(match report.root_causes.is_empty() && error.is_some() {
        true => suspects(&report),
        false => formats::causes(&report, &output::look_of_errors(cx.global)),
    })
}

/// What may be behind a failure without a certain cause: warnings, and what could not be checked.
fn suspects(report: &Report) -> String {
    let mut lines = Vec::new();
    for finding in &report.findings {
        let is_open = matches!(finding.status, Status::Warn | Status::Unknown);
        if is_open && finding.check.id == LIVE_SESSION {
            return format!("\n{}. {}\n", finding.title, finding.detail);
        }
        if is_open && (finding.leaves_open() || finding.check.symptoms.contains(&AGENT)) {
            lines.push(format!("  {} ({})\n", finding.title, finding.check.id));
        }
    }
    match lines.is_empty() {
        true => String::new(),
        false => format!(
            "\nThe doctor found no certain cause. It cannot rule out:\n{}",
            lines.concat()
        ),
    }
}
