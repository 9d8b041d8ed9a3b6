//! Every fault that the emulator can have: alone, mended by the commands that the report prints, and in pairs.

use std::collections::BTreeSet;
use std::io::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde_json::json;

use crate::support::doctor::{Run, strings};
use crate::support::proxy::{Agent, Rules};
use crate::support::world::{Plan, World};

/// One thing broken in a healthy world.
struct Fault {
    name: &'static str,
    /// Stands for its area in the pairs.
    represents: bool,
    plan: fn(&mut Plan),
    /// Shell commands; see [`World::sh`].
    script: &'static str,
    rules: fn(&mut Rules),
    cause: &'static str,
    /// What else fails because of it.
    symptoms: &'static [&'static str],
    /// The commands of the report mend it.
    mends: bool,
}

const NOTHING: Fault = Fault {
    name: "",
    represents: false,
    plan: |_| {},
    script: "",
    rules: |_| {},
    cause: "",
    symptoms: &[],
    mends: true,
};

/// A KMS key on the cluster, which caller and role may use.
pub const KEY: &str = r#"
KEY=$(aws kms create-key --query KeyMetadata.Arn --output text)
aws ecs update-cluster --cluster $CLUSTER --configuration executeCommandConfiguration="{kmsKeyId=$KEY,logging=DEFAULT}"
aws iam put-role-policy --role-name $ROLE --policy-name kms --policy-document '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"kms:Decrypt","Resource":"'$KEY'"}]}'
aws iam put-user-policy --user-name $CALLER --policy-name kms --policy-document '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"kms:GenerateDataKey","Resource":"'$KEY'"}]}'
"#;

/// Sessions recorded in a log group that has to be encrypted, and is.
const ENCRYPTED_LOGS: &str = r#"
aws logs create-log-group --log-group-name /exec/$CLUSTER
aws logs associate-kms-key --log-group-name /exec/$CLUSTER --kms-key-id arn:aws:kms:us-west-2:123456789012:key/00000000-0000-0000-0000-000000000000
aws ecs update-cluster --cluster $CLUSTER --configuration executeCommandConfiguration="{logging=OVERRIDE,logConfiguration={cloudWatchLogGroupName=/exec/$CLUSTER,cloudWatchEncryptionEnabled=true}}"
aws iam put-role-policy --role-name $ROLE --policy-name logs --policy-document '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"logs:*","Resource":"*"}]}'
"#;

/// Sessions recorded in a bucket that has to be encrypted, and is.
const ENCRYPTED_BUCKET: &str = r#"
aws s3api create-bucket --bucket $CLUSTER --create-bucket-configuration LocationConstraint=us-west-2
aws s3api put-bucket-encryption --bucket $CLUSTER --server-side-encryption-configuration '{"Rules":[{"ApplyServerSideEncryptionByDefault":{"SSEAlgorithm":"AES256"}}]}'
aws ecs update-cluster --cluster $CLUSTER --configuration executeCommandConfiguration="{logging=OVERRIDE,logConfiguration={s3BucketName=$CLUSTER,s3EncryptionEnabled=true}}"
aws iam put-role-policy --role-name $ROLE --policy-name s3 --policy-document '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}'
"#;

