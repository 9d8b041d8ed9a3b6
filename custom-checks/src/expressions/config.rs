//! Reads `[checks.NAME]` tables.

use std::ops::Range;
use std::sync::Arc;

use cel::Program;
use checks::{Severity, Status};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::checker::look;
use super::compile::{compile, with_stack};
use super::expr_check::{Expression, File};
use super::subject_kind::Each;
use super::table::Table;
use super::template::{Template, Use};
use crate::CUSTOM;
use crate::check::{About, forever, is_name, text};
use crate::source::{Literal, LoadError, Source};

/// The checks of a whole `ecs-exec.toml`, in the order in which they stand there. Other tables are not looked at.
/// `file_name` is how errors call the file.
pub fn load(file_text: &str, file_name: &str) -> Result<Vec<Expression>, LoadError> {
    let source = Source {
        name: file_name,
        text: file_text,
    };
    with_stack(|| read(source)).unwrap_or_else(|| {
        Err(source.error(
            0,
            "the checks could not be read: no thread could be started for it",
        ))
    })
}

fn read(source: Source) -> Result<Vec<Expression>, LoadError> {
    let file = DeTable::parse(source.text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        source.error(at, error.message().trim().replace('\n', ", "))
    })?;
    let Some((_, checks)) = file
        .get_ref()
        .iter()
        .find(|(key, _)| key.get_ref() == "checks")
    else {
        return Ok(Vec::new());
    };
    let DeValue::Table(checks) = checks.get_ref() else {
        return Err(source.error(
            checks.span().start,
            "checks has to be a table of tables: [checks.NAME]",
        ));
    };
    let mut tables: Vec<_> = checks.iter().collect();
    tables.sort_by_key(|(name, _)| name.span().start);
    let file = Arc::new(File {
        name: source.name.to_owned(),
        text: source.text.to_owned(),
    });
    tables
        .into_iter()
        .map(|(name, table)| expression(source, &file, name.span(), name.get_ref(), table))
        .collect()
}

fn expression(
    source: Source,
    file: &Arc<File>,
    at: Range<usize>,
    name: &str,
    table: &Spanned<DeValue>,
) -> Result<Expression, LoadError> {
    let at = at.start;
    if !is_name(name) {
        return Err(source
            .error(at, format!("{name} is no name for a check"))
            .help("names are made of a-z, 0-9 and -"));
    }
    let DeValue::Table(keys) = table.get_ref() else {
        return Err(source.error(at, format!("checks.{name} has to be a table")));
    };
    let table = Table {
        source,
        at,
        name,
        keys,
    };
    table.refuse_unknown_keys()?;
    let each = table.choice("each", Each::Task, &Each::NAMES, Each::from_name)?;
    let status = table.choice(
        "status",
        Status::Fail,
        &["fail", "warn"],
        |word| match word {
            "fail" => Some(Status::Fail),
            "warn" => Some(Status::Warn),
            _ => None,
        },
    )?;
    let severities = ["low", "medium", "high", "critical"];
    let severity = table.choice("severity", Severity::Medium, &severities, severity)?;
    let written = table.needed("when")?;
    let when = condition(&written, each)?;
    let title = table.needed("title")?;
    let mend = table.mend(each)?;
    let id = format!("{CUSTOM}.{name}");
    let check = forever(About {
        title: title.value.clone(),
        why: table.text("why")?.map_or_else(String::new, |why| why.value),
        how: format!("On each {}, wrong where: {}", each.name(), written.value),
        remedy: table.text("fix")?.map_or_else(String::new, |fix| fix.value),
        severity,
        id,
    });
    Ok(Expression {
        check,
        file: Arc::clone(file),
        each,
        when: Arc::new(when),
        status,
        cause: text(format!("The check {} fails", check.id)),
        detail: table.template("detail", each)?,
        title: Template::new(&title, each, Use::Sentence)?,
        mend,
    })
}

fn severity(word: &str) -> Option<Severity> {
    Some(match word {
        "low" => Severity::Low,
        "medium" => Severity::Medium,
        "high" => Severity::High,
        "critical" => Severity::Critical,
        _ => return None,
    })
}

fn condition(literal: &Literal, each: Each) -> Result<Program, LoadError> {
    let program =
        compile(&literal.value).map_err(|wrong| literal.error(wrong.offset, wrong.message))?;
    look(&program, each, true).map_err(|wrong| {
        literal
            .error(wrong.offset, wrong.message)
            .help_some(wrong.help)
    })?;
    Ok(program)
}
