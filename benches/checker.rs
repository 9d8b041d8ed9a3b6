//! `ecs-exec doctor SERVICE` beside amazon-ecs-exec-checker on the task of the same service: whole processes in turn,
//! medians of one run. Fetch its script yourself; it needs bash, jq and the AWS CLI. Both ask the emulator itself, which
//! reports no exec agents: the service is one whose agents are missing, as both say.
//! CHECKER=/path/to/check-ecs-exec.sh scripts/with-emulator cargo bench --profile dev --bench checker

#[allow(dead_code)]
#[path = "../tests/all/support/mod.rs"]
mod support;

use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use support::world::World;

const RUNS: usize = 5;

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
    let world = World::healthy();
    let task = world.tasks("coder").remove(0);
    let id = task.rsplit('/').next().unwrap();
    let mut checker = {
        let mut command = Command::new("bash");
        command
            .arg(checker)
            .args([&world.cluster, id])
            .env("AWS_ENDPOINT_URL", &emulator)
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("AWS_REGION", "us-west-2")
            .env("AWS_PAGER", "")
            // As few certificates to read for one as for the other.
            .env_remove("AWS_CA_BUNDLE");
        command
    };
    let binary = std::env::var_os("ECS_EXEC_BINARY");
    let doctor = || {
        let configured = world.command();
        let mut command = Command::new(binary.as_deref().unwrap_or(configured.get_program()));
        let variables = configured.get_envs();
        command
            .env_clear()
            .envs(variables.filter_map(|(name, value)| Some((name, value?))))
            .env("AWS_ENDPOINT_URL", &emulator);
        command.args(["doctor", "coder", "--format", "json"]);
        let (took, status) = time(&mut command);
        assert_eq!(status.code(), Some(1), "the doctor misses the agents");
        took
    };
    let (mut theirs, mut ours) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        theirs.push(time(&mut checker).0);
        ours.push(doctor());
    }
    let (theirs, ours) = (median(theirs), median(ours));
    println!("amazon-ecs-exec-checker  {:>6} ms", theirs.as_millis());
    println!("ecs-exec doctor          {:>6} ms", ours.as_millis());
    println!(
        "{:.0} times as fast",
        theirs.as_secs_f64() / ours.as_secs_f64()
    );
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn time(command: &mut Command) -> (Duration, ExitStatus) {
    let started = Instant::now();
    let status = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    (started.elapsed(), status)
}
