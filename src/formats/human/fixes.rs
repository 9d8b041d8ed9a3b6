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
    let mut commands = instructions(group);
    let rows = commands
        .iter()
        .map(|line| page.rows(line, 4))
        .sum::<usize>();
    let mut more = None;
    let others = group.fixes.len() - 1;
    if others > 0 && !page.verbose && rows > MAX_ROWS {
        commands = instructions(&group.only_first());
        let others = text::count(others, "more target");
        let fix = match report.source {
            Source::Live => ", `ecs-exec fix` applies it",
            Source::Capture | Source::Plan | Source::Demo => "",
        };
        more = Some(format!("    … the same for {others} (-v prints it{fix})"));
    }
    let commands = commands.iter().flat_map(|command| command.lines());
    let bold = |line: &str| format!("    {}", page.paint.bold(line));
    commands.map(bold).chain(more).collect()
}
