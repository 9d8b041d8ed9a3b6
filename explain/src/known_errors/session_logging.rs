//! What records sessions.

use super::Pattern::{Missing, Text};
use super::{KnownError, NextStep, Program};

pub const ERRORS: &[KnownError] = &[
    KnownError {
        patterns: &[
            Text("encryption is not set up … cloudwatch"),
            Text("validate encryption on cloudwatch"),
        ],
        title: "The agent finds no encrypted log group",
        meaning: "The cluster demands an encrypted log group. Most often the task role lacks logs:DescribeLogGroups, so that \
                  the agent sees no group at all; else the group does not exist, or has no KMS key.",
        checks: &[
            "role.logs-write",
            "cluster.log-group",
            "cluster.log-encryption",
        ],
        next: NextStep::Doctor,
    },
    KnownError {
        patterns: &[
            Text("encryption is not set up … amazon s3"),
            Text("validate encryption on amazon s3"),
        ],
        title: "The agent finds no encrypted bucket",
        meaning: "The cluster demands an encrypted bucket. The task role lacks s3:GetEncryptionConfiguration, the bucket does \
                  not exist, or it is encrypted in a way that the agent does not know.",
        checks: &[
            "role.s3-write",
            "cluster.log-bucket",
            "cluster.log-encryption",
        ],
        next: NextStep::Doctor,
    },
    KnownError {
        patterns: &[Text("script: unexpected number of arguments")],
        title: "The session is not recorded: the image's script is too new for the agent",
        meaning: "Sessions open all the same. The agent makes the record with script from util-linux, and script of \
                  util-linux 2.39 and later refuses the way in which the agent calls it.",
        checks: &["container.log-tools", "task.agent-version"],
        next: NextStep::Advice(
            "start a new task, which gets a newer agent; else build the image with util-linux before 2.39",
        ),
    },
    KnownError {
        patterns: &[
            Missing(Program::Script),
            Text("failed to generate transcript"),
            Text("unable to generate log data"),
        ],
        title: "The session is not recorded: the image lacks script",
        meaning: "Sessions open all the same. The agent makes the record with the programs script (util-linux) and cat, which \
                  have to be in the image.",
        checks: &["container.log-tools"],
        next: NextStep::Advice(
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
            Text("not authorized to perform: logs:"),
            Text("not authorized to perform: s3:putobject"),
        ],
        title: "The session is not recorded",
        meaning: "Sessions open all the same. The log group or bucket does not exist, the task role is not allowed to write to \
                  it, or the agent has no way to it.",
        checks: &[
            "role.logs-write",
            "role.s3-write",
            "cluster.log-group",
            "network.logging-endpoints",
        ],
        next: NextStep::Doctor,
    },
];
