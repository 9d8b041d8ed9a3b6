//! Words that say nothing of anybody, because AWS, IAM, or English gave them.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use super::strings::Kind;

fn words(text: &'static str) -> BTreeSet<&'static str> {
    text.split_whitespace().collect()
}

/// What may stand in names: kinds of resources, services, partitions.
static COMMON: LazyLock<BTreeSet<&str>> = LazyLock::new(|| words(include_str!("common_words.txt")));
/// Elements of policies, operators, condition keys.
static IAM: LazyLock<BTreeSet<&str>> = LazyLock::new(|| words(include_str!("iam_words.txt")));
/// Statuses, modes, platforms.
static AWS: LazyLock<BTreeSet<&str>> = LazyLock::new(|| words(include_str!("aws_words.txt")));
/// What sentences of AWS are made of.
static ENGLISH: LazyLock<BTreeSet<&str>> =
    LazyLock::new(|| words(include_str!("english_words.txt")));

/// Names of the actions that sessions, checks and fixes need.
static ACTIONS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let actions = include_str!("action_words.txt").split_whitespace();
    actions.map(str::to_ascii_lowercase).collect()
});

/// Whether a word may stay in a string of this kind. Single letters tell nothing.
pub fn is_known(kind: Kind, word: &str) -> bool {
    if word.chars().count() < 2 || is_region_part(word) {
        return true;
    }
    let lower = word.to_ascii_lowercase();
    let lower = lower.strip_suffix("ifexists").unwrap_or(&lower);
    let is_one_of = |set: &BTreeSet<&str>| set.contains(lower);
    is_one_of(&COMMON)
        || is_one_of(&IAM)
        || match kind {
            Kind::Identifier | Kind::Address => false,
            Kind::Word => is_one_of(&AWS),
            Kind::Text => is_one_of(&AWS) || is_one_of(&ENGLISH),
            // A part of one may stand in a pattern.
            Kind::Action => ACTIONS.iter().any(|action| action.contains(lower)),
        }
}

fn is_region_part(word: &str) -> bool {
    const PARTS: [&str; 20] = [
        "us",
        "eu",
        "ap",
        "ca",
        "sa",
        "me",
        "af",
        "il",
        "mx",
        "gov",
        "iso",
        "isob",
        "east",
        "west",
        "north",
        "south",
        "central",
        "northeast",
        "southeast",
        "northwest",
    ];
    PARTS.contains(&word) || word == "southwest"
}
