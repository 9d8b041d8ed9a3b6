//! Denied, failing and empty APIs, one at a time: the checks that need the API are unknown and name it, and no check
//! fails.

use crate::support::fault::Fault;
use crate::support::platform::{Caller, Platform, PlatformSpec};

/// The action, a check that needs it, and the exit status without it.
const APIS: [(&str, &str, i32); 15] = [
    ("ecs:DescribeClusters", "cluster.exists", 3),
    ("ecs:DescribeServices", "service.exec-enabled", 3),
    ("ecs:ListTasks", "service.running-tasks", 3),
    ("ecs:DescribeTasks", "task.exec-enabled", 3),
    ("ecs:DescribeTaskDefinition", "role.present", 3),
    ("iam:GetRole", "role.present", 3),
    ("ec2:DescribeVpcEndpoints", "network.endpoint-present", 3),
    ("ec2:DescribeSubnets", "network.endpoint-present", 3),
    ("ec2:DescribeRouteTables", "network.internet-route", 0),
    ("ec2:DescribeSecurityGroups", "network.task-egress", 3),
    ("ec2:DescribeNetworkInterfaces", "network.task-egress", 3),
    ("ec2:DescribeNetworkAcls", "network.nacl", 3),
    ("ec2:DescribeVpcAttribute", "network.vpc-dns", 3),
    ("ec2:DescribeVpcs", "network.vpc-dns", 3),
    ("ec2:DescribeDhcpOptions", "network.vpc-dns", 3),
];

