//! Recording sessions in CloudWatch Logs and S3.

use super::NextStep::{Advice, Doctor};
use super::Pattern::{Missing, Text};
use super::{KnownError, Program};

pub const ERRORS: &[KnownError] = &[
    KnownError {
        patterns: &[
            Text("encryption is not set up … cloudwatch"),
            Text("validate encryption on cloudwatch"),
        ],
        title: "The agent cannot find an encrypted log group",
        meaning: "The cluster requires an encrypted log group. Usually the task role lacks \
                  logs:DescribeLogGroups, so that the agent cannot see any log group. Otherwise the log group \
                  does not exist or has no KMS key.",
        checks: &[
            "role.logs-write",
            "cluster.log-group",
            "cluster.log-encryption",
        ],
        next: Doctor,
    },
    KnownError {
        patterns: &[
            Text("encryption is not set up … amazon s3"),
            Text("validate encryption on amazon s3"),
        ],
        title: "The agent cannot find an encrypted bucket",
        meaning: "The cluster requires an encrypted bucket. The task role lacks s3:GetEncryptionConfiguration, \
                  the bucket does not exist, or the agent does not support its encryption.",
        checks: &[
            "role.s3-write",
            "cluster.log-bucket",
            "cluster.log-encryption",
        ],
        next: Doctor,
    },
    KnownError {
        patterns: &[Text("script: unexpected number of arguments")],
        title: "The session is not recorded: script in the image is too new for the agent",
        meaning: "The session itself works. The agent records it with the program script of util-linux, and \
                  versions 2.39 and later reject the agent's arguments.",
        checks: &["container.log-tools", "task.agent-version"],
        next: Advice(
            "start a new task, which gets a newer agent; otherwise build the image with util-linux before 2.39",
        ),
    },
    KnownError {
        patterns: &[
            Missing(Program::Script),
            Text("failed to generate transcript"),
            Text("unable to generate log data"),
        ],
        title: "The session is not recorded: script is missing in the image",
        meaning: "The session itself works. The agent records it with the programs script (util-linux) and cat, \
                  which the image must contain.",
        checks: &["container.log-tools"],
        next: Advice(
            "install util-linux in the image: apk add util-linux-misc, apt-get install bsdutils, or dnf install util-linux",
        ),
    },
    KnownError {
        patterns: &[
            Text("log group specified in session preferences"),
            Text("upload shell session logs"),
            Text("uploading logs to s3"),
            Text("error calling describeloggroups"),
            Text("no logging of session data"),
            Text("not authorized to perform: logs: OR not authorized to perform: s3:putobject"),
        ],
        title: "The session is not recorded",
        meaning: "The session itself works. The log group or bucket does not exist, the task role is not allowed \
                  to write to it, or the agent has no network path to it.",
        checks: &[
            "role.logs-write",
            "role.s3-write",
            "cluster.log-group",
            "network.logging-endpoints",
        ],
        next: Doctor,
    },
];
