//! Who the caller is.

use super::{Next, Saying};

/// Before what is said of callers who lack a right in ECS.
pub const ASSUMED: &[Saying] = &[Saying {
    marks: &[&["not authorized to perform", "sts:assumerole"]],
    title: "The role may not be taken on",
    meaning: "The credentials are good, but the role's trust policy does not name them, or their own policies do not allow \
              sts:AssumeRole on it. Nothing is said about ECS yet.",
    checks: &["local.credentials"],
    next: Next::Do(
        "aws sts get-caller-identity, to see who asks; then compare it with the role's trust policy",
    ),
}];

pub const SAYINGS: &[Saying] = &[
    Saying {
        marks: &[
            &["mfa", "one time pass code"],
            &["mfa token required"],
            &["multifactorauthentication failed"],
        ],
        title: "AWS wants another MFA code",
        meaning: "The code was wrong or used already; each counts once.",
        checks: &["local.credentials"],
        next: Next::Do("wait for the next code, then sign in again"),
    },
    Saying {
        marks: &[
            &["signature expired"],
            &["signature not yet current"],
            &["requesttimetooskewed"],
        ],
        title: "This machine's clock is wrong",
        meaning: "AWS refuses signatures that are more than five minutes off.",
        checks: &["local.clock-skew"],
        next: Next::DoctorLocal,
    },
    Saying {
        marks: &[
            &["signaturedoesnotmatch"],
            &["signature we calculated does not match"],
        ],
        title: "The secret key does not fit the access key",
        meaning: "One of the two was copied wrongly, or something on the way changes the request.",
        checks: &["local.credentials", "local.clock-skew"],
        next: Next::Do("set the credentials anew; then aws sts get-caller-identity"),
    },
    Saying {
        marks: &[
            &["expiredtoken"],
            &["token", "expired"],
            &["session has expired"],
            &["sso", "expired"],
            &["sso session", "invalid"],
            &["sso token", "does not exist"],
            &["loading sso token"],
        ],
        title: "The credentials have expired",
        meaning: "AWS no longer accepts the caller's credentials. Nothing is said about the task.",
        checks: &["local.credentials"],
        next: Next::Do("aws sso login, or whatever gives you credentials; then try again"),
    },
    Saying {
        marks: &[
            &["unable to locate credentials"],
            &["partial credentials"],
            &["no credentials"],
            &["unrecognizedclient"],
            &["invalidclienttokenid"],
            &["security token included in the request is invalid"],
            &["config profile", "could not be found"],
            &["retrieving credentials from"],
            &["getrolecredentials"],
            &["calling the assumerole operation"],
        ],
        title: "There are no valid credentials",
        meaning: "The caller has none, they are incomplete, AWS does not know them, or the profile does not exist.",
        checks: &["local.credentials"],
        next: Next::Do(
            "aws sts get-caller-identity, until it answers; aws configure list shows where they come from",
        ),
    },
    Saying {
        marks: &[&["must specify a region"], &["no region"], &["region_name"]],
        title: "No region is set",
        meaning: "Without one nobody knows which AWS to ask.",
        checks: &["local.region"],
        next: Next::DoctorLocal,
    },
];
