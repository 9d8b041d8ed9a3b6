//! `fix` killed after each of its changes: the next run finishes what it left.

use std::process::Stdio;
use std::time::Duration;

use crate::faults::cases::{Case, run_cases};
use crate::faults::fault_named;
use crate::faults::repair::{FIXER_POLICY, fix};
use crate::support::managed_agents::Agent;
use crate::support::platform::Platform;

/// Faults whose fix takes several steps.
const FIXES_OF_SEVERAL_STEPS: [&str; 7] = [
    "role_without_ssmmessages_and_agent_stopped",
    "role_deleted",
    "no_task_role",
    "read_only_root",
    "no_endpoint_and_no_route",
    "no_path_to_kms",
    "log_group_without_required_key",
];

/// Starts a fix and kills it after `writes` changes. `None`: the fix finished before.
fn kill_after(writes: u64, name: &str) -> Result<Option<Platform>, String> {
    let platform = crate::faults::broken_platform(&[fault_named(name)]);
    platform.sh(FIXER_POLICY);
    {
        let mut rules = platform.proxy.rules.lock().unwrap();
        rules.agent_of_new_tasks = Some(Agent::Running);
        rules.writes_left = Some(writes);
    }
    let mut command = platform.command();
    command
        .args(["fix", "coder", "--yes", "--allow-drift", "--timeout", "60s"])
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    while !platform.proxy.rules.lock().unwrap().is_stalled {
        if let Some(status) = child.try_wait().unwrap() {
            return match status.code() {
                Some(0) => Ok(None),
                other => Err(format!("{other:?} without being killed")),
            };
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    platform.proxy.rules.lock().unwrap().writes_left = None;
    Ok(Some(platform))
}

fn keys(platform: &Platform) -> usize {
    let keys = platform.sh("aws kms list-keys --query Keys[].KeyArn --output text");
    let belongs_to_cluster = |key: &&str| {
        let described = platform.sh(&format!(
            "aws kms describe-key --key-id {key} --query KeyMetadata.Description --output text"
        ));
        described.ends_with(&format!("/exec/{}", platform.cluster))
    };
    keys.split_whitespace().filter(belongs_to_cluster).count()
}

/// The next run completes whatever a killed run left unfinished.
#[test]
#[ignore = "needs the emulator: scripts/test"]
fn a_killed_fix_is_completed_by_the_next_run() {
    let cases: Vec<Case> = FIXES_OF_SEVERAL_STEPS
        .iter()
        .map(|&name| {
            let case = move || {
                for writes in 0.. {
                    let after = |why: String| format!("killed after {writes} changes: {why}");
                    let Some(platform) = kill_after(writes, name).map_err(after)? else {
                        return match writes {
                            0 | 1 => Err(format!("only {writes} changes")),
                            _ => Ok(()),
                        };
                    };
                    fix(&platform).map_err(after)?;
                    if name.starts_with("log_group") && keys(&platform) != 1 {
                        return Err(after(format!("{} keys", keys(&platform))));
                    }
                }
                Ok(())
            };
            (name.to_owned(), Box::new(case) as Box<_>)
        })
        .collect();
    run_cases("Fixes that were killed", cases);
}
