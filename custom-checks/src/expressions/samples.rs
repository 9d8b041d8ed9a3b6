//! A value of each variable with all members that its type has, so that the checker finds misspelled ones.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use cel::common::value::Val;
use model::Facts;

use super::facts_value::{content, value, with_members};
use super::unknown_reads::UnknownReads;
use super::variables::task_content;

/// By variable. What is null in a sample can be anything.
static SAMPLES: LazyLock<BTreeMap<&'static str, Box<dyn Val>>> =
    LazyLock::new(|| samples().unwrap_or_default());

/// The sample of a variable.
pub fn sample(variable: &str) -> Option<&'static dyn Val> {
    SAMPLES.get(variable).map(Box::as_ref)
}

/// The variables of a snapshot with one resource of each type. Their names are empty, so the checker accepts any other.
fn samples() -> Option<BTreeMap<&'static str, Box<dyn Val>>> {
    let facts: Facts = serde_json::from_str(include_str!("sample.json")).ok()?;
    let task = facts.tasks.get("")?.known()?;
    let definition = facts.task_definitions.get("")?.known()?;
    let container = with_members(
        content(task.containers.first()?),
        [
            ("task", content("")),
            ("definition", content(definition.containers.first()?)),
        ],
    );
    let contents = [
        ("container", container),
        ("task", task_content(task, &facts)),
        ("service", content(facts.services.get("")?)),
        ("definition", content(definition)),
        ("role", content(facts.roles.get("")?)),
        ("cluster", content(&facts.cluster)),
        ("facts", content(&facts)),
    ];
    let reads = UnknownReads::default();
    let samples = contents.map(|(name, content)| Some((name, value(content, &reads).ok()?)));
    samples.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::super::subject_kind::SubjectKind;
    use super::sample;

    #[test]
    fn every_variable_has_a_sample() {
        for variable in SubjectKind::all_variables() {
            assert!(sample(variable).is_some(), "{variable}");
        }
    }
}
