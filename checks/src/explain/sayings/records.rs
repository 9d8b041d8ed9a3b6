//! What records sessions.

use super::{Next, Saying};

pub const SAYINGS: &[Saying] = &[
    Saying {
        marks: &[
            &["encryption is not set up", "cloudwatch"],
            &["validate encryption on cloudwatch"],
        ],
        title: "The agent finds no encrypted log group",
        meaning: "The cluster demands an encrypted log group. Most often the task role may not call logs:DescribeLogGroups, \
                  so that the agent sees no group at all; else the group does not exist, or has no KMS key.",
        checks: &[
            "role.logs-write",
            "cluster.log-group",
            "cluster.log-encryption",
        ],
        next: Next::Doctor,
    },
    Saying {
        marks: &[
            &["encryption is not set up", "s3"],
            &["validate encryption on amazon s3"],
        ],
        title: "The agent finds no encrypted bucket",
        meaning: "The cluster demands an encrypted bucket. The task role may not call s3:GetEncryptionConfiguration, the \
                  bucket does not exist, or it is encrypted in a way that the agent does not know.",
        checks: &[
            "role.s3-write",
            "cluster.log-bucket",
            "cluster.log-encryption",
        ],
        next: Next::Doctor,
    },
    Saying {
        marks: &[
            &["log group specified in session preferences"],
            &["upload shell session logs"],
            &["uploading logs to s3"],
            &["error calling describeloggroups"],
            &["no logging of session data"],
        ],
        title: "The session is not recorded",
        meaning: "Sessions open all the same. The log group or bucket does not exist, the task role may not write to it, or \
                  the agent has no way to it.",
        checks: &[
            "role.logs-write",
            "role.s3-write",
            "cluster.log-group",
            "network.logging-endpoints",
        ],
        next: Next::Doctor,
    },
];
