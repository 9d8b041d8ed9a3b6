//! What stands at the end of every session.

use super::Pattern::Text;
use super::{KnownError, NextStep};

pub const ERRORS: &[KnownError] = &[KnownError {
    patterns: &[
        Text("exiting session"),
        Text("session has been terminated"),
        Text("session … terminated by"),
    ],
    title: "The session ended",
    meaning: "A session that ends at once has found no such shell in the image, or its logging or encryption could not \
              start; one that ends after 20 minutes was idle.",
    checks: &[
        "container.shell",
        "container.running",
        "cluster.log-encryption",
        "role.logs-write",
        "role.kms-decrypt",
    ],
    next: NextStep::Advice("start the session with /bin/sh instead of /bin/bash"),
}];
