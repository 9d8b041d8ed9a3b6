//! Reads the tables `[checks.NAME]` of a configuration file.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::{Area, Severity, Status};
use serde::Deserialize;
use toml::Spanned;

use super::checker::compile_condition;
use super::compile::with_stack;
use super::expr_check::ExprCheck;
use super::subject_kind::SubjectKind;
use super::template::{Template, Usage};
use crate::check::{CheckTexts, default_severity, is_name, leak_check};
use crate::source::{SourceError, SourceFile};

/// Of the file only the checks; other tables are ignored.
#[derive(Deserialize)]
struct Config {
    #[serde(default)]
    checks: BTreeMap<Spanned<String>, CheckTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
struct CheckTable {
    #[serde(default)]
    each: SubjectKind,
    when: Spanned<String>,
    #[serde(default)]
    status: FailureStatus,
    #[serde(default = "default_severity")]
    severity: Severity,
    title: Spanned<String>,
    detail: Option<Spanned<String>>,
    #[serde(default)]
    why: String,
    fix: Option<Spanned<String>>,
    #[serde(default)]
    commands: Vec<Spanned<String>>,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum FailureStatus {
    #[default]
    Fail,
    Warn,
}

/// The checks of an `ecs-exec.toml`, in its order.
pub fn load(source: &SourceFile) -> Result<Vec<ExprCheck>, SourceError> {
    let no_thread = || source.error(0..0, "the checks could not be read: no thread");
    with_stack(|| {
        let config: Config = source.parse()?;
        let shared = Arc::new(source.clone());
        let mut tables: Vec<_> = config.checks.into_iter().collect();
        tables.sort_by_key(|(name, _)| name.span().start);
        let tables = tables.into_iter();
        tables
            .map(|(name, table)| compile(&shared, &name, table))
            .collect()
    })
    .unwrap_or_else(|| Err(no_thread()))
}

fn compile(
    source: &Arc<SourceFile>,
    name: &Spanned<String>,
    table: CheckTable,
) -> Result<ExprCheck, SourceError> {
    if !is_name(name.get_ref()) {
        let message = format!("invalid name `{}` for a check", name.get_ref());
        let hint = Some("Use a-z, 0-9 and -.".to_owned());
        let error = source.error(name.span(), message);
        return Err(SourceError { hint, ..error });
    }
    for (key, text) in [("when", &table.when), ("title", &table.title)] {
        if text.get_ref().trim().is_empty() {
            let message = format!("checks.{}.{key}: this value is empty", name.get_ref());
            return Err(source.error(text.span(), message));
        }
    }
    let kind = table.each;
    let condition = compile_condition(table.when.get_ref(), kind)
        .map_err(|error| error.locate(source, &table.when))?;
    let template = |text: &Spanned<String>, usage| Template::compile(source, text, kind, usage);
    let sentence = |text: &Option<Spanned<String>>| {
        let template = text.as_ref().map(|text| template(text, Usage::Sentence));
        template.transpose()
    };
    let fix = sentence(&table.fix)?;
    let commands = table.commands.iter();
    let commands = commands.map(|command| template(command, Usage::Command));
    let commands = commands.collect::<Result<_, _>>()?;
    let title = template(&table.title, Usage::Sentence)?;
    let detail = sentence(&table.detail)?;
    let check = leak_check(
        Area::Custom,
        CheckTexts {
            name: name.get_ref().clone(),
            how: format!("On each {kind}, fails if: {}", table.when.get_ref()),
            title: table.title.into_inner(),
            why: table.why,
            remedy: table.fix.map_or_else(String::new, Spanned::into_inner),
        },
        table.severity,
    );
    Ok(ExprCheck {
        source: Arc::clone(source),
        kind,
        condition: Arc::new(condition),
        status: match table.status {
            FailureStatus::Fail => Status::Fail,
            FailureStatus::Warn => Status::Warn,
        },
        cause: format!("The check {} fails", check.id).leak(),
        title,
        detail,
        fix,
        commands,
        check,
    })
}
