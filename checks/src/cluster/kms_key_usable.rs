use crate::fact_index::FactIndex;
use crate::fixes;
use model::area::Area;
use model::check::{Check, Inference, OnPlan};
use model::facts::{Fact, KmsKey};
use model::finding::{Finding, Severity, Subject};

pub const CHECK: Check = Check {
    id: "cluster.kms-key-usable",
    area: Area::Cluster,
    title: "The cluster's KMS key can be used",
    why: "Where the exec configuration names a KMS key, every session starts by making a data key with it: one that is disabled, about to be deleted, gone, or of the wrong kind lets no session start.",
    how: "kms:DescribeKey: the key's state, its usage and its kind.",
    actions: &["ecs:DescribeClusters", "kms:DescribeKey"],
    remedy: "Enable the key, cancel its deletion, or name another one in the exec configuration.",
    docs: &[
        "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ExecuteCommandConfiguration.html",
        "https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html",
    ],
    explains: &[],
    masks: &["role.kms-decrypt", "caller.kms-generate-data-key"],
    severity: Severity::High,
    on_plan: OnPlan::Judges,
    inference: Inference::Direct,
};

pub fn run(index: &FactIndex) -> Vec<Finding> {
    let subject = Subject::new("cluster", index.facts.cluster_name.as_str());
    if let Fact::Unavailable(why) = &index.facts.cluster {
        return vec![CHECK.unknown(subject, why)];
    }
    let Some(name) = index.key_name() else {
        return vec![CHECK.skip(
            subject,
            "The cluster encrypts sessions with no KMS key of its own",
        )];
    };
    let subject = Subject::new("kms-key", name);
    vec![match index.facts.kms_keys.get(name) {
        Some(Fact::Known(key)) => judge(index, subject, key),
        Some(Fact::Absent) => CHECK
            .fail(subject, format!("The cluster's KMS key {name} does not exist"))
            .detail("The exec configuration names it, and KMS knows no such key in this region. No session can start.")
            .group_title("The cluster's KMS key does not exist")
            .fix(fixes::cluster::choose_key(index.facts)),
        Some(Fact::Unavailable(why)) => CHECK.unknown(subject, why),
        None => CHECK.unknown_because(subject, "Nobody asked KMS about the key"),
    }]
}

fn judge(index: &FactIndex, subject: Subject, key: &KmsKey) -> Finding {
    let arn = &key.arn;
    let finding = match key.state.as_str() {
        "Enabled" | "Updating" => {
            let symmetric = key.spec.is_empty() || key.spec == "SYMMETRIC_DEFAULT";
            let encrypts = key.usage.is_empty() || key.usage == "ENCRYPT_DECRYPT";
            if symmetric && encrypts {
                CHECK.pass(subject, format!("{arn} is enabled"))
            } else if is_of_another_kind(key) {
                CHECK
                    .fail(subject, format!("{arn} is no symmetric key that encrypts"))
                    .detail(format!("It is of kind {} for {}. Data keys can be made with symmetric encryption keys only.", key.spec, key.usage))
                    .group_title("The cluster's KMS key is of the wrong kind")
                    .fix(fixes::cluster::choose_key(index.facts))
            } else {
                let kind = format!("{} for {}", key.spec, key.usage);
                CHECK.unknown_because(
                    subject,
                    format!("{arn} is of kind {kind}, which this version does not know"),
                )
            }
        }
        "Disabled" => CHECK
            .fail(subject, format!("{arn} is disabled"))
            .detail("No data key can be made with it, so no session can start.")
            .group_title("The cluster's KMS key is disabled")
            .fix(fixes::cluster::enable_key(index.facts, arn)),
        "PendingDeletion" => CHECK
            .fail(subject, format!("{arn} is about to be deleted"))
            .detail("No data key can be made with it, so no session can start.")
            .group_title("The cluster's KMS key is about to be deleted")
            .fix(fixes::cluster::cancel_key_deletion(index.facts, arn)),
        "PendingImport" | "Unavailable" | "Creating" | "PendingReplicaDeletion" => CHECK
            .fail(subject, format!("{arn} is {}, not Enabled", key.state))
            .detail("No data key can be made with it, so no session can start.")
            .group_title("The cluster's KMS key is not enabled")
            .fix(fixes::cluster::choose_key(index.facts)),
        other => CHECK.unknown_because(
            subject,
            format!("{arn} is {other}, which this version does not know"),
        ),
    };
    finding.evidence("keyState", key.state.as_str())
}

/// <https://docs.aws.amazon.com/kms/latest/developerguide/symm-asymm-choose-key-spec.html>
fn is_of_another_kind(key: &KmsKey) -> bool {
    let specs = ["RSA_", "ECC_", "HMAC_", "SM2", "ML_DSA_"];
    specs.iter().any(|spec| key.spec.starts_with(spec))
        || matches!(
            key.usage.as_str(),
            "SIGN_VERIFY" | "GENERATE_VERIFY_MAC" | "KEY_AGREEMENT"
        )
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::*;
    use model::facts::Fact;
    use model::finding::Status;

    #[test]
    fn states_and_kinds() {
        assert_eq!(statuses(&CHECK, &healthy_coder()), [Status::Skip]);
        let mut facts = with_key();
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
        for state in ["Disabled", "PendingDeletion", "PendingImport"] {
            key(&mut facts).state = state.into();
            let finding = &run(&CHECK, &facts)[0];
            assert_eq!(finding.status, Status::Fail, "{state}");
            assert!(!finding.fixes.is_empty());
        }
        key(&mut facts).state = "Dreaming".into();
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
        key(&mut facts).state = "Enabled".into();
        key(&mut facts).spec = "RSA_2048".into();
        assert_eq!(statuses(&CHECK, &facts), [Status::Fail]);
        key(&mut facts).spec = "NEVER_HEARD_OF".into();
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }

    #[test]
    fn gone_and_unreadable() {
        let mut facts = with_key();
        for fact in facts.kms_keys.values_mut() {
            *fact = Fact::Absent;
        }
        assert_eq!(statuses(&CHECK, &facts), [Status::Fail]);
        for fact in facts.kms_keys.values_mut() {
            *fact = denied("kms:DescribeKey");
        }
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
        facts.cluster = denied("ecs:DescribeClusters");
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }
}
