//! Task roles whose names CloudFormation generates, so that nobody knows their ARNs before deployment.

use diagnosis::Report;
use model::Status;

use crate::support::*;

const ROOT: &str = "!Sub \"arn:${AWS::Partition}:iam::${AWS::AccountId}:root\"";
const OTHER_ROLE: &str = "!Sub \"arn:aws:iam::${AWS::AccountId}:role/admin\"";
const ACCOUNT: Option<&str> = Some("123456789012");

/// The template with texts in place of others.
fn edited(edits: &[(&str, &str)]) -> String {
    edits.iter().fold(YAML.to_owned(), |yaml, (from, to)| {
        assert!(yaml.contains(from), "{from}");
        yaml.replace(from, to)
    })
}

/// The template with a key whose policy names a principal, and a role that is allowed some action.
fn with_key(principal: &str, action: &str) -> String {
    let key = format!(
        "  Key:\n    Type: AWS::KMS::Key\n    Properties:\n      KeyPolicy:\n        Version: 2012-10-17\n        \
         Statement:\n          - Effect: Allow\n            Principal: {{AWS: {principal}}}\n            \
         Action: kms:*\n            Resource: \"*\"\n  TaskRole:\n"
    );
    edited(&[
        ("  TaskRole:\n", &key),
        (
            "Logging: OVERRIDE",
            "KmsKeyId: !GetAtt Key.Arn\n          Logging: OVERRIDE",
        ),
        (
            "\"logs:DescribeLogGroups\"]",
            &format!("\"logs:DescribeLogGroups\", {action}]"),
        ),
    ])
}

fn with_decrypt(principal: &str) -> String {
    with_key(principal, "\"kms:Decrypt\"")
}

fn report_in(account: Option<&str>, yaml: &str) -> Report {
    let mut request = request("shop-cluster");
    request.account = account.map(str::to_owned);
    report(&plan(yaml).facts(&request))
}

fn titles_of(report: &Report, check: &str) -> Vec<(Status, String)> {
    let findings = report.findings.iter().filter(|one| one.check.id == check);
    findings
        .map(|one| (one.status, one.title.clone()))
        .collect()
}

fn statuses(account: Option<&str>, yaml: &str, check: &str) -> Vec<Status> {
    let titles = titles_of(&report_in(account, yaml), check);
    titles.into_iter().map(|(status, _)| status).collect()
}

#[test]
fn a_key_that_leaves_the_decision_to_the_account_depends_on_the_role_s_policies() {
    for account in [ACCOUNT, None] {
        let decrypt = statuses(account, &with_decrypt(ROOT), "role.kms-decrypt");
        assert_eq!(decrypt, [Status::Pass], "{account:?}");
        let without = with_key(ROOT, "\"kms:Encrypt\"");
        let decrypt = statuses(account, &without, "role.kms-decrypt");
        assert_eq!(decrypt, [Status::Fail], "{account:?}");
    }
    let edits = edits(&report_in(ACCOUNT, &with_key(ROOT, "\"kms:Encrypt\"")));
    assert!(edits.contains("\"Resource\": !GetAtt Key.Arn}"), "{edits}");
    let elsewhere = with_decrypt("\"arn:aws:iam::999999999999:root\"");
    assert_eq!(
        statuses(ACCOUNT, &elsewhere, "role.kms-decrypt"),
        [Status::Fail]
    );
}

#[test]
fn an_account_id_in_a_policy_is_unclear_if_the_own_account_is_unknown() {
    let yaml = with_decrypt("\"arn:aws:iam::123456789012:root\"");
    assert_eq!(statuses(ACCOUNT, &yaml, "role.kms-decrypt"), [Status::Pass]);
    let report = report_in(None, &yaml);
    let (status, title) = &titles_of(&report, "role.kms-decrypt")[0];
    assert_eq!(*status, Status::Unknown);
    assert!(
        title.ends_with("depends on the ID of the account"),
        "{title}"
    );
}

#[test]
fn a_key_that_names_a_role_by_reference_allows_this_role_only() {
    let own = with_key("!GetAtt TaskRole.Arn", "\"kms:Encrypt\"");
    assert_eq!(statuses(ACCOUNT, &own, "role.kms-decrypt"), [Status::Pass]);
    assert_eq!(statuses(None, &own, "role.kms-decrypt"), [Status::Pass]);
    let other = with_decrypt("!GetAtt OtherRole.Arn")
        + "  OtherRole:\n    Type: AWS::IAM::Role\n    Properties: {AssumeRolePolicyDocument: {}}\n";
    let report = report_in(ACCOUNT, &other);
    assert_eq!(titles_of(&report, "role.kms-decrypt")[0].0, Status::Fail);
    let edits = edits(&report);
    assert!(edits.contains("  Key:\n"), "{edits}");
    assert!(
        edits.contains("\"Principal\":{\"AWS\": !GetAtt TaskRole.Arn}"),
        "{edits}"
    );
}

