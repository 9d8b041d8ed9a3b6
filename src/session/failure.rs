//! A session that could not be opened, or ended at once: what was said, what it means, and what the doctor finds.

use std::time::Duration;

use ecs_exec_checks::facts::Reason;
use ecs_exec_checks::text::clean_line;
use ecs_exec_checks::{Selection, examine};

use super::{RemoteText, Spot};
use crate::aws::Failure;
use crate::cli::Global;
use crate::config::Settings;
use crate::facts;
use crate::output::{self, Progress};
use crate::report;
use crate::report::human::wrap;
use crate::target::{Request, Services};
use crate::trouble::Trouble;

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
        .is_some_and(|known| known.saying.checks == ["container.shell"])
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
        say!("  {}.", explained.saying.title);
        for line in wrap(
            explained.saying.meaning,
            output::look_of_errors(global).width.min(120),
            "  ",
        ) {
            say!("{line}");
        }
    }
    if !ask_doctor {
        return;
    }
    match causes(settings, global, spot).await {
        Ok(text) if text.is_empty() => say!(
            "\nThe doctor finds nothing that stands in the way. `ecs-exec doctor --task {}{} -v` shows what it looked at.",
            spot.task_id(),
            flags(global)
        ),
        Ok(text) => say_part!("{text}"),
        Err(trouble) => say!(
            "\nThe doctor could not look at the task: {}.",
            clean_line(&trouble.what)
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
    match causes(settings, global, spot).await {
        Ok(text) if !text.is_empty() => {
            say_part!("{text}");
            true
        }
        _ => false,
    }
}

/// What the doctor finds behind it, as text.
async fn causes(settings: &Settings, global: &Global, spot: &Spot) -> Result<String, Trouble> {
    let request = Request {
        services: Services::None,
        tasks: vec![spot.task_arn.clone()],
        container: Some(spot.container.clone()),
        ..Request::default()
    };
    let progress = Progress::start(global, "Asking the doctor about the task");
    let gathered = facts::gather(settings, &request, AUTO_DOCTOR_TIMEOUT).await;
    progress.end();
    let facts = gathered?.facts.without_secrets();
    // What is only declared keeps no session from working.
    let selection = Selection::with_own(Vec::new(), Vec::new(), vec!["policy".to_owned()]);
    let report = examine(&facts, &selection.unwrap_or_default());
    Ok(report::causes(&report, &output::look_of_errors(global)))
}
