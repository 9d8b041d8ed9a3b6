//! A session that was opened.

use super::Pattern::Text;
use super::{KnownError, NextStep};

pub const ERRORS: &[KnownError] = &[
    KnownError {
        patterns: &[Text("session … due to inactivity")],
        title: "The session was idle for too long",
        meaning: "Sessions that are idle for 20 minutes are closed, which cannot be changed for ECS Exec.",
        checks: &[],
        next: NextStep::Advice("open it again; a program that prints now and then keeps it open"),
    },
    KnownError {
        patterns: &[
            Text("session: ecs-execute-command- … timed out"),
            Text("session: … timed out."),
            Text("resume session failed"),
            Text("resumesession … forbidden"),
            Text("session is already terminated"),
        ],
        title: "The connection was lost, and the session with it",
        meaning: "The network went away for too long, or the task was replaced under the session.",
        checks: &["task.running", "service.deployment-stable"],
        next: NextStep::Doctor,
    },
    KnownError {
        patterns: &[
            Text("cannot set terminal process group"),
            Text("no job control in this shell"),
        ],
        title: "The shell has no terminal of its own",
        meaning: "It works, but Ctrl-Z and background jobs do not. It is no failure.",
        checks: &[],
        next: NextStep::Advice("go on"),
    },
];
