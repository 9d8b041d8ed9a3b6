//! Why a file cannot be read as a Pulumi preview.

use thiserror::Error;

/// Why a file cannot be read as a preview, in one sentence for the person who passed it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PreviewError {
    /// Holds the parser's message.
    #[error("this is not the JSON output of `pulumi preview --json`: {0}")]
    NotJson(String),
    /// JSON that nothing is known about.
    #[error(
        "this JSON is not a Pulumi preview: it has no steps, which `pulumi preview --json` prints"
    )]
    NotAPreview,
    /// The output of `pulumi preview`.
    #[error(
        "this is the text output of `pulumi preview`, which does not show the resources as they will be"
    )]
    PreviewText,
    /// One engine event a line: the file of `--event-log`, or the output of PULUMI_ENABLE_STREAMING_JSON_PREVIEW.
    #[error(
        "this is a log of Pulumi's engine events, which does not say what unknown values depend on (unset \
         PULUMI_ENABLE_STREAMING_JSON_PREVIEW if it is set)"
    )]
    EventLog,
    /// The file of `--save-plan`.
    #[error(
        "this is an update plan of `pulumi preview --save-plan`, which does not show the resources as they will be"
    )]
    UpdatePlan,
    /// The output of `pulumi stack export`.
    #[error("this is the state of a Pulumi stack, not a preview of what will be")]
    StackExport,
    /// Holds what Pulumi reported, on one line.
    #[error("the preview is incomplete: Pulumi reported an error: {0}")]
    Errored(String),
    /// Holds the number of unchanged resources that the preview counts.
    #[error(
        "the preview leaves out the {0} resources that do not change, so it does not show the whole platform: add \
         --show-sames"
    )]
    HidesUnchanged(u64),
    /// Each AWS resource is of the provider `aws-native`.
    #[error(
        "the preview has AWS resources of the provider aws-native only, which are not supported: only those of the \
         provider aws (`aws:ecs/service:Service`) and of components made from them (awsx) can be checked"
    )]
    NativeOnly,
    /// Something that Pulumi does not write.
    #[error("the preview is damaged: {0}")]
    Malformed(String),
}
