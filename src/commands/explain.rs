//! `ecs-exec explain`: a check, an area, or an error text.

use std::fmt::Write;
use std::io::{IsTerminal, Read};
use std::process::ExitCode;

use checks::registry;
use custom_checks::CatalogueEntry;
use diagnosis::Selection;
use explain::{Explanation, Mentions, NextStep, exceptions, explain, suggestions};
use model::text::{sanitize_block, sanitize_line};
use model::{Area, Check};

use crate::cli::Global;
use crate::cli_error::CliError;
use crate::config::{self, Use};
use crate::custom_checks::CustomChecks;
use crate::formats::human::wrap;
use crate::output::{print, text_width};
use crate::target;

/// The limit for standard input; error texts are shorter.
const MAX_BYTES: u64 = 1 << 20;

/// `ecs-exec explain`
pub async fn run(words: &[String], global: &Global) -> Result<ExitCode, CliError> {
    let text = match words {
        [dash] if dash == "-" => standard_input()?,
        words => words.join(" "),
    };
    let name = text.trim().to_ascii_lowercase();
    let name = name.as_str();
    if global.config.is_some() {
        config::load(global, &[]).await?;
    }
    let page = if let Some(check) = registry::find(name) {
        about_check(check)
    } else if let Some(area) = Area::find(name) {
        match area.is_custom() {
            true => about_custom_area(area, global).await?,
            false => about_area(area),
        }
    } else if let Some(check) = custom_check(name, global).await? {
        about_custom_check(&check)
    } else if let Some(explained) = explain(&text) {
        about_error(&explained)
    } else {
        print(&unknown(&text))?;
        return Ok(ExitCode::from(1));
    };
    print(&page)?;
    Ok(ExitCode::SUCCESS)
}

