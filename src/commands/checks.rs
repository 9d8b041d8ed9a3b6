use std::fmt::Write;
use std::process::ExitCode;

use checks::registry::{self, AREAS};
use custom_checks::CatalogueEntry;
use model::text::sanitize_line;

use crate::cli::{CatalogueFormat, Global};
use crate::cli_error::CliError;
use crate::config::{self, Use};
use crate::custom_checks::CustomChecks;
use crate::output::print;

pub async fn run(format: CatalogueFormat, global: &Global) -> Result<ExitCode, CliError> {
    let mut settings = config::load(global, &[Use::Checks, Use::Programs]).await?;
    let own = CustomChecks::find(&mut settings).catalogue();
    let text = match format {
        CatalogueFormat::Human => table(&own),
        CatalogueFormat::Json => json(&own),
        CatalogueFormat::Markdown => page(&own),
    };
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}

fn table(own: &[CatalogueEntry]) -> String {
    let own = own.iter().map(|entry| {
        (
            entry.id.as_str(),
            entry.error.as_ref().unwrap_or(&entry.title).as_str(),
        )
    });
    let all: Vec<(&str, &str)> = registry::all()
        .map(|check| (check.id, check.title))
        .chain(own)
        .collect();
    let width = all.iter().map(|(id, _)| id.len()).max().unwrap_or(0);
    all.iter()
        .map(|(id, title)| format!("{id:<width$}  {}\n", sanitize_line(title)))
        .collect()
}

/// One list; the user's own have fewer fields.
fn json(own: &[CatalogueEntry]) -> String {
    let own = own
        .iter()
        .filter_map(|entry| serde_json::to_value(entry).ok());
    let all: Vec<serde_json::Value> = registry::all()
        .filter_map(|check| serde_json::to_value(check).ok())
        .chain(own)
        .collect();
    let mut json = serde_json::to_string_pretty(&all).unwrap_or_default();
    json.push('\n');
    json
}

/// `docs/checks.md`.
fn page(own: &[CatalogueEntry]) -> String {
    let mut page = "# Checks\n\nMade by `ecs-exec checks --format markdown`; `ecs-exec explain CHECK` shows one.\n".to_owned();
    for area in AREAS {
        let _ = writeln!(page, "\n## {area}");
        for check in registry::all().filter(|check| check.area.name() == area) {
            let _ = writeln!(
                page,
                "\n### {}\n\n{}.\n\n{}\n",
                check.id, check.title, check.why
            );
            let _ = writeln!(page, "*How it is found out:* {}", check.how);
            let _ = writeln!(page, "\n*What mends it:* {}", check.remedy);
            let mut list = |name: &str, items: &[&str]| {
                if !items.is_empty() {
                    let items: Vec<String> = items.iter().map(|item| format!("`{item}`")).collect();
                    let _ = writeln!(page, "\n*{name}:* {}", items.join(", "));
                }
            };
            list("Permissions", check.actions);
            list("Behind", check.explains);
            for doc in check.docs {
                let _ = writeln!(page, "\n<{doc}>");
            }
        }
    }
    for entry in own {
        let _ = writeln!(
            page,
            "\n### {}\n\n{}. {}",
            entry.id,
            sanitize_line(&entry.title),
            sanitize_line(&entry.why)
        );
    }
    page
}
