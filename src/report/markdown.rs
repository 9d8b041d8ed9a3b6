//! A report for a ticket: it pastes into GitHub, GitLab and Jira's Markdown, and nothing in it that AWS or a user
//! wrote becomes a link, a mention or markup. <https://github.github.com/gfm/>

use std::collections::{BTreeSet, HashMap};
use std::fmt::Write;

use diagnosis::report::{Report, RootCause, Source, Verdict};
use model::{Finding, Fix, Status, text};

use super::picture;

/// A ticket has room for so many rows of evidence for a cause, and of findings.
const MOST_EVIDENCE: usize = 20;
const MOST_ROWS: usize = 100;

pub fn render(report: &Report) -> String {
    let mut page = String::new();
    headline(&mut page, report);
    for (index, cause) in report.root_causes.iter().enumerate() {
        root_cause(&mut page, report, cause, index);
    }
    last_fixes(&mut page, report);
    if let Some(picture) = picture::draw(report) {
        let _ = write!(page, "\n```mermaid\n{picture}```\n");
    }
    attention(&mut page, report);
    gone(&mut page, report);
    everything(&mut page, report);
    environment(&mut page, report);
    page
}

fn headline(page: &mut String, report: &Report) {
    let symbol = match report.verdict {
        Verdict::Pass => "✅",
        Verdict::Fail => "❌",
        Verdict::Inconclusive => "❔",
    };
    let verdict = report.headline();
    let cluster = code(&report.target.cluster);
    let _ = writeln!(page, "## ECS Exec in {cluster}: {symbol} {verdict}");
    let summary = &report.summary;
    let _ = write!(
        page,
        "\n{} failed, {} doubtful, {} unknown, {} passed, {} not needed.\n",
        summary.fail, summary.warn, summary.unknown, summary.pass, summary.skip
    );
    if report.partial {
        page.push_str("\nSome checks were left out.\n");
    }
}

fn root_cause(page: &mut String, report: &Report, cause: &RootCause, index: usize) {
    let heading = match report.root_causes.len() {
        1 => "Root cause".to_owned(),
        many => format!("Root cause {} of {many}", index + 1),
    };
    let _ = write!(page, "\n### {heading}: {}\n\n", prose(&cause.title));
    let _ = writeln!(page, "{}\n", code(cause.check));
    for line in cause.detail.lines() {
        let _ = writeln!(page, "{}\n", prose(line));
    }
    if !cause.symptoms.is_empty() {
        let symptoms: Vec<String> = cause.symptoms.iter().map(|check| code(check)).collect();
        let _ = writeln!(page, "It is behind {}.\n", text::list(&symptoms));
    }
    evidence(page, report, cause);
    for fix in cause.fixes.iter().filter_map(|id| report.fix(id)) {
        match fix.is_last {
            true => {
                let word = fix.disposition.word();
                let title = prose(&fix.title);
                let _ = write!(page, "**Fix ({word}), at the end:** {title}\n\n");
            }
            false => self::fix(page, fix),
        }
    }
}

/// Fixes that come after those of all causes.
fn last_fixes(page: &mut String, report: &Report) {
    let mut fixes = report.last_fixes().peekable();
    if fixes.peek().is_some() {
        page.push_str("\n### After all other fixes\n\n");
    }
    for fix in fixes {
        self::fix(page, fix);
    }
}

/// What the cause rests on, a row for each distinct piece.
fn evidence(page: &mut String, report: &Report, cause: &RootCause) {
    let mut rows: Vec<String> = report
        .findings_of(cause)
        .filter(|finding| {
            matches!(
                finding.status,
                Status::Fail | Status::Unknown | Status::Warn
            )
        })
        .flat_map(|finding| {
            finding.evidence.iter().map(|(name, value)| {
                format!(
                    "| {} | {} | {} |",
                    code(&finding.subject.id),
                    code(name),
                    code(&value.to_string())
                )
            })
        })
        .collect();
    let mut seen = BTreeSet::new();
    rows.retain(|row| seen.insert(row.clone()));
    if rows.is_empty() {
        return;
    }
    page.push_str("| Subject | Evidence | Value |\n| --- | --- | --- |\n");
    for row in rows.iter().take(MOST_EVIDENCE) {
        let _ = writeln!(page, "{row}");
    }
    if rows.len() > MOST_EVIDENCE {
        let _ = write!(
            page,
            "\n{} more rows are in the JSON report.\n",
            rows.len() - MOST_EVIDENCE
        );
    }
    page.push('\n');
}

fn fix(page: &mut String, fix: &Fix) {
    let _ = write!(
        page,
        "**Fix ({}):** {}\n\n",
        fix.disposition.word(),
        prose(&fix.title)
    );
    if !fix.commands.is_empty() {
        block(page, "sh", &fix.commands.join("\n"));
    }
    for line in fix.explain.lines() {
        let _ = write!(page, "{}\n\n", prose(line));
    }
    if let Some(terraform) = &fix.terraform {
        details(page, "Terraform", |page| block(page, "hcl", terraform));
    }
    if let Some(policy) = &fix.policy {
        let policy = serde_json::to_string_pretty(policy).unwrap_or_default();
        details(page, "Policy", |page| block(page, "json", &policy));
    }
}

/// What is not in order besides the causes' own findings.
fn attention(page: &mut String, report: &Report) {
    let findings: Vec<&Finding> = report
        .findings
        .iter()
        .filter(|finding| finding.status.needs_attention())
        .collect();
    if findings.is_empty() {
        return;
    }
    page.push_str("\n### What is not in order\n\n");
    table(page, &findings);
}

