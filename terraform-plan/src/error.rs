//! Why a file cannot be read as a plan.

use thiserror::Error;

/// Why a file cannot be read as a plan, in one sentence for the person who passed it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PlanError {
    /// Nothing but whitespace.
    #[error("the plan is empty")]
    Empty,
    /// The output of `terraform plan -out`.
    #[error(
        "this is a binary plan file, which only Terraform can read: convert it to JSON with \
         `terraform show -json tfplan > tfplan.json`"
    )]
    BinaryPlan,
    /// The output of `terraform plan -json`: one message a line.
    #[error(
        "this is the log of `terraform plan -json`, not a plan: save the plan with `terraform plan -out tfplan`, \
         then convert it to JSON with `terraform show -json tfplan > tfplan.json`"
    )]
    LogLines,
    /// A state file, or the output of `terraform show -json` for a state.
    #[error("this is a state, not a plan: pass the plan file to `terraform show -json tfplan`")]
    State,
    /// The output of another tool, by name.
    #[error(
        "this is {0}, not a plan in JSON (`terraform show -json tfplan`, `pulumi preview --json`), nor a CloudFormation \
         template"
    )]
    Foreign(&'static str),
    /// The source of what `pulumi preview` prints.
    #[error(
        "this is a Pulumi program, not a preview of what it deploys: run \
         `pulumi preview --json --show-sames > preview.json`, and pass that file"
    )]
    PulumiProgram,
    /// The output of gzip, bzip2, xz or Zstandard.
    #[error("the file is compressed: unpack it first, for example with `gunzip`")]
    Compressed,
    /// The output of `terraform plan`.
    #[error(
        "this is the text output of `terraform plan`: save the plan with `terraform plan -out tfplan`, then convert it \
         to JSON with `terraform show -json tfplan > tfplan.json`"
    )]
    PlanText,
    /// A reference in quotes, which Terraform passes to AWS as a text.
    #[error(
        "{attribute} of {address} is the text \"{text}\", which AWS will reject: write {} without quotes",
        unquoted(text)
    )]
    QuotedReference {
        /// The address of the resource instance.
        address: String,
        /// The name of the attribute, without its path.
        attribute: String,
        /// The attribute's value.
        text: String,
    },
    /// Holds the parser's message.
    #[error("this is not the JSON output of `terraform show -json tfplan`: {0}")]
    NotJson(String),
    /// JSON that nothing is known about.
    #[error(
        "this JSON is no plan: neither Terraform's (`terraform show -json tfplan`), nor a CloudFormation template, nor \
         Pulumi's (`pulumi preview --json`)"
    )]
    NotAPlan,
    /// Holds the start of the version.
    #[error("the plan has format_version {0}; only 0.x and 1.x are supported")]
    FormatVersion(String),
    /// `errored` is true: Terraform stopped before the plan was whole.
    #[error("the plan is incomplete: `terraform plan` ended with errors")]
    Errored,
    /// Something that Terraform does not write.
    #[error("the plan is damaged: {0}")]
    Malformed(String),
}

/// The reference that the author meant: to the ID, if the text names no attribute.
fn unquoted(text: &str) -> String {
    match text.split('.').count() {
        2 if !text.starts_with("module.") => format!("{text}.id"),
        _ => text.to_owned(),
    }
}
