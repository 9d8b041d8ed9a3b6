use std::fmt::Write;
use std::process::ExitCode;

use ecs_exec_checks::registry::{AREAS, CHECKS};

use crate::cli::CatalogueFormat;
use crate::output::print;
use crate::trouble::Trouble;

pub fn run(format: CatalogueFormat) -> Result<ExitCode, Trouble> {
    let text = match format {
        CatalogueFormat::Human => table(),
        CatalogueFormat::Json => {
            let mut json = serde_json::to_string_pretty(CHECKS).unwrap_or_default();
            json.push('\n');
            json
        }
        CatalogueFormat::Markdown => page(),
    };
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}

fn table() -> String {
    let width = CHECKS.iter().map(|check| check.id.len()).max().unwrap_or(0);
    CHECKS
        .iter()
        .map(|check| format!("{:<width$}  {}\n", check.id, check.title))
        .collect()
}

/// `docs/checks.md`.
fn page() -> String {
    let mut page = "# Checks\n\nMade by `ecs-exec checks --format markdown`; `ecs-exec explain CHECK` shows one.\n".to_owned();
    for area in AREAS {
        let _ = writeln!(page, "\n## {area}");
        for check in CHECKS.iter().filter(|check| check.area() == *area) {
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
    page
}
