//! `doctor --plan`: plans from `terraform show -json`.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::doctor::{Run, command, run};
use crate::support::platform::{Platform, PlatformSpec, home};
use crate::support::terraform::{self, Resource};

fn root(path: &str) -> String {
    format!("{}/{path}", env!("CARGO_MANIFEST_DIR"))
}

fn doctor(home: &Path, arguments: &[&str]) -> Run {
    run(command(home)
        .args(["doctor", "--format", "json"])
        .args(arguments))
}

fn new_platform_plan() -> Value {
    serde_json::from_slice(&fs::read(root("terraform-plan/fixtures/create.json")).unwrap()).unwrap()
}

/// Changes the planned values of all resources of a type.
fn change(plan: &mut Value, kind: &str, change: &dyn Fn(&mut Value)) {
    match plan {
        Value::Object(fields) => {
            if fields.get("type").is_some_and(|found| found == kind) {
                for place in ["values", "change"] {
                    if let Some(values) = fields.get_mut(place) {
                        let values = if place == "change" {
                            &mut values["after"]
                        } else {
                            values
                        };
                        if values.is_object() {
                            change(values);
                        }
                    }
                }
            }
            fields
                .values_mut()
                .for_each(|value| self::change(value, kind, change));
        }
        Value::Array(items) => items
            .iter_mut()
            .for_each(|item| self::change(item, kind, change)),
        _ => {}
    }
}

#[test]
fn a_healthy_plan_exits_with_0() {
    let home = home(false);
    for plan in ["create", "update"] {
        let run = doctor(
            home.path(),
            &[
                "--plan",
                &root(&format!("terraform-plan/fixtures/{plan}.json")),
            ],
        );
        assert_eq!(run.status, 0, "{}", run.stdout);
        let report = run.json();
        assert_eq!(report["source"], "plan");
        assert_eq!(report["api_calls"], json!({}));
        assert_eq!(run.with_status("fail"), [""; 0]);
        assert!(!run.stdout.contains("planted-"), "values of the plan");
    }
}

#[test]
fn a_fault_in_a_plan_is_reported_at_its_block() {
    let home = home(false);
    let file = home.path().join("tfplan.json");
    let broken = |kind: &str, how: &dyn Fn(&mut Value)| {
        let mut plan = new_platform_plan();
        change(&mut plan, kind, how);
        fs::write(&file, plan.to_string()).unwrap();
        doctor(home.path(), &["--plan", "tfplan.json"])
    };
    let flag = broken("aws_ecs_service", &|service| {
        if service["name"] == "coder-production-litellm" {
            service["enable_execute_command"] = json!(false);
        }
    });
    assert_eq!(
        (flag.status, flag.causes()),
        (1, vec!["service.exec-enabled".to_owned()])
    );
    let fixes = flag.json()["fixes"].clone();
    assert!(
        fixes
            .as_array()
            .unwrap()
            .iter()
            .all(|fix| fix["commands"] == json!([])),
        "nothing exists yet that commands could change"
    );
    assert!(fixes.to_string().contains("enable_execute_command = true"));
    // The annotation points at the block.
    let github = run(command(home.path()).args([
        "doctor",
        "--plan",
        "tfplan.json",
        "--format",
        "github",
        "--terraform",
        &root("terraform-plan/fixtures/platform"),
    ]));
    assert!(
        github.stdout.contains("services.tf,line="),
        "{}",
        github.stdout
    );

    let dns = broken("aws_vpc_endpoint", &|endpoint| {
        endpoint["private_dns_enabled"] = json!(false)
    });
    assert_eq!(
        (dns.status, dns.causes()),
        (1, vec!["network.endpoint-private-dns".to_owned()])
    );

    // The doctor judges one service, and another one is broken.
    let mut plan = new_platform_plan();
    change(&mut plan, "aws_ecs_service", &|service| {
        service["enable_execute_command"] = json!(service["name"] != "coder-production-litellm");
    });
    fs::write(&file, plan.to_string()).unwrap();
    assert_eq!(
        doctor(home.path(), &["--plan", "tfplan.json", "coder"]).status,
        0
    );
    assert_eq!(
        doctor(home.path(), &["--plan", "tfplan.json", "litellm"]).status,
        1
    );
}

