//! The catalogue of faults: how to break a healthy platform, and the cause that the doctor must name.

use std::collections::BTreeSet;

use serde_json::json;

use crate::support::managed_agents::Agent;
use crate::support::platform::{Platform, PlatformSpec};
use crate::support::proxy::Rules;

/// One fault in a healthy platform.
pub struct Fault {
    pub name: &'static str,
    /// Whether the fault represents its area in pairs.
    pub is_representative: bool,
    pub spec: fn(&mut PlatformSpec),
    /// Shell commands; see [`Platform::sh`].
    pub script: &'static str,
    pub rules: fn(&mut Rules),
    pub cause: &'static str,
    /// Other checks that fail because of it.
    pub symptoms: &'static [&'static str],
    /// Whether the commands of the report fix it.
    pub is_fixable: bool,
}

pub const NO_FAULT: Fault = Fault {
    name: "",
    is_representative: false,
    spec: |_| {},
    script: "",
    rules: |_| {},
    cause: "",
    symptoms: &[],
    is_fixable: true,
};

/// A KMS key of the cluster that the caller and the role can use.
pub const KEY: &str = r#"
KEY=$(aws kms create-key --query KeyMetadata.Arn --output text)
aws ecs update-cluster --cluster $CLUSTER --configuration executeCommandConfiguration="{kmsKeyId=$KEY,logging=DEFAULT}"
aws iam put-role-policy --role-name $ROLE --policy-name kms --policy-document '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"kms:Decrypt","Resource":"'$KEY'"}]}'
aws iam put-user-policy --user-name $CALLER --policy-name kms --policy-document '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"kms:GenerateDataKey","Resource":"'$KEY'"}]}'
"#;

/// Session logs go to a log group that must be encrypted and is.
const ENCRYPTED_LOGS: &str = r#"
aws logs create-log-group --log-group-name /exec/$CLUSTER
aws logs associate-kms-key --log-group-name /exec/$CLUSTER --kms-key-id arn:aws:kms:us-west-2:123456789012:key/00000000-0000-0000-0000-000000000000
aws ecs update-cluster --cluster $CLUSTER --configuration executeCommandConfiguration="{logging=OVERRIDE,logConfiguration={cloudWatchLogGroupName=/exec/$CLUSTER,cloudWatchEncryptionEnabled=true}}"
aws iam put-role-policy --role-name $ROLE --policy-name logs --policy-document '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"logs:*","Resource":"*"}]}'
"#;

/// Session logs go to a bucket that must be encrypted and is.
const ENCRYPTED_BUCKET: &str = r#"
aws s3api create-bucket --bucket $CLUSTER --create-bucket-configuration LocationConstraint=us-west-2
aws s3api put-bucket-encryption --bucket $CLUSTER --server-side-encryption-configuration '{"Rules":[{"ApplyServerSideEncryptionByDefault":{"SSEAlgorithm":"AES256"}}]}'
aws ecs update-cluster --cluster $CLUSTER --configuration executeCommandConfiguration="{logging=OVERRIDE,logConfiguration={s3BucketName=$CLUSTER,s3EncryptionEnabled=true}}"
aws iam put-role-policy --role-name $ROLE --policy-name s3 --policy-document '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}'
"#;

