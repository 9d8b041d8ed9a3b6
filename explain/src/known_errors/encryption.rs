//! Encrypted sessions: setting up encryption between client and agent with a KMS key.

use super::KnownError;
use super::NextStep::{Advice, Doctor};
use super::Pattern::Text;

pub const ERRORS: &[KnownError] = &[
    KnownError {
        patterns: &[
            Text("loadclienttlscerterror"),
            Text("client tls cert … must both be provided"),
        ],
        title: "A client TLS certificate is set without its key",
        meaning: "AWS_SDK_GO_CLIENT_TLS_CERT is set on this machine, but AWS_SDK_GO_CLIENT_TLS_KEY is not. The \
                  plugin calls KMS with the AWS SDK for Go, which rejects this.",
        checks: &[],
        next: Advice("unset AWS_SDK_GO_CLIENT_TLS_CERT, or set AWS_SDK_GO_CLIENT_TLS_KEY too"),
    },
    KnownError {
        patterns: &[
            Text("error when decrypting data key … accessdenied"),
            Text("not authorized to perform: kms:decrypt"),
        ],
        title: "The task role is not allowed to decrypt the session's data key",
        meaning: "The cluster encrypts sessions with a KMS key. The agent decrypts the data key of each session \
                  with the task role's credentials, but the role's policy or the key policy does not allow \
                  kms:Decrypt.",
        checks: &["role.kms-decrypt"],
        next: Doctor,
    },
    KnownError {
        patterns: &[
            Text("generatedatakey … accessdenied"),
            Text("accessdenied … generatedatakey"),
            Text("not authorized to perform: kms:generatedatakey"),
            Text("kms:generatedatakey: implicitdeny OR kms:generatedatakey: explicitdeny"),
        ],
        title: "The caller is not allowed to generate a data key for the session",
        meaning: "The cluster encrypts sessions with a KMS key. The client generates the data key of each session \
                  with the caller's credentials, but the caller lacks kms:GenerateDataKey on the key.",
        checks: &["caller.kms-generate-data-key"],
        next: Doctor,
    },
    KnownError {
        patterns: &[
            Text("disabledexception OR kmsinvalidstateexception OR invalidkeyusageexception"),
            Text("is pending deletion"),
            Text("key 'arn: … does not exist"),
            Text("alias arn: … is not found"),
            Text("invalid keyid"),
        ],
        title: "The cluster's KMS key cannot be used",
        meaning: "The key in the cluster's exec configuration is disabled, pending deletion, deleted, in another \
                  region, or of a type that cannot generate data keys. No session can start.",
        checks: &["cluster.kms-key-usable"],
        next: Doctor,
    },
    KnownError {
        patterns: &[
            Text("error when decrypting data key … invalidciphertext"),
            Text("invalid encryptioncontext"),
        ],
        title: "The client and the agent disagree on the session's encryption",
        meaning: "The data key is bound to the target of the session, but the client and the agent name it \
                  differently: the container name was wrong, so that no runtime ID was found, or a custom tool \
                  builds the target.",
        checks: &["container.exists", "local.plugin-version"],
        next: Doctor,
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
        meaning: "The plugin looks for credentials itself and does not find those of the AWS CLI: they come from \
                  IAM Identity Center and the plugin is too old for it (sso-session needs 1.2.497), or only a \
                  wrapper has them.",
        checks: &["local.plugin-version", "caller.kms-generate-data-key"],
        next: Advice(
            "eval \"$(aws configure export-credentials --format env)\", then try again; update the plugin",
        ),
    },
    KnownError {
        patterns: &[Text("does not support session manager encryption")],
        title: "The program that starts the plugin is too old for encrypted sessions",
        meaning: "The plugin was started without the arguments that encryption needs. The text blames the AWS \
                  CLI, but it means the program that started the plugin: an old AWS CLI, or another tool that \
                  passes too few arguments.",
        checks: &["local.aws-cli"],
        next: Advice("update the AWS CLI, or the tool that starts session-manager-plugin"),
    },
    KnownError {
        patterns: &[Text("handshake … timed out")],
        title: "The session's handshake timed out",
        meaning: "The agent waited for the client to set up encryption. The client cannot reach KMS or has no \
                  credentials for it, or a proxy delays its connection to ssmmessages. An old plugin is a rare \
                  cause, although the text blames it.",
        checks: &[
            "caller.kms-generate-data-key",
            "local.endpoint-reachable",
            "local.plugin-version",
            "network.logging-endpoints",
        ],
        next: Doctor,
    },
    KnownError {
        patterns: &[
            Text("fetching data key"),
            Text("kmsencryption OR blockcipher"),
            Text("encryption challenge"),
            Text("initiating handshake"),
            Text("//kms. … i/o timeout OR dial tcp"),
        ],
        title: "The session's encryption could not be set up",
        meaning: "The cluster encrypts sessions with a KMS key: the caller needs kms:GenerateDataKey on it, the \
                  task role needs kms:Decrypt, and the agent needs a network path to KMS.",
        checks: &[
            "role.kms-decrypt",
            "caller.kms-generate-data-key",
            "cluster.kms-key-usable",
            "network.logging-endpoints",
        ],
        next: Doctor,
    },
];
