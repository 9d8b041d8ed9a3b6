//! The answer of `who-can` as text.

use std::collections::BTreeMap;
use std::fmt::Write;

use aws_rules::iam::session_access::{PrincipalAccess, Route};
use model::arn;
use model::facts::Access;
use model::text::{count, list, sanitize_line, short_list};

use super::Answer;
use crate::cli::RecordFormat;
use crate::formats::markdown::escape::prose;
use crate::output::Records;

/// More principals that differ only in their names share a line.
const FOLD_FROM: usize = 4;
/// How many names such a line shows.
const NAMES: usize = 3;

/// The answer in a format. `verbose`: every principal has a line of its own, with its policies.
pub fn render(answer: &Answer, format: RecordFormat, verbose: bool) -> String {
    match format {
        RecordFormat::Json => serde_json::to_string_pretty(answer).unwrap_or_default() + "\n",
        RecordFormat::Csv => full_table(answer).csv(),
        RecordFormat::Human if verbose => human(answer, &full_table(answer)),
        RecordFormat::Human => human(answer, &folded_table(answer)),
        RecordFormat::Markdown => markdown(answer),
    }
}

fn human(answer: &Answer, table: &Records) -> String {
    let mut text = format!("{}\n", sanitize_line(&headline(answer)));
    if !table.rows.is_empty() {
        let _ = write!(text, "\n{}", table.human());
    }
    text.push('\n');
    for note in &answer.notes {
        for line in
            crate::formats::human::wrap(&sanitize_line(note), crate::output::text_width(), "")
        {
            let _ = writeln!(text, "{line}");
        }
    }
    text
}

fn markdown(answer: &Answer) -> String {
    let mut page = format!("### {}\n\n", prose(&sanitize_line(&headline(answer))));
    if !answer.principals.is_empty() {
        let _ = writeln!(page, "{}", full_table(answer).markdown());
    }
    for note in &answer.notes {
        let _ = writeln!(page, "- {}", prose(&sanitize_line(note)));
    }
    page
}

/// `3 of 87 principals can open sessions into web (prod, us-west-2, 123456789012): 1 always, 2 under conditions`
fn headline(answer: &Answer) -> String {
    let target = &answer.target;
    let with = |access| {
        let principals = answer.principals.iter();
        principals.filter(|one| one.access == access).count()
    };
    let (always, conditional) = (with(Access::Allowed), with(Access::Conditional));
    let into = match &target.container {
        Some(container) => format!("container {container} of {}", target.service),
        None => target.service.clone(),
    };
    let (cluster, region, account) = (&target.cluster, &target.region, &target.account);
    let mut parts = Vec::new();
    if always + conditional > 0 {
        parts.push(format!("{always} always, {conditional} under conditions"));
    }
    match with(Access::Undecided) {
        0 => {}
        undecided => parts.push(format!("{undecided} undecided")),
    }
    let parts = match parts.is_empty() {
        true => String::new(),
        false => format!(": {}", parts.join("; ")),
    };
    format!(
        "{} of {} can open sessions into {into} ({cluster}, {region}, {account}){parts}",
        always + conditional,
        count(answer.evaluated, "principal"),
    )
}

/// One line of a table.
struct Line<'a> {
    principal: &'a PrincipalAccess,
    access: Access,
    /// `ecs:ExecuteCommand and ssm:StartSession`
    actions: String,
    /// `ops, then admin`
    assumes: String,
    conditions: String,
    policies: String,
}

/// The ways of a principal; those that differ only in the action share a line.
fn lines(principal: &PrincipalAccess) -> Vec<Line<'_>> {
    let mut grouped: Vec<(&Route, Vec<&str>)> = Vec::new();
    for route in &principal.routes {
        let same = grouped.iter_mut().find(|(other, _)| {
            let (one, two) = (&other.permission, &route.permission);
            other.assumes == route.assumes
                && (one.access, &one.conditions, &one.undecided)
                    == (two.access, &two.conditions, &two.undecided)
        });
        match same {
            Some((_, actions)) => actions.push(route.action),
            None => grouped.push((route, vec![route.action])),
        }
    }
    let lines = grouped.into_iter().map(|(route, actions)| {
        let permission = &route.permission;
        let roles: Vec<&str> = route.assumes.iter().map(|role| arn::name(role)).collect();
        let undecided = match permission.undecided.is_empty() {
            true => None,
            false => Some(format!("depends on {}", list(&permission.undecided))),
        };
        let conditions = permission.conditions.iter().cloned().chain(undecided);
        Line {
            principal,
            access: permission.access,
            actions: list(&actions),
            assumes: roles.join(", then "),
            conditions: conditions.collect::<Vec<_>>().join("; "),
            policies: permission.policies.join(", "),
        }
    });
    lines.collect()
}

fn word(access: Access) -> &'static str {
    match access {
        Access::Allowed => "yes",
        Access::Conditional => "conditional",
        Access::Undecided => "undecided",
    }
}

/// `role`, `user`.
fn kind(arn: &str) -> &str {
    arn::resource_type(arn).unwrap_or("principal")
}

fn full_table(answer: &Answer) -> Records {
    let lines = answer.principals.iter().flat_map(lines);
    let rows = lines.map(|line| {
        vec![
            line.principal.arn.clone(),
            word(line.access).to_owned(),
            line.actions,
            line.assumes,
            line.conditions,
            line.policies,
            line.principal.trusts.join(", "),
        ]
    });
    Records {
        columns: vec![
            "principal",
            "access",
            "action",
            "assumes",
            "conditions",
            "policies",
            "trusts",
        ],
        rows: rows.collect(),
    }
}

/// A table for a terminal: names without paths, and many principals with the same access in one line.
fn folded_table(answer: &Answer) -> Records {
    let lines: Vec<Line> = answer.principals.iter().flat_map(lines).collect();
    let mut groups: BTreeMap<(Access, &str, &str, &str, &str), Vec<&str>> = BTreeMap::new();
    for line in &lines {
        let arn = &line.principal.arn;
        let key = (
            line.access,
            kind(arn),
            line.assumes.as_str(),
            line.actions.as_str(),
            line.conditions.as_str(),
        );
        groups.entry(key).or_default().push(arn::name(arn));
    }
    let rows =
        groups
            .into_iter()
            .flat_map(|((access, kind, assumes, actions, conditions), names)| {
                let who = match names.len() {
                    0..FOLD_FROM => names.iter().map(|name| format!("{kind} {name}")).collect(),
                    many => vec![format!(
                        "{}: {}",
                        count(many, kind),
                        short_list(&names, NAMES)
                    )],
                };
                let how = match assumes {
                    "" => actions.to_owned(),
                    roles => format!("assuming {roles}"),
                };
                who.into_iter().map(move |who| {
                    vec![
                        who,
                        word(access).to_owned(),
                        how.clone(),
                        conditions.to_owned(),
                    ]
                })
            });
    Records {
        columns: vec!["principal", "access", "how", "conditions"],
        rows: rows.collect(),
    }
}
