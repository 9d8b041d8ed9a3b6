//! What amazon-ecs-exec-checker says of itself.

use super::Pattern::Text;
use super::{KnownError, NextStep};

pub const ERRORS: &[KnownError] = &[
    KnownError {
        patterns: &[Text("ecs exec requires the aws cli v")],
        title: "The AWS CLI is too old",
        meaning: "ECS Exec came in March 2021: AWS CLI 1.19.28 and 2.1.30.",
        checks: &["local.aws-cli"],
        next: NextStep::Advice(
            "update the AWS CLI; which -a aws shows whether an old one comes first",
        ),
    },
    KnownError {
        patterns: &[
            Text("jq: error"),
            Text("'jq' command is missing"),
            Text("associated with the caller … is not supported"),
        ],
        title: "The checker itself failed",
        meaning: "amazon-ecs-exec-checker (check-ecs-exec.sh) stopped at an answer of AWS that it does not expect, for example \
                  a list that is empty, or at a program that it needs. It says nothing about ECS Exec.",
        checks: &[],
        next: NextStep::Doctor,
    },
];
