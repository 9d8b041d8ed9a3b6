pub mod exec_logging;
pub mod exists;
pub mod kms_key_usable;
pub mod log_bucket;
pub mod log_encryption;
pub mod log_group;
pub mod status;

use crate::fact_index::FactIndex;
use model::check::Check;
use model::facts::{ExecLog, Fact};
use model::finding::{Finding, Subject};

/// A finding about where the cluster's own exec configuration records sessions; a skip where it names no place.
fn judge_exec_log(
    index: &FactIndex,
    check: &'static Check,
    judge: impl FnOnce(Subject, &ExecLog) -> Finding,
) -> Vec<Finding> {
    let subject = Subject::new("cluster", index.facts.cluster_name.as_str());
    vec![match (&index.facts.cluster, index.exec_log()) {
        (Fact::Unavailable(why), _) => check.unknown(subject, why),
        (_, Some(log)) => judge(subject, log),
        (_, None) => check.skip(
            subject,
            "The cluster names no place of its own to record sessions in",
        ),
    }]
}
