//! Words that reveal nothing about the platform: those of AWS, of IAM, and of English sentences.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use super::string_kinds::Kind;

fn words(text: &'static str) -> BTreeSet<&'static str> {
    text.split_whitespace().collect()
}

/// Parts of names: kinds of resources, services, partitions.
static COMMON: LazyLock<BTreeSet<&str>> = LazyLock::new(|| words(include_str!("common_words.txt")));
/// Elements, operators and condition keys of policies.
static IAM: LazyLock<BTreeSet<&str>> = LazyLock::new(|| words(include_str!("iam_words.txt")));
/// Statuses, modes, platforms.
static AWS: LazyLock<BTreeSet<&str>> = LazyLock::new(|| words(include_str!("aws_words.txt")));
/// Words of AWS's error messages and events.
static ENGLISH: LazyLock<BTreeSet<&str>> =
    LazyLock::new(|| words(include_str!("english_words.txt")));
/// The actions that sessions, checks and fixes need.
static ACTIONS: LazyLock<String> =
    LazyLock::new(|| include_str!("action_words.txt").to_ascii_lowercase());
const REGION_PARTS: &str = "us eu ap ca sa me af il mx gov iso isob east west north south central \
                            northeast southeast northwest southwest";

/// Whether a word may stay in a string of this kind. Single letters reveal nothing.
pub fn is_public(kind: Kind, word: &str) -> bool {
    if word.chars().count() < 2 || REGION_PARTS.split(' ').any(|part| part == word) {
        return true;
    }
    let lower = word.to_ascii_lowercase();
    let lower = lower.strip_suffix("ifexists").unwrap_or(&lower);
    COMMON.contains(lower)
        || IAM.contains(lower)
        || match kind {
            Kind::Identifier | Kind::Address => false,
            Kind::Word => AWS.contains(lower),
            Kind::Text => AWS.contains(lower) || ENGLISH.contains(lower),
            // A pattern may contain a part of an action.
            Kind::Action => ACTIONS.contains(lower),
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_string_has_its_own_vocabulary() {
        use Kind::{Action, Address, Identifier, Text, Word};
        for (word, kinds) in [
            ("a", &[Identifier, Address, Word, Text, Action][..]),
            ("us", &[Identifier, Address, Word, Text, Action]),
            ("cluster", &[Identifier, Address, Word, Text, Action]),
            (
                "StringEqualsIfExists",
                &[Identifier, Address, Word, Text, Action],
            ),
            ("DEPROVISIONING", &[Word, Text]),
            ("refused", &[Text]),
            ("ExecuteComm", &[Action]),
            ("qx", &[]),
            ("acme", &[]),
        ] {
            for kind in [Identifier, Address, Word, Text, Action] {
                assert_eq!(
                    is_public(kind, word),
                    kinds.contains(&kind),
                    "{kind:?} {word}"
                );
            }
        }
    }

    /// An anonymized capture must be judged as the original is.
    #[test]
    fn words_that_checks_look_for_in_images_stay() {
        let images = "cgr.dev/chainguard/static gcr/distroless:debug alpine-dev";
        let words = images.split(|c: char| !c.is_alphanumeric());
        for word in words.filter(|word| *word != "gcr") {
            assert!(is_public(Kind::Identifier, word), "{word}");
        }
    }
}
