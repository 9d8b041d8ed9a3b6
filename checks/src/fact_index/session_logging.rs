//! The cluster's exec configuration: where sessions are recorded, and the KMS key that encrypts them.

use std::collections::BTreeSet;

use super::FactIndex;
use model::facts::{ExecConfiguration, ExecLog, Fact, KmsKey, Task, Unavailable};

impl<'a> FactIndex<'a> {
    fn exec_configuration(&self) -> Option<&'a ExecConfiguration> {
        self.facts.cluster.known()?.exec_configuration.as_ref()
    }

    /// The cluster's own log destinations. They count only with `logging: OVERRIDE`.
    pub fn exec_log(&self) -> Option<&'a ExecLog> {
        self.facts.cluster.known()?.exec_log()
    }

    /// Whether the cluster demands that the log group be encrypted.
    pub fn demands_encrypted_group(&self) -> bool {
        self.exec_log()
            .is_some_and(|log| log.log_group.is_some() && log.log_group_encrypted)
    }

    /// The KMS key of the exec configuration, as it is written there.
    pub fn key_name(&self) -> Option<&'a str> {
        let name = self.exec_configuration()?.kms_key.as_deref();
        name.filter(|name| !name.is_empty())
    }

    /// The KMS key itself. `Absent`: none is configured, or the configured one does not exist.
    pub fn key(&self) -> Fact<&'a KmsKey> {
        if let Fact::Unavailable(why) = &self.facts.cluster {
            return Fact::Unavailable(why.clone());
        }
        let Some(name) = self.key_name() else {
            return Fact::Absent;
        };
        match self.facts.kms_keys.get(name) {
            Some(fact) => fact.as_ref(),
            None => Fact::Unavailable(Unavailable::not_asked(
                "kms:DescribeKey",
                "the cluster's KMS key was not read",
            )),
        }
    }

    /// The log groups that record sessions in these tasks.
    pub fn recording_groups(&self, tasks: &[&Task]) -> Vec<&'a str> {
        let cluster = self.facts.cluster.known();
        let definitions: BTreeSet<&str> = tasks.iter().map(|task| &*task.task_definition).collect();
        let groups: BTreeSet<&str> = definitions
            .into_iter()
            .filter_map(|arn| self.facts.task_definitions.get(arn)?.known())
            .flat_map(|definition| &definition.containers)
            .filter_map(|container| match cluster {
                Some(cluster) => cluster.recording_group(container.log.as_ref()),
                // As if the cluster had no exec configuration.
                None => container.log.as_ref()?.awslogs_group(),
            })
            .collect();
        groups.into_iter().collect()
    }
}
