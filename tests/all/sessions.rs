//! Sessions of the built binary with the emulator and simulated agents.

mod connection;
mod errors;
mod folders;
mod forwarding;
mod interrupts;
mod keyboard;
mod one_off;
mod real_agent;
mod shell;

use std::io::Write;
use std::process::Stdio;

use crate::support::doctor::Run;
use crate::support::platform::Platform;

fn with_input(platform: &Platform, arguments: &[&str], input: &[u8]) -> Run {
    let mut child = platform
        .command()
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    std::thread::spawn(move || {
        let _ = stdin.write_all(&input);
    });
    let output = child.wait_with_output().unwrap();
    Run {
        status: output.status.code().expect("ended by a signal"),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

fn image(platform: &Platform, change: impl FnOnce(&mut crate::support::container::Image)) {
    let containers = platform.proxy.rules.lock().unwrap().containers.clone();
    change(&mut containers.image.lock().unwrap());
}

fn commands(platform: &Platform) -> Vec<String> {
    let containers = platform.proxy.rules.lock().unwrap().containers.clone();
    containers.commands.lock().unwrap().clone()
}
