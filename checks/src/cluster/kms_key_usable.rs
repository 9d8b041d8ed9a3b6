use super::judge_named;
use crate::prelude::*;

pub const CHECK: Check = Check {
    id: "cluster.kms-key-usable",
    title: "The cluster's KMS key can be used",
    why: "If the exec configuration sets a KMS key, every session starts with a data key that it generates. No session starts if the key is disabled, pending deletion, deleted or of the wrong kind.",
    how: "kms:DescribeKey: the key's state, usage and spec.",
    actions: &["ecs:DescribeClusters", "kms:DescribeKey"],
    remedy: "Enable the key, cancel its deletion, or set another one in the exec configuration.",
    docs: &[
        "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ExecuteCommandConfiguration.html",
        "https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html",
    ],
    masks: &["role.kms-decrypt", "caller.kms-generate-data-key"],
    severity: Severity::High,
    ..super::DEFAULTS
};

pub fn run(index: &FactIndex) -> Vec<Finding> {
    if let Fact::Unavailable(why) = &index.facts.cluster {
        return vec![CHECK.unknown(index.cluster_subject(), why)];
    }
    let Some(name) = index.key_name() else {
        let title = "The cluster's exec configuration sets no KMS key";
        return vec![CHECK.skip(index.cluster_subject(), title)];
    };
    let does_not_exist = |subject| {
        CHECK
            .fail(subject, format!("The cluster's KMS key {name} does not exist"))
            .detail("The exec configuration sets it, but KMS knows no such key in this region. No session can start.")
            .group_title("The cluster's KMS key does not exist")
            .fix(fixes::cluster::choose_key(index.facts))
    };
    let subject = Subject::new("kms-key", name);
    let key = index.facts.kms_keys.get(name);
    vec![judge_named(
        &CHECK,
        subject,
        key,
        does_not_exist,
        |subject, key| judge(index, subject, key).evidence("keyState", key.state.as_str()),
    )]
}

/// <https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html>
fn judge(index: &FactIndex, subject: Subject, key: &KmsKey) -> Finding {
    let (arn, state, facts) = (&key.arn, key.state.as_str(), index.facts);
    let (title, group_title, fix) = match state {
        _ if key.is_usable() => return judge_kind(index, subject, key),
        _ if key.is_disabled() => (
            format!("{arn} is disabled"),
            "The cluster's KMS key is disabled",
            fixes::cluster::enable_key(facts, arn),
        ),
        _ if key.is_pending_deletion() => (
            format!("{arn} is pending deletion"),
            "The cluster's KMS key is pending deletion",
            fixes::cluster::cancel_key_deletion(facts, arn),
        ),
        "PendingImport" | "Unavailable" | "Creating" | "PendingReplicaDeletion" => (
            format!("{arn} is {state}, not Enabled"),
            "The cluster's KMS key is not enabled",
            fixes::cluster::choose_key(facts),
        ),
        other => {
            let title = format!("{arn} is {other}, a state that this version does not know");
            return CHECK.unknown_because(subject, title);
        }
    };
    CHECK
        .fail(subject, title)
        .detail("It cannot generate data keys, so no session can start.")
        .group_title(group_title)
        .fix(fix)
}

/// <https://docs.aws.amazon.com/kms/latest/developerguide/symm-asymm-choose-key-spec.html>
fn judge_kind(index: &FactIndex, subject: Subject, key: &KmsKey) -> Finding {
    let KmsKey {
        arn, spec, usage, ..
    } = key;
    if key.is_symmetric() {
        return CHECK.pass(subject, format!("{arn} is enabled"));
    }
    let mut unusable = ["RSA_", "ECC_", "HMAC_", "SM2", "ML_DSA_"].iter();
    let is_unusable = unusable.any(|prefix| spec.starts_with(prefix))
        || matches!(
            usage.as_str(),
            "SIGN_VERIFY" | "GENERATE_VERIFY_MAC" | "KEY_AGREEMENT"
        );
    if !is_unusable {
        let title =
            format!("{arn} has the spec {spec} for {usage}, which this version does not know");
        return CHECK.unknown_because(subject, title);
    }
    CHECK
        .fail(subject, format!("{arn} is not a symmetric encryption key"))
        .detail(format!(
            "Its spec is {spec} for {usage}. Only symmetric encryption keys generate data keys."
        ))
        .group_title("The cluster's KMS key is of the wrong kind")
        .fix(fixes::cluster::choose_key(index.facts))
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::*;
    use model::facts::Fact;
    use model::finding::Status;

    #[test]
    fn states_and_specs_that_cannot_generate_data_keys_fail() {
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
    fn a_missing_key_fails_and_denied_reads_are_unknown() {
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