fn gone(page: &mut String, report: &Report) {
    let Some(since) = &report.since else { return };
    let _ = write!(page, "\n### Since the baseline\n\n{}.\n\n", since.summary());
    for gone in &since.gone {
        let _ = writeln!(
            page,
            "- {} no longer: {}",
            code(&gone.check),
            prose(&gone.title)
        );
    }
}

/// By check: what passed for each of many tasks would fill the page.
fn everything(page: &mut String, report: &Report) {
    let mut passed: Vec<(&str, usize)> = Vec::new();
    for finding in report
        .findings
        .iter()
        .filter(|finding| finding.status == Status::Pass)
    {
        match passed
            .iter_mut()
            .find(|(check, _)| *check == finding.check.id)
        {
            Some((_, count)) => *count += 1,
            None => passed.push((finding.check.id, 1)),
        }
    }
    if passed.is_empty() {
        return;
    }
    page.push('\n');
    let summary = format!("What passed ({})", report.summary.pass);
    details(page, &summary, |page| {
        page.push_str("| Check | |\n| --- | --- |\n");
        for (check, count) in passed {
            let _ = writeln!(page, "| {} | {count} |", code(check));
        }
        page.push('\n');
    });
}

/// The same sentence of the same check stands once, with its count.
fn table(page: &mut String, findings: &[&Finding]) {
    let mut rows: Vec<(String, usize)> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for finding in findings {
        let because: Vec<String> = finding.caused_by.iter().map(|check| code(check)).collect();
        let because = match because.is_empty() {
            true => String::new(),
            false => format!(" (because of {})", text::list(&because)),
        };
        let service = finding
            .subject
            .service
            .as_deref()
            .map_or(String::new(), code);
        let row = format!(
            "| {} | {} | {service} | {}{because}",
            word(finding.status),
            code(finding.check.id),
            prose(&finding.title)
        );
        match places.get(&row) {
            Some(place) => rows[*place].1 += 1,
            None => {
                places.insert(row.clone(), rows.len());
                rows.push((row, 1));
            }
        }
    }
    page.push_str("| | Check | Service | |\n| --- | --- | --- | --- |\n");
    let more = rows.len().saturating_sub(MOST_ROWS);
    for (row, count) in rows.into_iter().take(MOST_ROWS) {
        let times = if count > 1 {
            format!(" (× {count})")
        } else {
            String::new()
        };
        let _ = writeln!(page, "{row}{times} |");
    }
    if more > 0 {
        let _ = write!(page, "\n{more} more rows are in the JSON report.\n");
    }
    page.push('\n');
}

fn environment(page: &mut String, report: &Report) {
    let target = &report.target;
    let or_unknown = |text: Option<&String>| text.map_or("unknown".to_owned(), |text| code(text));
    let source = match report.source {
        Source::Live => "AWS",
        Source::Snapshot => "a snapshot",
        Source::Plan => "a Terraform plan",
        Source::Demo => "the built-in demo",
    };
    let missing: Vec<String> = super::missing_permissions(report)
        .iter()
        .map(|action| code(action))
        .collect();
    let calls: u64 = report.api_calls.values().sum();
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
            row("Permissions that would tell more", missing.join(", "));
        }
        row(
            "Program",
            code(&format!("{} {}", report.tool.name, report.tool.version)),
        );
        page.push('\n');
    });
}

fn word(status: Status) -> &'static str {
    match status {
        Status::Pass => "✅",
        Status::Warn => "⚠️ doubtful",
        Status::Fail => "❌ failed",
        Status::Unknown => "❔ unknown",
        Status::Skip => "not needed",
    }
}

fn details(page: &mut String, summary: &str, inner: impl FnOnce(&mut String)) {
    let _ = write!(page, "<details>\n<summary>{summary}</summary>\n\n");
    inner(page);
    page.push_str("</details>\n");
}

fn block(page: &mut String, language: &str, text: &str) {
    let fence = "`".repeat(longest_run(text).max(2) + 1);
    let _ = write!(page, "{fence}{language}\n{}\n{fence}\n\n", text.trim_end());
}

/// A code span, in which nothing means anything; also in a table.
fn code(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let fence = "`".repeat(longest_run(text) + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') {
        " "
    } else {
        ""
    };
    let text = text.replace('|', "\\|");
    format!("{fence}{pad}{text}{pad}{fence}")
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

/// Text in which no character means anything to Markdown, nor to those that turn addresses into links.
fn prose(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '@' => safe.push_str("&#64;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '#' | '!' | '$' => {
                safe.push('\\');
                safe.push(c);
            }
            c => safe.push(c),
        }
    }
    safe.replace("://", ":&#47;&#47;")
        .replace("www.", "www&#46;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_text() {
        assert_eq!(
            prose("![x](http://e.vil) <img> @all #1 `a` a_b_c www.e.vil"),
            "\\!\\[x\\](http:&#47;&#47;e.vil) &lt;img&gt; &#64;all \\#1 \\`a\\` a\\_b\\_c www&#46;e.vil"
        );
        assert_eq!(code("a`b|c"), "``a`b\\|c``");
        assert_eq!(code("`"), "`` ` ``");
        let mut page = String::new();
        block(&mut page, "sh", "echo ```\n");
        assert_eq!(page, "````sh\necho ```\n````\n\n");
    }
}
