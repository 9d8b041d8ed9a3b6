//! The report for a terminal: context, findings by area, root causes with their fixes, verdict.

mod lines;
mod page;
mod paint;

use diagnosis::report::{Report, RootCause, Source, Verdict};
use model::{Area, Finding, Fix, Status, text};

use super::{Look, wording};
use lines::{FindingLine, lines};
use page::Page;

pub use page::wrap;

/// The report of one cluster.
pub fn render(report: &Report, look: &Look) -> String {
    let mut page = Page::new(look);
    context(&mut page, report);
    for (area, findings) in wording::by_area(report) {
        area_section(&mut page, report, area, &findings);
    }
    root_cause_sections(&mut page, report);
    since(&mut page, report);
    missing_permissions(&mut page, report);
    verdict(&mut page, report);
    page.finish()
}

/// A line for each cluster, if there are several.
pub fn overview(reports: &[Report]) -> String {
    if reports.len() < 2 {
        return String::new();
    }
    let lines = reports.iter().map(|report| {
        let (region, cluster) = (&report.target.region, &report.target.cluster);
        format!("\n{region} {cluster}: {}", report.headline())
    });
    lines.chain(["\n".to_owned()]).collect()
}

/// Only the root causes and their fixes.
pub fn root_causes(report: &Report, look: &Look) -> String {
    let mut page = Page::new(look);
    root_cause_sections(&mut page, report);
    page.finish()
}

fn context(page: &mut Page, report: &Report) {
    let target = &report.target;
    let source = Some(report.source).filter(|source| *source != Source::Live);
    let parts = [
        Some(target.cluster.as_str()),
        Some(target.region.as_str()),
        target.account.as_deref(),
        source.map(wording::source),
    ];
    let parts: Vec<&str> = parts.into_iter().flatten().collect();
    let line = parts.join(page.paint.separator());
    page.line(&page.paint.bold(&line));
    if let Some(arn) = &report.caller.arn {
        page.line(&page.paint.dim(&format!("as {arn}")));
    }
    page.line("");
}

fn area_section(page: &mut Page, report: &Report, area: Area, findings: &[&Finding]) {
    let has = |status: &Status| findings.iter().any(|finding| finding.status == *status);
    let worst = wording::STATUSES.into_iter().find(has);
    let symbol = page.paint.symbol(worst.unwrap_or(Status::Skip));
    let tally = wording::tally(findings.iter().copied());
    page.line(&format!("{symbol} {:<10} {tally}", area.name()));
    for line in lines(findings, page.verbose) {
        finding_line(page, report, &line, area.is_custom());
    }
}

fn finding_line(page: &mut Page, report: &Report, line: &FindingLine, is_custom: bool) {
    let finding = line.finding;
    let symbol = page.paint.symbol(finding.status);
    let checks = page.paint.dim(&text::short_list(&line.checks, 3));
    page.line(&format!("    {symbol} {checks}"));
    let causes = match finding.caused_by.as_slice() {
        [] => String::new(),
        causes => format!(" — caused by {}", text::list(causes)),
    };
    let (services, more) = (line.services(), line.more());
    page.prose(8, &format!("{services}{}{more}{causes}", finding.title));
    let is_verbose_warning = page.verbose && finding.status == Status::Warn;
    // The details of a built-in check's failure are shown at its root cause.
    if finding.status != Status::Pass && (is_custom || is_verbose_warning) {
        page.prose(10, &finding.detail);
    }
    if is_verbose_warning {
        let fixes = finding.fix_ids().filter_map(|id| report.fix(id));
        for command in fixes.flat_map(|fix| &fix.commands) {
            page.line(&format!("          {}", page.paint.bold(command)));
        }
    }
}

fn root_cause_sections(page: &mut Page, report: &Report) {
    for (index, cause) in report.root_causes.iter().enumerate() {
        root_cause(page, report, cause, index);
    }
    let mut fixes = report.last_fixes().peekable();
    if fixes.peek().is_some() {
        page.line("");
        page.line(&page.paint.bold(wording::LAST_FIXES));
    }
    for fix in fixes {
        self::fix(page, fix);
    }
}

fn root_cause(page: &mut Page, report: &Report, cause: &RootCause, index: usize) {
    page.line("");
    let heading = wording::root_cause_heading(report, index);
    for line in page.wrap(&format!("{heading}: {}", cause.title), 0) {
        page.line(&page.paint.bad(&line));
    }
    page.line(&format!("  {}", page.paint.dim(cause.check)));
    page.prose(2, &cause.detail);
    if !cause.symptoms.is_empty() {
        let symptoms = text::list(&cause.symptoms);
        page.prose(2, &format!("Also causes: {symptoms}"));
    }
    for fix in cause.fixes.iter().filter_map(|id| report.fix(id)) {
        match fix.is_last {
            true => fix_title(page, &wording::last_fix_heading(fix), fix),
            false => self::fix(page, fix),
        }
    }
}

fn fix_title(page: &mut Page, heading: &str, fix: &Fix) {
    page.line("");
    for line in page.wrap(&format!("{heading}: {}", fix.title), 2) {
        page.line(&format!("  {}", page.paint.bold(&line)));
    }
}

fn fix(page: &mut Page, fix: &Fix) {
    fix_title(page, &wording::fix_heading(fix), fix);
    let policy = || Some(serde_json::to_string_pretty(fix.policy.as_ref()?).unwrap_or_default());
    let lines = match fix.commands.is_empty() {
        true => {
            let edit = fix.cloudformation.clone().or_else(|| fix.terraform.clone());
            edit.or_else(policy).unwrap_or_default()
        }
        false => fix.commands.join("\n"),
    };
    for line in lines.lines() {
        page.line(&format!("    {}", page.paint.bold(line)));
    }
    page.prose(4, &fix.explain);
}

fn since(page: &mut Page, report: &Report) {
    let Some(since) = &report.since else { return };
    if !report.root_causes.is_empty() {
        page.line("");
    }
    page.prose(0, &format!("Since the baseline: {}.", since.summary()));
    for gone in &since.gone {
        let symbol = page.paint.symbol(Status::Pass);
        page.line(&format!("    {symbol} {}", page.paint.dim(&gone.check)));
        page.prose(8, &format!("No longer: {}", gone.title));
    }
}

fn missing_permissions(page: &mut Page, report: &Report) {
    let missing = wording::missing_permissions(report);
    if !missing.is_empty() {
        page.line("");
        page.prose(0, &format!("Missing permissions: {}", text::list(&missing)));
    }
}

fn verdict(page: &mut Page, report: &Report) {
    let status = match report.verdict {
        Verdict::Pass => Status::Pass,
        Verdict::Fail => Status::Fail,
        Verdict::Inconclusive => Status::Unknown,
    };
    let mut sentence = format!("{}.", report.headline());
    if let Some(first) = sentence.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    let symbol = page.paint.symbol(status);
    page.line("");
    page.line(&format!("{symbol} {}", page.paint.bold(&sentence)));
}
