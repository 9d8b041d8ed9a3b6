//! Setting up a session's encryption: client, agent and key.

use super::Pattern::Text;
use super::{KnownError, NextStep};

pub const ERRORS: &[KnownError] = &[
    KnownError {
        patterns: &[
            Text("loadclienttlscerterror"),
            Text("client tls cert … must both be provided"),
        ],
        title: "A client TLS certificate is set without its key",
        meaning: "AWS_SDK_GO_CLIENT_TLS_CERT is set in this machine's environment and AWS_SDK_GO_CLIENT_TLS_KEY is not. The \
                  plugin asks KMS for the session's key with the AWS SDK for Go, which refuses that.",
        checks: &[],
        next: NextStep::Advice(
            "unset AWS_SDK_GO_CLIENT_TLS_CERT, or set AWS_SDK_GO_CLIENT_TLS_KEY too",
        ),
    },
    KnownError {
        patterns: &[
            Text("error when decrypting data key … accessdenied"),
            Text("not authorized to perform: kms:decrypt"),
        ],
        title: "The task role may not decrypt the session's data key",
        meaning: "The cluster has a KMS key for ECS Exec. The agent decrypts each session's data key with the task role's \
                  credentials, and the role lacks kms:Decrypt on the key, in its own policy or in the key's.",
        checks: &["role.kms-decrypt"],
        next: NextStep::Doctor,
    },
    KnownError {
        patterns: &[
            Text("generatedatakey … accessdenied"),
            Text("accessdenied … generatedatakey"),
            Text("not authorized to perform: kms:generatedatakey"),
            Text("kms:generatedatakey: implicitdeny"),
            Text("kms:generatedatakey: explicitdeny"),
        ],
        title: "The caller may not make a data key for the session",
        meaning: "The cluster has a KMS key for ECS Exec. The client makes each session's data key with the caller's \
                  credentials, and the caller lacks kms:GenerateDataKey on the key.",
        checks: &["caller.kms-generate-data-key"],
        next: NextStep::Doctor,
    },
    KnownError {
        patterns: &[
            Text("disabledexception"),
            Text("kmsinvalidstateexception"),
            Text("is pending deletion"),
            Text("invalidkeyusageexception"),
            Text("key 'arn: … does not exist"),
            Text("alias arn: … is not found"),
            Text("invalid keyid"),
        ],
        title: "The cluster's KMS key cannot be used",
        meaning: "The key of the exec configuration is disabled, about to be deleted, gone, in another region, or of a kind \
                  that makes no data keys. No session can start.",
        checks: &["cluster.kms-key-usable"],
        next: NextStep::Doctor,
    },
    KnownError {
        patterns: &[
            Text("error when decrypting data key … invalidciphertext"),
            Text("invalid encryptioncontext"),
        ],
        title: "Client and agent do not agree on the session's encryption",
        meaning: "The data key is bound to the session's target. Client and agent name it differently: the container's name \
                  was wrong, so that no runtime was found, or a tool of your own builds the target.",
        checks: &["container.exists", "local.plugin-version"],
        next: NextStep::Doctor,
    },
    KnownError {
        patterns: &[
            Text("kmsencryption failed … nocredentialproviders OR new aws sdk session"),
            Text("kmsencryption failed … unrecognizedclient OR expiredtoken"),
            Text("kmsencryption … configured to use sso OR sso token OR sso session"),
            Text("generate data key OR generating data key … nocredentialproviders"),
            Text("missing required configuration … sso_"),
        ],
        title: "The plugin has no credentials for KMS",
        meaning: "The plugin looks for credentials itself. It does not find those that the AWS CLI has: they come from IAM \
                  Identity Center and the plugin is too old to know that (sso-session needs 1.2.497), or they exist in a \
                  wrapper only.",
        checks: &["local.plugin-version", "caller.kms-generate-data-key"],
        next: NextStep::Advice(
            "eval \"$(aws configure export-credentials --format env)\", then try again; update the plugin",
        ),
    },
    KnownError {
        patterns: &[Text("does not support session manager encryption")],
        title: "Whatever starts the plugin is too old for encrypted sessions",
        meaning: "The plugin was started without the arguments that encryption needs. The text names the AWS CLI, but it means \
                  the program that started the plugin: an old AWS CLI, or another tool that passes too few arguments.",
        checks: &["local.aws-cli"],
        next: NextStep::Advice(
            "update the AWS CLI, or the tool that starts session-manager-plugin",
        ),
    },
    KnownError {
        patterns: &[Text("handshake timed out"), Text("handshake … timed out")],
        title: "The session's handshake took too long",
        meaning: "The agent waited for the client to set up encryption. The client cannot reach KMS or has no credentials \
                  for it, or a proxy holds its connection to ssmmessages up. An old plugin is the rarer cause, though the \
                  text names it.",
        checks: &[
            "caller.kms-generate-data-key",
            "local.endpoint-reachable",
            "local.plugin-version",
            "network.logging-endpoints",
        ],
        next: NextStep::Doctor,
    },
    KnownError {
        patterns: &[
            Text("fetching data key"),
            Text("kmsencryption"),
            Text("encryption challenge"),
            Text("blockcipher"),
            Text("initiating handshake"),
            Text("//kms. … i/o timeout OR dial tcp"),
        ],
        title: "The session's encryption could not be set up",
        meaning: "The cluster has a KMS key: the caller needs kms:GenerateDataKey on it, the task role kms:Decrypt, and the \
                  agent a way to KMS.",
        checks: &[
            "role.kms-decrypt",
            "caller.kms-generate-data-key",
            "cluster.kms-key-usable",
            "network.logging-endpoints",
        ],
        next: NextStep::Doctor,
    },
];