const FAULTS: &[Fault] = &[
    Fault {
        name: "clock wrong",
        represents: true,
        rules: |rules| rules.date = Some("Tue, 01 Jan 2030 00:00:00 GMT".into()),
        cause: "local.clock-skew",
        mends: false,
        ..NOTHING
    },
    Fault {
        name: "caller without a policy",
        represents: true,
        script: "aws iam delete-user-policy --user-name $CALLER --policy-name ops",
        cause: "caller.execute-command",
        ..NOTHING
    },
    Fault {
        name: "no task wanted",
        plan: |plan| plan.tasks = 0,
        cause: "service.running-tasks",
        ..NOTHING
    },
    Fault {
        name: "exec never enabled",
        represents: true,
        plan: |plan| plan.exec = false,
        cause: "service.exec-enabled",
        symptoms: &["task.exec-enabled", "container.agent-running"],
        ..NOTHING
    },
    Fault {
        name: "task older than the flag",
        represents: true,
        plan: |plan| plan.exec = false,
        script: "aws ecs update-service --cluster $CLUSTER --service $SERVICE --enable-execute-command",
        cause: "task.exec-enabled",
        symptoms: &["container.agent-running"],
        ..NOTHING
    },
    Fault {
        name: "cluster being taken down",
        rules: |rules| patch(rules, "ecs:DescribeClusters", json!({"status": "DEPROVISIONING"})),
        cause: "cluster.status",
        mends: false,
        ..NOTHING
    },
    Fault {
        name: "deployment failed, old tasks lack exec",
        plan: |plan| plan.exec = false,
        script: "aws ecs update-service --cluster $CLUSTER --service $SERVICE --enable-execute-command",
        rules: |rules| {
            let failed = json!({"deployments": {"rolloutState": "FAILED", "rolloutStateReason": "tasks failed to start"}});
            patch(rules, "ecs:DescribeServices", failed);
        },
        cause: "service.deployment-stable",
        symptoms: &["task.exec-enabled", "container.agent-running"],
        mends: false,
        ..NOTHING
    },
    Fault {
        name: "container ended",
        rules: |rules| {
            let ended = json!({"containers": {"lastStatus": "STOPPED", "exitCode": 137}});
            patch(rules, "ecs:DescribeTasks", ended);
        },
        cause: "container.running",
        mends: false,
        ..NOTHING
    },
    Fault {
        name: "task still starting",
        rules: |rules| patch(rules, "ecs:DescribeTasks", json!({"lastStatus": "PENDING"})),
        cause: "service.running-tasks",
        mends: false,
        ..NOTHING
    },
    Fault {
        name: "Windows Server 2016",
        rules: |rules| {
            let old = json!({"runtimePlatform": {"operatingSystemFamily": "WINDOWS_SERVER_2016_FULL"}});
            patch(rules, "ecs:DescribeTaskDefinition", old);
        },
        cause: "task.operating-system",
        mends: false,
        ..NOTHING
    },
    Fault {
        name: "endpoint failed",
        rules: |rules| {
            let failed = ("<state>available</state>", "<state>failed</state>");
            rules.rewrites.insert("ec2:DescribeVpcEndpoints".into(), failed);
        },
        cause: "network.endpoint-available",
        symptoms: &["network.internet-route", "network.path"],
        mends: false,
        ..NOTHING
    },
    Fault {
        name: "old Fargate platform",
        rules: |rules| patch(rules, "ecs:DescribeTasks", json!({"platformVersion": "1.3.0"})),
        cause: "task.platform-version",
        mends: false,
        ..NOTHING
    },
    Fault {
        name: "read-only root",
        represents: true,
        plan: |plan| plan.read_only_root = true,
        rules: |rules| rules.agent = Agent::Stopped,
        cause: "container.read-only-root",
        symptoms: &["container.agent-running"],
        ..NOTHING
    },
    Fault {
        name: "AWS keys in the environment",
        plan: |plan| plan.environment = vec![("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"), ("MODE", "x")],
        rules: |rules| rules.agent = Agent::Stopped,
        cause: "container.aws-credentials-env",
        symptoms: &["container.agent-running"],
        ..NOTHING
    },
    Fault {
        name: "proxy without exceptions",
        plan: |plan| plan.environment = vec![("https_proxy", "http://p:3128"), ("no_proxy", "localhost")],
        rules: |rules| rules.agent = Agent::Stopped,
        cause: "container.proxy-env",
        symptoms: &["container.agent-running"],
        ..NOTHING
    },
    Fault {
        name: "agent stopped for no reason to be seen",
        rules: |rules| rules.agent = Agent::Stopped,
        cause: "container.agent-running",
        ..NOTHING
    },
    Fault {
        name: "role without the actions",
        represents: true,
        script: "aws iam delete-role-policy --role-name $ROLE --policy-name ecs-exec",
        cause: "role.ssmmessages",
        ..NOTHING
    },
    Fault {
        name: "role without the actions, agent stopped",
        script: "aws iam delete-role-policy --role-name $ROLE --policy-name ecs-exec",
        rules: |rules| rules.agent = Agent::Stopped,
        cause: "role.ssmmessages",
        symptoms: &["container.agent-running"],
        ..NOTHING
    },
    Fault {
        name: "role deleted",
        script: "aws iam delete-role-policy --role-name $ROLE --policy-name ecs-exec
                 aws iam delete-role --role-name $ROLE",
        cause: "role.present",
        ..NOTHING
    },
    Fault {
        name: "no role named",
        plan: |plan| plan.role_actions = None,
        cause: "role.present",
        ..NOTHING
    },
    Fault {
        name: "role that trusts EC2 only",
        script: r#"aws iam update-assume-role-policy --role-name $ROLE --policy-document '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}'"#,
        cause: "role.trust",
        ..NOTHING
    },
    Fault {
        name: "no endpoint and no way out",
        plan: |plan| plan.endpoint = false,
        cause: "network.endpoint-present",
        symptoms: &["network.internet-route", "network.path"],
        ..NOTHING
    },
    Fault {
        name: "endpoint without private DNS",
        script: "aws ec2 modify-vpc-endpoint --vpc-endpoint-id $ENDPOINT --no-private-dns-enabled",
        cause: "network.endpoint-private-dns",
        symptoms: &["network.internet-route", "network.path"],
        ..NOTHING
    },
    Fault {
        name: "VPC without DNS host names",
        script: "aws ec2 modify-vpc-attribute --vpc-id $VPC --no-enable-dns-hostnames",
        cause: "network.vpc-dns",
        symptoms: &["network.internet-route", "network.path"],
        ..NOTHING
    },
    Fault {
        name: "VPC without DNS support",
        script: "aws ec2 modify-vpc-attribute --vpc-id $VPC --no-enable-dns-support",
        cause: "network.vpc-dns",
        symptoms: &["network.internet-route", "network.path"],
        ..NOTHING
    },
    Fault {
        name: "endpoint's group keeps tasks out",
        represents: true,
        script: "aws ec2 revoke-security-group-ingress --group-id $ENDPOINT_GROUP --protocol tcp --port 443 --cidr 10.0.0.0/16",
        cause: "network.endpoint-security-group",
        symptoms: &["network.path"],
        ..NOTHING
    },
    Fault {
        name: "endpoint's group keeps tasks out, beside a NAT",
        plan: |plan| plan.nat = true,
        script: "aws ec2 revoke-security-group-ingress --group-id $ENDPOINT_GROUP --protocol tcp --port 443 --cidr 10.0.0.0/16",
        cause: "network.endpoint-security-group",
        symptoms: &["network.path"],
        ..NOTHING
    },
    Fault {
        name: "tasks' group lets nothing out",
        script: r#"aws ec2 revoke-security-group-egress --group-id $TASK_GROUP --ip-permissions '[{"IpProtocol":"-1","IpRanges":[{"CidrIp":"0.0.0.0/0"}]}]'"#,
        cause: "network.task-egress",
        symptoms: &["network.path"],
        ..NOTHING
    },
    Fault {
        name: "tasks' group lets nothing out to the internet",
        plan: |plan| {
            plan.nat = true;
            plan.endpoint = false;
        },
        script: r#"aws ec2 revoke-security-group-egress --group-id $TASK_GROUP --ip-permissions '[{"IpProtocol":"-1","IpRanges":[{"CidrIp":"0.0.0.0/0"}]}]'
                   aws ec2 authorize-security-group-egress --group-id $TASK_GROUP --ip-permissions '[{"IpProtocol":"-1","IpRanges":[{"CidrIp":"10.0.0.0/8"}]}]'"#,
        cause: "network.task-egress",
        symptoms: &["network.path"],
        ..NOTHING
    },
    Fault {
        name: "network ACL lets no request out",
        script: "ACL=$(aws ec2 describe-network-acls --filters Name=vpc-id,Values=$VPC --query NetworkAcls[0].NetworkAclId --output text)
                 aws ec2 create-network-acl-entry --network-acl-id $ACL --egress --rule-number 50 --protocol tcp --port-range From=443,To=443 --cidr-block 0.0.0.0/0 --rule-action deny",
        cause: "network.nacl",
        symptoms: &["network.path"],
        ..NOTHING
    },
    Fault {
        name: "network ACL lets no answer back",
        script: "ACL=$(aws ec2 describe-network-acls --filters Name=vpc-id,Values=$VPC --query NetworkAcls[0].NetworkAclId --output text)
                 aws ec2 create-network-acl-entry --network-acl-id $ACL --ingress --rule-number 50 --protocol tcp --port-range From=1024,To=65535 --cidr-block 0.0.0.0/0 --rule-action deny",
        cause: "network.nacl",
        symptoms: &["network.path"],
        ..NOTHING
    },
    Fault {
        name: "endpoint's policy for other actions",
        rules: |rules| {
            rules.endpoint_policy = Some(
                r#"{"Statement":[{"Effect":"Allow","Principal":"*","Action":"ssm:*","Resource":"*"}]}"#.into(),
            );
        },
        cause: "network.endpoint-policy",
        ..NOTHING
    },
    Fault {
        name: "KMS key disabled",
        represents: true,
        plan: |plan| plan.nat = true,
        script: "KEY\naws kms disable-key --key-id $KEY",
        cause: "cluster.kms-key-usable",
        ..NOTHING
    },
    Fault {
        name: "KMS key about to be deleted",
        plan: |plan| plan.nat = true,
        script: "KEY\naws kms schedule-key-deletion --key-id $KEY",
        cause: "cluster.kms-key-usable",
        ..NOTHING
    },
    Fault {
        name: "KMS key that does not exist",
        plan: |plan| plan.nat = true,
        script: "aws ecs update-cluster --cluster $CLUSTER --configuration 'executeCommandConfiguration={kmsKeyId=alias/none,logging=DEFAULT}'",
        cause: "cluster.kms-key-usable",
        mends: false,
        ..NOTHING
    },
    Fault {
        name: "role may not decrypt",
        plan: |plan| plan.nat = true,
        script: "KEY\naws iam delete-role-policy --role-name $ROLE --policy-name kms",
        cause: "role.kms-decrypt",
        ..NOTHING
    },
    Fault {
        name: "caller may not make data keys",
        plan: |plan| plan.nat = true,
        script: "KEY\naws iam delete-user-policy --user-name $CALLER --policy-name kms",
        cause: "caller.kms-generate-data-key",
        ..NOTHING
    },
    Fault {
        name: "no way to KMS",
        script: "KEY",
        cause: "network.logging-endpoints",
        ..NOTHING
    },
    Fault {
        name: "log group without the key that is demanded",
        plan: |plan| plan.nat = true,
        script: "ENCRYPTED_LOGS\naws logs disassociate-kms-key --log-group-name /exec/$CLUSTER",
        cause: "cluster.log-encryption",
        ..NOTHING
    },
    Fault {
        name: "log group missing",
        plan: |plan| plan.nat = true,
        script: "ENCRYPTED_LOGS\naws logs delete-log-group --log-group-name /exec/$CLUSTER",
        cause: "cluster.log-group",
        ..NOTHING
    },
    Fault {
        name: "role may not look at the log group",
        plan: |plan| plan.nat = true,
        script: "ENCRYPTED_LOGS\naws iam delete-role-policy --role-name $ROLE --policy-name logs",
        cause: "role.logs-write",
        ..NOTHING
    },
    Fault {
        name: "bucket missing",
        plan: |plan| plan.nat = true,
        script: "ENCRYPTED_BUCKET\naws s3api delete-bucket --bucket $CLUSTER",
        cause: "cluster.log-bucket",
        ..NOTHING
    },
    Fault {
        name: "bucket encrypted in a way that the agent does not know",
        plan: |plan| plan.nat = true,
        script: r#"ENCRYPTED_BUCKET
aws s3api put-bucket-encryption --bucket $CLUSTER --server-side-encryption-configuration '{"Rules":[{"ApplyServerSideEncryptionByDefault":{"SSEAlgorithm":"aws:kms:dsse"}}]}'"#,
        cause: "cluster.log-encryption",
        ..NOTHING
    },
    Fault {
        name: "role may not look at the bucket",
        plan: |plan| plan.nat = true,
        script: "ENCRYPTED_BUCKET\naws iam delete-role-policy --role-name $ROLE --policy-name s3",
        cause: "role.s3-write",
        ..NOTHING
    },
    Fault {
        name: "exec where it is forbidden",
        represents: true,
        script: "printf '[expect]\nexec_forbidden = [\"coder-*\"]\n' > ecs-exec.toml",
        cause: "policy.exec-forbidden",
        ..NOTHING
    },
    Fault {
        name: "not through the endpoint that is demanded",
        plan: |plan| {
            plan.nat = true;
            plan.endpoint = false;
        },
        script: "printf '[expect]\ntraffic = \"endpoint\"\n' > ecs-exec.toml",
        cause: "policy.endpoint-only",
        ..NOTHING
    },
    Fault {
        name: "records that are demanded",
        script: "printf '[expect]\nsession_logging = true\n' > ecs-exec.toml",
        cause: "policy.logging-required",
        mends: false,
        ..NOTHING
    },
];

