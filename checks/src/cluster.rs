//! The cluster and its exec configuration.

pub mod exec_logging;
pub mod exists;
pub mod kms_key_usable;
pub mod log_bucket;
pub mod log_encryption;
pub mod log_group;
pub mod status;

use crate::prelude::*;

/// What the checks of this area have in common. They read settings of the cluster.
const DEFAULTS: Check = Check {
    area: Area::Cluster,
    inference: Inference::Direct,
    ..Check::DEFAULT
};

/// One finding about the log settings of the exec configuration; skipped if it has none.
fn judge_exec_log(
    index: &FactIndex,
    check: &'static Check,
    judge: impl FnOnce(Subject, &ExecLog) -> Finding,
) -> Vec<Finding> {
    let subject = index.cluster_subject();
    vec![match (&index.facts.cluster, index.exec_log()) {
        (Fact::Unavailable(why), _) => check.unknown(subject, why),
        (_, Some(log)) => judge(subject, log),
        (_, None) => check.skip(
            subject,
            "The cluster's exec configuration sets no log group and no bucket",
        ),
    }]
}

/// The finding for a resource that the exec configuration names.
fn judge_named<T>(
    check: &'static Check,
    subject: Subject,
    fact: Option<&Fact<T>>,
    absent: impl FnOnce(Subject) -> Finding,
    known: impl FnOnce(Subject, &T) -> Finding,
) -> Finding {
    match fact {
        Some(fact) => check.judge(subject, fact, absent, known),
        None => {
            let title = format!("The facts do not contain {}", &*subject.id);
            let detail = "Run the doctor against the account, or take a new capture.";
            check.unknown_because(subject, title).detail(detail)
        }
    }
}

/// The finding for a log group or bucket; `missing` is the warning if it does not exist. If it must be encrypted,
/// sessions end without it.
fn judge_destination<T>(
    fact: Option<&Fact<T>>,
    must_be_encrypted: bool,
    missing: Finding,
    known: impl FnOnce(Subject, &T) -> Finding,
) -> Finding {
    let (check, subject) = (missing.check, missing.subject.clone());
    let absent = |_| {
        match must_be_encrypted {
        true => Finding {
            status: Status::Fail,
            ..missing.detail("The exec configuration requires encryption, which the agent cannot verify: every session ends at its start.")
        },
        false => missing.detail("Sessions open, but they are not recorded."),
    }
    };
    let finding = judge_named(check, subject, fact, absent, known);
    match fact {
        Some(Fact::Unavailable(_)) if must_be_encrypted => finding.severity(Severity::High),
        _ => finding,
    }
}
