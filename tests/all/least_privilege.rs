//! The policies that `ecs-exec policy` prints, on an emulator that enforces them.

use serde_json::{Value, json};

use crate::support::platform::{Platform, PlatformSpec};

/// Sessions are encrypted and logged to both destinations, so that the doctor reads everything.
pub const ENCRYPTED_AND_RECORDED: &str = r#"
KEY=$(aws kms create-key --query KeyMetadata.Arn --output text)
aws logs create-log-group --log-group-name /exec/$CLUSTER
aws s3api create-bucket --bucket $CLUSTER --create-bucket-configuration LocationConstraint=us-west-2
aws ecs update-cluster --cluster $CLUSTER --configuration executeCommandConfiguration="{kmsKeyId=$KEY,logging=OVERRIDE,logConfiguration={cloudWatchLogGroupName=/exec/$CLUSTER,s3BucketName=$CLUSTER}}"
aws iam put-role-policy --role-name $ROLE --policy-name more --policy-document '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["kms:Decrypt","logs:*","s3:*"],"Resource":"*"}]}'
aws iam put-user-policy --user-name $CALLER --policy-name kms --policy-document '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"kms:GenerateDataKey","Resource":"'$KEY'"}]}'
"#;

/// The key policy allows neither the caller nor the role, and does not delegate to IAM.
const NARROW_KEY: &str = r#"
KEY=$(aws ecs describe-clusters --clusters $CLUSTER --include CONFIGURATIONS --query clusters[0].configuration.executeCommandConfiguration.kmsKeyId --output text)
aws kms put-key-policy --key-id $KEY --policy-name default --policy '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:user/admin"},"Action":"kms:*","Resource":"*"}]}'
"#;

/// Actions that this platform does not need: it has no tasks on EC2, no rules with prefix lists, and private DNS.
const UNUSED_ACTIONS: [&str; 5] = [
    "ec2:DescribeInstances",
    "ec2:GetManagedPrefixListEntries",
    "ecs:DescribeContainerInstances",
    "iam:GetInstanceProfile",
    "route53:ListHostedZonesByVPC",
];

fn set_caller_policy(platform: &Platform, policy: &Value) {
    let quoted = shell_words::quote(&policy.to_string()).into_owned();
    platform.sh(&format!(
        "aws iam put-user-policy --user-name $CALLER --policy-name least --policy-document {quoted}"
    ));
}

fn missing_permissions(run: &Value) -> Vec<String> {
    let findings = run["findings"].as_array().unwrap();
    let mut missing_permissions: Vec<String> = findings
        .iter()
        .filter_map(|finding| finding["missing_permission"].as_str().map(str::to_owned))
        .collect();
    missing_permissions.sort();
    missing_permissions.dedup();
    missing_permissions
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn the_doctor_policy_has_exactly_the_required_actions() {
    let platform = Platform::with_enforced_policies(PlatformSpec {
        nat: true,
        ..PlatformSpec::default()
    });
    platform.sh(ENCRYPTED_AND_RECORDED);
    let refused = platform.doctor(&["coder"]);
    assert_ne!(
        refused.status, 0,
        "the emulator enforces policies: {}",
        refused.stdout
    );
    let policy = platform.run(&["policy", "doctor"]).json();
    set_caller_policy(&platform, &policy);
    for target in ["coder", "--all"] {
        let run = platform.doctor(&[target]);
        assert_eq!(run.status, 0, "{}", run.stdout);
        assert_eq!(missing_permissions(&run.json()), [""; 0]);
        // No permission shows the content of an image.
        assert_eq!(run.with_status("unknown"), ["container.log-tools"]);
    }
    let statements = policy["Statement"].as_array().unwrap();
    let actions = statements
        .iter()
        .flat_map(|statement| statement["Action"].as_array().unwrap());
    let mut tried = 0;
    for action in actions.filter(|action| !UNUSED_ACTIONS.contains(&action.as_str().unwrap())) {
        let mut without = policy.clone();
        for statement in without["Statement"].as_array_mut().unwrap() {
            statement["Action"]
                .as_array_mut()
                .unwrap()
                .retain(|allowed| allowed != action);
            if statement["Action"] == json!([]) {
                statement["Action"] = json!(["none:None"]);
            }
        }
        set_caller_policy(&platform, &without);
        if action == "kms:ListGrants" {
            // The doctor reads grants only if the key policy does not decide.
            platform.sh(NARROW_KEY);
        }
        let target = if action == "ecs:ListServices" {
            "--all"
        } else {
            "coder"
        };
        let run = platform.doctor(&[target]);
        let output = format!("{}{}", run.stdout, run.stderr);
        assert!(
            output.contains(action.as_str().unwrap()),
            "{action} is not missed: {output}"
        );
        assert!(
            !run.stdout.is_empty()
                && missing_permissions(&run.json()).contains(&action.as_str().unwrap().to_owned()),
            "{action}: {output}"
        );
        tried += 1;
    }
    eprintln!("The doctor's policy: {tried} actions taken away one at a time, each missed");
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn the_caller_policy_suffices_for_a_session() {
    let platform = Platform::with_enforced_policies(PlatformSpec::default());
    platform.sh("aws iam delete-user-policy --user-name $CALLER --policy-name ops");
    let refused = platform.run(&["run", "coder", "--no-doctor", "--", "echo", "hi"]);
    assert_eq!(refused.status, 255, "{}", refused.stderr);
    let policy = platform.run(&["policy", "caller"]).json();
    set_caller_policy(&platform, &policy);
    let run = platform.run(&["run", "coder", "--no-doctor", "--", "echo", "hi"]);
    assert_eq!(
        (run.status, run.stdout.as_str()),
        (0, "hi\n"),
        "{}",
        run.stderr
    );
}
