//! Compares our policy evaluation with the emulator's simulator on generated policies.

use aws_rules::iam::{PolicySet, Request};
use aws_sdk_iam::types::{ContextEntry, ContextKeyTypeEnum, PolicyEvaluationDecisionType};
use model::facts::{Identity, Outcome, Policy};
use serde_json::{Value, json};

use crate::support::platform::{Platform, PlatformSpec};

/// Pseudo-random numbers (xorshift), the same on every run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(bound).unwrap()).unwrap()
    }

    fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }
}

const ACTIONS: [&str; 7] = [
    "*",
    "ecs:*",
    "ecs:ExecuteCommand",
    "ECS:executecommand",
    "ecs:Execute?ommand",
    "ecs:Describe*",
    "ssm:StartSession",
];

const RESOURCES: [&str; 6] = [
    "*",
    "arn:aws:ecs:us-west-2:123456789012:task/prod/*",
    "arn:aws:ecs:us-west-2:123456789012:cluster/prod",
    "arn:aws:ecs:*:123456789012:*/prod*",
    "arn:aws:ecs:us-west-2:123456789012:task/dev/*",
    "arn:aws:s3:::bucket",
];

fn condition(random: &mut Random) -> Value {
    let conditions = [
        Value::Null,
        Value::Null,
        Value::Null,
        json!({"StringEquals": {"aws:RequestedRegion": "us-west-2"}}),
        json!({"StringEquals": {"aws:RequestedRegion": ["eu-west-1", "us-east-1"]}}),
        json!({"StringNotEquals": {"ecs:container-name": "app"}}),
        json!({"StringLike": {"ecs:container-name": "a*"}}),
        json!({"StringNotLike": {"ecs:container-name": ["x*", "y*"]}}),
        json!({"StringEqualsIgnoreCase": {"ecs:container-name": "APP"}}),
        json!({"ArnLike": {"ecs:cluster": "arn:aws:ecs:*:123456789012:cluster/prod"}}),
        json!({"ArnNotLike": {"ecs:cluster": "arn:aws:ecs:us-west-2:123456789012:cluster/dev*"}}),
        json!({"Bool": {"aws:SecureTransport": "true"}}),
        json!({"Bool": {"aws:SecureTransport": "false"}}),
        json!({"Null": {"ecs:container-name": "false"}}),
        json!({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}),
        json!({"NotIpAddress": {"aws:SourceIp": ["192.168.0.0/16", "10.1.0.0/16"]}}),
        json!({"NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}}),
        json!({"DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}),
    ];
    random.pick(&conditions).clone()
}

fn statement(random: &mut Random) -> Value {
    let effect = if random.below(4) == 0 {
        "Deny"
    } else {
        "Allow"
    };
    let mut statement = json!({"Effect": effect});
    let action = if random.below(6) == 0 {
        "NotAction"
    } else {
        "Action"
    };
    statement[action] = json!([*random.pick(&ACTIONS), *random.pick(&ACTIONS)]);
    let resource = if random.below(6) == 0 {
        "NotResource"
    } else {
        "Resource"
    };
    statement[resource] = json!([*random.pick(&RESOURCES)]);
    let condition = condition(random);
    if !condition.is_null() {
        statement["Condition"] = condition;
    }
    statement
}

const CONTEXT: [(&str, &str, ContextKeyTypeEnum); 6] = [
    (
        "aws:RequestedRegion",
        "us-west-2",
        ContextKeyTypeEnum::String,
    ),
    ("ecs:container-name", "app", ContextKeyTypeEnum::String),
    (
        "ecs:cluster",
        "arn:aws:ecs:us-west-2:123456789012:cluster/prod",
        ContextKeyTypeEnum::String,
    ),
    ("aws:SecureTransport", "true", ContextKeyTypeEnum::Boolean),
    ("aws:SourceIp", "10.1.2.3", ContextKeyTypeEnum::Ip),
    ("aws:MultiFactorAuthAge", "60", ContextKeyTypeEnum::Numeric),
];

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn offline_evaluation_agrees_with_the_simulator() {
    const CASES: usize = 400;
    let platform = Platform::new(PlatformSpec {
        services: Vec::new(),
        ..PlatformSpec::default()
    });
    let mut random = Random(0x5EED_CAFE_F00D_1234);
    let mut decided = 0;
    for _ in 0..CASES {
        let count = 1 + random.below(3);
        let statements: Vec<Value> = (0..count).map(|_| statement(&mut random)).collect();
        let document = json!({"Version": "2012-10-17", "Statement": statements});
        let resource = *random.pick(&[
            "arn:aws:ecs:us-west-2:123456789012:task/prod/0a1b",
            "arn:aws:ecs:us-west-2:123456789012:cluster/prod",
        ]);
        let simulated = simulate(&platform, &document, resource);
        let evaluated = evaluate(&document, resource);
        match evaluated {
            Some(evaluated) => {
                decided += 1;
                assert_eq!(evaluated, simulated, "{resource}\n{document:#}");
            }
            // Our evaluation treats a missing key as unknown, the simulator as absent.
            None => assert!(
                document.to_string().contains("aws:CurrentTime"),
                "{document:#}"
            ),
        }
    }
    println!("Policy evaluation: {CASES} policies, {decided} decided offline, all as simulated");
    assert!(decided > CASES / 2);
}

fn evaluate(document: &Value, resource: &str) -> Option<Outcome> {
    let identity = Identity {
        policies: vec![Policy {
            name: "generated".into(),
            arn: None,
            document: document.clone(),
        }],
        boundary: None,
    };
    let context = CONTEXT.map(|(key, value, _)| (key.to_owned(), vec![value.to_owned()]));
    let request = Request::new("ecs:ExecuteCommand", context);
    let effective = PolicySet::new(&request, &identity).decide(resource);
    effective.depends_on.is_empty().then_some(effective.outcome)
}

fn simulate(platform: &Platform, document: &Value, resource: &str) -> Outcome {
    let entries = CONTEXT.map(|(key, value, kind)| {
        ContextEntry::builder()
            .context_key_name(key)
            .context_key_values(value)
            .context_key_type(kind)
            .build()
    });
    let answer = platform.sdk.wait(async {
        platform
            .sdk
            .iam
            .simulate_custom_policy()
            .policy_input_list(document.to_string())
            .action_names("ecs:ExecuteCommand")
            .resource_arns(resource)
            .set_context_entries(Some(entries.to_vec()))
            .send()
            .await
            .unwrap()
    });
    match answer.evaluation_results()[0].eval_decision() {
        PolicyEvaluationDecisionType::Allowed => Outcome::Allowed,
        PolicyEvaluationDecisionType::ExplicitDeny => Outcome::ExplicitDeny,
        _ => Outcome::ImplicitDeny,
    }
}
