//! The number of AWS calls per diagnosis.

use crate::support::platform::{Platform, PlatformSpec};

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn each_fact_costs_one_call() {
    let platform = Platform::healthy();
    let report = platform.doctor(&["coder"]).json();
    let expected = [
        "ec2:DescribeDhcpOptions",
        "ec2:DescribeNatGateways",
        "ec2:DescribeNetworkAcls",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeRouteTables",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeSubnets",
        "ec2:DescribeVpcAttribute",
        "ec2:DescribeVpcBlockPublicAccessOptions",
        "ec2:DescribeVpcEndpoints",
        "ec2:DescribeVpcs",
        "ecs:DescribeClusters",
        "ecs:DescribeServices",
        "ecs:DescribeTaskDefinition",
        "ecs:DescribeTasks",
        "ecs:ListTasks",
        "iam:GetRole",
        "iam:SimulatePrincipalPolicy",
        "sts:GetCallerIdentity",
    ];
    let calls = report["api_calls"].as_object().unwrap();
    assert_eq!(calls.keys().collect::<Vec<_>>(), expected);
    for (action, count) in calls {
        let expected_count = match action.as_str() {
            // One for the caller, one for the task role.
            "iam:SimulatePrincipalPolicy" => 2,
            // Each call returns one attribute.
            "ec2:DescribeVpcAttribute" => 2,
            _ => 1,
        };
        assert_eq!(count, expected_count, "{action}");
    }
    assert_eq!(
        platform.proxy.calls().len(),
        calls.len(),
        "the report counts every call"
    );
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn the_number_of_tasks_does_not_change_the_calls() {
    assert_same_calls(|_| {});
}

/// One simulation covers all containers with the same values of the condition keys.
#[test]
#[ignore = "needs the emulator: scripts/test"]
fn a_container_condition_does_not_add_calls_per_task() {
    assert_same_calls(|platform| {
        let user = format!("{}-caller", platform.cluster);
        let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ecs:ExecuteCommand","Resource":"*","Condition":{"StringEquals":{"ecs:container-name":"coder"}}}]}"#;
        let changed = platform.sdk.put_user_policy(&user, "ops", policy);
        platform.sdk.wait(changed);
    });
}

/// One task needs as many calls as five.
fn assert_same_calls(change: fn(&Platform)) {
    let calls = |tasks| {
        let platform = Platform::new(PlatformSpec {
            tasks,
            ..PlatformSpec::default()
        });
        change(&platform);
        assert_eq!(platform.doctor(&["coder"]).status, 0);
        platform.proxy.calls()
    };
    assert_eq!(calls(1), calls(5));
}
