//! A session that was opened.

use super::{Next, Saying};

pub const SAYINGS: &[Saying] = &[
    Saying {
        marks: &[
            &["due to inactivity"],
            &["idle", "timeout"],
            &["idle", "timed out"],
        ],
        title: "The session was idle for too long",
        meaning: "Sessions that are idle for 20 minutes are closed, which cannot be changed for ECS Exec.",
        checks: &[],
        next: Next::Do("open it again; a program that prints now and then keeps it open"),
    },
    Saying {
        marks: &[
            &["session:", "timed out"],
            &["resume session failed"],
            &["session is already terminated"],
        ],
        title: "The connection was lost, and the session with it",
        meaning: "The network went away for too long, or the task was replaced under the session.",
        checks: &["task.running", "service.deployment-stable"],
        next: Next::Doctor,
    },
    Saying {
        marks: &[&["exiting session"], &["session", "terminated"]],
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
        next: Next::Do("start the session with /bin/sh instead of /bin/bash"),
    },
    Saying {
        marks: &[
            &["cannot set terminal process group"],
            &["no job control in this shell"],
        ],
        title: "The shell has no terminal of its own",
        meaning: "It works, but Ctrl-Z and background jobs do not. It is no failure.",
        checks: &[],
        next: Next::Do("go on"),
    },
];
