//! Setting up a session's encryption: client, agent and key.

use super::{Next, Saying};

pub const SAYINGS: &[Saying] = &[
    Saying {
        marks: &[
            &["error when decrypting data key", "accessdenied"],
            &["not authorized to perform: kms:decrypt"],
        ],
        title: "The task role may not decrypt the session's data key",
        meaning: "The cluster has a KMS key for ECS Exec. The agent decrypts each session's data key with the task role's \
                  credentials, and lacks kms:Decrypt on the key.",
        checks: &["role.kms-decrypt"],
        next: Next::Doctor,
    },
    Saying {
        marks: &[
            &["calling kms generatedatakey", "accessdenied"],
            &["not authorized to perform: kms:generatedatakey"],
        ],
        title: "The caller may not make a data key for the session",
        meaning: "The cluster has a KMS key for ECS Exec. The client makes each session's data key with the caller's \
                  credentials, and lacks kms:GenerateDataKey on the key.",
        checks: &["caller.kms-generate-data-key"],
        next: Next::Doctor,
    },
    Saying {
        marks: &[
            &["disabledexception"],
            &["kmsinvalidstateexception"],
            &["is pending deletion"],
            &["invalidkeyusageexception"],
            &["key 'arn:", "does not exist"],
            &["alias arn:", "is not found"],
            &["invalid keyid"],
        ],
        title: "The cluster's KMS key cannot be used",
        meaning: "The key of the exec configuration is disabled, about to be deleted, gone, in another region, or of a kind \
                  that makes no data keys. No session can start.",
        checks: &["cluster.kms-key-usable"],
        next: Next::Doctor,
    },
    Saying {
        marks: &[
            &["error when decrypting data key", "invalidciphertext"],
            &["invalid encryptioncontext"],
        ],
        title: "Client and agent do not agree on the session's encryption",
        meaning: "The data key is bound to the session's target. Client and agent name it differently: the container's name \
                  was wrong, so that no runtime was found, or a tool of your own builds the target.",
        checks: &["container.exists", "local.plugin-version"],
        next: Next::Doctor,
    },
    Saying {
        marks: &[
            &["kmsencryption failed", "nocredentialproviders"],
            &["kmsencryption failed", "new aws sdk session"],
            &["kmsencryption failed", "unrecognizedclient"],
            &["generate data key", "nocredentialproviders"],
            &["generating data key", "nocredentialproviders"],
        ],
        title: "The plugin has no credentials for KMS",
        meaning: "The plugin looks for credentials itself. It does not find those that the AWS CLI has: they come from IAM \
                  Identity Center and the plugin is too old to know that, or they exist in a wrapper only.",
        checks: &["local.plugin-version", "caller.kms-generate-data-key"],
        next: Next::Do(
            "eval \"$(aws configure export-credentials --format env)\", then try again; update the plugin",
        ),
    },
    Saying {
        marks: &[&["does not support session manager encryption"]],
        title: "The AWS CLI is too old for encrypted sessions",
        meaning: "It starts the plugin without what encryption needs.",
        checks: &["local.aws-cli"],
        next: Next::Do("update the AWS CLI"),
    },
    Saying {
        marks: &[&["handshake timed out"], &["handshake", "timed out"]],
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
        next: Next::Doctor,
    },
    Saying {
        marks: &[
            &["fetching data key"],
            &["kmsencryption"],
            &["encryption challenge"],
            &["blockcipher"],
            &["initiating handshake"],
            &["kms", "i/o timeout"],
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
        next: Next::Doctor,
    },
];