#[test]
fn an_invalid_plan_exits_with_2() {
    let home = home(false);
    let file = home.path().join("tfplan.json");
    for (what, bytes) in [
        ("empty", b"".to_vec()),
        ("the plan file itself", b"PK\x03\x04tfplan".to_vec()),
        (
            "a state",
            b"{\"format_version\":\"1.0\",\"values\":{\"root_module\":{}}}".to_vec(),
        ),
        ("not JSON", b"Terraform will perform".to_vec()),
    ] {
        fs::write(&file, bytes).unwrap();
        let run = doctor(home.path(), &["--plan", "tfplan.json"]);
        assert_eq!(run.status, 2, "{what}");
        assert!(
            run.stderr.starts_with("error: tfplan.json: "),
            "{what}: {}",
            run.stderr
        );
    }
    let woven = root("terraform-plan/fixtures/woven.json");
    let missing = doctor(home.path(), &["--plan", &woven, "--cluster", "red"]);
    assert_eq!(missing.status, 2);
    assert!(
        missing.stderr.contains("blue and green"),
        "{}",
        missing.stderr
    );
    // Without --cluster, the doctor judges each cluster.
    for cluster in [&["--cluster", "blue"][..], &[]] {
        let arguments = [&["--plan", woven.as_str()][..], cluster].concat();
        assert_ne!(doctor(home.path(), &arguments).status, 2, "{cluster:?}");
    }
    for bad in [
        &["--plan-over-live"][..],
        &["--plan", &woven, "--demo"],
        &["--plan", &woven, "--snapshot", "x"],
    ] {
        assert_eq!(doctor(home.path(), bad).status, 2, "{bad:?}");
    }
}

/// The plan changes one service of an existing platform: everything else comes from AWS.
#[test]
#[ignore = "needs the emulator: scripts/test"]
fn plan_over_live_reads_the_rest_from_aws() {
    let platform = Platform::new(PlatformSpec {
        exec: false,
        ..PlatformSpec::default()
    });
    let definition = platform.sh("aws ecs describe-services --cluster $CLUSTER --services $SERVICE --query services[0].taskDefinition --output text");
    let service = |exec: bool, forced: bool| {
        json!({
            "force_new_deployment": forced,
            "name": "coder-production-coder",
            "cluster": format!("arn:aws:ecs:us-west-2:123456789012:cluster/{}", platform.cluster),
            "task_definition": definition,
            "enable_execute_command": exec,
            "launch_type": "FARGATE",
            "desired_count": 1,
            "network_configuration": [{"subnets": [platform.net.subnet], "security_groups": [platform.net.task_group], "assign_public_ip": false}],
        })
    };
    let file = platform.home.path().join("tfplan.json");
    let doctor_with_plan = |after: bool, forced: bool, over_live: bool| {
        let plan = terraform::plan(&[Resource {
            kind: "aws_ecs_service",
            name: "coder",
            before: service(false, false),
            after: service(after, forced),
            unknown: json!({}),
            expressions: json!({}),
        }]);
        fs::write(&file, plan.to_string()).unwrap();
        let mut arguments = vec!["coder", "--plan", "tfplan.json"];
        if over_live {
            arguments.push("--plan-over-live");
        }
        platform.doctor(&arguments)
    };
    assert_eq!(
        platform.doctor(&["coder"]).causes(),
        ["service.exec-enabled"]
    );
    let fixed = doctor_with_plan(true, true, true);
    assert_eq!(
        (fixed.status, fixed.causes()),
        (0, vec![]),
        "{}",
        fixed.stdout
    );
    // The flag alone starts no new tasks.
    assert_eq!(
        doctor_with_plan(true, false, true).causes(),
        ["task.exec-enabled"]
    );
    let still = doctor_with_plan(false, false, true);
    assert_eq!(
        (still.status, still.causes()),
        (1, vec!["service.exec-enabled".to_owned()]),
        "{}",
        still.stdout
    );
    // The plan alone does not know the role and the network.
    let alone = doctor_with_plan(true, true, false);
    assert_eq!(
        (alone.status, alone.causes()),
        (3, vec![]),
        "{}",
        alone.stdout
    );
    // Faults outside of the plan still count.
    platform.sh("aws iam delete-role-policy --role-name $ROLE --policy-name ecs-exec");
    assert_eq!(
        doctor_with_plan(true, true, true).causes(),
        ["role.ssmmessages"]
    );
    // The configuration sets another cluster: the plan decides.
    fs::write(
        platform.home.path().join("ecs-exec.toml"),
        "cluster = \"another\"\n",
    )
    .unwrap();
    let arguments = [
        "doctor",
        "--format",
        "json",
        "--plan",
        "tfplan.json",
        "--plan-over-live",
    ];
    let elsewhere = run(platform
        .command()
        .env_remove("ECS_EXEC_CLUSTER")
        .args(arguments));
    assert_eq!(
        elsewhere.causes(),
        ["role.ssmmessages"],
        "{}",
        elsewhere.stdout
    );
    assert_eq!(
        elsewhere.json()["target"]["cluster"],
        json!(platform.cluster)
    );
}

