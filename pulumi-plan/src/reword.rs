//! Says in Pulumi's words what the reader of plans says in Terraform's.

use std::collections::BTreeSet;

use model::facts::Facts;
use terraform_plan::reworded;

use crate::types::property_name;

/// Phrases of Terraform, and those of Pulumi.
const PHRASES: [(&str, &str); 10] = [
    ("known only after apply", "known only after deployment"),
    ("is not part of the plan", "is not part of the preview"),
    ("is part of the plan", "is part of the preview"),
    ("outside of the plan", "outside of the preview"),
    ("before this plan", "before this deployment"),
    (
        "the plan shows only what changes",
        "the preview shows only what changes without --show-sames",
    ),
    (
        "the plan is partial",
        "the preview does not show everything",
    ),
    ("than the plan shows", "than the preview shows"),
    ("the plan does not", "the preview does not"),
    ("the Terraform plan", "the Pulumi preview"),
];

/// The facts with the words of Pulumi. `secrets`: the addresses and names of attributes that are secrets.
pub fn in_words_of_pulumi(facts: Facts, secrets: &BTreeSet<(String, String)>) -> Facts {
    reworded(facts, &PHRASES, |what| unknown(what, secrets))
}

/// What to say of `network_configuration.subnets of Service::web`; `None` if it is not of this form.
fn unknown(what: &str, secrets: &BTreeSet<(String, String)>) -> Option<String> {
    let (path, address) = what.split_once(" of ")?;
    let is_letter = |letter: char| {
        letter.is_ascii_lowercase() || letter.is_ascii_digit() || "._".contains(letter)
    };
    if !path.chars().all(is_letter) {
        return None;
    }
    let top = path.split('.').next().unwrap_or_default();
    let properties: Vec<String> = path.split('.').map(property_name).collect();
    let property = properties.join(".");
    Some(
        match secrets.contains(&(address.to_owned(), top.to_owned())) {
            true => format!(
                "{property} of {address} is a secret or contains one, which the preview hides"
            ),
            false => format!("{property} of {address} is known only after deployment"),
        },
    )
}
