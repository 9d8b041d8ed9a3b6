//! `doctor --plan`: previews from `pulumi preview --json --show-sames`.

use std::fs;

use serde_json::{Value, json};

use crate::support::doctor::{Run, command, run};
use crate::support::platform::home;

/// What Pulumi writes for a value that it does not know yet.
const UNKNOWN: &str = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

fn urn(kind: &str, name: &str) -> String {
    format!("urn:pulumi:dev::shop::{kind}::{name}")
}

fn create(kind: &str, name: &str, inputs: Value, comes_from: Value) -> Value {
    let urn = urn(kind, name);
    json!({"op": "create", "urn": urn, "newState": {
        "urn": urn,
        "custom": true,
        "type": kind,
        "inputs": inputs,
        "propertyDependencies": comes_from,
    }})
}

/// A service without ECS Exec, whose tasks have no role.
fn preview() -> Value {
    let [cluster, definition, service] = [
        "aws:ecs/cluster:Cluster",
        "aws:ecs/taskDefinition:TaskDefinition",
        "aws:ecs/service:Service",
    ];
    let containers = json!([{"name": "web", "image": "nginx", "essential": true}]);
    let network = json!({"subnets": ["subnet-0a"], "securityGroups": ["sg-0a"]});
    json!({"config": {"aws:region": "us-west-2"}, "steps": [
        create(cluster, "main", json!({"name": "main"}), json!({})),
        create(
            definition,
            "web",
            json!({
                "family": "web",
                "networkMode": "awsvpc",
                "requiresCompatibilities": ["FARGATE"],
                "containerDefinitions": containers.to_string(),
            }),
            json!({}),
        ),
        create(
            service,
            "web",
            json!({
                "name": "web",
                "cluster": UNKNOWN,
                "launchType": "FARGATE",
                "taskDefinition": UNKNOWN,
                "networkConfiguration": network,
            }),
            json!({
                "cluster": [urn(cluster, "main")],
                "taskDefinition": [urn(definition, "web")],
            }),
        ),
    ]})
}

fn doctor(content: &str, arguments: &[&str]) -> Run {
    let home = home(false);
    fs::write(home.path().join("preview.json"), content).unwrap();
    run(command(home.path())
        .args(["doctor", "--plan", "preview.json", "--region", "us-west-2"])
        .args(arguments))
}

#[test]
fn causes_in_a_preview_are_named_with_the_property_to_set() {
    let preview = preview().to_string();
    let report = doctor(&preview, &["--format", "json"]);
    assert_eq!(report.status, 1, "{}", report.stderr);
    assert_eq!(report.causes(), ["service.exec-enabled", "role.present"]);
    let text = doctor(&preview, &[]).stdout;
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let fix = "set enableExecuteCommand of web (aws:ecs/service:Service) to true";
    assert!(text.contains(fix), "{text}");
    assert!(!text.contains("Terraform"), "{text}");
}

#[test]
fn what_is_no_preview_is_an_error_with_the_command() {
    let text = doctor("Previewing update (dev)\n", &[]);
    assert_eq!(text.status, 2);
    let damaged = doctor(&preview().to_string()[..200], &[]);
    assert_eq!(damaged.status, 2);
    assert!(
        damaged.stderr.starts_with("error: preview.json: "),
        "{}",
        damaged.stderr
    );
    assert!(
        text.stderr.contains("pulumi preview --json"),
        "{}",
        text.stderr
    );
}

/// No declaration completes what shows only the changes.
#[test]
fn the_advice_after_a_preview_fits_what_it_leaves_out() {
    let advice = |unchanged: u64| {
        let mut preview = preview();
        preview["steps"][1]["newState"]["inputs"]["taskRoleArn"] =
            "arn:aws:iam::123456789012:role/web".into();
        preview["steps"][2]["newState"]["inputs"]["enableExecuteCommand"] = true.into();
        let group = urn("aws:ec2/securityGroup:SecurityGroup", "other");
        let state = json!({"custom": true, "id": "sg-1", "inputs": {}, "outputs": {}});
        let same = json!({"op": "same", "urn": group, "oldState": state, "newState": state});
        preview["steps"].as_array_mut().unwrap().push(same);
        preview["changeSummary"] = json!({"create": 3, "same": unchanged});
        let run = doctor(&preview.to_string(), &[]);
        assert_eq!(run.status, 3, "{}{}", run.stdout, run.stderr);
        assert!(run.stderr.contains("--plan-over-live"), "{}", run.stderr);
        run.stderr
    };
    assert!(advice(1).contains("--plan-is-complete"));
    assert!(!advice(9).contains("--plan-is-complete"));
}
