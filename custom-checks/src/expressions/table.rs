//! The keys of one `[checks.NAME]` table.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::expr_check::Mend;
use super::subject_kind::Each;
use super::template::{Template, Use};
use crate::source::{Literal, LoadError, Source, did_you_mean};

const KEYS: [&str; 9] = [
    "each", "when", "status", "severity", "title", "detail", "why", "fix", "commands",
];

/// One `[checks.NAME]`.
pub struct Table<'s, 't> {
    pub source: Source<'t>,
    /// Where its name stands.
    pub at: usize,
    pub name: &'s str,
    pub keys: &'s DeTable<'t>,
}

impl<'t> Table<'_, 't> {
    pub fn refuse_unknown_keys(&self) -> Result<(), LoadError> {
        let mut keys: Vec<_> = self.keys.keys().collect();
        keys.sort_by_key(|key| key.span().start);
        match keys
            .iter()
            .find(|key| !KEYS.contains(&key.get_ref().as_ref()))
        {
            None => Ok(()),
            Some(key) => {
                let name = key.get_ref().as_ref();
                let all = || format!("the keys are {}", KEYS.join(", "));
                Err(self
                    .source
                    .error(
                        key.span().start,
                        format!("unknown key {name} in checks.{}", self.name),
                    )
                    .help(did_you_mean(name, KEYS).unwrap_or_else(all)))
            }
        }
    }

    fn value(&self, key: &str) -> Option<&Spanned<DeValue<'t>>> {
        self.keys
            .iter()
            .find(|(known, _)| known.get_ref() == key)
            .map(|(_, value)| value)
    }

    fn literal(&self, key: &str, value: &Spanned<DeValue>) -> Result<Literal<'t>, LoadError> {
        match value.get_ref() {
            DeValue::String(text) => Ok(self.source.literal(text, value.span())),
            _ => Err(self
                .source
                .error(value.span().start, format!("{key} has to be a text"))),
        }
    }

    pub fn text(&self, key: &str) -> Result<Option<Literal<'t>>, LoadError> {
        self.value(key)
            .map(|value| self.literal(key, value))
            .transpose()
    }

    pub fn needed(&self, key: &str) -> Result<Literal<'t>, LoadError> {
        let literal = self.text(key)?.ok_or_else(|| {
            self.source
                .error(self.at, format!("checks.{} has no {key}", self.name))
        })?;
        match literal.value.trim() {
            "" => Err(literal.error(0, format!("{key} is empty"))),
            _ => Ok(literal),
        }
    }

    pub fn choice<T>(
        &self,
        key: &str,
        otherwise: T,
        words: &[&str],
        choose: impl Fn(&str) -> Option<T>,
    ) -> Result<T, LoadError> {
        let Some(literal) = self.text(key)? else {
            return Ok(otherwise);
        };
        choose(&literal.value).ok_or_else(|| {
            let all = || format!("it is one of {}", words.join(", "));
            let help = did_you_mean(&literal.value, words.iter().copied()).unwrap_or_else(all);
            literal
                .error(0, format!("{} is no {key}", literal.value))
                .help(help)
        })
    }

    pub fn template(&self, key: &str, each: Each) -> Result<Option<Template>, LoadError> {
        self.text(key)?
            .map(|literal| Template::new(&literal, each, Use::Sentence))
            .transpose()
    }

    pub fn mend(&self, each: Each) -> Result<Option<Mend>, LoadError> {
        let title = self.template("fix", each)?;
        let mut commands = Vec::new();
        if let Some(value) = self.value("commands") {
            let DeValue::Array(items) = value.get_ref() else {
                return Err(self
                    .source
                    .error(value.span().start, "commands has to be a list of texts"));
            };
            for item in items.iter() {
                let literal = self.literal("each command", item)?;
                commands.push(Template::new(&literal, each, Use::Command)?);
            }
        }
        Ok((title.is_some() || !commands.is_empty()).then_some(Mend { title, commands }))
    }
}
