//! Compares the throughput of a forwarded port with that of AWS's plugin, through the same test agent. Prints medians and
//! their ratios: cargo build --release && PLUGIN=/usr/local/bin/session-manager-plugin
//! ECS_EXEC_BINARY=target/release/ecs-exec cargo bench --profile dev --bench forwarding

#[allow(dead_code)]
#[path = "../tests/all/support/mod.rs"]
mod support;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use support::fake_service::Service;

const RUNS: usize = 5;
const MEBIBYTES: usize = 8;
const BLOCK: usize = 1 << 20;

fn main() {
    let plugin = std::env::var_os("PLUGIN").map(PathBuf::from);
    let native = throughput(None);
    print("native", &native, &native);
    match &plugin {
        Some(path) => print("the plugin", &throughput(Some(path)), &native),
        None => println!("PLUGIN=/path/to/session-manager-plugin compares with AWS's plugin"),
    }
}

/// Times to receive and to send.
struct Times {
    receive: Duration,
    send: Duration,
}

fn print(name: &str, times: &Times, native: &Times) {
    let rate = |time: Duration| MEBIBYTES as f64 / time.as_secs_f64();
    println!(
        "{name}: receives {:.1} MiB/s ({:.2} of native), sends {:.1} MiB/s ({:.2} of native)",
        rate(times.receive),
        rate(times.receive) / rate(native.receive),
        rate(times.send),
        rate(times.send) / rate(native.send),
    );
}

fn throughput(plugin: Option<&Path>) -> Times {
    let service = Service::start();
    let mut more = Vec::new();
    if let Some(plugin) = plugin {
        let bin = service.home.path().join("bin");
        fs::create_dir_all(&bin).unwrap();
        let place = bin.join("session-manager-plugin");
        let _ = fs::remove_file(&place);
        fs::copy(plugin, &place).unwrap();
        more = vec!["--transport", "plugin"];
    }
    let (mut child, port) = forward(&service, server(), &more);
    let mut received: Vec<Duration> = (0..RUNS).map(|_| receive(port)).collect();
    let mut sent: Vec<Duration> = (0..RUNS).map(|_| send(port)).collect();
    received.sort();
    sent.sort();
    // As Ctrl-C does. The plugin removes its socket, whose name is the same the next time.
    let group = format!("-{}", child.id());
    let _ = Command::new("kill").args(["-INT", "--", &group]).status();
    let _ = child.wait();
    Times {
        receive: received[RUNS / 2],
        send: sent[RUNS / 2],
    }
}

/// Sends all it has to a client that says `r`; else reads as much, and then answers.
fn server() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut wish = [0];
            if stream.read_exact(&mut wish).is_err() {
                continue;
            }
            let mut block = vec![7; BLOCK];
            for _ in 0..MEBIBYTES {
                match wish[0] {
                    b'r' => stream.write_all(&block).unwrap(),
                    _ => stream.read_exact(&mut block).unwrap(),
                }
            }
            let _ = stream.write_all(b".");
        }
    });
    port
}

/// The command while it runs, and the local port.
fn forward(service: &Service, remote: u16, more: &[&str]) -> (Child, u16) {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let local = free.local_addr().unwrap().port();
    drop(free);
    let as_tested = service.command(&["port-forward", "web", "--no-doctor"]);
    let built = std::env::var_os("ECS_EXEC_BINARY");
    let mut command = Command::new(built.as_deref().unwrap_or(as_tested.get_program()));
    command.args(as_tested.get_args()).env_clear();
    let variables = as_tested.get_envs();
    command.envs(variables.filter_map(|(name, value)| Some((name, value?))));
    let mut child = command
        .current_dir(service.home.path())
        .process_group(0)
        .arg(format!("{local}:{remote}"))
        .args(more)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let _ = lines.next();
    thread::spawn(move || lines.for_each(drop));
    (child, local)
}

/// The port opens shortly after it is announced.
fn connect(port: u16) -> TcpStream {
    for _ in 0..100 {
        if let Ok(stream) = TcpStream::connect(("127.0.0.1", port)) {
            return stream;
        }
        thread::sleep(Duration::from_millis(50));
    }
    panic!("nothing listens on port {port}");
}

fn receive(port: u16) -> Duration {
    let mut stream = connect(port);
    let started = Instant::now();
    stream.write_all(b"r").unwrap();
    let mut block = vec![0; BLOCK];
    for _ in 0..MEBIBYTES {
        stream.read_exact(&mut block).unwrap();
    }
    started.elapsed()
}

fn send(port: u16) -> Duration {
    let mut stream = connect(port);
    let started = Instant::now();
    stream.write_all(b"s").unwrap();
    let block = vec![7; BLOCK];
    for _ in 0..MEBIBYTES {
        stream.write_all(&block).unwrap();
    }
    stream.read_exact(&mut [0]).unwrap();
    started.elapsed()
}