#[test]
fn a_role_by_its_arn_may_be_any_role_without_one() {
    let report = report_in(ACCOUNT, &with_decrypt(OTHER_ROLE));
    let (status, title) = &titles_of(&report, "role.kms-decrypt")[0];
    assert_eq!(*status, Status::Unknown);
    assert!(title.ends_with("depends on the ARN of TaskRole"), "{title}");
    let named = with_decrypt(OTHER_ROLE).replace(
        "    Properties:\n      AssumeRolePolicyDocument",
        "    Properties:\n      RoleName: web-task\n      AssumeRolePolicyDocument",
    );
    assert_eq!(
        statuses(ACCOUNT, &named, "role.kms-decrypt"),
        [Status::Fail]
    );
}

#[test]
fn an_endpoint_that_lets_the_account_pass_lets_its_roles_pass() {
    let with_policy = |principal: &str| {
        let endpoint = format!(
            "  Endpoint:\n    Type: AWS::EC2::VPCEndpoint\n    Properties:\n      VpcId: !Ref Vpc\n      \
             ServiceName: !Sub com.amazonaws.${{AWS::Region}}.ssmmessages\n      VpcEndpointType: Interface\n      \
             PrivateDnsEnabled: true\n      SubnetIds: [!Ref SubnetA, !Ref SubnetB]\n      \
             PolicyDocument:\n        Statement:\n          - Effect: Allow\n            \
             Principal: {{AWS: {principal}}}\n            Action: \"*\"\n            Resource: \"*\"\n"
        );
        edited(&[("  TaskRole:\n", &(endpoint + "  TaskRole:\n"))])
    };
    let check = "network.endpoint-policy";
    for account in [ACCOUNT, None] {
        assert_eq!(statuses(account, &with_policy(ROOT), check), [Status::Pass]);
    }
    let elsewhere = with_policy("\"999999999999\"");
    assert_eq!(statuses(ACCOUNT, &elsewhere, check), [Status::Fail]);
    assert_eq!(statuses(None, &elsewhere, check), [Status::Unknown]);
}

#[test]
fn session_logs_are_judged_if_the_account_is_unknown() {
    let bucket = |actions: &str| {
        let log = "LogConfiguration: {CloudWatchLogGroupName: !Ref Logs}";
        let to_bucket = "LogConfiguration: {S3BucketName: !Ref Bucket, S3KeyPrefix: exec}";
        let bucket = "  Bucket:\n    Type: AWS::S3::Bucket\n  TaskRole:\n";
        edited(&[
            (log, to_bucket),
            ("  TaskRole:\n", bucket),
            (
                "\"logs:DescribeLogGroups\"]",
                &format!("\"logs:DescribeLogGroups\"{actions}]"),
            ),
        ])
    };
    for account in [ACCOUNT, None] {
        let of = |actions| statuses(account, &bucket(actions), "role.s3-write");
        assert_eq!(of(", \"s3:PutObject\""), [Status::Pass], "{account:?}");
        assert_eq!(of(""), [Status::Warn], "{account:?}");
        let logs = |yaml: &str| statuses(account, yaml, "role.logs-write");
        assert_eq!(logs(YAML), [Status::Pass], "{account:?}");
        let without = edited(&[("\"logs:PutLogEvents\"", "\"logs:GetLogEvents\"")]);
        assert_eq!(logs(&without), [Status::Warn], "{account:?}");
    }
    let explicit = edited(&[(
        "!GetAtt Logs.Arn",
        "arn:aws:logs:us-west-2:123456789012:log-group:/ecs/shop:*",
    )]);
    assert_eq!(
        statuses(ACCOUNT, &explicit, "role.logs-write"),
        [Status::Pass]
    );
    assert_eq!(
        statuses(None, &explicit, "role.logs-write"),
        [Status::Unknown]
    );
    let put_together = "!Sub arn:aws:logs:us-west-2:${AWS::AccountId}:log-group:/ecs/shop:*";
    let report = report_in(None, &edited(&[("!GetAtt Logs.Arn", put_together)]));
    let unknown = "Unknown: inline_policy.policy of TaskRole depends on AWS::AccountId";
    let expected = [(Status::Unknown, unknown.to_owned())];
    assert_eq!(titles_of(&report, "role.logs-write"), expected);
}

