//! Other names for everything that tells whose platform it is: the same one wherever the same word stands, so that
//! what belonged together still does, and patterns like `team-*` still fit.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use serde_json::Value;

use super::names::names;
use crate::facts::Facts;

/// Words of names that say nothing of anybody, and that mean something to AWS or to us.
static COMMON: LazyLock<BTreeSet<&str>> = LazyLock::new(|| {
    include_str!("common_words.txt")
        .split_whitespace()
        .collect()
});

/// Made-up names by the true ones.
#[derive(Debug, Default)]
pub struct Pseudonyms {
    words: BTreeMap<String, String>,
    accounts: BTreeMap<String, String>,
    ids: BTreeMap<String, String>,
}

impl Facts {
    /// The same world under other names. Fails where a name cannot be told from the model's own words.
    pub fn anonymized(&self) -> Result<Facts, serde_json::Error> {
        let mut facts = self.clone();
        if let Some(plugin) = facts.local.plugin.known_mut() {
            plugin.path = file_name(&plugin.path);
        }
        if let Some(path) = facts.local.aws_cli.known_mut() {
            *path = file_name(path);
        }
        facts.local.region_source = "the configuration".to_owned();
        for interface in facts.network.interfaces.values_mut() {
            if let Some(public) = interface
                .known_mut()
                .and_then(|found| found.public_ip.as_mut())
            {
                "203.0.113.1".clone_into(public);
            }
        }
        if let Some(manifest) = &mut facts.manifest {
            manifest.anonymized = true;
        }
        let mut names = Pseudonyms::of(&facts);
        let value = serde_json::to_value(&facts)?;
        serde_json::from_value(names.value(value, ""))
    }
}

impl Pseudonyms {
    fn of(facts: &Facts) -> Pseudonyms {
        let mut words: BTreeSet<String> = BTreeSet::new();
        for name in names(facts) {
            words.extend(
                split(&name)
                    .filter(|word| is_telling(word))
                    .map(str::to_owned),
            );
        }
        let words = words.into_iter().enumerate();
        Pseudonyms {
            words: words
                .map(|(at, word)| (word, format!("n{}", at + 1)))
                .collect(),
            ..Pseudonyms::default()
        }
    }

    /// `field` is the name of the field that holds the value.
    fn value(&mut self, value: Value, field: &str) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(&text)),
            Value::Array(items) => items.into_iter().map(|item| self.value(item, "")).collect(),
            Value::Object(fields) => fields
                .into_iter()
                .map(|(name, value)| match MAPS.contains(&field) {
                    true => (self.text(&name), self.value(value, "")),
                    false => {
                        let value = self.value(value, &name);
                        (name, value)
                    }
                })
                .collect(),
            other => other,
        }
    }

    /// Replaces word by word; what stands between words stays.
    fn text(&mut self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = rest.find(|c: char| c.is_alphanumeric()) {
            let (between, from) = rest.split_at(start);
            let end = from
                .find(|c: char| !c.is_alphanumeric())
                .unwrap_or(from.len());
            let (word, after) = from.split_at(end);
            out.push_str(between);
            out.push_str(&self.word(word));
            rest = after;
        }
        out.push_str(rest);
        out
    }

    fn word(&mut self, word: &str) -> String {
        if let Some(other) = self.words.get(word) {
            return other.clone();
        }
        let digits = word.chars().all(|c| c.is_ascii_digit());
        if digits && word.len() == 12 {
            let next = self.accounts.len() + 1;
            let made = || format!("{next:012}");
            return self
                .accounts
                .entry(word.to_owned())
                .or_insert_with(made)
                .clone();
        }
        let is_hex = word
            .chars()
            .all(|c| c.is_ascii_digit() || ('a'..='f').contains(&c));
        if is_hex && matches!(word.len(), 8 | 17 | 32) && !digits {
            let next = self.ids.len() + 1;
            let width = word.len();
            let made = || format!("{next:0width$x}");
            return self.ids.entry(word.to_owned()).or_insert_with(made).clone();
        }
        word.to_owned()
    }
}

fn split(name: &str) -> impl Iterator<Item = &str> {
    name.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
}

/// A single letter or a number tells nothing, and IDs are replaced by their form.
fn is_telling(word: &str) -> bool {
    word.chars().count() > 1
        && !word.chars().all(|c| c.is_ascii_digit())
        && !COMMON.contains(word.to_ascii_lowercase().as_str())
        && !is_region_word(word)
}

