//! Fixes: a heading, the commands as one block, the explanation once.

use diagnosis::report::{Report, Source};
use model::text;

use super::page::Page;
use crate::formats::fold::FixGroup;
use crate::formats::wording;

/// Of the commands of several fixes, more rows than this are only shown if verbose.
const MAX_ROWS: usize = 12;

/// A group of fixes with its commands.
pub fn section(page: &mut Page, report: &Report, group: &FixGroup) {
    title(page, &wording::fix_heading(group.first()), group);
    for line in lines(page, report, group) {
        page.line(&line);
    }
    page.prose(4, &group.explain());
}

/// The heading of a group of fixes.
pub fn title(page: &mut Page, heading: &str, group: &FixGroup) {
    page.line("");
    for line in page.wrap(&format!("{heading}: {}", group.title()), 2) {
        page.line(&format!("  {}", page.paint.bold(&line)));
    }
}

/// What to run: commands, else Terraform or the policy. The commands of several fixes are cut if they are many.
fn lines(page: &Page, report: &Report, group: &FixGroup) -> Vec<String> {
    let first = group.first();
    let mut commands = group.commands();
    if commands.is_empty() {
        let policy =
            || Some(serde_json::to_string_pretty(first.policy.as_ref()?).unwrap_or_default());
        let other = first.terraform.clone().or_else(policy).unwrap_or_default();
        commands.push(other);
    }
    let rows = |lines: &[String]| lines.iter().map(|line| page.rows(line, 4)).sum::<usize>();
    let mut more = None;
    if group.fixes.len() > 1 && !page.verbose && rows(&commands) > MAX_ROWS {
        let all: usize = group.fixes.iter().map(|fix| fix.commands.len()).sum();
        commands = first.commands.clone();
        let left = text::count(all - commands.len(), "more command");
        let fix = match report.source {
            Source::Live => ", `ecs-exec fix` runs them",
            Source::Capture | Source::Plan | Source::Demo => "",
        };
        more = Some(format!(
            "    … and {left} like this (-v prints them all{fix})"
        ));
    }
    let commands = commands.iter().flat_map(|command| command.lines());
    let bold = |line: &str| format!("    {}", page.paint.bold(line));
    commands.map(bold).chain(more).collect()
}