#[test]
fn a_trust_policy_with_an_unknown_part_is_unknown_with_the_reason() {
    let condition = "Action: \"sts:AssumeRole\", Condition: {StringEquals: {\"aws:SourceAccount\": !Ref AWS::AccountId}}}";
    let yaml = edited(&[("Action: \"sts:AssumeRole\"}", condition)]);
    assert_eq!(statuses(ACCOUNT, &yaml, "role.trust"), [Status::Pass]);
    let report = report_in(None, &yaml);
    let unknown = "Unknown: assume_role_policy of TaskRole depends on AWS::AccountId";
    let expected = [(Status::Unknown, unknown.to_owned())];
    assert_eq!(titles_of(&report, "role.trust"), expected);
}

#[test]
fn a_key_without_an_arn_is_matched_by_its_place() {
    let by_pattern = |resource: &str| {
        let statement = format!(
            "              - {{Effect: Allow, Action: \"kms:Decrypt\", Resource: {resource}}}\n  Definition:\n"
        );
        let yaml = with_key(ROOT, "\"kms:Encrypt\"").replace("  Definition:\n", &statement);
        statuses(ACCOUNT, &yaml, "role.kms-decrypt")
    };
    let of_account = "!Sub \"arn:aws:kms:us-west-2:${AWS::AccountId}:key/*\"";
    assert_eq!(by_pattern(of_account), [Status::Pass]);
    let by_id = "!Sub \"arn:aws:kms:us-west-2:${AWS::AccountId}:key/${Key}\"";
    assert_eq!(by_pattern(by_id), [Status::Pass]);
    let other = "!Sub \"arn:aws:kms:us-west-2:${AWS::AccountId}:key/0a1b\"";
    assert_eq!(by_pattern(other), [Status::Fail]);
    assert_eq!(by_pattern("!GetAtt Key.Arn"), [Status::Pass]);
}

#[test]
fn an_arn_that_the_template_puts_together_is_that_of_its_role() {
    let with_arn = |arn: &str, properties: &str| {
        edited(&[
            (
                "TaskRoleArn: !GetAtt TaskRole.Arn",
                &format!("TaskRoleArn: !Sub \"{arn}\""),
            ),
            (
                "    Properties:\n      AssumeRolePolicyDocument",
                &format!("    Properties:\n{properties}      AssumeRolePolicyDocument"),
            ),
        ])
    };
    let by_reference = "arn:aws:iam::${AWS::AccountId}:role/${TaskRole}";
    let by_name = "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/web-task";
    let named = "      RoleName: web-task\n";
    for (arn, properties, expected) in [
        (by_reference, "", Status::Pass),
        (by_reference, named, Status::Pass),
        (by_name, named, Status::Pass),
        (by_name, "", Status::Unknown),
        (by_reference, "      Path: /team/\n", Status::Unknown),
    ] {
        let yaml = with_arn(arn, properties);
        let allowed = statuses(None, &yaml, "role.ssmmessages");
        assert_eq!(allowed, [expected], "{arn} {properties}");
    }
    let by_reference = with_arn(by_reference, "");
    assert_eq!(
        statuses(ACCOUNT, &by_reference, "role.ssmmessages"),
        [Status::Pass]
    );
    let elsewhere = with_arn("arn:aws:iam::999999999999:role/${TaskRole}", "");
    assert_eq!(
        statuses(ACCOUNT, &elsewhere, "role.ssmmessages"),
        [Status::Unknown]
    );
}

#[test]
fn a_fix_refers_to_the_generated_name_of_a_bucket() {
    let report = report_of(&edited(&[
        (
            "LogConfiguration: {CloudWatchLogGroupName: !Ref Logs}",
            "LogConfiguration: {S3BucketName: !Ref Bucket}",
        ),
        (
            "  TaskRole:\n",
            "  Bucket:\n    Type: AWS::S3::Bucket\n  TaskRole:\n",
        ),
    ]));
    let edits = edits(&report);
    assert!(
        edits.contains("{\"Fn::Sub\":\"arn:aws:s3:::${Bucket}/"),
        "{edits}"
    );
    assert!(!edits.contains(":::Bucket"), "{edits}");
}
