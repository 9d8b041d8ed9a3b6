//! Errors of the environment: missing credentials, full disks, closed pipes, and an AWS that does not answer.

use std::io::Read;
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::doctor::{Run, command, run};
use crate::support::fault::Fault;
use crate::support::platform::{Platform, PlatformSpec, home};

/// The program exits with 2 and prints the error and a hint on standard error, and nothing on standard output.
pub fn assert_refused(run: &Run, what: &str, help: &str) {
    assert_eq!(run.status, 2, "{}{}", run.stdout, run.stderr);
    assert_eq!(run.stdout, "");
    assert!(run.stderr.contains(what), "{}", run.stderr);
    assert!(run.stderr.contains(help), "{}", run.stderr);
}

pub fn run_offline(arguments: &[&str], variables: &[(&str, &str)]) -> Run {
    let home = home(true);
    let mut command = command(home.path());
    command.args(arguments).envs(variables.iter().copied());
    run(&mut command)
}

pub const KEYS: [(&str, &str); 2] = [
    ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
    ("AWS_SECRET_ACCESS_KEY", "secret"),
];

#[test]
fn missing_credentials_are_reported() {
    for metadata in ["true", "false"] {
        let run = run_offline(
            &["doctor", "coder"],
            &[("AWS_EC2_METADATA_DISABLED", metadata)],
        );
        assert_refused(
            &run,
            "there are no AWS credentials on this machine",
            "aws sso login",
        );
    }
}

/// The first argument can be a misspelt command; the suggestion does not depend on credentials.
#[test]
fn a_misspelt_command_is_suggested_without_credentials() {
    let run = run_offline(
        &["docter", "coder"],
        &[("AWS_EC2_METADATA_DISABLED", "true")],
    );
    assert_refused(
        &run,
        "there is no command docter",
        "Did you mean `ecs-exec doctor`?",
    );
}

#[test]
fn a_missing_region_is_reported() {
    let run = run_offline(&["doctor", "coder", "--cluster", "mine"], &KEYS);
    assert_refused(&run, "no region is set for cluster mine", "--region");
}

#[test]
fn invalid_values_are_usage_errors() {
    assert_refused(
        &run_offline(&["doctor", "--format", "xml"], &[]),
        "invalid value 'xml'",
        "json",
    );
    assert_refused(
        &run_offline(&["doctor", "--only", "rol"], &[]),
        "there is no check or area rol",
        "Did you mean role?",
    );
    assert_refused(
        &run_offline(&["doctor", "--demo=none"], &[]),
        "there is no demo none",
        "stale-tasks",
    );
    assert_refused(
        &run_offline(&["doctor", "--snapshot", "gone.json"], &[]),
        "cannot read gone.json",
        "",
    );
    assert_refused(
        &run_offline(&["doctor", "--timeout", "soon"], &[]),
        "invalid value 'soon'",
        "",
    );
}

/// URLs can contain passwords.
#[test]
fn passwords_in_urls_are_not_printed() {
    let mut variables = KEYS.to_vec();
    variables.push(("AWS_ENDPOINT_URL_ECS", "ops:hunter2@host"));
    let run = run_offline(&["list"], &variables);
    assert_refused(
        &run,
        "AWS_ENDPOINT_URL_ECS is not a valid endpoint URL",
        "https://",
    );
    assert!(!run.stderr.contains("hunter2"), "{}", run.stderr);
    let run = run_offline(&["list", "--endpoint-url", "ftp://ops:hunter2@host"], &KEYS);
    assert_refused(
        &run,
        "--endpoint-url is not a valid endpoint URL",
        "https://",
    );
    assert!(!run.stderr.contains("hunter2"), "{}", run.stderr);
    let mut variables = KEYS.to_vec();
    variables.push(("https_proxy", "htp://ops:hunter2@proxy:3128"));
    let run = run_offline(&["list"], &variables);
    assert_refused(&run, "https_proxy is not a valid proxy URL", "http://proxy");
    assert!(!run.stderr.contains("hunter2"), "{}", run.stderr);
}

