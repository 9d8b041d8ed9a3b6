//! The list of sessions as text.

use aws_rules::iam::session_access::EXECUTE;
use std::fmt::Write;
use std::io::{self, IsTerminal};

use jiff::Timestamp;
use model::text::{count, sanitize_line};

use super::Answer;
use super::trail_event::{SessionRecord, short_principal};
use crate::cli::RecordFormat;
use crate::formats::human::wrap;
use crate::formats::markdown::escape::prose;
use crate::output::{Records, text_width};

/// The columns that a narrow terminal leaves out, in this order.
const OPTIONAL_COLUMNS: [&str; 3] = ["task", "from", "container"];

/// The list in a format. `verbose`: with where the sessions are recorded.
pub fn render(answer: &Answer, format: RecordFormat, verbose: bool) -> String {
    match format {
        RecordFormat::Json => serde_json::to_string_pretty(answer).unwrap_or_default() + "\n",
        RecordFormat::Csv => full_table(answer).csv(),
        RecordFormat::Human => human(answer, verbose),
        RecordFormat::Markdown => {
            let mut page = format!("### {}\n\n", prose(&sanitize_line(&headline(answer))));
            if !answer.sessions.is_empty() {
                let _ = writeln!(page, "{}", full_table(answer).markdown());
            }
            for note in &answer.notes {
                let _ = writeln!(page, "- {}", prose(&sanitize_line(note)));
            }
            page
        }
    }
}

fn headline(answer: &Answer) -> String {
    let into = match &answer.service {
        Some(service) => format!("{service} ({})", answer.cluster),
        None => answer.cluster.clone(),
    };
    let sessions = &answer.sessions;
    let open = sessions.iter().filter(|one| one.state == "open").count();
    let open = match open {
        0 => String::new(),
        open => format!(", {open} open"),
    };
    let entered = sessions.iter().filter(|one| one.error.is_none()).count();
    let attempts = match sessions.len() - entered {
        0 => String::new(),
        failed => format!(", and {} that failed", count(failed, "attempt")),
    };
    let since = answer.since.parse::<Timestamp>();
    let since = since.map_or_else(
        |_| answer.since.clone(),
        |since| since.strftime("%Y-%m-%d %H:%M UTC").to_string(),
    );
    format!(
        "{} into {into} since {since}{open}{attempts}",
        count(entered, "session")
    )
}

fn human(answer: &Answer, verbose: bool) -> String {
    let mut text = format!("{}\n", sanitize_line(&headline(answer)));
    let room = match io::stdout().is_terminal() {
        true => text_width(),
        false => usize::MAX,
    };
    if !answer.sessions.is_empty() {
        let table = short_table(answer);
        let _ = write!(text, "\n{}", table.human_within(&OPTIONAL_COLUMNS, room));
    }
    for session in answer.sessions.iter().filter(|_| verbose) {
        let (Some(id), Some(record)) = (&session.session_id, &session.record) else {
            continue;
        };
        let _ = write!(text, "\n{}: {}", sanitize_line(id), sanitize_line(record));
    }
    text.push('\n');
    for note in &answer.notes {
        for line in wrap(&sanitize_line(note), text_width(), "") {
            let _ = writeln!(text, "{line}");
        }
    }
    text
}

fn text(value: Option<&String>) -> String {
    value.cloned().unwrap_or_default()
}

fn short_table(answer: &Answer) -> Records {
    let rows = answer.sessions.iter().map(|session| {
        let at = session.started_at.as_deref().unwrap_or_default();
        let task: String = text(session.task.as_ref()).chars().take(12).collect();
        vec![
            at.to_owned(),
            short_principal(&session.principal).to_owned(),
            text(session.service.as_ref()),
            text(session.container.as_ref()),
            task,
            what(session),
            text(session.source_ip.as_ref()),
            session.state.to_owned(),
            text(session.session_id.as_ref()),
        ]
    });
    Records {
        columns: vec![
            "started",
            "who",
            "service",
            "container",
            "task",
            "command",
            "from",
            "state",
            "session",
        ],
        rows: rows.collect(),
    }
}

/// The command, or the action that bypassed ECS.
fn what(session: &SessionRecord) -> String {
    match (&session.command, session.action) {
        (Some(command), EXECUTE) => command.clone(),
        (None, EXECUTE) => String::new(),
        (Some(document), action) => format!("{action}, {document}"),
        (None, action) => action.to_owned(),
    }
}

fn full_table(answer: &Answer) -> Records {
    let rows = answer.sessions.iter().map(|session| {
        let mfa = match session.mfa {
            Some(true) => "yes",
            Some(false) => "no",
            None => "",
        };
        vec![
            text(session.started_at.as_ref()),
            session.principal.clone(),
            mfa.to_owned(),
            text(session.source_ip.as_ref()),
            session.action.to_owned(),
            text(session.service.as_ref()),
            text(session.task.as_ref()),
            text(session.container.as_ref()),
            text(session.command.as_ref()),
            session.state.to_owned(),
            text(session.error.as_ref()),
            text(session.session_id.as_ref()),
            text(session.record.as_ref()),
        ]
    });
    Records {
        columns: vec![
            "started",
            "principal",
            "mfa",
            "from",
            "action",
            "service",
            "task",
            "container",
            "command",
            "state",
            "error",
            "session",
            "record",
        ],
        rows: rows.collect(),
    }
}
