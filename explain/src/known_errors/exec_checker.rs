//! Errors of the script amazon-ecs-exec-checker itself.

use super::KnownError;
use super::NextStep::Doctor;
use super::Pattern::Text;

pub const ERRORS: &[KnownError] = &[KnownError {
    patterns: &[
        Text("jq: error"),
        Text("'jq' command is missing"),
        Text("associated with the caller … is not supported"),
    ],
    title: "amazon-ecs-exec-checker itself failed",
    meaning: "check-ecs-exec.sh stopped because AWS returned something that it does not expect, such as an \
                  empty list, or because a program that it needs is missing. This says nothing about ECS Exec.",
    checks: &[],
    next: Doctor,
}];
