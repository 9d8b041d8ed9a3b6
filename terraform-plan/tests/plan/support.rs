//! Plans to start from, changes to them, and what the checks report.

use diagnosis::{Report, Selection, examine};
use model::Status;
use model::facts::Facts;
use serde_json::{Value, json};
use terraform_plan::{PlanRequest, TerraformPlan, read};

pub const CREATE: &str = include_str!("../../fixtures/create.json");
pub const UPDATE: &str = include_str!("../../fixtures/update.json");
pub const SHARED_VPC: &str = include_str!("../../fixtures/shared-vpc.json");
pub const WOVEN: &str = include_str!("../../fixtures/woven.json");

pub const ENDPOINT: &str = r#"module.vpc.aws_vpc_endpoint.interface["ssmmessages"]"#;

pub fn request(plan: &TerraformPlan, cluster: &str) -> PlanRequest {
    PlanRequest {
        region: plan.region().unwrap(),
        ..request_anywhere(cluster)
    }
}

pub fn plan(document: &Value) -> TerraformPlan {
    read(&serde_json::to_vec(document).unwrap()).unwrap()
}

/// The facts of a changed plan of the platform.
pub fn facts_of(base: &str, change: impl Fn(&mut Value)) -> Facts {
    let mut document: Value = serde_json::from_str(base).unwrap();
    change(&mut document);
    let plan = plan(&document);
    plan.facts(&request(&plan, "coder-production-cluster"))
}

pub fn report(facts: &Facts) -> Report {
    // Planned tasks do not run yet.
    let skipped = [
        "local",
        "caller",
        "container.agent-running",
        "container.running",
        "container.live-session",
    ];
    let skipped = skipped.map(str::to_owned).to_vec();
    examine(facts, &Selection::new(Vec::new(), skipped).unwrap())
}

/// The checks of the root causes.
pub fn causes(report: &Report) -> Vec<String> {
    let causes = report.root_causes.iter();
    causes.map(|cause| cause.check.to_string()).collect()
}

pub fn failures(report: &Report) -> Vec<String> {
    titles(report, Status::Fail)
}

/// The unknown checks of a small plan, marked with `?`, and those of its root causes.
pub fn unknown_or_causes(document: &Value) -> Vec<String> {
    let plan = plan(document);
    let mut request = request_anywhere("c");
    request.account = Some("123456789012".into());
    let report = report(&plan.facts(&request));
    let unknown = titles(&report, Status::Unknown);
    // A plan does not show what is in an image.
    let unknown = unknown
        .iter()
        .filter(|title| !title.starts_with("container.log-tools"));
    let check = |title: &String| title.split(':').next().unwrap_or_default().to_owned();
    let mut found: Vec<String> = unknown.map(check).map(|id| format!("? {id}")).collect();
    found.extend(causes(&report));
    found
}

pub fn titles(report: &Report, status: Status) -> Vec<String> {
    let findings = report.findings.iter();
    findings
        .filter(|finding| finding.status == status)
        .map(|finding| format!("{}: {}", finding.check.id, finding.title))
        .collect()
}

pub fn assert_healthy(facts: &Facts) {
    let report = report(facts);
    for status in [Status::Fail, Status::Warn, Status::Unknown] {
        assert_eq!(titles(&report, status), [""; 0]);
    }
    assert_eq!(causes(&report), [""; 0]);
}

/// The change of a resource.
pub fn change<'d>(document: &'d mut Value, address: &str) -> &'d mut Value {
    let changes = document["resource_changes"].as_array_mut().unwrap();
    let found = changes
        .iter_mut()
        .find(|change| change["address"] == address);
    &mut found.unwrap_or_else(|| panic!("no {address}"))["change"]
}

/// Gives an attribute a known value.
pub fn set(document: &mut Value, address: &str, attribute: &str, value: Value) {
    let change = change(document, address);
    change["after"][attribute] = value;
    let unknown = change["after_unknown"].as_object_mut().unwrap();
    unknown.remove(attribute);
}

/// Makes an attribute known only after apply, without a reference to follow.
pub fn hide(document: &mut Value, address: &str, attribute: &str) {
    let change = change(document, address);
    let after = change["after"].as_object_mut().unwrap();
    after.remove(attribute);
    change["after_unknown"][attribute] = true.into();
    let expression = expression(document, address, attribute);
    *expression = json!({"references": ["var.nowhere"]});
}

/// The expression of an attribute.
pub fn expression<'d>(document: &'d mut Value, address: &str, attribute: &str) -> &'d mut Value {
    let mut module = &mut document["configuration"]["root_module"];
    let plain = address.split('[').next().unwrap();
    let mut parts = plain.split('.').peekable();
    while parts.peek() == Some(&"module") {
        parts.next();
        module = &mut module["module_calls"][parts.next().unwrap()]["module"];
    }
    let rest: Vec<&str> = parts.collect();
    let address = rest.join(".");
    let resources = module["resources"].as_array_mut().unwrap();
    let mut resources = resources.iter_mut();
    let resource = resources.find(|resource| resource["address"] == address.as_str());
    &mut resource.unwrap()["expressions"][attribute]
}

/// Adds a new resource with known values.
pub fn add(document: &mut Value, address: &str, values: Value) {
    let (kind, name) = address.split_once('.').unwrap();
    let constants = values.as_object().unwrap().iter();
    let constants = constants.map(|(name, value)| (name.clone(), json!({"constant_value": value})));
    let expressions: serde_json::Map<String, Value> = constants.collect();
    let named = json!({"address": address, "mode": "managed", "type": kind, "name": name});
    let (mut change, mut configured) = (named.clone(), named);
    change["change"] = json!({
        "actions": ["create"], "before": null, "after": values, "after_unknown": {"id": true},
    });
    configured["expressions"] = expressions.into();
    let push = |list: &mut Value, item| list.as_array_mut().unwrap().push(item);
    push(&mut document["resource_changes"], change);
    push(
        &mut document["configuration"]["root_module"]["resources"],
        configured,
    );
}

/// Removes a resource from the plan.
pub fn remove(document: &mut Value, address: &str) {
    let changes = document["resource_changes"].as_array_mut().unwrap();
    let before = changes.len();
    changes.retain(|change| change["address"] != address);
    assert_eq!(changes.len() + 1, before, "no {address}");
}

/// Makes the plan delete a resource.
pub fn delete(document: &mut Value, address: &str) {
    let change = change(document, address);
    assert!(change["before"].is_object(), "{address} is new");
    change["actions"] = json!(["delete"]);
    change["after"] = Value::Null;
    change["after_unknown"] = json!({});
}

pub fn request_anywhere(cluster: &str) -> PlanRequest {
    PlanRequest {
        cluster_name: cluster.to_owned(),
        region: "us-west-2".to_owned(),
        partition: "aws".to_owned(),
        account: None,
        services: Vec::new(),
        container: None,
        expect: Default::default(),
        taken_at: "2026-11-24T09:30:00Z".parse().unwrap(),
    }
}
