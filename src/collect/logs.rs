//! CloudWatch Logs: the log group of the cluster's exec configuration.

use std::collections::BTreeMap;

use model::facts::{Cluster, Fact, LogGroup};

use super::{log_override, named, pages};
use crate::aws::{AwsClients, fact};

/// The log group that records sessions, if there is one.
pub async fn log_groups(
    aws: &AwsClients,
    cluster: &Fact<Cluster>,
) -> BTreeMap<String, Fact<LogGroup>> {
    let name = log_override(cluster).and_then(|log| log.log_group.as_deref());
    named(name, async |name| log_group(aws, name).await).await
}

/// AWS lists log groups by prefix only.
async fn log_group(aws: &AwsClients, name: &str) -> Fact<LogGroup> {
    let request = aws.logs.describe_log_groups().log_group_name_prefix(name);
    let groups = pages(
        aws,
        "logs:DescribeLogGroups",
        |token| request.clone().set_next_token(token).send(),
        |page| {
            let mut groups = page.log_groups;
            let all = groups.iter_mut();
            all.for_each(|groups| groups.retain(|group| group.log_group_name() == Some(name)));
            // Groups are sorted by name, and the exact name comes first; but not every emulator sorts.
            let is_found = groups.as_ref().is_some_and(|groups| !groups.is_empty());
            (groups, page.next_token.filter(|_| !is_found))
        },
    );
    fact(groups.await, &[]).and_then(|groups| match groups.first() {
        Some(group) => Fact::Known(LogGroup {
            name: name.to_owned(),
            arn: group.arn().unwrap_or_default().to_owned(),
            kms_key: group.kms_key_id().map(str::to_owned),
        }),
        None => Fact::Absent,
    })
}
