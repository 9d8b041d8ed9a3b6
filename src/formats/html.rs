//! The report as one HTML file that needs no network and no script: style and pictures are inside.

mod element;
mod picture;

use diagnosis::report::{Report, RootCause, Verdict};
use model::{Status, text};

use super::fold::{self, FixGroup};
use super::wording;
use element::Html;

/// Lists and tables with more rows than this are collapsed.
const MAX_OPEN: usize = 12;
/// More rows would bury the rest of a page.
const MAX_ROWS: usize = 500;

/// The page of a run, with a part for each cluster.
pub fn render(reports: &[Report]) -> String {
    let mut page = Html::default();
    page.element("html", &[("lang", "en")], |page| {
        page.element("head", &[], |page| head(page, reports));
        page.element("body", &[], |page| {
            for report in reports {
                page.element("main", &[("class", "report")], |page| {
                    self::report(page, report)
                });
            }
        });
    });
    format!("<!DOCTYPE html>\n{}", page.finish())
}

fn head(page: &mut Html, reports: &[Report]) {
    let policy = "default-src 'none'; style-src 'unsafe-inline'";
    page.void("meta", &[("charset", "utf-8")]);
    page.void(
        "meta",
        &[
            ("name", "viewport"),
            ("content", "width=device-width, initial-scale=1"),
        ],
    );
    page.void(
        "meta",
        &[
            ("http-equiv", "Content-Security-Policy"),
            ("content", policy),
        ],
    );
    let clusters: Vec<&str> = reports
        .iter()
        .map(|report| report.target.cluster.as_str())
        .collect();
    page.leaf(
        "title",
        &format!(
            "ECS Exec in {}",
            text::short_list(&clusters, fold::MAX_NAMED)
        ),
    );
    page.style(include_str!("html/style.css"));
}

fn report(page: &mut Html, report: &Report) {
    heading(page, report);
    services(page, report);
    picture::draw(page, report);
    for (index, cause) in report.root_causes.iter().enumerate() {
        root_cause(page, report, cause, index);
    }
    last_fixes(page, report);
    problems(page, report);
    since(page, report);
    passed(page, report);
    environment(page, report);
}

fn heading(page: &mut Html, report: &Report) {
    let (class, symbol) = match report.verdict {
        Verdict::Pass => ("pass", "✓"),
        Verdict::Fail => ("fail", "✗"),
        Verdict::Inconclusive => ("unknown", "?"),
    };
    page.element("h1", &[], |page| {
        page.text("ECS Exec in ");
        page.code(&report.target.cluster);
    });
    page.element("p", &[("class", class)], |page| {
        page.text(&format!(
            "{symbol} {}.",
            wording::capitalized_headline(report)
        ));
    });
    page.element("p", &[("class", "soft")], |page| {
        page.text(&wording::tally(report.findings.iter()));
        page.text(if report.partial {
            ". Only selected checks ran."
        } else {
            "."
        });
    });
    if let Some(asked_by) = &report.caller.asked_by {
        page.paragraphs(&text::capitalized(&wording::judged_for_another(asked_by)));
    }
}

fn services(page: &mut Html, report: &Report) {
    let groups = fold::summarize_services(report);
    if groups.is_empty() {
        return;
    }
    page.leaf("h2", "Services");
    page.element("table", &[], |page| {
        for group in groups {
            page.element("tr", &[], |page| {
                page.element("td", &[("class", class(group.status))], |page| {
                    page.text(&match group.services.len() {
                        1 => symbol(group.status).to_owned(),
                        many => text::count(many, "service"),
                    });
                });
                page.leaf("td", &wording::state_of_services(report, &group));
                page.element("td", &[], |page| names(page, &group.services));
            });
        }
    });
}

/// Names, collapsed if they are many.
fn names(page: &mut Html, names: &[&str]) {
    match names.len() {
        count if count > MAX_OPEN => {
            let summary = text::short_list(names, fold::MAX_NAMED);
            page.details(&summary, |page| page.code_list(names));
        }
        _ => page.code_list(names),
    }
}

fn root_cause(page: &mut Html, report: &Report, cause: &RootCause, index: usize) {
    page.element("section", &[("class", "cause")], |page| {
        let heading = wording::root_cause_heading(report, index);
        page.leaf("h2", &format!("{heading}: {}", cause.title));
        page.element("p", &[("class", "soft")], |page| {
            page.code(cause.check);
            let check = report
                .findings_of(cause)
                .next()
                .map(|finding| finding.check);
            if let Some(address) = check.and_then(|check| check.docs.first()) {
                page.text(" · ");
                let attributes = [("href", *address), ("rel", "noreferrer")];
                page.element("a", &attributes, |page| page.text("AWS documentation"));
            }
        });
        page.paragraphs(&cause.detail);
        let services = fold::services_of(cause);
        if services.len() > fold::MAX_NAMED {
            page.element("div", &[], |page| {
                page.text("Services: ");
                names(page, &services);
            });
        }
        if !cause.symptoms.is_empty() {
            page.element("p", &[], |page| {
                page.text("Also causes: ");
                page.code_list(&cause.symptoms);
            });
        }
        evidence(page, report, cause);
        for (group, comes_later) in fold::fixes_of(report, cause) {
            match comes_later {
                true => {
                    let heading = wording::last_fix_heading(group.first());
                    page.leaf("h3", &format!("{heading}: {}", group.title()));
                }
                false => fixes(page, &group),
            }
        }
    });
}

