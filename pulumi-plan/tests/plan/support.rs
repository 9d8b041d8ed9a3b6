//! Previews in the format of `pulumi preview --json`, and what the checks report.

use std::collections::BTreeMap;

use diagnosis::{Report, Selection, examine};
use model::Status;
use model::facts::Facts;
use pulumi_plan::{PreviewError, PulumiPlan};
use serde_json::{Value, json};
use terraform_plan::PlanRequest;

/// What Pulumi writes in place of a value that is known only after deployment.
pub const UNKNOWN: &str = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

pub const ACCOUNT: &str = "123456789012";

/// A preview of a stack that creates all of its resources.
#[derive(Clone)]
pub struct Preview {
    pub config: Value,
    pub steps: Vec<Value>,
    pub diagnostics: Vec<Value>,
}

pub fn urn(resource_type: &str, name: &str) -> String {
    format!("urn:pulumi:dev::shop::{resource_type}::{name}")
}

impl Preview {
    pub fn empty() -> Preview {
        let stack = urn("pulumi:pulumi:Stack", "shop-dev");
        let state = json!({"urn": stack, "custom": false, "type": "pulumi:pulumi:Stack"});
        Preview {
            config: json!({"aws:region": "us-west-2"}),
            steps: vec![
                json!({"op": "create", "urn": stack, "newState": state, "detailedDiff": null}),
            ],
            diagnostics: Vec::new(),
        }
    }

    /// Adds a resource. `dependencies` names types and logical names for each property, in the order of the unknown
    /// values.
    pub fn create(
        mut self,
        resource_type: &str,
        name: &str,
        mut inputs: Value,
        dependencies: &[(&str, &[(&str, &str)])],
    ) -> Preview {
        inputs["__defaults"] = json!(["name"]);
        let properties = dependencies.iter().map(|(property, resources)| {
            let urns: Vec<String> = resources
                .iter()
                .map(|(kind, name)| urn(kind, name))
                .collect();
            ((*property).to_owned(), json!(urns))
        });
        let properties: BTreeMap<String, Value> = properties.collect();
        let urn = urn(resource_type, name);
        let provider = "urn:pulumi:dev::shop::pulumi:providers:aws::default_7_51_1";
        let provider = format!("{provider}::{UNKNOWN}");
        self.steps.push(json!({
            "op": "create",
            "urn": urn,
            "provider": provider,
            "newState": {
                "urn": urn, "custom": true, "type": resource_type, "inputs": inputs, "provider": provider,
                "parent": "urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev",
                "propertyDependencies": properties, "sourcePosition": "project:///index.ts#1,1",
            },
            "detailedDiff": null,
        }));
        self
    }

    /// The step of a resource.
    pub fn step(&mut self, resource_type: &str, name: &str) -> &mut Value {
        let urn = urn(resource_type, name);
        self.steps
            .iter_mut()
            .find(|step| step["urn"] == urn.as_str())
            .unwrap()
    }

    /// The inputs of a resource after the step.
    pub fn inputs(&mut self, resource_type: &str, name: &str) -> &mut Value {
        &mut self.step(resource_type, name)["newState"]["inputs"]
    }

    /// Without a resource, and without what other resources say of it.
    pub fn without(mut self, resource_type: &str, name: &str) -> Preview {
        let urn = urn(resource_type, name);
        self.steps.retain(|step| step["urn"] != urn.as_str());
        self
    }

    pub fn summary(&self) -> BTreeMap<String, u64> {
        let mut summary = BTreeMap::new();
        for step in &self.steps {
            *summary
                .entry(step["op"].as_str().unwrap().to_owned())
                .or_default() += 1;
        }
        summary
    }

    pub fn json(&self) -> Value {
        json!({
            "config": self.config, "steps": self.steps, "diagnostics": self.diagnostics,
            "duration": 1_500_000_000_u64, "changeSummary": self.summary(),
        })
    }

    pub fn read(&self) -> Result<PulumiPlan, PreviewError> {
        let json = self.json().to_string();
        assert!(pulumi_plan::recognizes(json.as_bytes()));
        pulumi_plan::read(json.as_bytes())
    }

    pub fn plan(&self) -> PulumiPlan {
        self.read().unwrap()
    }

    /// The facts of the only cluster.
    pub fn facts(&self) -> Facts {
        let plan = self.plan();
        let clusters = plan.clusters();
        assert_eq!(clusters.len(), 1, "{clusters:?}");
        plan.facts(&request(&clusters[0]))
    }

    pub fn report(&self) -> Report {
        report(&self.facts())
    }