pub const FAULTS: &[Fault] = &[
    Fault {
        name: "clock_skew",
        is_representative: true,
        rules: |rules| rules.date = Some("Tue, 01 Jan 2030 00:00:00 GMT".into()),
        cause: "local.clock-skew",
        is_fixable: false,
        ..NO_FAULT
    },
    Fault {
        name: "caller_without_policy",
        is_representative: true,
        script: "aws iam delete-user-policy --user-name $CALLER --policy-name ops",
        cause: "caller.execute-command",
        ..NO_FAULT
    },
    Fault {
        name: "service_scaled_to_zero",
        spec: |spec| spec.tasks = 0,
        cause: "service.running-tasks",
        ..NO_FAULT
    },
    Fault {
        name: "exec_never_enabled",
        is_representative: true,
        spec: |spec| spec.exec = false,
        cause: "service.exec-enabled",
        symptoms: &["task.exec-enabled", "container.agent-running"],
        ..NO_FAULT
    },
    Fault {
        name: "task_older_than_flag",
        is_representative: true,
        spec: |spec| spec.exec = false,
        script: "aws ecs update-service --cluster $CLUSTER --service $SERVICE --enable-execute-command",
        cause: "task.exec-enabled",
        symptoms: &["container.agent-running"],
        ..NO_FAULT
    },
    Fault {
        name: "cluster_being_deleted",
        rules: |rules| patch(rules, "ecs:DescribeClusters", json!({"status": "DEPROVISIONING"})),
        cause: "cluster.status",
        is_fixable: false,
        ..NO_FAULT
    },
    Fault {
        name: "deployment_failed_and_old_tasks_lack_exec",
        spec: |spec| spec.exec = false,
        script: "aws ecs update-service --cluster $CLUSTER --service $SERVICE --enable-execute-command",
        rules: |rules| {
            let failed = json!({"deployments": {"rolloutState": "FAILED", "rolloutStateReason": "tasks failed to start"}});
            patch(rules, "ecs:DescribeServices", failed);
        },
        cause: "service.deployment-stable",
        symptoms: &["task.exec-enabled", "container.agent-running"],
        is_fixable: false,
        ..NO_FAULT
    },
    Fault {
        name: "container_stopped",
        rules: |rules| {
            let ended = json!({"containers": {"lastStatus": "STOPPED", "exitCode": 137}});
            patch(rules, "ecs:DescribeTasks", ended);
        },
        cause: "container.running",
        is_fixable: false,
        ..NO_FAULT
    },
    Fault {
        name: "task_pending",
        rules: |rules| patch(rules, "ecs:DescribeTasks", json!({"lastStatus": "PENDING"})),
        cause: "service.running-tasks",
        is_fixable: false,
        ..NO_FAULT
    },
    Fault {
        name: "windows_server_2016",
        rules: |rules| {
            let old = json!({"runtimePlatform": {"operatingSystemFamily": "WINDOWS_SERVER_2016_FULL"}});
            patch(rules, "ecs:DescribeTaskDefinition", old);
        },
        cause: "task.operating-system",
        is_fixable: false,
        ..NO_FAULT
    },
    Fault {
        name: "endpoint_failed",
        rules: |rules| {
            let failed = ("<state>available</state>", "<state>failed</state>");
            rules.rewrites.insert("ec2:DescribeVpcEndpoints".into(), failed);
        },
        cause: "network.endpoint-available",
        symptoms: &["network.internet-route", "network.path"],
        is_fixable: false,
        ..NO_FAULT
    },
    Fault {
        name: "old_fargate_platform",
        rules: |rules| patch(rules, "ecs:DescribeTasks", json!({"platformVersion": "1.3.0"})),
        cause: "task.platform-version",
        is_fixable: false,
        ..NO_FAULT
    },
    Fault {
        name: "read_only_root",
        is_representative: true,
        spec: |spec| spec.read_only_root = true,
        rules: |rules| rules.agent = Agent::Stopped,
        cause: "container.read-only-root",
        symptoms: &["container.agent-running"],
        ..NO_FAULT
    },
    Fault {
        name: "other_credentials_endpoint",
        spec: |spec| {
            let uri = ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1/");
            spec.environment = vec![uri, ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"), ("MODE", "x")];
        },
        rules: |rules| rules.agent = Agent::Stopped,
        cause: "container.aws-credentials-env",
        symptoms: &["container.agent-running"],
        ..NO_FAULT
    },
    Fault {
        name: "proxy_without_exceptions",
        spec: |spec| {
            let proxy = "http://p:3128";
            spec.environment = vec![("http_proxy", proxy), ("https_proxy", proxy), ("no_proxy", "localhost")];
        },
        rules: |rules| rules.agent = Agent::Stopped,
        cause: "container.proxy-env",
        symptoms: &["container.agent-running"],
        ..NO_FAULT
    },
    Fault {
        name: "container_restarted_in_place",
        rules: |rules| {
            let restarts = json!({"containerDefinitions": {"restartPolicy": {"enabled": true}}});
            patch(rules, "ecs:DescribeTaskDefinition", restarts);
            rules.agent = Agent::Stopped;
        },
        cause: "container.restart-policy",
        symptoms: &["container.agent-running"],
        ..NO_FAULT
    },
    Fault {
        name: "agent_stopped_without_reason",
        rules: |rules| rules.agent = Agent::Stopped,
        cause: "container.agent-running",
        ..NO_FAULT
    },
    Fault {
        name: "role_without_ssmmessages",
        is_representative: true,
        script: "aws iam delete-role-policy --role-name $ROLE --policy-name ecs-exec",
        cause: "role.ssmmessages",
        ..NO_FAULT
    },
    Fault {
        name: "role_without_ssmmessages_and_agent_stopped",
        script: "aws iam delete-role-policy --role-name $ROLE --policy-name ecs-exec",
        rules: |rules| rules.agent = Agent::Stopped,
        cause: "role.ssmmessages",
        symptoms: &["container.agent-running"],
        ..NO_FAULT
    },
    Fault {
        name: "role_deleted",
        script: "aws iam delete-role-policy --role-name $ROLE --policy-name ecs-exec
                 aws iam delete-role --role-name $ROLE",
        cause: "role.present",
        ..NO_FAULT
    },
    Fault {
        name: "no_task_role",
        spec: |spec| spec.role_actions = None,
        cause: "role.present",
        ..NO_FAULT
    },
    Fault {
        name: "role_trusts_only_ec2",
        script: r#"aws iam update-assume-role-policy --role-name $ROLE --policy-document '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}'"#,
        cause: "role.trust",
        ..NO_FAULT
    },
    Fault {
        name: "no_endpoint_and_no_route",
        spec: |spec| spec.endpoint = false,
        cause: "network.endpoint-present",
        symptoms: &["network.internet-route", "network.path"],
        ..NO_FAULT
    },
    Fault {
        name: "endpoint_without_private_dns",
        script: "aws ec2 modify-vpc-endpoint --vpc-endpoint-id $ENDPOINT --no-private-dns-enabled",
        cause: "network.endpoint-private-dns",
        symptoms: &["network.internet-route", "network.path"],
        ..NO_FAULT
    },
    Fault {
        name: "vpc_without_dns_hostnames",
        script: "aws ec2 modify-vpc-attribute --vpc-id $VPC --no-enable-dns-hostnames",
        cause: "network.vpc-dns",
        symptoms: &["network.internet-route", "network.path"],
        ..NO_FAULT
    },
    Fault {
        name: "vpc_without_dns_support",
        script: "aws ec2 modify-vpc-attribute --vpc-id $VPC --no-enable-dns-support",
        cause: "network.vpc-dns",
        symptoms: &["network.internet-route", "network.path"],
        ..NO_FAULT
    },
    Fault {
        name: "endpoint_group_blocks_tasks",
        is_representative: true,
        script: "aws ec2 revoke-security-group-ingress --group-id $ENDPOINT_GROUP --protocol tcp --port 443 --cidr 10.0.0.0/16",
        cause: "network.endpoint-security-group",
        symptoms: &["network.path"],
        ..NO_FAULT
    },
    Fault {
        name: "endpoint_group_blocks_tasks_beside_nat",
        spec: |spec| spec.nat = true,
        script: "aws ec2 revoke-security-group-ingress --group-id $ENDPOINT_GROUP --protocol tcp --port 443 --cidr 10.0.0.0/16",
        cause: "network.endpoint-security-group",
        symptoms: &["network.path"],
        ..NO_FAULT
    },
    Fault {
        name: "task_group_blocks_egress",
        script: r#"aws ec2 revoke-security-group-egress --group-id $TASK_GROUP --ip-permissions '[{"IpProtocol":"-1","IpRanges":[{"CidrIp":"0.0.0.0/0"}]}]'"#,
        cause: "network.task-egress",
        symptoms: &["network.path"],
        ..NO_FAULT
    },
    Fault {
        name: "task_group_blocks_internet",
        spec: |spec| {
            spec.nat = true;
            spec.endpoint = false;
        },
        script: r#"aws ec2 revoke-security-group-egress --group-id $TASK_GROUP --ip-permissions '[{"IpProtocol":"-1","IpRanges":[{"CidrIp":"0.0.0.0/0"}]}]'
                   aws ec2 authorize-security-group-egress --group-id $TASK_GROUP --ip-permissions '[{"IpProtocol":"-1","IpRanges":[{"CidrIp":"10.0.0.0/8"}]}]'"#,
        cause: "network.task-egress",
        symptoms: &["network.path"],
        ..NO_FAULT
    },
    Fault {
        name: "acl_blocks_requests",
        script: "ACL=$(aws ec2 describe-network-acls --filters Name=vpc-id,Values=$VPC --query NetworkAcls[0].NetworkAclId --output text)
                 aws ec2 create-network-acl-entry --network-acl-id $ACL --egress --rule-number 50 --protocol tcp --port-range From=443,To=443 --cidr-block 0.0.0.0/0 --rule-action deny",
        cause: "network.nacl",
        symptoms: &["network.path"],
        ..NO_FAULT
    },
    Fault {
        name: "acl_blocks_responses",
        script: "ACL=$(aws ec2 describe-network-acls --filters Name=vpc-id,Values=$VPC --query NetworkAcls[0].NetworkAclId --output text)
                 aws ec2 create-network-acl-entry --network-acl-id $ACL --ingress --rule-number 50 --protocol tcp --port-range From=1024,To=65535 --cidr-block 0.0.0.0/0 --rule-action deny",
        cause: "network.nacl",
        symptoms: &["network.path"],
        ..NO_FAULT
    },
    Fault {
        name: "endpoint_policy_for_other_actions",
        rules: |rules| {
            rules.endpoint_policy = Some(
                r#"{"Statement":[{"Effect":"Allow","Principal":"*","Action":"ssm:*","Resource":"*"}]}"#.into(),
            );
        },
        cause: "network.endpoint-policy",
        ..NO_FAULT
    },
    Fault {
        name: "kms_key_disabled",
        is_representative: true,
        spec: |spec| spec.nat = true,
        script: "KEY\naws kms disable-key --key-id $KEY",
        cause: "cluster.kms-key-usable",
        ..NO_FAULT
    },
    Fault {
        name: "kms_key_pending_deletion",
        spec: |spec| spec.nat = true,
        script: "KEY\naws kms schedule-key-deletion --key-id $KEY",
        cause: "cluster.kms-key-usable",
        ..NO_FAULT
    },
    Fault {
        name: "kms_key_missing",
        spec: |spec| spec.nat = true,
        script: "aws ecs update-cluster --cluster $CLUSTER --configuration 'executeCommandConfiguration={kmsKeyId=alias/none,logging=DEFAULT}'",
        cause: "cluster.kms-key-usable",
        is_fixable: false,
        ..NO_FAULT
    },
    Fault {
        name: "role_cannot_decrypt",
        spec: |spec| spec.nat = true,
        script: "KEY\naws iam delete-role-policy --role-name $ROLE --policy-name kms",
        cause: "role.kms-decrypt",
        ..NO_FAULT
    },
    Fault {
        name: "caller_cannot_generate_data_key",
        spec: |spec| spec.nat = true,
        script: "KEY\naws iam delete-user-policy --user-name $CALLER --policy-name kms",
        cause: "caller.kms-generate-data-key",
        ..NO_FAULT
    },
    Fault {
        name: "no_path_to_kms",
        script: "KEY",
        cause: "network.logging-endpoints",
        ..NO_FAULT
    },
    Fault {
        name: "log_group_without_required_key",
        spec: |spec| spec.nat = true,
        script: "ENCRYPTED_LOGS\naws logs disassociate-kms-key --log-group-name /exec/$CLUSTER",
        cause: "cluster.log-encryption",
        ..NO_FAULT
    },
    Fault {
        name: "log_group_missing",
        spec: |spec| spec.nat = true,
        script: "ENCRYPTED_LOGS\naws logs delete-log-group --log-group-name /exec/$CLUSTER",
        cause: "cluster.log-group",
        ..NO_FAULT
    },
    Fault {
        name: "role_cannot_describe_log_group",
        spec: |spec| spec.nat = true,
        script: "ENCRYPTED_LOGS\naws iam delete-role-policy --role-name $ROLE --policy-name logs",
        cause: "role.logs-write",
        ..NO_FAULT
    },
    Fault {
        name: "bucket_missing",
        spec: |spec| spec.nat = true,
        script: "ENCRYPTED_BUCKET\naws s3api delete-bucket --bucket $CLUSTER",
        cause: "cluster.log-bucket",
        ..NO_FAULT
    },
    Fault {
        name: "bucket_with_unknown_encryption",
        spec: |spec| spec.nat = true,
        script: r#"ENCRYPTED_BUCKET
aws s3api put-bucket-encryption --bucket $CLUSTER --server-side-encryption-configuration '{"Rules":[{"ApplyServerSideEncryptionByDefault":{"SSEAlgorithm":"aws:kms:dsse"}}]}'"#,
        cause: "cluster.log-encryption",
        is_fixable: false,
        ..NO_FAULT
    },
    Fault {
        name: "role_cannot_read_bucket_encryption",
        spec: |spec| spec.nat = true,
        script: "ENCRYPTED_BUCKET\naws iam delete-role-policy --role-name $ROLE --policy-name s3",
        cause: "role.s3-write",
        ..NO_FAULT
    },
    Fault {
        name: "exec_forbidden",
        is_representative: true,
        script: "printf '[expect]\nexec_forbidden = [\"coder-*\"]\n' > ecs-exec.toml",
        cause: "policy.exec-forbidden",
        ..NO_FAULT
    },
    Fault {
        name: "required_endpoint_bypassed",
        spec: |spec| {
            spec.nat = true;
            spec.endpoint = false;
        },
        script: "printf '[expect]\ntraffic = \"endpoint\"\n' > ecs-exec.toml",
        cause: "policy.endpoint-only",
        ..NO_FAULT
    },
    Fault {
        name: "required_recording_missing",
        script: "printf '[expect]\nsession_logging = true\n' > ecs-exec.toml",
        cause: "policy.logging-required",
        is_fixable: false,
        ..NO_FAULT
    },
];

fn patch(rules: &mut Rules, action: &str, patch: serde_json::Value) {
    rules.patches.insert(action.to_owned(), patch);
}

impl Fault {
    pub fn apply(&self, platform: &Platform) {
        let script = self
            .script
            .replace("ENCRYPTED_LOGS\n", ENCRYPTED_LOGS)
            .replace("ENCRYPTED_BUCKET\n", ENCRYPTED_BUCKET);
        let script = match script.strip_prefix("KEY") {
            Some(rest) => format!("{KEY}{rest}"),
            None => script,
        };
        if !script.is_empty() {
            platform.sh(&script);
        }
        (self.rules)(&mut platform.proxy.rules.lock().unwrap());
    }

    pub fn failing(&self) -> BTreeSet<&'static str> {
        self.symptoms.iter().copied().chain([self.cause]).collect()
    }
}
