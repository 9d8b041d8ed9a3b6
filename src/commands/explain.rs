use std::fmt::Write;
use std::io::{IsTerminal, Read};
use std::process::ExitCode;

use checks::registry::{self, AREAS};
use custom_checks::CatalogueEntry;
use diagnosis::Selection;
use explain::{EXCEPTIONS, Explanation, Mentions, NextStep, explain, suggestions};
use model::Check;
use model::text::{sanitize_block, sanitize_line};

use crate::cli::Global;
use crate::cli_error::CliError;
use crate::config::{self, Use};
use crate::custom_checks::CustomChecks;
use crate::output::{print, text_width};
use crate::report::human::wrap;
use crate::target;

/// How much of standard input is read: an error text is never longer.
const MOST_BYTES: u64 = 1 << 20;

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
    if let Some(check) = registry::find(name) {
        print(&about_check(check))?;
        return Ok(ExitCode::SUCCESS);
    }
    if AREAS.contains(&name) {
        print(&about_area(name))?;
        return Ok(ExitCode::SUCCESS);
    }
    if custom_checks::AREAS.contains(&name) {
        print(&about_own_area(name, global).await?)?;
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(own) = own_check(name, global).await? {
        print(&about_own(&own))?;
        return Ok(ExitCode::SUCCESS);
    }
    match explain(&text) {
        Some(explained) => {
            print(&about_text(&explained))?;
            Ok(ExitCode::SUCCESS)
        }
        None => {
            print(&not_known(&text))?;
            Ok(ExitCode::from(1))
        }
    }
}

fn standard_input() -> Result<String, CliError> {
    let stdin = std::io::stdin();
    if stdin.is_terminal() {
        say!("Paste the error, then press Ctrl-D.");
    }
    let mut bytes = Vec::new();
    stdin
        .lock()
        .take(MOST_BYTES)
        .read_to_end(&mut bytes)
        .map_err(|error| CliError::new(format!("standard input cannot be read: {error}"), ""))?;
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
            ("Also causes", &check.explains.join("\n")),
            ("Permissions it needs", &check.actions.join("\n")),
            ("Documentation", &check.docs.join("\n")),
        ],
    )
}

fn about_area(area: &str) -> String {
    let checks = registry::all().filter(|check| check.area.name() == area);
    let lines = checks.map(|check| format!("  {}: {}\n", check.id, check.title));
    format!(
        "{area}\n{}\nNext\n  ecs-exec doctor SERVICE --only {area}\n",
        lines.collect::<String>()
    )
}

async fn about_own_area(area: &str, global: &Global) -> Result<String, CliError> {
    let what = match area == custom_checks::CUSTOM {
        true => "Custom checks: [checks.NAME] in ecs-exec.toml",
        false => "Custom checks: programs ecs-exec-check-NAME on PATH",
    };
    let mut settings = config::load(global, &[Use::Checks, Use::Programs]).await?;
    let all = CustomChecks::find(&mut settings).catalogue();
    let of_area = all.iter().filter(|own| own.id.starts_with(area));
    let lines: String = of_area
        .map(|own| format!("  {}: {}\n", own.id, sanitize_line(&own.title)))
        .collect();
    Ok(match lines.is_empty() {
        true => format!("{area}\n{what}\n  none here\n"),
        false => {
            format!("{area}\n{what}\n{lines}\nNext\n  ecs-exec doctor SERVICE --only {area}\n")
        }
    })
}

/// The custom check with this ID.
async fn own_check(id: &str, global: &Global) -> Result<Option<CatalogueEntry>, CliError> {
    if !custom_checks::is_id(id) {
        return Ok(None);
    }
    let mut settings = config::load(global, &[Use::Checks, Use::Programs]).await?;
    let own = CustomChecks::find(&mut settings);
    // Only the program that is meant is started.
    let Ok(selection) = Selection::with_own(own.checks(), vec![id.to_owned()], Vec::new()) else {
        return Ok(None);
    };
    Ok(own.only(&selection).catalogue().into_iter().next())
}

fn about_own(own: &CatalogueEntry) -> String {
    sections(
        &own.id,
        &sanitize_line(&own.title),
        &[
            ("Why it matters", &sanitize_block(&own.why)),
            (
                "Permissions it needs",
                &sanitize_block(&own.actions.join("\n")),
            ),
            (
                "Why it has no description",
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

fn about_text(explained: &Explanation) -> String {
    let known = explained.known_error;
    let mut page = format!("{}\n\n{}\n", known.title, indented(known.meaning));
    let named = &explained.mentions;
    for (label, value) in [
        ("who", &named.principal),
        ("action", &named.action),
        ("resource", &named.resource),
    ] {
        if let Some(value) = value {
            let _ = writeln!(page, "  {label}: {}", sanitize_line(value));
        }
    }
    if !known.checks.is_empty() {
        let _ = writeln!(page, "\nChecks that find the cause, the likeliest first");
        for id in known.checks {
            let title = registry::find(id).map_or("", |check| check.title);
            let _ = writeln!(page, "  {id}: {title}");
        }
    }
    let _ = writeln!(page, "\nNext\n{}", indented(&next(known.next, named)));
    page
}

fn next(next: NextStep, named: &Mentions) -> String {
    match next {
        NextStep::Doctor => doctor(named),
        NextStep::DoctorLocal => "ecs-exec doctor --only local".to_owned(),
        NextStep::Advice(step) => match &named.region {
            Some(region) => step.replace("REGION", &sanitize_line(region)),
            None => step.to_owned(),
        },
    }
}

/// The doctor, pointed at what the text names.
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

/// No check and no exception has a longer name.
const LONGEST_NAME: usize = 64;

fn not_known(text: &str) -> String {
    let text = text.trim();
    let mut page = "This text is not known.\n".to_owned();
    for id in near_checks(text) {
        let _ = writeln!(page, "  Did you mean the check {id}?");
    }
    for exception in near_exceptions(text) {
        let _ = writeln!(page, "  Did you mean {exception}?");
    }
    for known in suggestions(text) {
        let _ = writeln!(page, "  It may be: {}", known.title);
    }
    let _ = writeln!(page, "\nNext\n  ecs-exec doctor SERVICE");
    page
}

/// Checks whose ID, or its part after the dot, looks like this.
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

/// The exceptions that a word of the text looks like.
fn near_exceptions(text: &str) -> Vec<&'static str> {
    const MOST_WORDS: usize = 20;
    let stem = |name: &str| {
        let lower = name.to_ascii_lowercase();
        let stem = lower
            .strip_suffix("exception")
            .or_else(|| lower.strip_suffix("error"));
        stem.unwrap_or(&lower).to_owned()
    };
    let words: Vec<&str> = text
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| (6..=LONGEST_NAME).contains(&word.len()))
        .take(MOST_WORDS)
        .collect();
    let is_alone = !text.contains(char::is_whitespace);
    let mut near: Vec<&str> = words
        .into_iter()
        // A name, and not a word of a sentence.
        .filter(|word| is_alone || word[1..].contains(|c: char| c.is_ascii_uppercase()))
        .filter_map(|word| {
            let stems: Vec<String> = EXCEPTIONS.iter().map(|name| stem(name)).collect();
            let nearest =
                *target::nearest(&stem(word), stems.iter().map(String::as_str)).first()?;
            let at = stems.iter().position(|stem| stem == nearest)?;
            EXCEPTIONS.get(at).copied()
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