fn standard_input() -> Result<String, CliError> {
    let stdin = std::io::stdin();
    if stdin.is_terminal() {
        say!("Paste the error, then press Ctrl-D.");
    }
    let mut bytes = Vec::new();
    stdin
        .lock()
        .take(MAX_BYTES)
        .read_to_end(&mut bytes)
        .map_err(|error| CliError::file(format!("cannot read standard input: {error}")))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn about_check(check: &Check) -> String {
    sections(
        check.id,
        check.title,
        &[
            ("Why it matters", check.why),
            ("How it is checked", check.how),
            ("Remediation", check.remedy),
            ("Also causes", &check.symptoms.join("\n")),
            ("Required permissions", &check.actions.join("\n")),
            ("Documentation", &check.docs.join("\n")),
        ],
    )
}

fn about_area(area: Area) -> String {
    let checks = registry::all().filter(|check| check.area == area);
    let area = area.name();
    let lines = checks.map(|check| format!("  {}: {}\n", check.id, check.title));
    format!(
        "{area}\n{}\nNext\n  ecs-exec doctor SERVICE --only {area}\n",
        lines.collect::<String>()
    )
}

async fn about_custom_area(area: Area, global: &Global) -> Result<String, CliError> {
    let what = match area == Area::Custom {
        true => "Custom checks: [checks.NAME] in ecs-exec.toml",
        false => "Custom checks: programs ecs-exec-check-NAME on PATH",
    };
    let mut settings = config::load(global, &[Use::Checks, Use::Programs]).await?;
    let all = CustomChecks::find(&mut settings).catalogue();
    let entries = all.iter().filter(|entry| entry.id.starts_with(area.name()));
    let area = area.name();
    let lines: String = entries
        .map(|entry| format!("  {}: {}\n", entry.id, sanitize_line(&entry.title)))
        .collect();
    Ok(match lines.is_empty() {
        true => format!("{area}\n{what}\n  (none)\n"),
        false => {
            format!("{area}\n{what}\n{lines}\nNext\n  ecs-exec doctor SERVICE --only {area}\n")
        }
    })
}

/// The custom check with this ID.
async fn custom_check(id: &str, global: &Global) -> Result<Option<CatalogueEntry>, CliError> {
    if !custom_checks::is_id(id) {
        return Ok(None);
    }
    let mut settings = config::load(global, &[Use::Checks, Use::Programs]).await?;
    let own = CustomChecks::find(&mut settings);
    // Starts only the program of this check.
    let Ok(selection) =
        Selection::with_custom_checks(own.checks(), vec![id.to_owned()], Vec::new())
    else {
        return Ok(None);
    };
    Ok(own.only(&selection).catalogue().into_iter().next())
}

fn about_custom_check(own: &CatalogueEntry) -> String {
    sections(
        &own.id,
        &sanitize_line(&own.title),
        &[
            ("Why it matters", &sanitize_block(&own.why)),
            (
                "Required permissions",
                &sanitize_block(&own.actions.join("\n")),
            ),
            (
                "Error",
                &sanitize_block(own.error.as_deref().unwrap_or_default()),
            ),
        ],
    )
}

fn sections(id: &str, title: &str, sections: &[(&str, &str)]) -> String {
    let mut page = format!("{id}\n{title}\n");
    for (name, text) in sections.iter().filter(|(_, text)| !text.is_empty()) {
        let _ = writeln!(page, "\n{name}\n{}", indented(text));
    }
    page
}

fn about_error(explained: &Explanation) -> String {
    let known = explained.known_error;
    let mut page = format!("{}\n\n{}\n", known.title, indented(&known.meaning));
    let named = &explained.mentions;
    for (label, value) in [
        ("principal", &named.principal),
        ("action", &named.action),
        ("resource", &named.resource),
    ] {
        if let Some(value) = value {
            let _ = writeln!(page, "  {label}: {}", sanitize_line(value));
        }
    }
    if !known.checks.is_empty() {
        let _ = writeln!(page, "\nChecks that find the cause, most likely first");
        for id in &known.checks {
            let title = registry::find(id).map_or("", |check| check.title);
            let _ = writeln!(page, "  {id}: {title}");
        }
    }
    let _ = writeln!(page, "\nNext\n{}", indented(&next(&known.next, named)));
    page
}

fn next(next: &NextStep, named: &Mentions) -> String {
    match next {
        NextStep::Doctor => doctor(named),
        NextStep::DoctorLocal => "ecs-exec doctor --only local".to_owned(),
        NextStep::Advice(step) => match &named.region {
            Some(region) => step.replace("REGION", &sanitize_line(region)),
            None => step.to_owned(),
        },
    }
}

/// The doctor's command line, with the names from the text.
fn doctor(named: &Mentions) -> String {
    let mut words = vec!["ecs-exec doctor".to_owned()];
    let mut option = |name: &str, value: &Option<String>| {
        if let Some(value) = value {
            words.push(format!(
                "{name} {}",
                shell_words::quote(&sanitize_line(value))
            ));
        }
    };
    option("--task", &named.task);
    option("--cluster", &named.cluster);
    option("--region", &named.region);
    if named.task.is_none() {
        let service = named.service.as_deref().unwrap_or("SERVICE");
        words.insert(1, shell_words::quote(&sanitize_line(service)).into_owned());
    }
    words.join(" ")
}

/// Longer than the name of every check and exception.
const LONGEST_NAME: usize = 64;

fn unknown(text: &str) -> String {
    let text = text.trim();
    let mut page = "Unknown error text.\n".to_owned();
    for id in near_checks(text) {
        let _ = writeln!(page, "  Did you mean the check {id}?");
    }
    for exception in near_exceptions(text) {
        let _ = writeln!(page, "  Did you mean {exception}?");
    }
    for known in suggestions(text) {
        let _ = writeln!(page, "  Possibly: {}", known.title);
    }
    let _ = writeln!(page, "\nNext\n  ecs-exec doctor SERVICE");
    page
}

/// Checks whose ID, or its part after the dot, is similar to this name.
fn near_checks(name: &str) -> Vec<&'static str> {
    if name.len() > LONGEST_NAME || name.contains(char::is_whitespace) {
        return Vec::new();
    }
    let name = name.to_ascii_lowercase();
    let near = target::nearest(&name, registry::all().map(|check| check.id));
    if !near.is_empty() {
        return near;
    }
    let last = |id: &'static str| id.split_once('.').map_or(id, |(_, last)| last);
    let near = target::nearest(&name, registry::all().map(|check| last(check.id)));
    let ids = registry::all().map(|check| check.id);
    ids.filter(|id| near.contains(&last(id))).take(3).collect()
}

/// Exceptions that are similar to a word of the text.
fn near_exceptions(text: &str) -> Vec<&'static str> {
    const MAX_WORDS: usize = 20;
    let stem = |name: &str| {
        let lower = name.to_ascii_lowercase();
        let stem = lower.strip_suffix("exception");
        let stem = stem.or_else(|| lower.strip_suffix("error"));
        stem.unwrap_or(&lower).to_owned()
    };
    let stems: Vec<String> = exceptions().map(stem).collect();
    let is_alone = !text.contains(char::is_whitespace);
    let words = text.split(|c: char| !c.is_ascii_alphanumeric());
    let mut near: Vec<&str> = words
        .filter(|word| (6..=LONGEST_NAME).contains(&word.len()))
        .take(MAX_WORDS)
        // Within a text only words in camel case, which are names.
        .filter(|word| is_alone || word[1..].contains(|c: char| c.is_ascii_uppercase()))
        .filter_map(|word| {
            let stems = stems.iter().map(String::as_str);
            let near = target::nearest(&stem(word), stems.clone());
            let at = stems
                .into_iter()
                .position(|stem| Some(&stem) == near.first())?;
            exceptions().nth(at)
        })
        .collect();
    near.dedup();
    near
}

fn indented(text: &str) -> String {
    let width = text_width().clamp(40, 98);
    text.lines()
        .flat_map(|line| wrap(line, width, "  "))
        .collect::<Vec<_>>()
        .join("\n")
}
