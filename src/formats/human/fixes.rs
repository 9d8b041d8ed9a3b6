//! Fixes: a heading, the commands as one block, the explanation once.

use diagnosis::report::{Report, Source};

use super::page::Page;
use crate::formats::fold::{self, FixGroup};
use crate::formats::wording;

/// Of the commands of several fixes, more rows than this are only shown if verbose.
const MAX_ROWS: usize = 12;
/// The rows that the targets of many fixes may add to those of the first.
const MAX_MORE_ROWS: usize = 4;

/// A group of fixes with its commands.
pub fn section(page: &mut Page, report: &Report, group: &FixGroup) {
    title(page, &wording::fix_heading(group.first()), group);
    for line in lines(page, report, group) {
        page.line(&line);
    }
    page.explain(4, group.explain());
}

/// The heading of a group of fixes.
pub fn title(page: &mut Page, heading: &str, group: &FixGroup) {
    for line in page.wrap(&format!("{heading}: {}", group.title()), 2) {
        page.line(&format!("  {}", page.paint.bold(&line)));
    }
}

/// What to run: commands, else the edits of a template or of Terraform, else policies. What several fixes need is cut if it is much.
fn lines(page: &Page, report: &Report, group: &FixGroup) -> Vec<String> {
    let instructions = |group: &FixGroup| -> Vec<String> {
        let commands = group.commands();
        let mut edits = group.cloudformation();
        if edits.is_empty() {
            edits = group.terraform();
        }
        match (commands.is_empty(), edits.is_empty()) {
            (false, _) => commands,
            (true, false) => edits.into_iter().map(str::to_owned).collect(),
            (true, true) => group.policies(),
        }
    };
    let rows = |commands: &[String]| -> usize {
        let commands = commands.iter();
        commands.map(|line| page.rows(line, 4)).sum()
    };
    let mut commands = instructions(group);
    let others = group.fixes.len() - 1;
    let mut more = None;
    if others > 0 && !page.verbose {
        let first = instructions(&group.only_first());
        let added = rows(&commands).saturating_sub(rows(&first));
        let is_many = others >= fold::MAX_NAMED && added > MAX_MORE_ROWS;
        if is_many || rows(&commands) > MAX_ROWS {
            commands = first;
            let fix = match report.source {
                Source::Live => ", `ecs-exec fix` applies them",
                Source::Capture | Source::Plan | Source::Demo => "",
            };
            more = Some(format!(
                "    … the same for {others} more (-v prints all{fix})"
            ));
        }
    }
    let commands = commands.iter().flat_map(|command| command.lines());
    let bold = |line: &str| format!("    {}", page.paint.bold(line));
    commands.map(bold).chain(more).collect()
}
