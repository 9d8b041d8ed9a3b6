//! Compares `ecs-exec doctor SERVICE` with amazon-ecs-exec-checker on a task of the same service: process run times,
//! alternating, as medians. Fetch its script yourself; it needs bash, jq and the AWS CLI.
//! CHECKER=/path/to/check-ecs-exec.sh scripts/with-emulator cargo bench --profile dev --bench checker

#[allow(dead_code)]
#[path = "../tests/all/support/mod.rs"]
mod support;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use support::platform::{Platform, REGION};

const RUNS: usize = 9;

fn main() {
    let (Some(checker), Some(emulator)) = (
        std::env::var_os("CHECKER"),
        std::env::var_os("ECS_EXEC_EMULATOR"),
    ) else {
        println!(
            "skipped: CHECKER=check-ecs-exec.sh scripts/with-emulator cargo bench --profile dev --bench checker"
        );
        return;
    };
    let platform = Platform::healthy();
    let mut checker = checker_command(&platform, &checker);
    let mut doctor = doctor_command(&platform, &install(&platform));
    // Only ECS needs the proxy, which adds what the emulator lacks; all other calls go to the emulator.
    for command in [&mut checker, &mut doctor] {
        command
            .env("AWS_ENDPOINT_URL", &emulator)
            .env("AWS_ENDPOINT_URL_ECS", &platform.proxy.url)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
    }
    let (mut checker_times, mut doctor_times) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        checker_times.push(time(&mut checker));
        doctor_times.push(time(&mut doctor));
    }
    let (checker_times, doctor_times) = (median(checker_times), median(doctor_times));
    println!(
        "amazon-ecs-exec-checker  {:>6} ms",
        checker_times.as_millis()
    );
    println!(
        "ecs-exec doctor          {:>6.1} ms",
        doctor_times.as_secs_f64() * 1000.0
    );
    println!(
        "{:.0} times as fast",
        checker_times.as_secs_f64() / doctor_times.as_secs_f64()
    );
}

fn checker_command(platform: &Platform, script: &OsString) -> Command {
    let task = platform.tasks("coder").remove(0);
    let id = task.rsplit('/').next().unwrap();
    let plugin = platform.home.path().join("bin").into_os_string();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut command = Command::new("bash");
    command
        .arg(script)
        .args([&platform.cluster, id])
        .envs(caller_variables(platform))
        .env("PATH", [plugin, path].join(&OsString::from(":")))
        // Version 1 of the AWS CLI reads only this variable.
        .env("AWS_DEFAULT_REGION", REGION)
        .env("AWS_PAGER", "")
        // Both programs then read the same certificates.
        .env_remove("AWS_CA_BUNDLE");
    command
}

fn doctor_command(platform: &Platform, binary: &Path) -> Command {
    let mut command = Command::new(binary);
    command
        .env_clear()
        .envs(caller_variables(platform))
        .args(["doctor", "coder", "--format", "json"]);
    command
}

/// The environment variables of the caller.
fn caller_variables(platform: &Platform) -> Vec<(OsString, OsString)> {
    let configured = platform.command();
    let variables = configured.get_envs();
    variables
        .filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())))
        .collect()
}

/// A copy of the binary, as an installation makes it: a file that the linker has just written is fragmented in the
/// page cache and takes a sixth longer to start.
fn install(platform: &Platform) -> PathBuf {
    let built = std::env::var_os("ECS_EXEC_BINARY");
    let built = built.unwrap_or_else(|| platform.command().get_program().to_owned());
    let installed = platform.home.path().join("ecs-exec");
    std::fs::copy(built, &installed).unwrap();
    installed
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// The run time of a command that succeeds.
fn time(command: &mut Command) -> Duration {
    let started = Instant::now();
    let status = command.status().unwrap();
    let took = started.elapsed();
    assert!(status.success(), "{command:?} ends with {status}");
    took
}