/// Without iam:SimulatePrincipalPolicy, the doctor evaluates the policies itself; if they are denied too, the check is
/// unknown.
#[test]
#[ignore = "needs the emulator: scripts/test"]
fn policies_are_evaluated_offline_if_the_simulator_is_denied() {
    let platform = Platform::new(PlatformSpec {
        caller: Caller::Role,
        ..PlatformSpec::default()
    });
    platform
        .proxy
        .fault("iam:SimulatePrincipalPolicy", Fault::Deny);
    let run = platform.doctor(&["coder"]);
    assert_eq!(run.status, 0, "{}", run.stdout);
    assert!(run.stdout.contains("policies, evaluated offline"));
    platform.sh("aws iam delete-role-policy --role-name $ROLE --policy-name ecs-exec");
    let run = platform.doctor(&["coder"]);
    assert_eq!(run.causes(), ["role.ssmmessages"], "{}", run.stdout);
    for action in ["iam:ListRolePolicies", "iam:ListAttachedRolePolicies"] {
        platform
            .proxy
            .rules
            .lock()
            .unwrap()
            .faults
            .retain(|denied, _| denied.starts_with("iam:Sim"));
        platform.proxy.fault(action, Fault::Deny);
        let run = platform.doctor(&["coder"]);
        assert_eq!(run.causes(), [""; 0], "{action}");
        assert_eq!(run.status, 3);
        assert!(
            run.with_status("unknown")
                .contains(&"role.ssmmessages".to_owned())
        );
        assert!(
            run.stdout
                .contains("\"missing_permission\": \"iam:SimulatePrincipalPolicy\"")
        );
    }
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn a_denied_api_makes_its_checks_unknown() {
    for (action, check, status) in APIS {
        let platform = Platform::new(PlatformSpec {
            caller: Caller::Role,
            ..PlatformSpec::default()
        });
        platform.proxy.fault(action, Fault::Deny);
        let run = platform.doctor(&["coder"]);
        assert_eq!(run.causes(), [""; 0], "{action}: {}", run.stdout);
        assert_eq!(run.with_status("fail"), [""; 0], "{action}");
        assert_eq!(run.status, status, "{action}: {}", run.stdout);
        let unknown = run.with_status("unknown");
        assert!(unknown.contains(&check.to_owned()), "{action}: {unknown:?}");
        let is_named = run.json()["findings"]
            .as_array()
            .unwrap()
            .iter()
            .any(|finding| finding["missing_permission"] == action);
        assert!(is_named, "{action} is not named");
    }
}

/// APIs that the doctor calls only for clusters with a KMS key and session logging.
#[test]
#[ignore = "needs the emulator: scripts/test"]
fn failing_kms_and_logging_apis_make_checks_unknown() {
    let platform = Platform::new(PlatformSpec {
        nat: true,
        ..PlatformSpec::default()
    });
    platform.sh(&format!(
        "{}{}",
        crate::faults::catalogue::KEY,
        r#"aws logs create-log-group --log-group-name /exec/$CLUSTER
        aws s3api create-bucket --bucket $CLUSTER --create-bucket-configuration LocationConstraint=us-west-2
        aws ecs update-cluster --cluster $CLUSTER --configuration "executeCommandConfiguration={kmsKeyId=$KEY,logging=OVERRIDE,logConfiguration={cloudWatchLogGroupName=/exec/$CLUSTER,cloudWatchEncryptionEnabled=true,s3BucketName=$CLUSTER,s3EncryptionEnabled=true}}"
        aws iam put-role-policy --role-name $ROLE --policy-name logs --policy-document '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["logs:*","s3:*"],"Resource":"*"}]}'
        aws logs associate-kms-key --log-group-name /exec/$CLUSTER --kms-key-id $KEY
        aws s3api put-bucket-encryption --bucket $CLUSTER --server-side-encryption-configuration '{"Rules":[{"ApplyServerSideEncryptionByDefault":{"SSEAlgorithm":"AES256"}}]}'"#
    ));
    let run = platform.doctor(&["coder"]);
    assert_eq!(run.status, 0, "{}", run.stdout);
    for (action, check) in [
        ("kms:DescribeKey", "cluster.kms-key-usable"),
        ("kms:GetKeyPolicy", "role.kms-decrypt"),
        ("logs:DescribeLogGroups", "cluster.log-encryption"),
        ("s3:GetEncryptionConfiguration", "cluster.log-encryption"),
    ] {
        for fault in [Fault::Deny, Fault::Status500, Fault::Empty] {
            platform.proxy.rules.lock().unwrap().faults.clear();
            platform.proxy.fault(action, fault.clone());
            let run = platform.doctor(&["coder", "--timeout", "20s"]);
            assert_eq!(
                run.with_status("fail"),
                [""; 0],
                "{action} {fault:?}: {}",
                run.stdout
            );
            assert_eq!(run.status, 3, "{action} {fault:?}: {}", run.stdout);
            let unknown = run.with_status("unknown");
            assert!(
                unknown.contains(&check.to_owned()),
                "{action} {fault:?}: {unknown:?}"
            );
        }
    }
    // Grants matter only if the policies do not allow the action.
    platform.proxy.rules.lock().unwrap().faults.clear();
    platform.proxy.fault("kms:ListGrants", Fault::Deny);
    assert_eq!(platform.doctor(&["coder"]).status, 0);
    platform.sh("aws iam delete-role-policy --role-name $ROLE --policy-name kms");
    let run = platform.doctor(&["coder"]);
    assert_eq!(run.status, 3, "{}", run.stdout);
    assert!(
        run.stdout
            .contains("\"missing_permission\": \"kms:ListGrants\"")
    );
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn denied_route_tables_matter_only_without_an_endpoint() {
    let platform = Platform::new(PlatformSpec {
        endpoint: false,
        nat: true,
        ..PlatformSpec::default()
    });
    platform.proxy.fault("ec2:DescribeRouteTables", Fault::Deny);
    let run = platform.doctor(&["coder"]);
    assert_eq!(run.causes(), [""; 0]);
    assert_eq!(run.status, 3);
    assert_eq!(
        run.with_status("unknown"),
        ["network.internet-route", "network.path"]
    );
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn a_failure_is_reported_despite_a_denied_api() {
    let platform = Platform::new(PlatformSpec {
        exec: false,
        ..PlatformSpec::default()
    });
    platform
        .proxy
        .fault("ec2:DescribeVpcEndpoints", Fault::Deny);
    let run = platform.doctor(&["coder"]);
    assert_eq!(run.causes(), ["service.exec-enabled"]);
    assert_eq!(run.status, 1);
}

/// A response with status 500 counts as unknown, like a denial.
#[test]
#[ignore = "needs the emulator: scripts/test"]
fn http_500_causes_no_failure() {
    for (action, _, status) in APIS {
        let platform = Platform::healthy();
        platform.proxy.fault(action, Fault::Status500);
        let run = platform.doctor(&["coder", "--timeout", "20s"]);
        assert_eq!(run.causes(), [""; 0], "{action}: {}", run.stdout);
        assert_eq!(run.status, status, "{action}: {}", run.stdout);
    }
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn throttling_does_not_change_the_verdict() {
    let platform = Platform::healthy();
    platform.proxy.fault("*", Fault::Throttle(2));
    let run = platform.doctor(&["coder"]);
    assert_eq!(run.status, 0, "{}{}", run.stdout, run.stderr);
    let broken = Platform::new(PlatformSpec {
        endpoint: false,
        ..PlatformSpec::default()
    });
    broken.proxy.fault("*", Fault::Throttle(2));
    assert_eq!(
        broken.doctor(&["coder"]).causes(),
        ["network.endpoint-present"]
    );
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn unlisted_services_are_unknown_and_not_absent() {
    let platform = Platform::healthy();
    platform.proxy.fault("ecs:ListServices", Fault::Deny);
    let run = platform.doctor(&["--all"]);
    assert_eq!(
        run.with_status("unknown"),
        ["service.exists"],
        "{}",
        run.stdout
    );
    assert_eq!(run.status, 3);
    platform.proxy.fault("ecs:ListTasks", Fault::Deny);
    let blind = platform.doctor(&["--all"]);
    assert_eq!(blind.status, 3);
    assert_eq!(blind.with_status("unknown"), ["service.exists"]);
}

/// A response without the requested resources counts as no response.
#[test]
#[ignore = "needs the emulator: scripts/test"]
fn empty_responses_cause_no_failure() {
    for (action, _, _) in APIS {
        let platform = Platform::healthy();
        platform.proxy.fault(action, Fault::Empty);
        let run = platform.doctor(&["coder"]);
        assert_eq!(run.causes(), [""; 0], "{action}: {}", run.stdout);
        assert!(
            run.status == 3 || run.status == 0,
            "{action}: {}",
            run.stdout
        );
    }
}
