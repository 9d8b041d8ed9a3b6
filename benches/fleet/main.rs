//! Measures calls, time and memory of the doctor on simulated clusters of many sizes.
//! cargo build --release && ECS_EXEC_BINARY=target/release/ecs-exec cargo bench --profile dev --bench fleet

mod aws;
#[allow(dead_code)]
#[path = "../../tests/all/support/http.rs"]
mod http;

use std::fs;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use aws::{Calls, DEFINITIONS, Fleet, Kind, ROLES, answer};
use http::serve;
use serde_json::Value;

fn main() {
    let binary =
        std::env::var("ECS_EXEC_BINARY").unwrap_or(env!("CARGO_BIN_EXE_ecs-exec").to_owned());
    println!("tasks  services  calls  least  wall      CPU       memory   verdict");
    for tasks in [10, 100, 1_000, 10_000] {
        for kind in [Kind::Healthy, Kind::Refused, Kind::Conditional] {
            let fleet = Fleet {
                services: (tasks / 20).max(1),
                tasks,
                kind,
            };
            measure(&binary, fleet, Network::Direct);
        }
    }
    let fleet = |services, tasks| Fleet {
        services,
        tasks,
        kind: Kind::Healthy,
    };
    println!("\nthrottled to 20 calls a second:");
    measure(&binary, fleet(50, 1_000), Network::Throttled(20));
    println!("\n100 ms added to each call:");
    for (services, tasks) in [(1, 10), (100, 2_000)] {
        let wall = measure(&binary, fleet(services, tasks), Network::Slow);
        println!(
            "       {:.1} calls deep",
            wall.as_secs_f64() / LATENCY.as_secs_f64()
        );
    }
}

/// The network between the program and AWS.
#[derive(Clone, Copy, PartialEq)]
enum Network {
    Direct,
    /// The calls per second that are answered.
    Throttled(usize),
    Slow,
}

const LATENCY: Duration = Duration::from_millis(100);

fn measure(binary: &str, fleet: Fleet, network: Network) -> Duration {
    let calls = Arc::new(Mutex::new(Calls::default()));
    let shared = calls.clone();
    let calls_per_second = match network {
        Network::Throttled(limit) => Some(limit),
        Network::Direct | Network::Slow => None,
    };
    let url = serve(move |request| {
        if network == Network::Slow {
            thread::sleep(LATENCY);
        }
        answer(&request, fleet, calls_per_second, &shared)
    });
    let started = Instant::now();
    let mut child = Command::new(binary)
        .args([
            "doctor",
            "--all",
            "--skip",
            "local",
            "--format",
            "json",
            "--timeout",
            "10m",
        ])
        .env_clear()
        .env("AWS_ENDPOINT_URL", url)
        .env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "secret")
        .env("AWS_REGION", "us-west-2")
        .env("ECS_EXEC_CLUSTER", "fleet")
        .env("HOME", "/nonexistent")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut memory, mut cpu) = (0, Duration::ZERO);
    let mut out = child.stdout.take().unwrap();
    let report = thread::spawn(move || {
        let mut text = String::new();
        std::io::Read::read_to_string(&mut out, &mut text).unwrap();
        text
    });
    while child.try_wait().unwrap().is_none() {
        let read_proc = |file: &str| {
            fs::read_to_string(format!("/proc/{}/{file}", child.id())).unwrap_or_default()
        };
        memory = memory.max(peak_memory(&read_proc("status")));
        cpu = cpu.max(cpu_time(&read_proc("stat")));
        thread::sleep(Duration::from_millis(2));
    }
    let wall = started.elapsed();
    let report = report.join().unwrap();
    if let Some(path) = std::env::var_os("FLEET_REPORT") {
        std::fs::write(path, &report).unwrap();
    }
    let report: Value = serde_json::from_str(&report).unwrap();
    let calls = calls.lock().unwrap();
    let count: usize = calls.count.values().sum::<usize>() - calls.throttled;
    println!(
        "{:>5}  {:>8}  {count:>5}  {:>5}  {:>6.2} s  {:>6.2} s  {memory:>4} MB  {} ({} root causes{})",
        fleet.tasks,
        fleet.services,
        fewest_calls(fleet),
        wall.as_secs_f64(),
        cpu.as_secs_f64(),
        report["verdict"].as_str().unwrap(),
        report["root_causes"].as_array().unwrap().len(),
        match calls.throttled {
            0 => String::new(),
            some => format!(", {some} calls throttled"),
        }
    );
    if std::env::var_os("FLEET_CALLS").is_some() {
        println!("{:#?}", calls.count);
        for finding in report["findings"].as_array().unwrap() {
            if finding["status"] == "unknown" {
                println!("{} {}", finding["check"], finding["title"]);
            }
        }
    }
    wall
}

/// The peak of resident memory, in MB.
fn peak_memory(status: &str) -> usize {
    let line = status.lines().find(|line| line.starts_with("VmHWM"));
    let kilobytes = line
        .and_then(|line| line.split_whitespace().nth(1))
        .and_then(|kb| kb.parse::<usize>().ok());
    kilobytes.unwrap_or(0) / 1024
}

/// User and system time, in ticks of 10 ms.
fn cpu_time(stat: &str) -> Duration {
    let fields: Vec<&str> = stat
        .rsplit(')')
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .collect();
    let ticks = |at: usize| {
        fields
            .get(at)
            .and_then(|ticks| ticks.parse::<u64>().ok())
            .unwrap_or(0)
    };
    Duration::from_millis(10 * (ticks(11) + ticks(12)))
}

/// The fewest calls that can read all facts, given the batch sizes of AWS.
fn fewest_calls(fleet: Fleet) -> usize {
    let batches = |count: usize, size: usize| count.div_ceil(size).max(1);
    let definitions = DEFINITIONS.min(fleet.services);
    let roles = ROLES.min(definitions);
    // A second simulation of the tasks and the cluster with the value of the condition key, and the user's policies.
    let again = match fleet.kind {
        Kind::Conditional => batches(fleet.tasks, 100) + 1 + 3,
        Kind::Healthy | Kind::Refused => 0,
    };
    batches(fleet.services, 100)
        + batches(fleet.services, 10)
        + 2 * batches(fleet.tasks, 100)
        + definitions
        + 2 * roles
        + batches(fleet.tasks + 2, 100)
        + again
        + batches(fleet.tasks, 200)
        + 2  // caller, cluster
        // Subnets, endpoints, routes, NAT gateways, ACLs, groups, the VPC, two VPC attributes, DHCP options and VPC
        // Block Public Access.
        + 11
}