fn patch(rules: &mut Rules, action: &str, patch: serde_json::Value) {
    rules.patches.insert(action.to_owned(), patch);
}

impl Fault {
    fn break_it(&self, world: &World) {
        let script = self
            .script
            .replace("ENCRYPTED_LOGS\n", ENCRYPTED_LOGS)
            .replace("ENCRYPTED_BUCKET\n", ENCRYPTED_BUCKET);
        let script = match script.strip_prefix("KEY") {
            Some(rest) => format!("{KEY}{rest}"),
            None => script,
        };
        if !script.is_empty() {
            world.sh(&script);
        }
        (self.rules)(&mut world.proxy.rules.lock().unwrap());
    }

    fn failing(&self) -> BTreeSet<&'static str> {
        self.symptoms.iter().copied().chain([self.cause]).collect()
    }
}

fn world(faults: &[&Fault]) -> World {
    let mut plan = Plan::default();
    for fault in faults {
        (fault.plan)(&mut plan);
    }
    let world = World::new(plan);
    for fault in faults {
        fault.break_it(&world);
    }
    world
}

/// What is wrong with a report about these faults; nothing, if it names them and only them.
fn judge(run: &Run, faults: &[&Fault]) -> Result<(), String> {
    let wanted: BTreeSet<String> = faults.iter().map(|fault| fault.cause.to_owned()).collect();
    let causes: BTreeSet<String> = run.causes().into_iter().collect();
    if causes != wanted {
        return Err(format!("causes {causes:?}, not {wanted:?}"));
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

/// Pastes the first fix of each cause into a shell, and asks again.
fn mend(world: &World, run: &Run) -> Result<(), String> {
    let report = run.json();
    for cause in report["root_causes"].as_array().unwrap() {
        let id = cause["fixes"][0].as_str().ok_or("no fix is offered")?;
        let fixes = report["fixes"].as_array().unwrap();
        let fix = fixes.iter().find(|fix| fix["id"] == id).unwrap();
        let commands: Vec<&str> = fix["commands"]
            .as_array()
            .unwrap()
            .iter()
            .map(|command| command.as_str().unwrap())
            .collect();
        if commands.is_empty() {
            return Err(format!("{id} has no command"));
        }
        world.paste(&commands.join("\n"))?;
    }
    // New tasks have new agents.
    world.proxy.agent(Agent::Running);
    world.await_new_tasks();
    let again = world.doctor(&["coder"]);
    match (again.status, again.causes().as_slice()) {
        (0, []) => Ok(()),
        (status, causes) => Err(format!(
            "after the fix: status {status}, causes {causes:?}, unknown {:?}: {:?}",
            again.with_status("unknown"),
            strings(&again.json()["root_causes"], "title"),
        )),
    }
}

/// What the caller needs to mend everything, and no more of what the faults are about.
const FIXER: &str = r#"
aws iam put-user-policy --user-name $CALLER --policy-name fixer --policy-document '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Resource":"*","Action":[
"ecs:UpdateService","ecs:RunTask","ecs:RegisterTaskDefinition","ecs:DescribeTaskDefinition","ecs:UpdateContainerAgent",
"iam:PutRolePolicy","iam:GetRolePolicy","iam:PutUserPolicy","iam:GetUserPolicy","iam:CreateRole","iam:UpdateAssumeRolePolicy","iam:PassRole",
"ec2:CreateSecurityGroup","ec2:AuthorizeSecurityGroupIngress","ec2:AuthorizeSecurityGroupEgress","ec2:CreateNetworkAclEntry","ec2:CreateVpcEndpoint","ec2:DeleteVpcEndpoints","ec2:ModifyVpcEndpoint","ec2:ModifyVpcAttribute","ec2:DescribeSecurityGroups","ec2:DescribeVpcEndpoints",
"kms:EnableKey","kms:CancelKeyDeletion","kms:PutKeyPolicy","kms:CreateKey","logs:CreateLogGroup","logs:AssociateKmsKey","s3:CreateBucket","s3:PutEncryptionConfiguration"]}]}'
"#;

