//! Repairs a broken platform with the printed commands or with `ecs-exec fix`.

use std::collections::BTreeSet;

use crate::support::doctor::{Run, strings};
use crate::support::managed_agents::Agent;
use crate::support::platform::Platform;

/// Pastes the first fix of each cause into a shell, in the order of the report, and runs the doctor again.
pub fn paste_fixes(platform: &Platform, run: &Run) -> Result<(), String> {
    let report = run.json();
    let mut wanted = BTreeSet::new();
    for cause in report["root_causes"].as_array().unwrap() {
        wanted.insert(cause["fixes"][0].as_str().ok_or("no fix is offered")?);
    }
    let fixes = report["fixes"].as_array().unwrap();
    for fix in fixes {
        let id = fix["id"].as_str().unwrap();
        // The last fix replaces the tasks for all others.
        let is_last = id.starts_with("replace-tasks:");
        if !wanted.contains(id) && !is_last {
            continue;
        }
        let commands: Vec<&str> = fix["commands"]
            .as_array()
            .unwrap()
            .iter()
            .map(|command| command.as_str().unwrap())
            .collect();
        if commands.is_empty() {
            return Err(format!("{id} has no command"));
        }
        platform.paste(&commands.join("\n"))?;
    }
    // New tasks have new agents.
    platform.proxy.agent(Agent::Running);
    platform.await_new_tasks();
    let again = platform.doctor(&["coder"]);
    match (again.status, again.causes().as_slice()) {
        (0, []) => Ok(()),
        (status, causes) => Err(format!(
            "after the fix: status {status}, causes {causes:?}, unknown {:?}: {:?}",
            again.with_status("unknown"),
            strings(&again.json()["root_causes"], "title"),
        )),
    }
}

/// The permissions that fixes need, without those that faults remove.
pub const FIXER_POLICY: &str = r#"
aws iam put-user-policy --user-name $CALLER --policy-name fixer --policy-document '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Resource":"*","Action":[
"ecs:UpdateService","ecs:RunTask","ecs:RegisterTaskDefinition","ecs:DescribeTaskDefinition","ecs:UpdateContainerAgent",
"iam:PutRolePolicy","iam:GetRolePolicy","iam:PutUserPolicy","iam:GetUserPolicy","iam:CreateRole","iam:UpdateAssumeRolePolicy","iam:PassRole",
"ec2:CreateSecurityGroup","ec2:AuthorizeSecurityGroupIngress","ec2:AuthorizeSecurityGroupEgress","ec2:CreateNetworkAclEntry","ec2:CreateVpcEndpoint","ec2:DeleteVpcEndpoints","ec2:ModifyVpcEndpoint","ec2:ModifyVpcAttribute","ec2:DescribeSecurityGroups","ec2:DescribeVpcEndpoints",
"kms:EnableKey","kms:CancelKeyDeletion","kms:PutKeyPolicy","kms:CreateKey","kms:ListKeys","kms:DescribeKey","kms:GetKeyPolicy","logs:CreateLogGroup","logs:AssociateKmsKey","s3:CreateBucket","s3:PutEncryptionConfiguration"]}]}'
"#;

/// Runs `ecs-exec fix` twice; the second run must have nothing to fix.
pub fn fix(platform: &Platform) -> Result<(), String> {
    platform.sh(FIXER_POLICY);
    platform.proxy.rules.lock().unwrap().agent_of_new_tasks = Some(Agent::Running);
    let run = platform.run(&[
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
    // A second run changes nothing.
    let again = platform.run(&["fix", "coder", "--yes", "--allow-drift", "--format", "json"]);
    match (again.status, again.stderr.as_str()) {
        (0, "Nothing to fix.\n") => Ok(()),
        (status, stderr) => Err(format!("fix again: status {status}: {stderr}")),
    }
}