/// The program never falls back to the credentials of another identity.
#[test]
fn incomplete_keys_and_missing_profiles_are_refused() {
    assert_refused(
        &run_offline(&["doctor", "coder"], &[("AWS_ACCESS_KEY_ID", "AKID")]),
        "AWS_SECRET_ACCESS_KEY is not",
        "Set both",
    );
    assert_refused(
        &run_offline(&["doctor", "coder"], &[("AWS_PROFILE", "gone")]),
        "there is no AWS profile gone (from AWS_PROFILE)",
        "",
    );
}

/// The program does not crash if it cannot print an error.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_on_standard_error_does_not_crash() {
    let full = std::fs::File::options()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let status = std::process::Command::new(env!("CARGO_BIN_EXE_ecs-exec"))
        .args(["doctor", "--demo=none"])
        .stderr(full)
        .status()
        .unwrap();
    assert_eq!(status.code(), Some(2));
}

/// A failure to write help to a file is an error.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_on_standard_output_is_an_error() {
    for arguments in [
        &["--help"][..],
        &["--version"],
        &["help", "doctor"],
        &["checks"],
    ] {
        let full = std::fs::File::options()
            .write(true)
            .open("/dev/full")
            .unwrap();
        let run = std::process::Command::new(env!("CARGO_BIN_EXE_ecs-exec"))
            .args(arguments)
            .stdout(full)
            .output()
            .unwrap();
        let stderr = String::from_utf8_lossy(&run.stderr);
        assert_eq!(run.status.code(), Some(2), "{arguments:?}: {stderr}");
        assert!(
            stderr.contains("standard output"),
            "{arguments:?}: {stderr}"
        );
    }
}

#[test]
fn an_invalid_snapshot_is_refused() {
    let home = home(true);
    for (name, text) in [
        ("empty", ""),
        ("cut", "{\"format\": 1"),
        ("other", "[1, 2]"),
        ("bytes", "\u{1b}[31m"),
    ] {
        let path = home.path().join(name);
        std::fs::write(&path, text).unwrap();
        let path = path.to_str().unwrap();
        let run = run(command(home.path()).args(["doctor", "--snapshot", path]));
        assert_refused(&run, "is not an ecs-exec capture", "");
    }
}

#[test]
fn refused_connections_and_garbage_leave_everything_unknown() {
    let closed = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let url = format!("http://{closed}");
    let mut variables = KEYS.to_vec();
    variables.push(("AWS_ENDPOINT_URL", &url));
    let run = run_offline(&["doctor", "coder", "--format", "json"], &variables);
    assert_eq!(run.status, 3, "{}", run.stderr);
    assert_eq!(run.causes(), [""; 0]);
}

/// Session commands exit with 255, no verdict is healthy, and every command prints the reason.
#[test]
fn an_unreachable_aws_is_reported() {
    let mut variables = KEYS.to_vec();
    variables.extend([
        ("AWS_REGION", "us-west-2"),
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:1"),
        ("ECS_EXEC_CLUSTER", "coder-production-cluster"),
    ]);
    let run_unreachable = |arguments: &[&str]| run_offline(arguments, &variables);
    for (arguments, status) in [
        (&["coder"][..], 255),
        (&["exec", "coder"], 255),
        (&["run", "coder", "--", "ls"], 255),
        (&["cp", "coder:/x", "."], 255),
        (&["list"], 2),
        (&["init"], 2),
        (&["policy", "caller"], 2),
        (&["capture", "coder", "-o", "x.json"], 0),
    ] {
        let run = run_unreachable(arguments);
        assert_eq!(run.status, status, "{arguments:?}: {}", run.stderr);
        let why = "could not be reached";
        assert!(run.stderr.contains(why), "{arguments:?}: {}", run.stderr);
    }
    let fix = run_unreachable(&["fix", "coder", "--yes"]);
    assert_eq!(fix.status, 3, "{}", fix.stderr);
    assert!(fix.stderr.contains("could not run"), "{}", fix.stderr);
    assert!(!fix.stderr.contains("Nothing to fix"), "{}", fix.stderr);
}

