//! Who can open sessions in an account of 1,000 roles: medians of one run.
//! cargo bench --profile dev --bench who_can

use std::time::{Duration, Instant};

use aws_rules::iam::session_access::{
    Account, AccountPrincipal, SessionTarget, TargetTask, session_access,
};
use model::facts::{Fact, Policy};
use serde_json::{Value, json};

const ROLES: usize = 1000;
const RUNS: usize = 9;
const BASE: &str = "arn:aws:ecs:us-west-2:123456789012";

fn main() {
    let (account, target) = (account(), target());
    let mut times: Vec<Duration> = (0..RUNS)
        .map(|_| {
            let started = Instant::now();
            let access = session_access(&account, &target);
            assert!(!access.principals.is_empty());
            started.elapsed()
        })
        .collect();
    times.sort();
    let access = session_access(&account, &target);
    println!(
        "{ROLES} roles: {} ms; {} can, {} evaluations, {} policies searched",
        times[RUNS / 2].as_millis(),
        access.principals.len(),
        access.evaluations,
        access.searched_policies
    );
}

fn policy(name: String, effect: &str, actions: Value, condition: Value) -> Policy {
    Policy {
        name,
        arn: None,
        document: json!({"Version": "2012-10-17", "Statement": [{
            "Effect": effect, "Action": actions, "Resource": "*", "Condition": condition,
        }]}),
    }
}

/// Every role has a policy like ReadOnlyAccess and one of its own; a tenth each may open sessions with MFA, may do
/// everything, or may assume any role that trusts the account. A third of the roles trusts the account.
fn account() -> Account {
    let reads: Vec<String> = (0..1300)
        .map(|at| format!("service{at}:Describe*"))
        .collect();
    let mut account = Account::default();
    let shared = policy(
        "ReadOnlyAccess".to_owned(),
        "Allow",
        json!(reads),
        json!({}),
    );
    account.policies.push(shared);
    for at in 0..ROLES {
        let mfa = json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}});
        let (actions, condition) = match at % 10 {
            0 => (json!("ecs:ExecuteCommand"), mfa),
            1 => (json!("sts:AssumeRole"), json!({})),
            2 => (json!("*"), json!({})),
            _ => (json!(["s3:GetObject", "s3:PutObject", "logs:*"]), json!({})),
        };
        let own = policy(format!("own-{at}"), "Allow", actions, condition);
        account.policies.push(own);
        let trusted = match at % 3 {
            0 => json!({"AWS": "arn:aws:iam::123456789012:root"}),
            _ => json!({"Service": "ecs-tasks.amazonaws.com"}),
        };
        account.principals.push(AccountPrincipal {
            arn: format!("arn:aws:iam::123456789012:role/team/role-{at}"),
            policies: vec![0, account.policies.len() - 1],
            trust: Some(json!({"Version": "2012-10-17", "Statement": [{
                "Effect": "Allow", "Principal": trusted, "Action": "sts:AssumeRole",
            }]})),
            ..AccountPrincipal::default()
        });
    }
    account
}

fn target() -> SessionTarget {
    SessionTarget {
        region: "us-west-2".to_owned(),
        cluster_arn: format!("{BASE}:cluster/prod"),
        cluster_tags: Some(Default::default()),
        tasks: vec![TargetTask {
            arn: format!("{BASE}:task/prod/0a1b2c3d4e5f60718293a4b5c6d7e8f9"),
            tags: Some(Default::default()),
            containers: vec!["web".to_owned()],
        }],
        now: None,
        key: Fact::Absent,
    }
}
