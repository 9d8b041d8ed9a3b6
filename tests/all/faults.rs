//! Every fault of the catalogue, alone and in pairs: the doctor finds it, and the printed commands and `ecs-exec fix`
//! repair it.

pub mod cases;
pub mod catalogue;
pub mod repair;

use std::collections::BTreeSet;

use crate::support::doctor::Run;
use crate::support::platform::{Platform, PlatformSpec};
use cases::run_cases;
use catalogue::{FAULTS, Fault, NO_FAULT};
use repair::{fix, paste_fixes};

pub fn broken_platform(faults: &[&Fault]) -> Platform {
    let mut spec = PlatformSpec::default();
    for fault in faults {
        (fault.spec)(&mut spec);
    }
    let platform = Platform::new(spec);
    for fault in faults {
        fault.apply(&platform);
    }
    platform
}

/// An error unless the report names exactly these faults.
fn check_report(run: &Run, faults: &[&Fault]) -> Result<(), String> {
    let expected_causes: BTreeSet<String> =
        faults.iter().map(|fault| fault.cause.to_owned()).collect();
    let causes: BTreeSet<String> = run.causes().into_iter().collect();
    if causes != expected_causes {
        return Err(format!("causes {causes:?}, not {expected_causes:?}"));
    }
    let failing: BTreeSet<String> = faults
        .iter()
        .flat_map(|fault| fault.failing())
        .map(str::to_owned)
        .collect();
    let failed: BTreeSet<String> = run.with_status("fail").into_iter().collect();
    if failed != failing {
        return Err(format!("failures {failed:?}, not {failing:?}"));
    }
    match run.status {
        1 => Ok(()),
        status => Err(format!("exit status {status}")),
    }
}

/// The doctor names only this fault, and its commands and `ecs-exec fix` repair it.
fn test_fault(name: &str) {
    let fault = fault_named(name);
    let platform = broken_platform(&[fault]);
    let run = platform.doctor(&["coder"]);
    check_report(&run, &[fault]).unwrap();
    if fault.is_fixable {
        paste_fixes(&platform, &run).unwrap();
        fix(&broken_platform(&[fault])).unwrap();
    }
}

/// One test for each fault: `scripts/test fault::role_deleted`.
macro_rules! fault_tests {
    ($($name:ident)*) => {
        const TESTED: &[&str] = &[$(stringify!($name)),*];

        mod fault {
            $(
                #[test]
                #[ignore = "needs the emulator: scripts/test"]
                fn $name() {
                    super::test_fault(stringify!($name));
                }
            )*
        }
    };
}

fault_tests! {
    clock_skew
    caller_without_policy
    service_scaled_to_zero
    exec_never_enabled
    task_older_than_flag
    cluster_being_deleted
    deployment_failed_and_old_tasks_lack_exec
    container_stopped
    task_pending
    windows_server_2016
    endpoint_failed
    old_fargate_platform
    read_only_root
    other_credentials_endpoint
    proxy_without_exceptions
    container_restarted_in_place
    agent_stopped_without_reason
    role_without_ssmmessages
    role_without_ssmmessages_and_agent_stopped
    role_deleted
    no_task_role
    role_trusts_only_ec2
    no_endpoint_and_no_route
    endpoint_without_private_dns
    vpc_without_dns_hostnames
    vpc_without_dns_support
    endpoint_group_blocks_tasks
    endpoint_group_blocks_tasks_beside_nat
    task_group_blocks_egress
    task_group_blocks_internet
    acl_blocks_requests
    acl_blocks_responses
    endpoint_policy_for_other_actions
    kms_key_disabled
    kms_key_pending_deletion
    kms_key_missing
    role_cannot_decrypt
    caller_cannot_generate_data_key
    no_path_to_kms
    log_group_without_required_key
    log_group_missing
    role_cannot_describe_log_group
    bucket_missing
    bucket_with_unknown_encryption
    role_cannot_read_bucket_encryption
    exec_forbidden
    required_endpoint_bypassed
    required_recording_missing
}

