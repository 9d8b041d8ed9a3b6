//! Who the caller is.

use super::Pattern::{Call, Text};
use super::{KnownError, NextStep};

/// Before what is said of callers who lack a right in ECS.
pub const ASSUME_ROLE: &[KnownError] = &[KnownError {
    patterns: &[
        Text("not authorized to perform … sts:assumerole"),
        Call("AssumeRole", "accessdenied"),
        Call("AssumeRoleWithWebIdentity", "not authorized to perform"),
    ],
    title: "The role may not be taken on",
    meaning: "The credentials are good, but the role's trust policy does not name them, or their own policies do not allow \
              sts:AssumeRole on it. Nothing is said about ECS yet.",
    checks: &["local.credentials"],
    next: NextStep::Advice(
        "aws sts get-caller-identity, to see who asks; then compare it with the role's trust policy",
    ),
}];

pub const ERRORS: &[KnownError] = &[
    KnownError {
        patterns: &[
            Text("mfa one time pass code"),
            Text("mfa token required"),
            Text("multifactorauthentication failed"),
        ],
        title: "AWS wants another MFA code",
        meaning: "The code was wrong or used already; each counts once.",
        checks: &["local.credentials"],
        next: NextStep::Advice("wait for the next code, then sign in again"),
    },
    KnownError {
        patterns: &[
            Text("signature expired"),
            Text("signature not yet current"),
            Text("requesttimetooskewed"),
        ],
        title: "This machine's clock is wrong",
        meaning: "AWS refuses signatures that are more than five minutes off.",
        checks: &["local.clock-skew"],
        next: NextStep::DoctorLocal,
    },
    KnownError {
        patterns: &[
            Text("signaturedoesnotmatch"),
            Text("signature we calculated does not match"),
        ],
        title: "The secret key does not fit the access key",
        meaning: "One of the two was copied wrongly, or something on the way changes the request.",
        checks: &["local.credentials", "local.clock-skew"],
        next: NextStep::Advice("set the credentials anew; then aws sts get-caller-identity"),
    },
    KnownError {
        patterns: &[
            Text("expiredtoken"),
            Text("security token included in the request is expired"),
            Text("token has expired"),
            Text("token is expired"),
            Text("session has expired"),
            Text("sso token OR sso session OR from sso OR aws login … expired"),
            Text("expired … aws sso login"),
            Text("sso session … invalid"),
            Text("sso token … does not exist"),
            Text("refresh cached sso token failed"),
            Text("loading sso token"),
        ],
        title: "The credentials have expired",
        meaning: "AWS no longer accepts the caller's credentials. Nothing is said about the task.",
        checks: &["local.credentials"],
        next: NextStep::Advice("aws sso login, or whatever gives you credentials; then try again"),
    },
    KnownError {
        patterns: &[
            Text("unable to locate credentials"),
            Text("could not load credentials"),
            Text("missing credentials in config"),
            Text("unable to load credentials"),
            Text("unable to load aws credentials"),
            Text("unable to get iam security credentials"),
            Text("failed to resolve aws credentials"),
            Text("nocredentialserror"),
            Text("credentialsnotloaded"),
            Text("missingcredentialserror"),
            Text("no valid credential sources"),
            Text("nocredentialproviders"),
            Text("get credentials:"),
            Text("failed to refresh cached credentials"),
            Text("no ec2 imds role found"),
            Text("no ec2 instance role found"),
            Text("partial credentials"),
            Text("no aws credentials"),
            Text("no credentials specified"),
            Text("unrecognizedclient"),
            Text("invalidclienttokenid"),
            Text("security token included in the request is invalid"),
            Text("config profile … could not be found"),
            Text("failed to get shared config profile"),
            Text("could not resolve credentials using profile"),
            Text("retrieving credentials from"),
            Text("getrolecredentials"),
            Text("calling the assumerole operation"),
            Text("credentialunavailable"),
        ],
        title: "There are no valid credentials",
        meaning: "The caller has none, they are incomplete, AWS does not know them, or the profile does not exist.",
        checks: &["local.credentials"],
        next: NextStep::Advice(
            "aws sts get-caller-identity, until it answers; aws configure list shows where they come from",
        ),
    },
    KnownError {
        patterns: &[
            Text("must specify a region"),
            Text("missing region"),
            Text("region is missing"),
            Text("missing aws region"),
            Text("could not find region"),
            Text("no region was"),
            Text("no region specified"),
            Text("noregionerror"),
            Text("unable to load region"),
            Text("invalid aws region"),
            Text("region_name"),
        ],
        title: "No region is set",
        meaning: "Without one nobody knows which AWS to ask.",
        checks: &["local.region"],
        next: NextStep::DoctorLocal,
    },
];
