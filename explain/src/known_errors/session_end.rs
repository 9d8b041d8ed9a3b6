//! The end of every session.

use super::KnownError;
use super::NextStep::Advice;
use super::Pattern::Text;

pub const ERRORS: &[KnownError] = &[KnownError {
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
