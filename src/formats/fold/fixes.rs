use std::collections::{BTreeMap, HashSet};

use diagnosis::pattern;
use diagnosis::report::{Report, RootCause};
use model::{Fix, text};

use super::MAX_NAMED;
use crate::formats::wording;

/// Fixes that do the same to several targets.
pub struct FixGroup<'r> {
    /// At least one.
    pub fixes: Vec<&'r Fix>,
    /// The title without names.
    title: String,
}

/// Groups fixes of a report that do the same, in the order of the first of each group.
pub fn group_fixes<'r>(
    report: &'r Report,
    fixes: impl Iterator<Item = &'r Fix>,
) -> Vec<FixGroup<'r>> {
    let mut fixes = fixes.peekable();
    if fixes.peek().is_none() {
        return Vec::new();
    }
    let services = report.target.services.iter();
    let services: HashSet<&str> = services.map(String::as_str).collect();
    let mut groups: Vec<FixGroup> = Vec::new();
    let mut places: BTreeMap<_, usize> = BTreeMap::new();
    for fix in fixes {
        let (kind, target) = kind_and_target(fix);
        let without_names = |text| without_services(&pattern::of_id(target, text), &services);
        let (title, explain) = (without_names(&fix.title), without_names(&fix.explain));
        let key = (
            (kind, fix.disposition.word(), fix.is_last),
            (title.clone(), explain),
        );
        match places.get(&key) {
            Some(place) => groups[*place].fixes.push(fix),
            None => {
                places.insert(key, groups.len());
                groups.push(FixGroup {
                    fixes: vec![fix],
                    title,
                });
            }
        }
    }
    groups
}

/// The fixes of a root cause. With each, whether it comes only after those of the other root causes.
pub fn fixes_of<'r>(report: &'r Report, cause: &'r RootCause) -> Vec<(FixGroup<'r>, bool)> {
    let fixes = cause.fixes.iter().filter_map(|id| report.fix(id));
    let groups = group_fixes(report, fixes).into_iter();
    let comes_later = |group: &FixGroup| report.root_causes.len() > 1 && group.first().is_last;
    groups
        .map(|group| {
            let later = comes_later(&group);
            (group, later)
        })
        .collect()
}

/// The fixes that come after those of all root causes; none if there is only one, whose fixes are in their order.
pub fn last_fixes(report: &Report) -> Vec<FixGroup<'_>> {
    match report.root_causes.len() {
        0 | 1 => Vec::new(),
        _ => group_fixes(report, report.last_fixes()),
    }
}

