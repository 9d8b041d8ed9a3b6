//! Compares the time to open a session with the runbook's function, which starts the AWS CLI twice and the plugin
//! once. Prints medians and their ratios: scripts/with-emulator cargo bench --profile dev --bench sessions

#[allow(dead_code)]
#[path = "../tests/all/support/mod.rs"]
mod support;

use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use support::platform::Platform;

const RUNS: usize = 9;
const MEBIBYTES: usize = 100;

/// The runbook's function, on one line.
const RUNBOOK: &str = r#"task=$(aws ecs list-tasks --cluster "$CLUSTER" --service-name "$SERVICE" --desired-status RUNNING --query 'taskArns[0]' --output text)
aws ecs execute-command --cluster "$CLUSTER" --task "$task" --container coder --interactive --command true"#;

fn main() {
    if std::env::var_os("ECS_EXEC_EMULATOR").is_none() {
        println!("skipped: scripts/with-emulator cargo bench --profile dev --bench sessions");
        return;
    }
    let platform = Platform::healthy();
    // A plugin that exits at once.
    let plugin = platform.home.path().join("bin/session-manager-plugin");
    fs::write(&plugin, "#!/bin/sh\necho 1.2.764.0\n").unwrap();

    let mut runbook = Command::new("bash");
    runbook
        .args(["-euc", RUNBOOK])
        .env("AWS_ENDPOINT_URL", &platform.proxy.url)
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("AWS_DEFAULT_REGION", "us-west-2")
        .env("CLUSTER", &platform.cluster)
        .env("SERVICE", "coder-production-coder")
        .env("PATH", path_with(&platform));
    let ours = |arguments: &[&str]| {
        let mut command = platform.command();
        command.args(arguments);
        command
    };
    let joined = platform
        .proxy
        .rules
        .lock()
        .unwrap()
        .containers
        .joined
        .clone();
    let [runbook, plugin, native, session, doctor] = medians([
        &mut || time(&mut runbook),
        &mut || {
            time(&mut ours(&[
                "coder",
                "coder",
                "true",
                "--transport",
                "plugin",
            ]))
        },
        &mut || {
            let started = Instant::now();
            time(&mut ours(&["coder", "coder", "true"]));
            joined.lock().unwrap().expect("a session") - started
        },
        &mut || time(&mut ours(&["coder", "coder", "true"])),
        &mut || time(&mut ours(&["doctor", "coder", "--format", "json"])),
    ]);
    print_time("the runbook's function", runbook, runbook);
    print_time("ecs-exec, to the plugin's start", plugin, runbook);
    print_time("ecs-exec, to the open channel", native, runbook);
    print_time("ecs-exec, the whole session", session, runbook);
    print_time("ecs-exec doctor", doctor, runbook);

    let output = format!("head -c {} /dev/zero", MEBIBYTES << 20);
    let mut large_run = ours(&["run", "coder", "--", "sh", "-c", &output]);
    let took = time(&mut large_run);
    println!(
        "run, {MEBIBYTES} MiB of output: {:.2} s",
        took.as_secs_f64()
    );
}

fn path_with(platform: &Platform) -> String {
    let ours = platform.home.path().join("bin");
    format!("{}:{}", ours.display(), std::env::var("PATH").unwrap())
}

/// Alternates between the commands, so that load on the machine affects all of them.
fn medians<const N: usize>(mut timed: [&mut dyn FnMut() -> Duration; N]) -> [Duration; N] {
    let mut times: [Vec<Duration>; N] = std::array::from_fn(|_| Vec::new());
    for _ in 0..RUNS {
        for (at, run_once) in timed.iter_mut().enumerate() {
            times[at].push(run_once());
        }
    }
    times.map(|mut times| {
        times.sort();
        times[RUNS / 2]
    })
}

fn time(command: &mut Command) -> Duration {
    let started = Instant::now();
    let ended = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    let took = started.elapsed();
    assert!(ended.success(), "{command:?}");
    took
}

fn print_time(what: &str, took: Duration, baseline: Duration) {
    println!(
        "{what:<32} {:>5} ms  {:>5.1} times as fast",
        took.as_millis(),
        baseline.as_secs_f64() / took.as_secs_f64()
    );
}
