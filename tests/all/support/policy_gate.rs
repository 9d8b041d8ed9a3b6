//! Enforces the caller's policies as AWS would, with the emulator's policy simulator: the emulator's own enforcement
//! omits ECS, EC2 and CloudWatch Logs.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::http::Request;

pub struct PolicyGate {
    /// ARN of the caller.
    pub caller: String,
    pub cluster_arn: String,
    pub emulator: String,
}

impl PolicyGate {
    pub fn allows(&self, action: &str, request: &Request) -> bool {
        // This action needs no permission.
        if action == "sts:GetCallerIdentity" {
            return true;
        }
        self.resources(action, request)
            .iter()
            .all(|resource| self.is_allowed(action, resource))
    }

    fn is_allowed(&self, action: &str, resource: &str) -> bool {
        let fields = [
            ("Action", "SimulatePrincipalPolicy"),
            ("Version", "2010-05-08"),
            ("PolicySourceArn", &self.caller),
            ("ActionNames.member.1", action),
            ("ResourceArns.member.1", resource),
            ("ContextEntries.member.1.ContextKeyName", "ecs:cluster"),
            ("ContextEntries.member.1.ContextKeyType", "string"),
            (
                "ContextEntries.member.1.ContextKeyValues.member.1",
                &self.cluster_arn,
            ),
        ];
        let body: Vec<String> = fields
            .iter()
            .map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)))
            .collect();
        let answer = ureq::post(&self.emulator)
            .header("content-type", "application/x-www-form-urlencoded")
            .header(
                "authorization",
                "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=0",
            )
            .send(body.join("&"))
            .unwrap()
            .body_mut()
            .read_to_string()
            .unwrap();
        assert!(answer.contains("<EvalDecision>"), "{answer}");
        answer.contains("<EvalDecision>allowed<")
    }

    /// The ARNs of the resources of a request.
    fn resources(&self, action: &str, request: &Request) -> Vec<String> {
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let form = String::from_utf8_lossy(&request.body).into_owned();
        let field = |name: &str| {
            let value = form
                .split('&')
                .find_map(|pair| pair.strip_prefix(&format!("{name}=")));
            let value = value.unwrap_or_default();
            percent_encoding::percent_decode_str(value)
                .decode_utf8_lossy()
                .into_owned()
        };
        let listed = |name: &str| {
            let items = body[name].as_array().cloned().unwrap_or_default();
            items
                .iter()
                .map(|item| item.as_str().unwrap().to_owned())
                .collect::<Vec<_>>()
        };
        let of_cluster = |kind: &str| self.cluster_arn.replace(":cluster/", &format!(":{kind}/"));
        match action {
            "ecs:DescribeClusters" => vec![self.cluster_arn.clone()],
            "ecs:DescribeServices" => listed("services")
                .iter()
                .map(|name| format!("{}/{name}", of_cluster("service")))
                .collect(),
            "ecs:DescribeTasks" => listed("tasks"),
            "ecs:ExecuteCommand" => {
                let task = body["task"].as_str().unwrap();
                let id = task.rsplit('/').next().unwrap();
                vec![
                    self.cluster_arn.clone(),
                    format!("{}/{id}", of_cluster("task")),
                ]
            }
            "iam:GetRole" => vec![format!(
                "arn:aws:iam::123456789012:role/{}",
                field("RoleName")
            )],
            "iam:SimulatePrincipalPolicy" => vec![field("PolicySourceArn")],
            "logs:DescribeLogGroups" => {
                vec!["arn:aws:logs:us-west-2:123456789012:log-group::log-stream:".to_owned()]
            }
            "s3:GetEncryptionConfiguration" => {
                let path = request.target.trim_start_matches('/');
                let bucket = path.split(['/', '?']).next().unwrap();
                vec![format!("arn:aws:s3:::{bucket}")]
            }
            action if action.starts_with("kms:") => {
                vec![body["KeyId"].as_str().unwrap().to_owned()]
            }
            _ => vec!["*".to_owned()],
        }
    }
}