#[test]
fn every_fault_has_a_test() {
    let names: Vec<&str> = FAULTS.iter().map(|fault| fault.name).collect();
    assert_eq!(names, TESTED);
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn printed_commands_fix_pairs_of_faults() {
    let cases = pairs()
        .into_iter()
        .map(|(one, other)| {
            let case = move || {
                let platform = broken_platform(&[one, other]);
                let run = platform.doctor(&["coder"]);
                check_report(&run, &[one, other])?;
                match one.is_fixable && other.is_fixable {
                    true => paste_fixes(&platform, &run),
                    false => Ok(()),
                }
            };
            (pair_name(one, other), Box::new(case) as Box<_>)
        })
        .collect();
    run_cases("Faults in pairs", cases);
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn ecs_exec_fix_fixes_pairs_of_faults() {
    let cases = pairs()
        .into_iter()
        .filter(|(one, other)| one.is_fixable && other.is_fixable)
        .map(|(one, other)| {
            let case = move || fix(&broken_platform(&[one, other]));
            (pair_name(one, other), Box::new(case) as Box<_>)
        })
        .collect();
    run_cases("Pairs fixed by fix", cases);
}

fn pair_name(one: &Fault, other: &Fault) -> String {
    format!("{} + {}", one.name, other.name)
}

/// All pairs of representative faults, and pairs from the same area.
fn pairs() -> Vec<(&'static Fault, &'static Fault)> {
    let representatives: Vec<&Fault> = FAULTS
        .iter()
        .filter(|fault| fault.is_representative)
        .collect();
    let mut pairs = Vec::new();
    for (at, &one) in representatives.iter().enumerate() {
        let others = representatives[at + 1..].iter();
        let others = others.filter(|other| are_compatible(one, other));
        pairs.extend(others.map(|&other| (one, other)));
    }
    let neighbours = NEIGHBOURS.iter();
    pairs.extend(neighbours.map(|(one, other)| (fault_named(one), fault_named(other))));
    pairs
}

pub fn fault_named(name: &str) -> &'static Fault {
    FAULTS.iter().find(|fault| fault.name == name).unwrap()
}

/// Pairs of faults whose fixes change the same resource.
const NEIGHBOURS: &[(&str, &str)] = &[
    ("read_only_root", "no_task_role"),
    ("read_only_root", "proxy_without_exceptions"),
    ("role_without_ssmmessages", "role_trusts_only_ec2"),
    (
        "endpoint_group_blocks_tasks",
        "endpoint_policy_for_other_actions",
    ),
    ("endpoint_group_blocks_tasks", "task_group_blocks_egress"),
    ("acl_blocks_requests", "acl_blocks_responses"),
];

/// A service without exec has no tasks older than the flag, and forbidden exec is not missing.
fn are_compatible(one: &Fault, other: &Fault) -> bool {
    let about_the_flag = |fault: &Fault| {
        matches!(
            fault.cause,
            "service.exec-enabled" | "task.exec-enabled" | "policy.exec-forbidden"
        )
    };
    let needs_an_agent = |fault: &Fault| fault.symptoms.contains(&"container.agent-running");
    let clash = |one: &Fault, other: &Fault| {
        about_the_flag(one) && (about_the_flag(other) || needs_an_agent(other))
    };
    !clash(one, other) && !clash(other, one)
}

/// Unusual settings that look like a fault and are none.
#[test]
#[ignore = "needs the emulator: scripts/test"]
fn unusual_configurations_are_healthy() {
    type Unusual = (&'static str, fn(&mut PlatformSpec), &'static str);
    const PLATFORMS: &[Unusual] = &[
        ("a key that both may use", |spec| spec.nat = true, "KEY"),
        ("encrypted logs", |spec| spec.nat = true, "ENCRYPTED_LOGS\n"),
        ("an encrypted bucket", |spec| spec.nat = true, "ENCRYPTED_BUCKET\n"),
        (
            "an unencrypted log group that need not be encrypted",
            |spec| spec.nat = true,
            "aws logs create-log-group --log-group-name /plain/$CLUSTER
             aws ecs update-cluster --cluster $CLUSTER --configuration executeCommandConfiguration=\"{logging=OVERRIDE,logConfiguration={cloudWatchLogGroupName=/plain/$CLUSTER}}\"",
        ),
        (
            "the endpoint lets the tasks' group in instead of the range",
            |_| {},
            "aws ec2 revoke-security-group-ingress --group-id $ENDPOINT_GROUP --protocol tcp --port 443 --cidr 10.0.0.0/16
             aws ec2 authorize-security-group-ingress --group-id $ENDPOINT_GROUP --protocol tcp --port 443 --source-group $TASK_GROUP",
        ),
        (
            "a NAT instead of an endpoint",
            |spec| {
                spec.nat = true;
                spec.endpoint = false;
            },
            "",
        ),
        (
            "an endpoint that nobody uses beside a NAT",
            |spec| spec.nat = true,
            "aws ec2 modify-vpc-endpoint --vpc-endpoint-id $ENDPOINT --no-private-dns-enabled
             aws ec2 revoke-security-group-ingress --group-id $ENDPOINT_GROUP --protocol tcp --port 443 --cidr 10.0.0.0/16",
        ),
        (
            "a network ACL that refuses another port",
            |_| {},
            "ACL=$(aws ec2 describe-network-acls --filters Name=vpc-id,Values=$VPC --query NetworkAcls[0].NetworkAclId --output text)
             aws ec2 create-network-acl-entry --network-acl-id $ACL --egress --rule-number 50 --protocol tcp --port-range From=5432,To=5432 --cidr-block 0.0.0.0/0 --rule-action deny",
        ),
        (
            "a proxy with the exceptions that the agent needs",
            |spec| spec.environment = vec![("HTTPS_PROXY", "http://p:1"), ("NO_PROXY", "169.254.170.2,.amazonaws.com")],
            "",
        ),
        (
            "expectations that are met",
            |_| {},
            "printf '[expect]\nexec_forbidden = [\"workspace-*\"]\ntraffic = \"endpoint\"\n' > ecs-exec.toml",
        ),
    ];
    let cases = PLATFORMS
        .iter()
        .map(|(name, spec, script)| {
            let case = move || {
                let fault = Fault {
                    spec: *spec,
                    script,
                    ..NO_FAULT
                };
                let run = broken_platform(&[&fault]).doctor(&["coder"]);
                match (run.status, run.with_status("fail").as_slice()) {
                    (0, []) => Ok(()),
                    (status, failed) => Err(format!(
                        "status {status}, failed {failed:?}, unknown {:?}",
                        run.with_status("unknown")
                    )),
                }
            };
            ((*name).to_owned(), Box::new(case) as Box<_>)
        })
        .collect();
    run_cases("Unusual but healthy", cases);
}