fn is_region_word(word: &str) -> bool {
    matches!(
        word,
        "us" | "eu"
            | "ap"
            | "ca"
            | "sa"
            | "me"
            | "af"
            | "il"
            | "mx"
            | "gov"
            | "iso"
            | "isob"
            | "east"
            | "west"
            | "north"
            | "south"
            | "central"
            | "northeast"
            | "southeast"
            | "northwest"
            | "southwest"
    )
}

/// Fields that hold things by their names; the names of all other fields are the model's own.
const MAPS: &[&str] = &[
    "buckets",
    "container_instances",
    "identities",
    "instance_profiles",
    "instances",
    "interfaces",
    "kms_keys",
    "log_groups",
    "nat_gateways",
    "network_acls",
    "prefix_lists",
    "probes",
    "roles",
    "route_tables",
    "security_groups",
    "service_tasks",
    "services",
    "subnets",
    "tags",
    "task_definitions",
    "tasks",
    "vpcs",
];

fn file_name(path: &str) -> String {
    path.rsplit(['/', '\\']).next().unwrap_or(path).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Fact;
    use crate::testing::{decide, healthy, no_endpoint, no_way_out, task};
    use crate::{Selection, examine};

    fn told(facts: &Facts) -> Vec<(String, String)> {
        let report = examine(facts, &Selection::default());
        let mut told: Vec<(String, String)> = report
            .findings
            .iter()
            .map(|finding| (finding.check.id.to_owned(), format!("{:?}", finding.status)))
            .chain(
                report
                    .root_causes
                    .iter()
                    .map(|cause| (cause.check.to_owned(), "cause".to_owned())),
            )
            .collect();
        told.sort();
        told
    }

    #[test]
    fn nothing_tells_whose_it_was_and_the_findings_are_the_same() {
        let mut worlds = vec![healthy()];
        let mut facts = healthy();
        for role in facts.roles.values_mut().filter_map(Fact::known_mut) {
            role.boundary = Some("arn:aws:iam::123456789012:policy/ACME-clickhouse-limit".into());
            role.trust["Statement"].as_array_mut().unwrap().push(serde_json::json!({
                "Effect": "Allow", "Action": "sts:AssumeRole",
                "Principal": {"AWS": "arn:aws:iam::210987654321:role/jane-langfuse"},
                "Condition": {"StringEquals": {"sts:ExternalId": "litellm", "aws:PrincipalOrgID": "o-acmecoder"}},
            }));
        }
        crate::testing::service(&mut facts)
            .tags
            .insert("acme:owner".into(), "jane".into());
        crate::testing::definition(&mut facts).containers[0]
            .environment
            .push("ACME_TOKEN".into());
        worlds.push(facts);
        let mut facts = healthy();
        task(&mut facts).exec_enabled = false;
        worlds.push(facts);
        let mut facts = healthy();
        no_endpoint(&mut facts);
        no_way_out(&mut facts);
        worlds.push(facts);
        let mut facts = healthy();
        decide(&mut facts, "ssmmessages:", "*", |decision| {
            decision.outcome = crate::facts::Outcome::ImplicitDeny;
        });
        worlds.push(facts);
        for facts in worlds {
            let anonymous = facts.captured("1").anonymized().unwrap();
            assert_eq!(told(&facts), told(&anonymous));
            let text = serde_json::to_string(&anonymous).unwrap();
            for word in [
                "coder",
                "litellm",
                "langfuse",
                "clickhouse",
                "123456789012",
                "jane",
                "acme",
                "ACME",
                "210987654321",
                "vpc-0c0de",
            ] {
                assert!(!text.contains(word), "{word} in {text}");
            }
        }
    }

    #[test]
    fn the_same_word_has_the_same_name_also_in_patterns() {
        let mut names = Pseudonyms::of(&healthy());
        let service = names.text("coder-production-coder");
        let (first, rest) = service.split_once('-').unwrap();
        assert!(rest.ends_with(first));
        let pattern = names.text("arn:aws:ecs:us-west-2:123456789012:task/coder-production-*");
        assert!(
            pattern.ends_with(&format!("{first}-{}-*", rest.split('-').next().unwrap())),
            "{pattern}"
        );
        assert!(pattern.starts_with("arn:aws:ecs:us-west-2:000000000001:task/"));
    }
}
