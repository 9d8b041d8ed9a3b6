//! The caller's credentials and region.

use super::KnownError;
use super::NextStep::{Advice, DoctorLocal};
use super::Pattern::{Call, Text};

/// More specific than "the caller is not allowed to …".
pub const ASSUME_ROLE: &[KnownError] = &[KnownError {
    patterns: &[
        Text("not authorized to perform … sts:assumerole"),
        Call("AssumeRole", "accessdenied"),
        Call("AssumeRoleWithWebIdentity", "not authorized to perform"),
    ],
    title: "The role cannot be assumed",
    meaning: "The credentials are valid, but the role's trust policy does not name this principal, or the \
              principal's policies do not allow sts:AssumeRole on the role. This says nothing about ECS Exec.",
    checks: &["local.credentials"],
    next: Advice(
        "aws sts get-caller-identity shows the principal; compare it with the role's trust policy",
    ),
}];

pub const ERRORS: &[KnownError] = &[
    KnownError {
        patterns: &[
            Text("mfa one time pass code"),
            Text("mfa token required"),
            Text("multifactorauthentication failed"),
        ],
        title: "AWS rejected the MFA code",
        meaning: "The code is wrong or was already used: each code is valid once.",
        checks: &["local.credentials"],
        next: Advice("wait for the next code, then sign in again"),
    },
    KnownError {
        patterns: &[
            Text("signature expired"),
            Text("signature not yet current"),
            Text("requesttimetooskewed"),
        ],
        title: "This machine's clock is wrong",
        meaning: "AWS rejects signatures whose time is more than five minutes off.",
        checks: &["local.clock-skew"],
        next: DoctorLocal,
    },
    KnownError {
        patterns: &[
            Text("signaturedoesnotmatch"),
            Text("signature we calculated does not match"),
        ],
        title: "The secret access key does not match the access key ID",
        meaning: "One of them was copied incorrectly, or something changes the request on the way to AWS.",
        checks: &["local.credentials", "local.clock-skew"],
        next: Advice("set the credentials again, then run aws sts get-caller-identity"),
    },
    KnownError {
        patterns: &[
            Text("expiredtoken"),
            Text("security token included in the request is expired"),
            Text("token has expired OR token is expired OR session has expired"),
            Text("sso token OR sso session OR from sso OR aws login … expired"),
            Text("expired … aws sso login"),
            Text("sso session … invalid"),
            Text("sso token … does not exist"),
            Text("refresh cached sso token failed"),
            Text("loading sso token"),
        ],
        title: "The credentials have expired",
        meaning: "AWS no longer accepts the caller's credentials. This says nothing about the task.",
        checks: &["local.credentials"],
        next: Advice("aws sso login, or however else you sign in; then try again"),
    },
    KnownError {
        patterns: &[
            Text("unable to locate credentials OR unable to load credentials"),
            Text("could not load credentials OR unable to load aws credentials"),
            Text("missing credentials in config"),
            Text("unable to get iam security credentials"),
            Text("failed to resolve aws credentials OR failed to refresh cached credentials"),
            Text("nocredentialserror OR credentialsnotloaded OR missingcredentialserror"),
            Text("no valid credential sources"),
            Text("nocredentialproviders OR unrecognizedclient OR invalidclienttokenid"),
            Text("get credentials: OR partial credentials"),
            Text("no ec2 imds role found OR no ec2 instance role found"),
            Text("no aws credentials OR no credentials specified"),
            Text("security token included in the request is invalid"),
            Text("config profile … could not be found"),
            Text("failed to get shared config profile"),
            Text("could not resolve credentials using profile"),
            Text("retrieving credentials from"),
            Text("getrolecredentials OR credentialunavailable"),
            Text("calling the assumerole operation"),
        ],
        title: "There are no valid credentials",
        meaning: "The caller has no credentials, they are incomplete, AWS does not know them, or the profile does \
                  not exist.",
        checks: &["local.credentials"],
        next: Advice(
            "run aws sts get-caller-identity until it succeeds; aws configure list shows where the credentials \
             come from",
        ),
    },
    KnownError {
        patterns: &[
            Text("must specify a region"),
            Text("missing region OR region is missing OR missing aws region"),
            Text("could not find region"),
            Text("no region was OR no region specified"),
            Text("noregionerror OR region_name"),
            Text("unable to load region"),
            Text("invalid aws region"),
        ],
        title: "No region is set",
        meaning: "Without a region, the client does not know which endpoint to call.",
        checks: &["local.region"],
        next: DoctorLocal,
    },
];