/// A text without words that are the name of a service.
fn without_services(text: &str, services: &HashSet<&str>) -> String {
    let words = text.split(' ').map(|word| {
        let name = word.trim_end_matches(['.', ',', ':', ';']);
        match services.contains(name) {
            true => format!("{}{}", pattern::NAME, &word[name.len()..]),
            false => word.to_owned(),
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

fn kind_and_target(fix: &Fix) -> (&str, &str) {
    fix.id.split_once(':').unwrap_or((&fix.id, ""))
}

impl<'r> FixGroup<'r> {
    /// The first fix: disposition and explanation are those of all.
    pub fn first(&self) -> &'r Fix {
        self.fixes[0]
    }

    /// The first fix as a group of its own, as an example of all.
    pub fn only_first(&self) -> FixGroup<'r> {
        FixGroup {
            fixes: vec![self.first()],
            title: self.title.clone(),
        }
    }

    /// The title of the first fix, and for which other targets it is the same: a list of names inside the clause would
    /// break its grammar.
    pub fn title(&self) -> String {
        let title = &self.first().title;
        let targets = self.fixes.iter().map(|fix| kind_and_target(fix).1);
        let targets: Vec<&str> = targets.collect();
        let names_first = self.title.contains(pattern::NAME);
        match targets.as_slice() {
            [] | [_] => title.clone(),
            [_, _, ..] if !names_first => {
                format!("{title} ({})", text::short_list(&targets, MAX_NAMED))
            }
            [_, others @ ..] if others.len() < MAX_NAMED => {
                format!("{title} (the same for {})", text::list(others))
            }
            [_, others @ ..] => format!("{title} (the same for {} more)", others.len()),
        }
    }

    /// What the first fix does, for all of them.
    pub fn explain(&self) -> &'r str {
        &self.first().explain
    }

    /// The commands of all fixes as one block: a loop over names if they differ only in a name, else one after another.
    pub fn commands(&self) -> Vec<String> {
        self.shell_loop()
            .unwrap_or_else(|| self.all_commands().map(str::to_owned).collect())
    }

    /// The edits of templates, each once.
    pub fn cloudformation(&self) -> Vec<&str> {
        let fixes = self.fixes.iter();
        wording::distinct(fixes.filter_map(|fix| fix.cloudformation.as_deref()))
    }

    /// The fixes in Terraform, each block once.
    pub fn terraform(&self) -> Vec<&str> {
        let fixes = self.fixes.iter();
        wording::distinct(fixes.filter_map(|fix| fix.terraform.as_deref()))
    }

    /// The policies that the fixes add, each once.
    pub fn policies(&self) -> Vec<String> {
        let policies = self.fixes.iter().filter_map(|fix| fix.policy.as_ref());
        wording::distinct(
            policies.map(|policy| serde_json::to_string_pretty(policy).unwrap_or_default()),
        )
    }

    fn all_commands(&self) -> impl Iterator<Item = &str> {
        let commands = self.fixes.iter().flat_map(|fix| &fix.commands);
        commands.map(String::as_str)
    }

    /// `for name in …; do`, the command, `done`. `None` if that would not run exactly the commands.
    fn shell_loop(&self) -> Option<Vec<String>> {
        let mut names = Vec::new();
        let mut template: Option<Vec<&str>> = None;
        for fix in &self.fixes {
            let ([command], name) = (fix.commands.as_slice(), kind_and_target(fix).1) else {
                return None;
            };
            let parts: Vec<&str> = command.split(name).collect();
            if !is_plain(name) || template.get_or_insert_with(|| parts.clone()) != &parts {
                return None;
            }
            names.push(name);
        }
        let template = template.filter(|parts| parts.len() > 1 && names.len() > 1)?;
        let names = names.join(" ");
        let command = with_variable(&template)?;
        Some(vec![
            format!("for name in {names}; do"),
            format!("  {command}"),
            "done".to_owned(),
        ])
    }
}

/// Whether a name means itself in every quoting of a shell.
fn is_plain(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    !name.is_empty() && name.chars().all(plain)
}

/// Joins the parts of a command with `$name` in the quoting that holds there.
fn with_variable(parts: &[&str]) -> Option<String> {
    let mut command = String::new();
    let mut quote = None;
    for (at, part) in parts.iter().enumerate() {
        if at > 0 {
            command.push_str(match quote {
                None => "\"$name\"",
                Some('"') => "${name}",
                _ => "'\"$name\"'",
            });
        }
        for c in part.chars() {
            match (quote, c) {
                // An escape or a substitution could hide a quote.
                (_, '\\' | '`') | (Some('"'), '(') => return None,
                (None, '\'' | '"') => quote = Some(c),
                (Some(open), c) if open == c => quote = None,
                _ => {}
            }
        }
        command.push_str(part);
    }
    Some(command)
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::fix::Disposition;

    fn fix(target: &str, command: &str) -> Fix {
        let id = format!("force-deployment:{target}");
        let title = format!("Force a new deployment of {target}");
        let fix = Fix::new(id, Disposition::Disruptive, title, "Tasks are replaced.");
        fix.command(command.replace("NAME", target))
    }

    fn grouped(targets: &[&str], command: &str) -> (String, Vec<String>) {
        let fixes: Vec<Fix> = targets.iter().map(|target| fix(target, command)).collect();
        let healthy = include_str!("../../../fixtures/healthy.json");
        let facts: model::Facts = serde_json::from_str(healthy).unwrap();
        let report = diagnosis::examine(&facts, &diagnosis::Selection::default());
        let groups = group_fixes(&report, fixes.iter());
        assert_eq!(groups.len(), 1);
        (groups[0].title(), groups[0].commands())
    }

    #[test]
    fn fixes_that_do_the_same_are_one_loop() {
        let (title, commands) =
            grouped(&["app-1", "app-2"], "aws --s NAME --x 'y: NAME' \"z NAME\"");
        assert_eq!(
            title,
            "Force a new deployment of app-1 (the same for app-2)"
        );
        assert_eq!(commands[0], "for name in app-1 app-2; do");
        assert_eq!(
            commands[1],
            "  aws --s \"$name\" --x 'y: '\"$name\"'' \"z ${name}\""
        );
    }

    #[test]
    fn commands_that_a_loop_would_change_stay_as_they_are() {
        let (_, one) = grouped(&["app-1"], "aws NAME");
        assert_eq!(one, ["aws app-1"]);
        let (_, hostile) = grouped(&["app-1", "$(rm)"], "aws 'NAME'");
        assert_eq!(hostile, ["aws 'app-1'", "aws '$(rm)'"]);
        for command in ["aws \\' NAME", "aws \"$(aws 'NAME')\"", "aws `NAME`"] {
            assert_eq!(grouped(&["app-1", "app-2"], command).1.len(), 2);
        }
        // A name that is also a part of `aws`.
        let (_, short) = grouped(&["ws", "xs"], "aws NAME");
        assert_eq!(short, ["aws ws", "aws xs"]);
    }
}
