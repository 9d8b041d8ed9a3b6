//! The report for a ticket, in GitHub Flavored Markdown, which GitLab and Jira read too. Texts from AWS and from users
//! never become links, mentions or markup. <https://github.github.com/gfm/>

pub mod escape;
mod picture;
mod table;

use std::fmt::Write;

use diagnosis::report::{Report, RootCause, Verdict};
use model::text;

use super::fold::{self, FixGroup};
use super::path::SessionPath;
use super::wording;
use escape::{block, code, details, prose};

/// The ticket of one cluster.
pub fn render(report: &Report) -> String {
    let mut page = String::new();
    heading(&mut page, report);
    table::services(&mut page, report);
    for (index, cause) in report.root_causes.iter().enumerate() {
        root_cause(&mut page, report, cause, index);
    }
    last_fixes(&mut page, report);
    if let Some(path) = SessionPath::of(report) {
        let (caption, picture) = (prose(&path.caption()), picture::draw(&path));
        let _ = write!(page, "\n{caption}\n\n```mermaid\n{picture}```\n");
    }
    problems(&mut page, report);
    since(&mut page, report);
    passed(&mut page, report);
    environment(&mut page, report);
    page
}

fn heading(page: &mut String, report: &Report) {
    let symbol = match report.verdict {
        Verdict::Pass => "✅",
        Verdict::Fail => "❌",
        Verdict::Inconclusive => "❔",
    };
    let cluster = code(&report.target.cluster);
    let headline = report.headline();
    let tally = wording::tally(report.findings.iter());
    let _ = write!(
        page,
        "## ECS Exec in {cluster}: {symbol} {headline}\n\n{tally}.\n"
    );
    if report.partial {
        page.push_str("\nOnly selected checks ran.\n");
    }
    if let Some(asked_by) = &report.caller.asked_by {
        let note = text::capitalized(&wording::judged_for_another(asked_by));
        let _ = write!(page, "\n{}\n", prose(&note));
    }
}

fn root_cause(page: &mut String, report: &Report, cause: &RootCause, index: usize) {
    let heading = wording::root_cause_heading(report, index);
    let (title, check) = (prose(&cause.title), code(cause.check));
    let _ = write!(page, "\n### {heading}: {title}\n\n{check}\n\n");
    paragraphs(page, &cause.detail);
    if !cause.symptoms.is_empty() {
        let _ = write!(page, "Also causes: {}\n\n", code_list(&cause.symptoms));
    }
    services(page, &fold::services_of(cause));
    table::evidence(page, report, cause);
    for (group, comes_later) in fold::fixes_of(report, cause) {
        match comes_later {
            true => {
                let heading = wording::last_fix_heading(group.first());
                let _ = write!(page, "**{heading}:** {}\n\n", prose(&group.title()));
            }
            false => fixes(page, &group),
        }
    }
}

/// The affected services, if the title does not name them.
fn services(page: &mut String, services: &[&str]) {
    const MAX_INLINE: usize = 20;
    let list = code_list(services);
    match services.len() {
        count if count <= fold::MAX_NAMED => {}
        count if count <= MAX_INLINE => {
            let _ = write!(page, "Services: {list}\n\n");
        }
        count => {
            let summary = text::count(count, "service");
            details(page, &summary, |page| {
                let _ = write!(page, "{list}\n\n");
            });
            page.push('\n');
        }
    }
}

fn last_fixes(page: &mut String, report: &Report) {
    let groups = fold::last_fixes(report);
    if !groups.is_empty() {
        let _ = write!(page, "\n### {}\n\n", wording::LAST_FIXES);
    }
    for group in groups {
        fixes(page, &group);
    }
}

/// Fixes that do the same, with all their commands: a block of many lines is collapsed.
fn fixes(page: &mut String, group: &FixGroup) {
    const MAX_LINES: usize = 12;
    let (heading, title) = (wording::fix_heading(group.first()), prose(&group.title()));
    let _ = write!(page, "**{heading}:** {title}\n\n");
    let commands = group.commands();
    match commands.len() {
        0 => {}
        count if count > MAX_LINES && group.fixes.len() > 1 => {
            details(page, &text::count(count, "command"), |page| {
                block(page, "sh", &commands.join("\n"));
            });
            page.push('\n');
        }
        _ => block(page, "sh", &commands.join("\n")),
    }
    paragraphs(page, group.explain());
    let edits = [
        ("Terraform", "hcl", group.terraform()),
        ("CloudFormation", "yaml", group.cloudformation()),
    ];
    for (tool, language, blocks) in edits.iter().filter(|(.., blocks)| !blocks.is_empty()) {
        details(page, tool, |page| {
            block(page, language, &blocks.join("\n\n"))
        });
    }
    for policy in group.policies() {
        details(page, "Policy", |page| block(page, "json", &policy));
    }
}

/// The findings that need attention, also those of root causes.
fn problems(page: &mut String, report: &Report) {
    let findings = report.findings.iter();
    let groups = fold::group_findings(findings.filter(|finding| finding.status.needs_attention()));
    if !groups.is_empty() {
        page.push_str("\n### Problems\n\n");
        table::findings(page, &groups);
    }
}

fn since(page: &mut String, report: &Report) {
    let Some(since) = &report.since else { return };
    let _ = write!(page, "\n### Since the baseline\n\n{}.\n\n", since.summary());
    for gone in &since.gone {
        let (check, title) = (code(&gone.check), prose(&gone.title));
        let _ = writeln!(page, "- {check} no longer: {title}");
    }
}

/// The checks that passed, each with the number of its subjects.
fn passed(page: &mut String, report: &Report) {
    let passed = wording::passed_checks(report);
    if passed.is_empty() {
        return;
    }
    page.push('\n');
    details(page, &format!("Passed ({})", report.summary.pass), |page| {
        page.push_str("| Check | |\n| --- | --- |\n");
        for (check, count) in passed {
            let _ = writeln!(page, "| {} | {count} |", code(check));
        }
        page.push('\n');
    });
}

fn environment(page: &mut String, report: &Report) {
    details(page, "Environment", |page| {
        page.push_str("| | |\n| --- | --- |\n");
        for (name, value) in wording::environment(report) {
            let _ = writeln!(page, "| {name} | {} |", code(&value));
        }
        page.push('\n');
    });
}

fn paragraphs(page: &mut String, text: &str) {
    for line in text.lines() {
        let _ = write!(page, "{}\n\n", prose(line));
    }
}

fn code_list(items: &[&str]) -> String {
    let items: Vec<String> = items.iter().map(|item| code(item)).collect();
    text::list(&items)
}
