//! AWS STS: the caller.

use model::facts::{Caller, Fact, Principal};

use super::iam;
use crate::aws::AwsClients;

/// The caller, and for an assumed role the ARN of the role with its path.
pub async fn caller(aws: &AwsClients) -> Fact<Caller> {
    let request = || aws.sts.get_caller_identity().send();
    let identity = match aws.call("sts:GetCallerIdentity", request).await {
        Ok(identity) => identity,
        Err(failure) => return Fact::Unavailable(failure.why),
    };
    let arn = identity.arn.unwrap_or_default();
    let mut principal = Principal::from_arn(&arn);
    if let Principal::AssumedRole { name, arn } = &mut principal {
        *arn = iam::role(aws, name).await.map(|role| role.arn);
    }
    Fact::Known(Caller {
        account: identity.account.unwrap_or_default(),
        arn,
        principal,
    })
}
