//! How much work it takes to find everybody's access.

use super::*;

/// A thousand roles with a large policy that they share, one of their own, and trust in the whole account.
pub fn large_account(roles: usize) -> Account {
    let mut builder = Builder::default();
    let reads: Vec<String> = (0..1200).map(|at| format!("service{at}:Get*")).collect();
    let read_only = builder.policy(
        "ReadOnlyAccess",
        statement("Allow", json!(reads), json!("*"), json!({})),
    );
    for at in 0..roles {
        let own = match at % 10 {
            0 => exec_if(json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}})),
            1 => allow("sts:AssumeRole"),
            2 => allow("*"),
            _ => allow("s3:GetObject"),
        };
        let role = builder.add(&format!("role/r{at}"), &[own]);
        role.policies.push(read_only);
        role.trust = Some(trust(root()));
    }
    builder.0
}

#[test]
fn the_work_grows_with_the_principals_that_matter() {
    let account = large_account(1000);
    let access = session_access(&account, &target());
    assert_eq!(access.principals.len(), 300);
    // Each policy is searched once for each of three actions, however many principals have it.
    assert!(
        access.searched_policies <= 3 * 1001,
        "{}",
        access.searched_policies
    );
    // Two for each of 200 that may execute, one for StartSession of 100, and one chain each is found at once.
    assert!(access.evaluations <= 2_000, "{}", access.evaluations);
}
