use std::fmt::Write;
use std::io::{IsTerminal, Read};
use std::process::ExitCode;

use ecs_exec_checks::explain::{Explained, Named, Next, explain, guesses};
use ecs_exec_checks::text::clean_line;
use ecs_exec_checks::{Check, registry};

use crate::output::{print, text_width};
use crate::report::human::wrap;
use crate::target;
use crate::trouble::Trouble;

/// How much of standard input is read: an error text is never longer.
const MOST_BYTES: u64 = 1 << 20;

pub fn run(words: &[String]) -> Result<ExitCode, Trouble> {
    let text = match words {
        [dash] if dash == "-" => standard_input()?,
        words => words.join(" "),
    };
    if let Some(check) = registry::find(text.trim()) {
        print(&about_check(check))?;
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

fn standard_input() -> Result<String, Trouble> {
    let stdin = std::io::stdin();
    if stdin.is_terminal() {
        say!("Paste the error, then press Ctrl-D.");
    }
    let mut bytes = Vec::new();
    stdin
        .lock()
        .take(MOST_BYTES)
        .read_to_end(&mut bytes)
        .map_err(|error| Trouble::new(format!("standard input cannot be read: {error}"), ""))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn about_check(check: &Check) -> String {
    let mut page = format!("{}\n{}\n\n", check.id, check.title);
    let mut section = |name: &str, text: &str| {
        if !text.is_empty() {
            let _ = writeln!(page, "{name}\n{}\n", indented(text));
        }
    };
    section("Why it matters", check.why);
    section("How it is found out", check.how);
    section("What mends it", check.remedy);
    section("What it is behind", &check.explains.join("\n"));
    section("Permissions it needs", &check.actions.join("\n"));
    section("Documentation", &check.docs.join("\n"));
    page.pop();
    page
}

fn about_text(explained: &Explained) -> String {
    let saying = explained.saying;
    let mut page = format!("{}\n\n{}\n", saying.title, indented(saying.meaning));
    let named = &explained.named;
    for (label, value) in [
        ("who", &named.user),
        ("action", &named.action),
        ("resource", &named.resource),
    ] {
        if let Some(value) = value {
            let _ = writeln!(page, "  {label}: {}", clean_line(value));
        }
    }
    if !saying.checks.is_empty() {
        let _ = writeln!(page, "\nWhat finds out which it is, the likeliest first");
        for id in saying.checks {
            let title = registry::find(id).map_or("", |check| check.title);
            let _ = writeln!(page, "  {id}: {title}");
        }
    }
    let _ = writeln!(page, "\nNext\n{}", indented(&next(saying.next, named)));
    page
}

fn next(next: Next, named: &Named) -> String {
    match next {
        Next::Doctor => doctor(named),
        Next::DoctorLocal => "ecs-exec doctor --only local".to_owned(),
        Next::Do(step) => match &named.region {
            Some(region) => step.replace("REGION", &clean_line(region)),
            None => step.to_owned(),
        },
    }
}

/// The doctor, pointed at what the text names.
fn doctor(named: &Named) -> String {
    let mut words = vec!["ecs-exec doctor".to_owned()];
    let mut option = |name: &str, value: &Option<String>| {
        if let Some(value) = value {
            words.push(format!("{name} {}", shell_words::quote(&clean_line(value))));
        }
    };
    option("--task", &named.task);
    option("--cluster", &named.cluster);
    option("--region", &named.region);
    if named.task.is_none() {
        let service = named.service.as_deref().unwrap_or("SERVICE");
        words.insert(1, shell_words::quote(&clean_line(service)).into_owned());
    }
    words.join(" ")
}

fn not_known(text: &str) -> String {
    let ids = registry::CHECKS.iter().map(|check| check.id);
    let near = target::nearest(text.trim(), ids);
    let mut page = "This text is not known.\n".to_owned();
    for id in near {
        let _ = writeln!(page, "  Did you mean the check {id}?");
    }
    for saying in guesses(text) {
        let _ = writeln!(page, "  It may be: {}", saying.title);
    }
    let _ = writeln!(page, "\nNext\n  ecs-exec doctor SERVICE");
    page
}

fn indented(text: &str) -> String {
    let width = text_width().clamp(40, 98);
    text.lines()
        .flat_map(|line| wrap(line, width, "  "))
        .collect::<Vec<_>>()
        .join("\n")
}
