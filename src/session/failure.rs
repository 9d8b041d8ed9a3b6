//! A session that could not be opened, or ended at once: what was said, what it means, and what the doctor finds.

use std::time::Duration;

use diagnosis::causes::LIVE;
use diagnosis::{Report, Selection, examine};
use model::Status;
use model::facts::{Probe, ProbeEnd, Reason};
use model::text::sanitize_line;

use super::{RemoteText, Spot};
use crate::aws::Failure;
use crate::cli::Global;
use crate::cli_error::CliError;
use crate::config::Settings;
use crate::facts;
use crate::output::{self, Progress};
use crate::report;
use crate::report::human::wrap;
use crate::target::{Request, Services};

/// The symptom that what keeps an agent from working explains.
const AGENT: &str = "container.agent-running";

/// How long the doctor may take where nobody asked for it.
const AUTO_DOCTOR_TIMEOUT: Duration = Duration::from_secs(15);

/// A failed call in a sentence.
pub fn words(failure: &Failure) -> RemoteText {
    let said = failure.why.message.clone();
    RemoteText::new(match (&failure.code, failure.why.reason) {
        (Some(code), _) if !said.contains(code.as_str()) => format!("{code}: {said}"),
        (_, Reason::TimedOut) => format!("{} did not answer in time", failure.why.action),
        _ => said,
    })
}

/// The session ended because the program is not in the image.
pub fn is_missing_program(why: &RemoteText) -> bool {
    why.explain()
        .is_some_and(|known| known.known_error.checks == ["container.shell"])
}

/// The session never came about: its encryption or its recording could not be set up.
pub fn is_of_the_start(why: &RemoteText) -> bool {
    ["----error-------", "handshake", "start the session"]
        .into_iter()
        .any(|mark| why.contains(mark))
}

/// What became of a session that is not as it should be.
pub const UNOPENED: &str = "the session could not be opened";
pub const BROKEN_OFF: &str = "the session broke off";
pub const NOT_RUN: &str = "the command was not run";
pub const NOT_RUN_TO_ITS_END: &str = "the command was not run to its end";

/// Tells what became of a session, and why as far as is known. `ask_doctor`: look at the task too.
pub async fn tell(
    settings: &Settings,
    global: &Global,
    spot: &Spot,
    (what, why): (&str, &RemoteText),
    ask_doctor: bool,
) {
    say!("error: {what}: {why}");
    if let Some(explained) = why.explain() {
        say!("  {}.", explained.known_error.title);
        for line in wrap(
            explained.known_error.meaning,
            output::look_of_errors(global).width.min(120),
            "  ",
        ) {
            say!("{line}");
        }
    }
    if !ask_doctor {
        return;
    }
    match causes(settings, global, spot, Some(why)).await {
        Ok(text) if text.is_empty() => say!(
            "\nThe doctor sees no cause. `ecs-exec doctor --task {}{} -v` shows what it looked at.",
            spot.task_id(),
            flags(global)
        ),
        Ok(text) => say_part!("{text}"),
        Err(trouble) => say!(
            "\nThe doctor could not look at the task: {}.",
            sanitize_line(&trouble.what)
        ),
    }
}

/// The flags that say which cluster is meant, as they were given.
fn flags(global: &Global) -> String {
    let given = global.whereabouts().into_iter();
    given
        .filter_map(|(flag, value)| Some(format!(" {flag} {}", shell_words::quote(value?))))
        .collect()
}

/// Asks the doctor before a session; says what it finds. `true`: a session would not work.
pub async fn stands_in_the_way(settings: &Settings, global: &Global, spot: &Spot) -> bool {
    match causes(settings, global, spot, None).await {
        Ok(text) if !text.is_empty() => {
            say_part!("{text}");
            true
        }
        _ => false,
    }
}

/// What the doctor finds behind it, as text. `said`: what a session into it failed with, which confirms what would
/// otherwise only be a risk.
async fn causes(
    settings: &Settings,
    global: &Global,
    spot: &Spot,
    said: Option<&RemoteText>,
) -> Result<String, CliError> {
    let request = Request {
        services: Services::None,
        tasks: vec![spot.task_arn.clone()],
        container: Some(spot.container.clone()),
        ..Request::default()
    };
    let progress = Progress::start(global, "Asking the doctor about the task");
    let gathered = facts::gather(settings, &request, AUTO_DOCTOR_TIMEOUT).await;
    progress.end();
    let mut facts = gathered?.facts;
    if let Some(said) = said {
        let probe = Probe {
            container: spot.container.clone(),
            end: ProbeEnd::Failed(said.block()),
        };
        facts.probes.insert(spot.task_arn.clone(), vec![probe]);
    }
    let facts = capture::without_secrets(facts);
    // What is only declared keeps no session from working.
    let selection = Selection::with_own(Vec::new(), Vec::new(), vec!["policy".to_owned()]);
    let mut report = examine(&facts, &selection.unwrap_or_default());
    // That the session failed has been said.
    report.root_causes.retain(|cause| cause.check != LIVE);
    let look = output::look_of_errors(global);
    match (report.root_causes.is_empty(), said) {
        (true, Some(_)) => Ok(suspects(&report)),
        (true, None) | (false, _) => Ok(report::causes(&report, &look)),
    }
}

/// What may have to do with a session that failed, where nothing is certain: why it has to be waited for, warnings,
/// and what could not be seen.
fn suspects(report: &Report) -> String {
    let mut lines = Vec::new();
    for finding in &report.findings {
        let is_open = matches!(finding.status, Status::Warn | Status::Unknown);
        if is_open && finding.check.id == LIVE {
            return format!("\n{}. {}\n", finding.title, finding.detail);
        }
        if is_open && (finding.leaves_open() || finding.check.explains.contains(&AGENT)) {
            lines.push(format!("  {} ({})\n", finding.title, finding.check.id));
        }
    }
    match lines.is_empty() {
        true => String::new(),
        false => format!(
            "\nThe doctor sees no certain cause. It cannot rule out:\n{}",
            lines.concat()
        ),
    }
}