/// Lets the program mend it, which needs neither the AWS CLI nor a shell.
fn fix(world: &World) -> Result<(), String> {
    world.sh(FIXER);
    world.proxy.rules.lock().unwrap().agent_of_new_tasks = Some(Agent::Running);
    let run = world.run(&[
        "fix",
        "coder",
        "--yes",
        "--allow-drift",
        "--timeout",
        "60s",
        "--format",
        "json",
    ]);
    match (run.status, run.causes().as_slice()) {
        (0, []) => {}
        (status, causes) => {
            return Err(format!(
                "fix: status {status}, causes {causes:?}: {}",
                run.stderr
            ));
        }
    }
    // What is mended stays so, and is not mended twice.
    let again = world.run(&["fix", "coder", "--yes", "--allow-drift", "--format", "json"]);
    match (again.status, again.stderr.as_str()) {
        (0, "There is nothing to mend.\n") => Ok(()),
        (status, stderr) => Err(format!("fix again: status {status}: {stderr}")),
    }
}

/// A name, and what is tried under it.
type Case = (String, Box<dyn Fn() -> Result<(), String> + Send + Sync>);

/// Tries each case on a few threads and prints the table.
fn try_all(title: &str, cases: Vec<Case>) {
    const THREADS: usize = 4;
    let next = AtomicUsize::new(0);
    let results = Mutex::new(vec![Ok(()); cases.len()]);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some((_, case)) = cases.get(at) else {
                        return;
                    };
                    let result = case();
                    results.lock().unwrap()[at] = result;
                }
            });
        }
    });
    let results = results.into_inner().unwrap();
    let wrong = results.iter().filter(|result| result.is_err()).count();
    let mut table = String::new();
    for ((name, _), result) in cases.iter().zip(&results) {
        let verdict = match result {
            Ok(()) => "right".to_owned(),
            Err(why) => format!("WRONG: {why}"),
        };
        table.push_str(&format!("  {name}: {verdict}\n"));
    }
    // Past the test harness, which shows only what failing tests print.
    let count = cases.len();
    let line = format!(
        "{title}: {count} worlds, {} right, {wrong} wrong\n",
        count - wrong
    );
    std::io::stderr().write_all(line.as_bytes()).unwrap();
    assert_eq!(wrong, 0, "{title}\n{table}");
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn each_alone_and_mended_by_its_own_commands() {
    let cases = FAULTS
        .iter()
        .map(|fault| {
            let case = move || {
                let world = world(&[fault]);
                let run = world.doctor(&["coder"]);
                judge(&run, &[fault])?;
                if fault.mends {
                    mend(&world, &run)
                } else {
                    Ok(())
                }
            };
            (fault.name.to_owned(), Box::new(case) as Box<_>)
        })
        .collect();
    try_all("Faults alone", cases);
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn each_mended_by_the_program_itself() {
    let cases = FAULTS
        .iter()
        .filter(|fault| fault.mends)
        .map(|fault| {
            let case = move || fix(&world(&[fault]));
            (fault.name.to_owned(), Box::new(case) as Box<_>)
        })
        .collect();
    try_all("Faults mended by fix", cases);
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn in_pairs() {
    let representatives: Vec<&Fault> = FAULTS.iter().filter(|fault| fault.represents).collect();
    let mut cases: Vec<Case> = Vec::new();
    for (at, &one) in representatives.iter().enumerate() {
        for &other in &representatives[at + 1..] {
            if !can_be_together(one, other) {
                continue;
            }
            let case = move || judge(&world(&[one, other]).doctor(&["coder"]), &[one, other]);
            cases.push((format!("{} + {}", one.name, other.name), Box::new(case)));
        }
    }
    try_all("Faults in pairs", cases);
}

/// A service whose flag is off has no tasks that are older than the flag, and where exec is forbidden nobody
/// misses it.
fn can_be_together(one: &Fault, other: &Fault) -> bool {
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

/// Nearest worlds in which nothing is broken though something is unusual.
#[test]
#[ignore = "needs the emulator: scripts/test"]
fn unusual_but_healthy() {
    type Unusual = (&'static str, fn(&mut Plan), &'static str);
    const WORLDS: &[Unusual] = &[
        ("a key that both may use", |plan| plan.nat = true, "KEY"),
        ("encrypted logs", |plan| plan.nat = true, "ENCRYPTED_LOGS\n"),
        ("an encrypted bucket", |plan| plan.nat = true, "ENCRYPTED_BUCKET\n"),
        (
            "an unencrypted log group that need not be encrypted",
            |plan| plan.nat = true,
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
            |plan| {
                plan.nat = true;
                plan.endpoint = false;
            },
            "",
        ),
        (
            "an endpoint that nobody uses beside a NAT",
            |plan| plan.nat = true,
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
            |plan| plan.environment = vec![("HTTPS_PROXY", "http://p:1"), ("NO_PROXY", "169.254.170.2,.amazonaws.com")],
            "",
        ),
        (
            "expectations that are met",
            |_| {},
            "printf '[expect]\nexec_forbidden = [\"workspace-*\"]\ntraffic = \"endpoint\"\n' > ecs-exec.toml",
        ),
    ];
    let cases = WORLDS
        .iter()
        .map(|(name, plan, script)| {
            let case = move || {
                let fault = Fault {
                    plan: *plan,
                    script,
                    ..NOTHING
                };
                let run = world(&[&fault]).doctor(&["coder"]);
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
    try_all("Unusual but healthy", cases);
}