fn evidence(page: &mut Html, report: &Report, cause: &RootCause) {
    let findings = report.findings_of(cause);
    let rows = findings.flat_map(|finding| {
        let evidence = finding.evidence.iter();
        evidence.map(|(name, value)| {
            [
                finding.subject.id.to_string(),
                name.to_string(),
                value.to_string(),
            ]
        })
    });
    let rows = wording::distinct(rows);
    if !rows.is_empty() {
        page.details("Evidence", |page| {
            table(
                page,
                &["Subject", "Evidence", "Value"],
                &rows,
                |page, row| {
                    for cell in row {
                        page.element("td", &[], |page| page.code(cell));
                    }
                },
            );
        });
    }
}

/// A table with a row for each item.
fn table<T>(page: &mut Html, columns: &[&str], items: &[T], row: impl Fn(&mut Html, &T)) {
    page.element("table", &[], |page| {
        page.element("tr", &[("class", "columns")], |page| {
            columns.iter().for_each(|column| page.leaf("th", column))
        });
        for item in items.iter().take(MAX_ROWS) {
            page.element("tr", &[], |page| row(page, item));
        }
    });
    if let Some(more) = wording::left_out(items.len(), MAX_ROWS, "more row") {
        page.leaf("p", &format!("The JSON report has {more}."));
    }
}

fn fixes(page: &mut Html, group: &FixGroup) {
    let heading = wording::fix_heading(group.first());
    page.leaf("h3", &format!("{heading}: {}", group.title()));
    let commands = group.commands();
    match commands.len() {
        0 => {}
        count if count > MAX_OPEN && group.fixes.len() > 1 => {
            page.details(&text::count(count, "command"), |page| {
                page.block(&commands.join("\n"))
            });
        }
        _ => page.block(&commands.join("\n")),
    }
    page.paragraphs(group.explain());
    let templates = group.cloudformation();
    if !templates.is_empty() {
        page.details("CloudFormation", |page| page.block(&templates.join("\n\n")));
    }
    let terraform = group.terraform();
    if !terraform.is_empty() {
        page.details("Terraform", |page| page.block(&terraform.join("\n\n")));
    }
    for policy in group.policies() {
        page.details("Policy", |page| page.block(&policy));
    }
}

fn last_fixes(page: &mut Html, report: &Report) {
    let groups = fold::last_fixes(report);
    if !groups.is_empty() {
        page.leaf("h2", wording::LAST_FIXES);
    }
    for group in groups {
        fixes(page, &group);
    }
}

/// The findings that need attention, also those of root causes.
fn problems(page: &mut Html, report: &Report) {
    let findings = report.findings.iter();
    let groups = fold::group_findings(findings.filter(|finding| finding.status.needs_attention()));
    if groups.is_empty() {
        return;
    }
    page.leaf("h2", "Problems");
    table(
        page,
        &["Status", "Check", "Service", "Finding"],
        &groups,
        |page, group| {
            let status = group.finding.status;
            page.element("td", &[("class", class(status))], |page| {
                page.text(status.word())
            });
            page.element("td", &[], |page| page.code_list(&group.checks));
            page.element("td", &[], |page| names(page, &group.services));
            page.element("td", &[], |page| {
                page.text(&format!("{}{}", group.title, group.more()));
                if !group.finding.caused_by.is_empty() {
                    page.text(" (caused by ");
                    page.code_list(&group.finding.caused_by);
                    page.text(")");
                }
            });
        },
    );
}

fn since(page: &mut Html, report: &Report) {
    let Some(since) = &report.since else { return };
    page.leaf("h2", "Since the baseline");
    page.leaf("p", &format!("{}.", since.summary()));
    table(page, &["Check", "No longer"], &since.gone, |page, gone| {
        page.element("td", &[], |page| page.code(&gone.check));
        page.leaf("td", &gone.title);
    });
}

/// The checks that passed, each with the number of its subjects.
fn passed(page: &mut Html, report: &Report) {
    let passed = wording::passed_checks(report);
    if passed.is_empty() {
        return;
    }
    page.details(&format!("Passed ({})", report.summary.pass), |page| {
        table(
            page,
            &["Check", "Subjects"],
            &passed,
            |page, (check, count)| {
                page.element("td", &[], |page| page.code(check));
                page.leaf("td", &count.to_string());
            },
        );
    });
}

fn environment(page: &mut Html, report: &Report) {
    let rows = wording::environment(report);
    page.details("Environment", |page| {
        page.element("table", &[], |page| {
            for (name, value) in rows {
                page.element("tr", &[], |page| {
                    page.leaf("th", name);
                    page.element("td", &[], |page| page.code(&value));
                });
            }
        });
    });
}

fn symbol(status: Status) -> &'static str {
    match status {
        Status::Pass => "✓",
        Status::Warn => "!",
        Status::Fail => "✗",
        Status::Unknown => "?",
        Status::Skip => "·",
    }
}

/// The class of a status in the style sheet.
fn class(status: Status) -> &'static str {
    match status {
        Status::Pass => "pass",
        Status::Warn => "warn",
        Status::Fail => "fail",
        Status::Unknown => "unknown",
        Status::Skip => "skip",
    }
}
