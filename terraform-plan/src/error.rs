//! Why a file cannot be taken for a plan.

use std::fmt;

/// Each is one sentence for a person who handed over the wrong file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlanError {
    Empty,
    /// What `terraform plan -out` writes.
    BinaryPlan,
    /// What `terraform plan -json` prints: one message a line.
    LogLines,
    /// A state, raw or shown.
    State,
    /// What another tool writes, by its name.
    Foreign(&'static str),
    /// By gzip or the like.
    Compressed,
    /// What `terraform plan` prints for people.
    PlanText,
    /// A reference in quotes, which Terraform takes for a text.
    QuotedReference {
        address: String,
        attribute: String,
        text: String,
    },
    NotJson(String),
    NotAPlan,
    FormatVersion(String),
    /// Terraform could not finish planning.
    Errored,
    /// A part of the plan that is not as Terraform writes it.
    Malformed(String),
}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PlanError::Empty => f.write_str("the plan is empty"),
            PlanError::BinaryPlan => f.write_str(
                "this is the plan file itself, which only Terraform reads: turn it into JSON with \
                 `terraform show -json tfplan > tfplan.json`",
            ),
            PlanError::LogLines => f.write_str(
                "these are the messages of `terraform plan -json`, not the plan: write it with \
                 `terraform plan -out tfplan`, then `terraform show -json tfplan > tfplan.json`",
            ),
            PlanError::State => f.write_str(
                "this is a state, not a plan: name the plan's file in `terraform show -json tfplan`",
            ),
            PlanError::Foreign(what) => write!(
                f,
                "this is {what}, and only Terraform and OpenTofu plans can be read: `terraform show -json tfplan`"
            ),
            PlanError::Compressed => {
                f.write_str("the file is compressed: unpack it first, with `gunzip` or the like")
            }
            PlanError::PlanText => f.write_str(
                "this is what `terraform plan` prints for people: write the plan with `terraform plan -out tfplan`, \
                 then `terraform show -json tfplan > tfplan.json`",
            ),
            PlanError::QuotedReference {
                address,
                attribute,
                text,
            } => write!(
                f,
                "{attribute} of {address} is the text \"{text}\", which AWS will refuse: write {} without quotes",
                expression(text)
            ),
            PlanError::NotJson(why) => write!(
                f,
                "this is not the JSON that `terraform show -json tfplan` prints: {why}"
            ),
            PlanError::NotAPlan => f.write_str(
                "this JSON is not a plan: it has no resource_changes, as `terraform show -json tfplan` prints them",
            ),
            PlanError::FormatVersion(version) => write!(
                f,
                "the plan's format_version is {version}, and only 0.x and 1.x can be read"
            ),
            PlanError::Errored => {
                f.write_str("Terraform could not finish this plan: it ended with errors")
            }
            PlanError::Malformed(what) => write!(f, "the plan is damaged: {what}"),
        }
    }
}

/// A reference to the ID, where none of an attribute was written.
fn expression(text: &str) -> String {
    let parts = text.strip_prefix("module.").unwrap_or(text);
    match parts.split('.').count() {
        2 if !text.starts_with("module.") => format!("{text}.id"),
        _ => text.to_owned(),
    }
}

impl std::error::Error for PlanError {}