    /// The same stack after its deployment: each resource exists, and does not change.
    pub fn deployed(&self) -> Preview {
        let mut ids: BTreeMap<String, (String, String)> = BTreeMap::new();
        for (at, step) in self.steps.iter().enumerate() {
            let urn = step["urn"].as_str().unwrap();
            ids.insert(urn.to_owned(), id_and_arn(&step["newState"], at));
        }
        let mut deployed = self.clone();
        for step in &mut deployed.steps {
            step["op"] = "same".into();
            let state = &mut step["newState"];
            if state["custom"] == true {
                let dependencies = state["propertyDependencies"].clone();
                for (property, value) in state["inputs"].as_object_mut().unwrap() {
                    let sources = dependencies[property].as_array().into_iter().flatten();
                    let mut sources = sources.map(|urn| &ids[urn.as_str().unwrap()]);
                    let by_arn = property.ends_with("Arn")
                        || ["taskDefinition", "cluster", "configuration"]
                            .contains(&property.as_str());
                    resolve(value, &mut || {
                        let (id, arn) = sources.next().unwrap();
                        if by_arn { arn } else { id }.clone()
                    });
                }
                let (id, arn) = &ids[state["urn"].as_str().unwrap()];
                let mut outputs = state["inputs"].clone();
                outputs.as_object_mut().unwrap().remove("__defaults");
                outputs["id"] = id.as_str().into();
                outputs["arn"] = arn.as_str().into();
                outputs["region"] = "us-west-2".into();
                state["id"] = id.as_str().into();
                state["outputs"] = outputs;
            }
            step["oldState"] = step["newState"].clone();
        }
        deployed
    }
}

/// The ID and ARN that AWS gives to a resource.
fn id_and_arn(state: &Value, at: usize) -> (String, String) {
    let number = format!("{at:017x}");
    let name = state["inputs"]["name"].as_str().unwrap_or_default();
    let ecs = format!("arn:aws:ecs:us-west-2:{ACCOUNT}");
    let (id, arn) = match state["type"].as_str().unwrap() {
        "aws:ec2/vpc:Vpc" => (format!("vpc-{number}"), String::new()),
        "aws:ec2/subnet:Subnet" => (format!("subnet-{number}"), String::new()),
        "aws:ec2/securityGroup:SecurityGroup" => (format!("sg-{number}"), String::new()),
        "aws:ec2/routeTable:RouteTable" => (format!("rtb-{number}"), String::new()),
        "aws:ec2/vpcEndpoint:VpcEndpoint" => (format!("vpce-{number}"), String::new()),
        "aws:iam/role:Role" => (
            name.to_owned(),
            format!("arn:aws:iam::{ACCOUNT}:role/{name}"),
        ),
        "aws:ecs/cluster:Cluster" => {
            let arn = format!("{ecs}:cluster/{name}");
            (arn.clone(), arn)
        }
        "aws:ecs/service:Service" => {
            let arn = format!("{ecs}:service/shop/{name}");
            (arn.clone(), arn)
        }
        "aws:ecs/taskDefinition:TaskDefinition" => {
            ("web".to_owned(), format!("{ecs}:task-definition/web:1"))
        }
        _ => (format!("x-{number}"), String::new()),
    };
    let arn = if arn.is_empty() {
        format!("arn:aws:ec2:us-west-2:{ACCOUNT}:x/{id}")
    } else {
        arn
    };
    (id, arn)
}

fn resolve(value: &mut Value, next: &mut dyn FnMut() -> String) {
    match value {
        Value::String(text) if text == UNKNOWN => *text = next(),
        Value::Array(items) => items.iter_mut().for_each(|item| resolve(item, next)),
        Value::Object(fields) => fields.values_mut().for_each(|field| resolve(field, next)),
        _ => {}
    }
}

pub fn request(cluster: &str) -> PlanRequest {
    PlanRequest {
        cluster_name: cluster.to_owned(),
        region: "us-west-2".to_owned(),
        partition: "aws".to_owned(),
        account: Some(ACCOUNT.to_owned()),
        services: Vec::new(),
        container: None,
        expect: Default::default(),
        taken_at: "2026-11-24T09:30:00Z".parse().unwrap(),
    }
}

pub fn report(facts: &Facts) -> Report {
    examine(facts, &Selection::default())
}

pub fn titles(report: &Report, status: Status) -> Vec<String> {
    let findings = report.findings.iter();
    findings
        .filter(|finding| finding.status == status)
        .map(|finding| format!("{}: {} {}", finding.check.id, finding.title, finding.detail))
        .collect()
}

/// The checks that are unknown, but for what is in the image, which no preview shows.
pub fn unknown(report: &Report) -> Vec<String> {
    let mut unknown = titles(report, Status::Unknown);
    unknown.retain(|title| !title.starts_with("container.log-tools"));
    unknown
}

pub fn causes(report: &Report) -> Vec<String> {
    let causes = report.root_causes.iter();
    causes.map(|cause| cause.check.to_string()).collect()
}

pub fn assert_healthy(preview: &Preview) {
    let report = preview.report();
    assert_eq!(titles(&report, Status::Fail), [""; 0]);
    assert_eq!(titles(&report, Status::Warn), [""; 0]);
    assert_eq!(unknown(&report), [""; 0]);
    assert!(titles(&report, Status::Pass).len() > 8);
}

/// Nothing fails, and a check whose ID starts with `check` is unknown for this reason.
pub fn assert_unknown(preview: &Preview, check: &str, reason: &str) {
    let report = preview.report();
    assert_eq!(titles(&report, Status::Fail), [""; 0]);
    let unknown = unknown(&report);
    let is_meant = |title: &String| title.starts_with(check) && title.contains(reason);
    assert!(unknown.iter().any(is_meant), "{unknown:#?}");
}

/// What the fixes say, after a check that they are for Pulumi only.
pub fn explanations(report: &Report) -> String {
    let explanations = report.fixes.iter().map(|fix| {
        assert!(fix.commands.is_empty() && fix.terraform.is_none() && fix.cloudformation.is_none());
        fix.explain.clone()
    });
    explanations.collect::<Vec<_>>().join("\n")
}
