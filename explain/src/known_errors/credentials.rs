//! Who the caller is.

use super::Pattern::{Call, Words};
use super::{KnownError, NextStep};

/// Before what is said of callers who lack a right in ECS.
pub const ASSUME_ROLE: &[KnownError] = &[KnownError {
    patterns: &[
        Words(&["not authorized to perform", "sts:assumerole"]),
        Call("AssumeRole", &["accessdenied"]),
        Call("AssumeRoleWithWebIdentity", &["not authorized to perform"]),
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
            Words(&["mfa one time pass code"]),
            Words(&["mfa token required"]),
            Words(&["multifactorauthentication failed"]),
        ],
        title: "AWS wants another MFA code",
        meaning: "The code was wrong or used already; each counts once.",
        checks: &["local.credentials"],
        next: NextStep::Advice("wait for the next code, then sign in again"),
    },
    KnownError {
        patterns: &[
            Words(&["signature expired"]),
            Words(&["signature not yet current"]),
            Words(&["requesttimetooskewed"]),
        ],
        title: "This machine's clock is wrong",
        meaning: "AWS refuses signatures that are more than five minutes off.",
        checks: &["local.clock-skew"],
        next: NextStep::DoctorLocal,
    },
    KnownError {
        patterns: &[
            Words(&["signaturedoesnotmatch"]),
            Words(&["signature we calculated does not match"]),
        ],
        title: "The secret key does not fit the access key",
        meaning: "One of the two was copied wrongly, or something on the way changes the request.",
        checks: &["local.credentials", "local.clock-skew"],
        next: NextStep::Advice("set the credentials anew; then aws sts get-caller-identity"),
    },
    KnownError {
        patterns: &[
            Words(&["expiredtoken"]),
            Words(&["security token included in the request is expired"]),
            Words(&["token has expired"]),
            Words(&["token is expired"]),
            Words(&["session has expired"]),
            Words(&["sso token", "expired"]),
            Words(&["sso session", "expired"]),
            Words(&["from sso", "expired"]),
            Words(&["expired", "aws sso login"]),
            Words(&["sso session", "invalid"]),
            Words(&["sso token", "does not exist"]),
            Words(&["refresh cached sso token failed"]),
            Words(&["loading sso token"]),
            Words(&["aws login", "expired"]),
            Words(&["your session has expired"]),
        ],
        title: "The credentials have expired",
        meaning: "AWS no longer accepts the caller's credentials. Nothing is said about the task.",
        checks: &["local.credentials"],
        next: NextStep::Advice("aws sso login, or whatever gives you credentials; then try again"),
    },
    KnownError {
        patterns: &[
            Words(&["unable to locate credentials"]),
            Words(&["could not load credentials"]),
            Words(&["missing credentials in config"]),
            Words(&["unable to load credentials"]),
            Words(&["unable to load aws credentials"]),
            Words(&["unable to get iam security credentials"]),
            Words(&["failed to resolve aws credentials"]),
            Words(&["nocredentialserror"]),
            Words(&["credentialsnotloaded"]),
            Words(&["missingcredentialserror"]),
            Words(&["no valid credential sources"]),
            Words(&["nocredentialproviders"]),
            Words(&["get credentials:"]),
            Words(&["failed to refresh cached credentials"]),
            Words(&["no ec2 imds role found"]),
            Words(&["no ec2 instance role found"]),
            Words(&["partial credentials"]),
            Words(&["no aws credentials"]),
            Words(&["no credentials specified"]),
            Words(&["unrecognizedclient"]),
            Words(&["invalidclienttokenid"]),
            Words(&["security token included in the request is invalid"]),
            Words(&["config profile", "could not be found"]),
            Words(&["failed to get shared config profile"]),
            Words(&["could not resolve credentials using profile"]),
            Words(&["retrieving credentials from"]),
            Words(&["getrolecredentials"]),
            Words(&["calling the assumerole operation"]),
            Words(&["credentialunavailable"]),
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
            Words(&["must specify a region"]),
            Words(&["missing region"]),
            Words(&["region is missing"]),
            Words(&["missing aws region"]),
            Words(&["could not find region"]),
            Words(&["no region was"]),
            Words(&["no region specified"]),
            Words(&["noregionerror"]),
            Words(&["missingregionerror"]),
            Words(&["unable to load region"]),
            Words(&["invalid aws region"]),
            Words(&["region_name"]),
        ],
        title: "No region is set",
        meaning: "Without one nobody knows which AWS to ask.",
        checks: &["local.region"],
        next: NextStep::DoctorLocal,
    },
];
