//! Why a file cannot be read as a template, change set or CDK assembly.

use thiserror::Error;

/// Why a file cannot be read, in one sentence for the person who passed it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TemplateError {
    /// The parser's message, with the line.
    #[error("this is not valid YAML: {0}")]
    Yaml(String),
    /// The parser's message, with the line.
    #[error("this is not valid JSON: {0}")]
    Json(String),
    /// Bytes that are not UTF-8.
    #[error("this is not text in UTF-8")]
    NotText,
    /// Valid YAML or JSON of something else.
    #[error(
        "this is neither a CloudFormation template (it has no Resources), nor a change set, nor the manifest of a CDK \
         assembly"
    )]
    NotATemplate,
    /// Deeper than any template.
    #[error("it is nested more than {0} levels deep, which no CloudFormation template is")]
    TooDeep(usize),
    /// Aliases that expand to more than any template holds.
    #[error(
        "its YAML aliases expand to more than {0} values: CloudFormation refuses such a template"
    )]
    TooLarge(usize),
    /// Something that CloudFormation rejects.
    #[error("the template is damaged: {0}")]
    Malformed(String),
    /// A macro that only CloudFormation can run, by name.
    #[error(
        "the template uses the transform {0}, which only CloudFormation can run: pass a change set \
         (`aws cloudformation describe-change-set --include-property-values`), or the processed template \
         (`aws cloudformation get-template --template-stage Processed`)"
    )]
    Transform(String),
    /// `describe-change-set` without `--include-property-values`.
    #[error(
        "the change set has no property values: run `aws cloudformation describe-change-set` with \
         --include-property-values"
    )]
    NoPropertyValues,
    /// The status of a change set that CloudFormation could not make, and why.
    #[error("the change set has the status {0}: create it again")]
    ChangeSetStatus(String),
    /// A file of the assembly, and why it cannot be read.
    #[error("{path}: {why}")]
    File {
        /// The path as the manifest or the user names it.
        path: String,
        /// The reason.
        why: String,
    },
    /// A CDK assembly without a stack.
    #[error("the CDK assembly has no stack: run `cdk synth`, and pass its output folder (cdk.out)")]
    NoStack,
}
