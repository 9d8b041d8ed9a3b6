//! `ecs-exec doctor SERVICE` beside amazon-ecs-exec-checker on the task of the same service: whole processes in turn,
//! medians of one run. Fetch its script yourself; it needs bash, jq and the AWS CLI.
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
    let mut checker = checker_of(&platform, &checker);
    let mut doctor = doctor_of(&platform, &installed(&platform));
    // What the emulator lacks is added to the answers of ECS only; everything else is asked of the emulator itself.
    for command in [&mut checker, &mut doctor] {
        command
            .env("AWS_ENDPOINT_URL", &emulator)
            .env("AWS_ENDPOINT_URL_ECS", &platform.proxy.url)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
    }
    let (mut theirs, mut ours) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        theirs.push(time(&mut checker));
        ours.push(time(&mut doctor));
    }
    let (theirs, ours) = (median(theirs), median(ours));
    println!("amazon-ecs-exec-checker  {:>6} ms", theirs.as_millis());
    println!(
        "ecs-exec doctor          {:>6.1} ms",
        ours.as_secs_f64() * 1000.0
    );
    println!(
        "{:.0} times as fast",
        theirs.as_secs_f64() / ours.as_secs_f64()
    );
}

fn checker_of(platform: &Platform, script: &OsString) -> Command {
    let task = platform.tasks("coder").remove(0);
    let id = task.rsplit('/').next().unwrap();
    let plugin = platform.home.path().join("bin").into_os_string();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut command = Command::new("bash");
    command
        .arg(script)
        .args([&platform.cluster, id])
        .envs(variables_of(platform))
        .env("PATH", [plugin, path].join(&OsString::from(":")))
        // The first version of the AWS CLI knows the region by this name only.
        .env("AWS_DEFAULT_REGION", REGION)
        .env("AWS_PAGER", "")
        // As few certificates to read for one as for the other.
        .env_remove("AWS_CA_BUNDLE");
    command
}

fn doctor_of(platform: &Platform, binary: &Path) -> Command {
    let mut command = Command::new(binary);
    command
        .env_clear()
        .envs(variables_of(platform))
        .args(["doctor", "coder", "--format", "json"]);
    command
}

/// Who the caller is.
fn variables_of(platform: &Platform) -> Vec<(OsString, OsString)> {
    let configured = platform.command();
    let variables = configured.get_envs();
    variables
        .filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())))
        .collect()
}

/// A copy, as installing makes one: what the linker has just written lies in memory in many small pieces, and takes a
/// sixth longer to start.
fn installed(platform: &Platform) -> PathBuf {
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

/// How long a run takes in which everything is found in order.
fn time(command: &mut Command) -> Duration {
    let started = Instant::now();
    let status = command.status().unwrap();
    let took = started.elapsed();
    assert!(status.success(), "{command:?} ends with {status}");
    took
}
