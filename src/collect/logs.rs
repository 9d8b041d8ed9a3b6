//! CloudWatch Logs: the log group of the cluster's exec configuration.

use std::collections::BTreeMap;

use model::facts::{Cluster, Fact, LogGroup};

use super::ecs::unmentioned;
use super::{log_override, named, pages};
use crate::aws::{AwsClients, fact};

pub async fn log_groups(
    aws: &AwsClients,
    cluster: &Fact<Cluster>,
) -> BTreeMap<String, Fact<LogGroup>> {
    let name = log_override(cluster).and_then(|log| log.log_group.as_deref());
    named(name, async |name| log_group(aws, name).await).await
}

/// AWS lists log groups by prefix only.
async fn log_group(aws: &AwsClients, name: &str) -> Fact<LogGroup> {
    const ACTION: &str = "logs:DescribeLogGroups";
    let groups = pages(async |token| {
        let page = aws
            .call(ACTION, || {
                aws.logs
                    .describe_log_groups()
                    .log_group_name_prefix(name)
                    .set_next_token(token.clone())
                    .send()
            })
            .await?;
        let mut groups = page.log_groups.ok_or_else(|| unmentioned(ACTION))?;
        groups.retain(|group| group.log_group_name() == Some(name));
        // Groups are sorted by name, and the exact name comes first; but not every emulator sorts.
        let next = page.next_token.filter(|_| groups.is_empty());
        Ok((groups, next))
    });
    fact(groups.await, &[]).and_then(|groups| match groups.first() {
        Some(group) => Fact::Known(LogGroup {
            name: name.to_owned(),
            arn: group.arn().unwrap_or_default().to_owned(),
            kms_key: group.kms_key_id().map(str::to_owned),
        }),
        None => Fact::Absent,
    })
}
