//! The report for a terminal: context, findings by area, root causes with their fixes, verdict.

mod fixes;
mod page;
mod paint;

use diagnosis::report::{Report, RootCause, Source, Verdict};
use model::{Area, Finding, Status, text};
use textwrap::core::display_width;

use super::fold::{self, FindingGroup};
use super::{Look, wording};
use page::Page;

pub use page::wrap;

/// The report of one cluster.
pub fn render(report: &Report, look: &Look) -> String {
    let mut page = Page::new(look);
    context(&mut page, report);
    for (area, findings) in wording::by_area(report) {
        area_section(&mut page, report, area, &findings);
    }
    services(&mut page, report);
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
    if let Some(asked_by) = &report.caller.asked_by {
        let note = wording::judged_for_another(asked_by);
        for line in page.wrap(&note, 0) {
            page.line(&page.paint.dim(&line));
        }
    }
    page.line("");
}

fn area_section(page: &mut Page, report: &Report, area: Area, findings: &[&Finding]) {
    let has = |status: &Status| findings.iter().any(|finding| finding.status == *status);
    let worst = wording::STATUSES.into_iter().find(has);
    let symbol = page.paint.symbol(worst.unwrap_or(Status::Skip));
    let tally = wording::tally(findings.iter().copied());
    page.line(&format!("{symbol} {:<10} {tally}", area.name()));
    let groups: Vec<FindingGroup> = match page.verbose {
        true => findings
            .iter()
            .map(|finding| FindingGroup::of(finding))
            .collect(),
        false => {
            let findings = findings.iter().copied();
            let findings = findings.filter(|finding| finding.status.needs_attention());
            fold::group_findings(findings.filter(|finding| !is_folded(report, finding)))
        }
    };
    for group in groups {
        finding_group(page, report, &group, area.is_custom());
    }
    let folded = findings.iter().filter(|finding| is_folded(report, finding));
    match folded.count() {
        0 => {}
        _ if page.verbose => {}
        count => page.line(&format!(
            "    … {} of the root causes (-v shows each finding)",
            text::count(count, "symptom")
        )),
    }
}

/// Symptoms of many services are counted: their root causes name the checks that fail because of them.
fn is_folded(report: &Report, finding: &Finding) -> bool {
    let is_symptom = finding.status == Status::Fail && !finding.caused_by.is_empty();
    is_symptom && fold::has_many_services(report) && !report.root_causes.is_empty()
}

fn finding_group(page: &mut Page, report: &Report, group: &FindingGroup, is_custom: bool) {
    let finding = group.finding;
    let symbol = page.paint.symbol(finding.status);
    let checks = text::short_list(&group.checks, 3);
    let causes = match finding.caused_by.as_slice() {
        [] => String::new(),
        causes => format!(" — caused by {}", text::list(causes)),
    };
    let (services, more) = (group.services_prefix(), group.more());
    let sentence = format!("{services}{}{more}{causes}", group.title);
    let one_line = format!("    {symbol} {} — {sentence}", page.paint.dim(&checks));
    let columns = 9 + display_width(&checks) + display_width(&sentence);
    match fold::has_many_services(report) && columns <= page.width {
        true => page.line(&one_line),
        false => {
            page.line(&format!("    {symbol} {}", page.paint.dim(&checks)));
            page.prose(8, &sentence);
        }
    }
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

/// A line for each service, or of many for each state that they are in.
fn services(page: &mut Page, report: &Report) {
    const MAX_GROUPS: usize = 8;
    let groups = fold::summarize_services(report);
    // If all of many are in the same state, the root cause and the verdict say it.
    if groups.is_empty() || (groups.len() == 1 && fold::has_many_services(report)) {
        return;
    }
    page.line("");
    page.line(&page.paint.bold("Services"));
    for group in groups.iter().take(MAX_GROUPS) {
        let symbol = page.paint.symbol(group.status);
        let state = wording::state_of_services(report, group);
        // Many that failed are named at the root cause.
        let names = match group.services.len() {
            0 | 1 => String::new(),
            many if group.status == Status::Fail && many > fold::MAX_NAMED => String::new(),
            _ if !group.status.needs_attention() => String::new(),
            _ => format!(": {}", text::short_list(&group.services, fold::MAX_NAMED)),
        };
        let line = format!("{}: {state}{names}", wording::services_of_group(group));
        for (at, line) in page.wrap(&line, 4).iter().enumerate() {
            let symbol = if at == 0 { symbol.as_str() } else { " " };
            page.line(&format!("  {symbol} {line}"));
        }
    }
    if let Some(more) = wording::left_out(groups.len(), MAX_GROUPS, "more state") {
        page.line(&format!(
            "    … and services in {more} (-v shows each finding)"
        ));
    }
}

fn root_cause_sections(page: &mut Page, report: &Report) {
    for (index, cause) in report.root_causes.iter().enumerate() {
        root_cause(page, report, cause, index);
    }
    let groups = fold::last_fixes(report);
    if !groups.is_empty() {
        page.line("");
        page.line(&page.paint.bold(wording::LAST_FIXES));
    }
    for (at, group) in groups.iter().enumerate() {
        if at > 0 {
            page.line("");
        }
        fixes::section(page, report, group);
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
    let services = fold::services_of(cause);
    if services.len() > fold::MAX_NAMED {
        page.prose(2, &page.names("Services: ", 2, &services));
    }
    if !cause.symptoms.is_empty() {
        let symptoms = text::list(&cause.symptoms);
        page.prose(2, &format!("Also causes: {symptoms}"));
    }
    let mut follows_title = false;
    for (group, comes_later) in fold::fixes_of(report, cause) {
        if !(comes_later && follows_title) {
            page.line("");
        }
        match comes_later {
            true => fixes::title(page, &wording::last_fix_heading(group.first()), &group),
            false => fixes::section(page, report, &group),
        }
        follows_title = comes_later;
    }
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
    let sentence = format!("{}.", wording::capitalized_headline(report));
    let symbol = page.paint.symbol(status);
    page.line("");
    page.line(&format!("{symbol} {}", page.paint.bold(&sentence)));
}