#[test]
fn a_closed_pipe_prints_no_error() {
    let home = home(true);
    let mut child = command(home.path())
        .args(["doctor", "--demo", "--format", "json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut errors = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut errors)
        .unwrap();
    assert_eq!(errors, "");
    assert_eq!(child.wait().unwrap().code(), Some(1));
}

/// A listener that accepts connections and never answers.
fn silent_listener() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    (listener, url)
}

#[test]
fn the_timeout_ends_a_hanging_endpoint() {
    let (_listener, url) = silent_listener();
    let mut variables = KEYS.to_vec();
    variables.push(("AWS_ENDPOINT_URL", &url));
    let started = Instant::now();
    let run = run_offline(
        &["doctor", "coder", "--timeout", "1s", "--format", "json"],
        &variables,
    );
    assert!(started.elapsed() < Duration::from_secs(10));
    assert_eq!(run.status, 3);
    assert!(run.stdout.contains("did not answer in time"));
}

#[test]
fn ctrl_c_prints_nothing() {
    let (_listener, url) = silent_listener();
    let home = home(true);
    let child = command(home.path())
        .args(["doctor", "coder", "--cluster", "coder-production-cluster"])
        .envs(KEYS)
        .env("AWS_ENDPOINT_URL", &url)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_millis(700));
    let interrupted = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(interrupted.success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "");
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn expired_credentials_are_reported() {
    let platform = Platform::healthy();
    for action in ["*", "ecs:DescribeTasks", "sts:GetCallerIdentity"] {
        platform.proxy.rules.lock().unwrap().faults.clear();
        platform.proxy.fault(action, Fault::Expired);
        assert_refused(
            &platform.doctor(&["coder"]),
            "the AWS credentials have expired",
            "aws sso login",
        );
    }
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn missing_targets_get_suggestions() {
    let platform = Platform::new(PlatformSpec {
        services: vec!["coder", "litellm"],
        ..PlatformSpec::default()
    });
    assert_refused(
        &platform.doctor(&["codr"]),
        "there is no service coder-production-codr or codr",
        "Did you mean coder-production-coder?",
    );
    assert_refused(
        &platform.doctor(&["coder", "--container", "codr"]),
        "these tasks have no container codr",
        "Their containers: coder.",
    );
    assert_refused(
        &platform.doctor(&["--task", "0123456789abcdef"]),
        "there is no task 0123456789abcdef",
        "",
    );
    assert_refused(
        &platform.doctor(&["coder", "--cluster", "nowhere"]),
        "there is no cluster nowhere in us-west-2",
        "Its clusters: ",
    );
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn an_empty_cluster_is_refused() {
    let platform = Platform::new(PlatformSpec {
        services: Vec::new(),
        ..PlatformSpec::default()
    });
    assert_refused(
        &platform.doctor(&["--all"]),
        "has no services and no running tasks",
        "--cluster",
    );
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn invalid_responses_make_everything_unknown() {
    let platform = Platform::healthy();
    platform.proxy.fault("*", Fault::Garbage);
    let run = platform.doctor(&["coder"]);
    assert_eq!(run.status, 3, "{}{}", run.stdout, run.stderr);
    assert_eq!(run.causes(), [""; 0]);
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn a_hanging_api_affects_only_its_checks() {
    let platform = Platform::healthy();
    platform
        .proxy
        .fault("ec2:DescribeVpcEndpoints", Fault::Hang);
    let run = platform.doctor(&["coder", "--timeout", "2s"]);
    assert_eq!(run.status, 3);
    let unknown = run.with_status("unknown");
    assert!(
        unknown.iter().all(|check| check.starts_with("network.")),
        "{unknown:?}"
    );
    assert!(unknown.contains(&"network.endpoint-present".to_owned()));
}
