//! The reason that ECS gives for the state of a managed agent.

/// Parts of what the ECS agent reports if the instance lacks the files that it mounts into containers: the SSM agent's
/// programs, its certificates, or its configuration.
///
/// <https://github.com/aws/amazon-ecs-agent/blob/master/agent/engine/execcmd/manager_init_task.go>
const MISSING_FILES: [&str; 5] = [
    "could not find certs",
    "no valid versions were found in",
    "could not generate execagent config",
    "could not generate execagent logconfig",
    "/execute-command/",
];

/// Whether the ECS agent did not find on its instance the files that it has to put into the container.
pub fn lacks_host_files(reason: &str) -> bool {
    let reason = reason.to_ascii_lowercase();
    MISSING_FILES.iter().any(|part| reason.contains(part))
}

#[cfg(test)]
mod tests {
    use super::lacks_host_files;

    #[test]
    fn only_missing_files_of_the_instance_count() {
        for reason in [
            "could not find certs",
            "no valid versions were found in /var/lib/ecs/deps/execute-command/bin",
            "open /managed-agents/execute-command/bin: no such file or directory",
            "could not generate ExecAgent Config File: open x: permission denied",
        ] {
            assert!(lacks_host_files(reason), "{reason}");
        }
        for reason in [
            "ExecuteCommandAgent process exited with exit code: 1",
            "unable to start ExecuteCommandAgent [create]: container not running",
            "",
        ] {
            assert!(!lacks_host_files(reason), "{reason}");
        }
    }
}
