//! Policies that are there already: they are added to, never replaced.

use ecs_exec_checks::facts::Reason;
use ecs_exec_checks::policy_document;
use serde_json::Value;

use super::Options;
use crate::aws::{Aws, Failure};

/// Putting a policy replaces the one of the same name: another one that is there is left alone.
pub async fn free_name(
    options: &Options<'_>,
    get: impl AsyncFn(&str) -> Result<String, Failure>,
) -> Result<String, Failure> {
    let name = options.one("--policy-name").unwrap_or_default();
    let ours = options.json("--policy-document");
    let names =
        std::iter::once(name.clone()).chain((2..10).map(|number| format!("{name}-{number}")));
    for name in names {
        match get(&name).await {
            Err(failure) if failure.is("NoSuchEntity") => return Ok(name),
            // Whether it is there cannot be seen, for this name and for any other.
            Err(failure) if failure.why.reason == Reason::Denied => {
                return Ok(format!("{name}-added"));
            }
            Err(failure) => return Err(failure),
            Ok(there)
                if serde_json::from_str::<Value>(&decoded(&there))
                    .is_ok_and(|there| there == ours) =>
            {
                return Ok(name);
            }
            Ok(_) => {}
        }
    }
    Ok(format!("{name}-added"))
}

/// A policy as it is now, with the statements that a fix adds to it: others may have changed it meanwhile.
pub fn merged(now: &str, ours: &str) -> String {
    let parse = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_default();
    policy_document::merge(&parse(now), &parse(ours)).to_string()
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
