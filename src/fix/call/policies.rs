//! Policies that are there already: they are added to, never replaced.

use aws_rules::iam::document as policy_document;
use serde_json::Value;

use super::{Options, cannot};
use crate::aws::{Aws, Failure};

/// Putting a policy replaces the one of the same name. The name tells what is in it, but one that somebody has changed
/// since is left alone, and where it cannot be read nothing is written.
pub async fn free_name(
    options: &Options<'_>,
    get: impl AsyncFn(&str) -> Result<String, Failure>,
) -> Result<String, Failure> {
    let name = options.one("--policy-name").unwrap_or_default();
    let ours = options.json("--policy-document");
    // IAM takes names of up to 128 characters.
    let numbered = (2..10).map(|number| format!("{name:.126}-{number}"));
    for name in std::iter::once(name.clone()).chain(numbered) {
        match get(&name).await {
            Err(failure) if failure.is("NoSuchEntity") => return Ok(name),
            // A policy that cannot be read may be there, and would be replaced.
            Err(failure) => return Err(failure),
            Ok(there) => {
                let there = serde_json::from_str::<Value>(&decoded(&there));
                if there.is_ok_and(|there| there == ours) {
                    return Ok(name);
                }
            }
        }
    }
    Err(cannot(
        "iam:PutRolePolicy",
        "other policies have every name that it could have",
    ))
}

/// A policy as it is now, with the statements that a fix adds to it: others may have changed it meanwhile.
/// One that cannot be read is not added to: that would replace it.
pub fn merged(action: &str, now: &str, ours: &str) -> Result<String, Failure> {
    let parse = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_default();
    match parse(now) {
        now @ Value::Object(_) => Ok(policy_document::merge(&now, &parse(ours)).to_string()),
        _ => Err(cannot(action, "AWS shows no policy that could be added to")),
    }
}

/// IAM gives policies in percent-encoding.
pub fn decoded(policy: &str) -> String {
    percent_encoding::percent_decode_str(policy)
        .decode_utf8_lossy()
        .into_owned()
}

pub async fn of_endpoint(aws: &Aws, options: &Options<'_>) -> Result<String, Failure> {
    let answer = aws
        .call("ec2:DescribeVpcEndpoints", || {
            aws.ec2
                .describe_vpc_endpoints()
                .set_vpc_endpoint_ids(Some(options.all("--vpc-endpoint-id")))
                .send()
        })
        .await?;
    let endpoint = answer
        .vpc_endpoints
        .and_then(|endpoints| endpoints.into_iter().next());
    Ok(endpoint
        .and_then(|endpoint| endpoint.policy_document)
        .unwrap_or_default())
}