/// A new service in an existing network, with an existing role. No task uses them yet.
#[test]
#[ignore = "needs the emulator: scripts/test"]
fn plan_over_live_reads_the_resources_of_a_new_service() {
    let platform = Platform::new(PlatformSpec {
        tasks: 0,
        ..PlatformSpec::default()
    });
    let cluster = format!(
        "arn:aws:ecs:us-west-2:123456789012:cluster/{}",
        platform.cluster
    );
    let role = format!("arn:aws:iam::123456789012:role/{}", platform.role("coder"));
    let log = json!({"logDriver": "awslogs", "options": {"awslogs-group": "/ecs/fresh", "awslogs-region": "us-west-2", "awslogs-stream-prefix": "x"}});
    let containers = json!([{"name": "fresh", "image": "busybox", "essential": true, "logConfiguration": log, "linuxParameters": {"initProcessEnabled": true}}]);
    let definition = json!({
        "family": "fresh", "task_role_arn": role, "execution_role_arn": role, "network_mode": "awsvpc",
        "requires_compatibilities": ["FARGATE"], "cpu": "256", "memory": "512",
        "container_definitions": containers.to_string(),
    });
    let service = json!({
        "name": "fresh", "cluster": cluster, "enable_execute_command": true, "launch_type": "FARGATE", "desired_count": 1,
        "network_configuration": [{"subnets": [platform.net.subnet], "security_groups": [platform.net.task_group], "assign_public_ip": false}],
    });
    let plan = terraform::plan(&[
        Resource {
            kind: "aws_ecs_service",
            name: "fresh",
            before: Value::Null,
            after: service,
            unknown: json!({"id": true, "task_definition": true}),
            expressions: json!({"task_definition": {"references": ["aws_ecs_task_definition.fresh.arn", "aws_ecs_task_definition.fresh"]}}),
        },
        Resource {
            kind: "aws_ecs_task_definition",
            name: "fresh",
            before: Value::Null,
            after: definition,
            unknown: json!({"id": true, "arn": true, "revision": true}),
            expressions: json!({}),
        },
    ]);
    fs::write(platform.home.path().join("tfplan.json"), plan.to_string()).unwrap();
    let doctor_with_plan =
        || platform.doctor(&["fresh", "--plan", "tfplan.json", "--plan-over-live"]);
    let complete = doctor_with_plan();
    assert_eq!(
        (complete.status, complete.causes()),
        (0, vec![]),
        "{}",
        complete.stdout
    );
    platform.sh("aws iam delete-role-policy --role-name $ROLE --policy-name ecs-exec");
    assert_eq!(doctor_with_plan().causes(), ["role.ssmmessages"]);
    platform.sh("aws ec2 revoke-security-group-ingress --group-id $ENDPOINT_GROUP --protocol tcp --port 443 --cidr 10.0.0.0/16");
    assert_eq!(
        doctor_with_plan().causes(),
        ["role.ssmmessages", "network.endpoint-security-group"]
    );
    platform.sh("aws iam delete-role --role-name $ROLE");
    assert_eq!(
        doctor_with_plan().causes(),
        ["role.present", "network.endpoint-security-group"]
    );
}

/// Before the first apply, the cluster does not exist. Facts of another account are refused.
#[test]
#[ignore = "needs the emulator: scripts/test"]
fn plan_over_live_accepts_an_empty_account() {
    let platform = Platform::new(PlatformSpec::default());
    let file = platform.home.path().join("tfplan.json");
    fs::copy(root("terraform-plan/fixtures/create.json"), &file).unwrap();
    let arguments = [
        "doctor",
        "--format",
        "json",
        "--plan",
        "tfplan.json",
        "--plan-over-live",
    ];
    let plan_over_live = || {
        run(platform
            .command()
            .env_remove("ECS_EXEC_CLUSTER")
            .args(arguments))
    };
    let first = plan_over_live();
    assert_eq!(
        (first.status, first.causes()),
        (0, vec![]),
        "{}{}",
        first.stdout,
        first.stderr
    );
    let existing = fs::read_to_string(root("terraform-plan/fixtures/update.json")).unwrap();
    fs::write(&file, existing.replace("123456789012", "999999999999")).unwrap();
    let foreign = plan_over_live();
    assert_eq!(foreign.status, 2, "{}", foreign.stdout);
    assert!(
        foreign.stderr.contains("999999999999"),
        "{}",
        foreign.stderr
    );
}

/// AWS can know values that are unknown in a plan.
#[test]
fn an_inconclusive_plan_suggests_plan_over_live() {
    let home = home(false);
    let plan = root("terraform-plan/fixtures/shared-vpc.json");
    let run = doctor(home.path(), &["--plan", &plan]);
    assert_eq!(run.status, 3, "{}", run.stdout);
    assert!(run.stderr.contains("--plan-over-live"), "{}", run.stderr);
    let healthy = root("terraform-plan/fixtures/create.json");
    let healthy = doctor(home.path(), &["--plan", &healthy]);
    assert_eq!(healthy.stderr, "");
}
