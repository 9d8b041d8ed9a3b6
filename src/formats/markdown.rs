//! The report for a ticket, in GitHub Flavored Markdown, which GitLab and Jira read too. Texts from AWS and from users
//! never become links, mentions or markup. <https://github.github.com/gfm/>

mod escape;
mod picture;
mod table;

use std::fmt::Write;

use diagnosis::report::{Report, RootCause, Verdict};
use model::{Finding, Fix, Status, text};

use super::wording;
use escape::{block, code, details, prose};

/// The ticket of one cluster.
pub fn render(report: &Report) -> String {
    let mut page = String::new();
    heading(&mut page, report);
    for (index, cause) in report.root_causes.iter().enumerate() {
        root_cause(&mut page, report, cause, index);
    }
    last_fixes(&mut page, report);
    if let Some(picture) = picture::draw(report) {
        let _ = write!(page, "\n```mermaid\n{picture}```\n");
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
}

fn root_cause(page: &mut String, report: &Report, cause: &RootCause, index: usize) {
    let heading = wording::root_cause_heading(report, index);
    let (title, check) = (prose(&cause.title), code(cause.check));
    let _ = write!(page, "\n### {heading}: {title}\n\n{check}\n\n");
    paragraphs(page, &cause.detail);
    if !cause.symptoms.is_empty() {
        let _ = write!(page, "Also causes: {}\n\n", code_list(&cause.symptoms));
    }
    table::evidence(page, report, cause);
    for fix in cause.fixes.iter().filter_map(|id| report.fix(id)) {
        match fix.is_last {
            true => {
                let heading = wording::last_fix_heading(fix);
                let _ = write!(page, "**{heading}:** {}\n\n", prose(&fix.title));
            }
            false => self::fix(page, fix),
        }
    }
}

fn last_fixes(page: &mut String, report: &Report) {
    let mut fixes = report.last_fixes().peekable();
    if fixes.peek().is_some() {
        let _ = write!(page, "\n### {}\n\n", wording::LAST_FIXES);
    }
    for fix in fixes {
        self::fix(page, fix);
    }
}

fn fix(page: &mut String, fix: &Fix) {
    let (heading, title) = (wording::fix_heading(fix), prose(&fix.title));
    let _ = write!(page, "**{heading}:** {title}\n\n");
    if !fix.commands.is_empty() {
        block(page, "sh", &fix.commands.join("\n"));
    }
    paragraphs(page, &fix.explain);
    if let Some(terraform) = &fix.terraform {
        details(page, "Terraform", |page| block(page, "hcl", terraform));
    }
    if let Some(template) = &fix.cloudformation {
        details(page, "CloudFormation", |page| block(page, "yaml", template));
    }
    if let Some(policy) = &fix.policy {
        let policy = serde_json::to_string_pretty(policy).unwrap_or_default();
        details(page, "Policy", |page| block(page, "json", &policy));
    }
}

/// The findings that need attention, also those of root causes.
fn problems(page: &mut String, report: &Report) {
    let findings = report.findings.iter();
    let findings: Vec<&Finding> = findings
        .filter(|finding| finding.status.needs_attention())
        .collect();
    if !findings.is_empty() {
        page.push_str("\n### Problems\n\n");
        table::findings(page, &findings);
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
    let mut passed: Vec<(&str, usize)> = Vec::new();
    let findings = report.findings.iter();
    for finding in findings.filter(|finding| finding.status == Status::Pass) {
        let id = finding.check.id;
        match passed.iter_mut().find(|(check, _)| *check == id) {
            Some((_, count)) => *count += 1,
            None => passed.push((id, 1)),
        }
    }
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
    let target = &report.target;
    let or_unknown = |text: Option<&String>| text.map_or("unknown".to_owned(), |text| code(text));
    let source = wording::source(report.source);
    let missing = wording::missing_permissions(report);
    let calls: u64 = report.api_calls.values().sum();
    let program = format!("{} {}", report.tool.name, report.tool.version);
    details(page, "Environment", |page| {
        page.push_str("| | |\n| --- | --- |\n");
        let mut row = |name: &str, value: String| {
            let _ = writeln!(page, "| {name} | {value} |");
        };
        row("Cluster", code(&target.cluster));
        row("Region", code(&target.region));
        row("Account", or_unknown(target.account.as_ref()));
        row("Caller", or_unknown(report.caller.arn.as_ref()));
        row("Facts", format!("{source}, {}", code(&report.generated_at)));
        if calls > 0 {
            row("Calls to AWS", calls.to_string());
        }
        if !missing.is_empty() {
            row("Missing permissions", code_list(&missing));
        }
        row("Program", code(&program));
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
