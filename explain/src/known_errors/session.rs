//! Sessions that were opened, and their end.

use super::KnownError;
use super::NextStep::{Advice, Doctor};
use super::Pattern::Text;

pub const ERRORS: &[KnownError] = &[
    KnownError {
        patterns: &[Text("session … due to inactivity")],
        title: "The session was idle for too long",
        meaning: "ECS Exec closes sessions that are idle for 20 minutes. This limit cannot be changed.",
        checks: &[],
        next: Advice("open it again; a program that prints regularly keeps it open"),
    },
    KnownError {
        patterns: &[
            Text("session: ecs-execute-command- … timed out"),
            Text("session: … timed out."),
            Text("resume session failed"),
            Text("resumesession … forbidden"),
            Text("session is already terminated"),
        ],
        title: "The session's connection was lost",
        meaning: "The network was down for too long, or the task was replaced during the session.",
        checks: &["task.running", "service.deployment-stable"],
        next: Doctor,
    },
    KnownError {
        patterns: &[
            Text("cannot set terminal process group"),
            Text("no job control in this shell"),
        ],
        title: "The shell has no job control",
        meaning: "The shell works, but Ctrl-Z and background jobs do not. This is not a failure.",
        checks: &[],
        next: Advice("ignore this message"),
    },
];

/// Every session prints these when it ends.
pub const END: &[KnownError] = &[KnownError {
    patterns: &[
        Text("exiting session"),
        Text("session has been terminated"),
        Text("session … terminated by"),
    ],
    title: "The session ended",
    meaning: "If a session ends at once, the image has no such shell, or logging or encryption could not start. \
              If it ends after 20 minutes, it was idle.",
    checks: &[
        "container.shell",
        "container.running",
        "cluster.log-encryption",
        "role.logs-write",
        "role.kms-decrypt",
    ],
    next: Advice("start the session with /bin/sh instead of /bin/bash"),
}];
