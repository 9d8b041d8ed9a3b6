//! `mcp`: the tools that an AI assistant calls.
#![cfg(unix)]

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

use crate::fix::stale_platform;
use crate::support::doctor;

/// A server and its client, which speaks JSON-RPC in lines.
/// <https://modelcontextprotocol.io/specification/2025-06-18/basic/transports>
struct Server {
    child: Child,
    requests: Option<ChildStdin>,
    responses: BufReader<ChildStdout>,
    last_id: u64,
}

impl Server {
    fn start(command: &mut Command, flags: &[&str]) -> Server {
        let mut child = command
            .arg("mcp")
            .args(flags)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut server = Server {
            requests: child.stdin.take(),
            responses: BufReader::new(child.stdout.take().unwrap()),
            child,
            last_id: 0,
        };
        let client = json!({
            "protocolVersion": "2025-06-18",
            "capabilities": {},
            "clientInfo": {"name": "test", "version": "1"},
        });
        let greeting = server.request("initialize", &client);
        assert_eq!(greeting["result"]["serverInfo"]["name"], "ecs-exec");
        server.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
        server
    }

    fn send(&mut self, message: &Value) {
        writeln!(self.requests.as_mut().unwrap(), "{message}").unwrap();
    }

    fn request(&mut self, method: &str, parameters: &Value) -> Value {
        self.last_id += 1;
        let id = self.last_id;
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": parameters}));
        let mut line = String::new();
        self.responses.read_line(&mut line).unwrap();
        let response: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(response["id"], id, "{line}");
        response
    }

    fn tools(&mut self) -> Vec<String> {
        let listed = self.request("tools/list", &json!({}));
        doctor::strings(&listed["result"]["tools"], "name")
    }

    /// The text of a result, or of a tool's error.
    fn call(&mut self, tool: &str, arguments: Value) -> Result<String, String> {
        let call = json!({"name": tool, "arguments": arguments});
        let response = self.request("tools/call", &call);
        let result = &response["result"];
        let text = result["content"][0]["text"].as_str();
        let text = text.unwrap_or_else(|| panic!("{response}")).to_owned();
        match result["isError"] == true {
            true => Err(text),
            false => Ok(text),
        }
    }

    /// The exit status after standard input is closed.
    fn close(mut self) -> Option<i32> {
        self.requests.take();
        self.child.wait().unwrap().code()
    }
}

fn without_aws(flags: &[&str]) -> (tempfile::TempDir, Server) {
    let home = tempfile::tempdir().unwrap();
    let server = Server::start(&mut doctor::command(home.path()), flags);
    (home, server)
}

#[test]
fn the_fix_tool_is_offered_only_with_its_flag() {
    let (_home, mut server) = without_aws(&[]);
    assert_eq!(server.tools(), ["checks", "doctor", "explain", "list"]);
    let refused = server.request("tools/call", &json!({"name": "fix", "arguments": {}}));
    assert!(refused["error"]["message"].is_string(), "{refused}");
    assert_eq!(server.close(), Some(0));
    let (_home, mut server) = without_aws(&["--allow-fix"]);
    assert!(server.tools().contains(&"fix".to_owned()));
}

#[test]
fn explain_and_checks_need_no_aws() {
    let (_home, mut server) = without_aws(&[]);
    let text =
        "An error occurred (TargetNotConnectedException) when calling the ExecuteCommand operation";
    let explained = server.call("explain", json!({"text": text})).unwrap();
    assert!(explained.contains("agent"), "{explained}");
    let checks = server.call("checks", json!({})).unwrap();
    assert!(checks.contains("task.exec-enabled"), "{checks}");
    // A text that looks like a flag is a text.
    let flag = server.call("explain", json!({"text": "--help"}));
    assert!(!flag.unwrap_or_else(|error| error).contains("Usage:"));
}

#[test]
fn errors_of_a_tool_say_what_is_wrong() {
    let (_home, mut server) = without_aws(&["--region", "us-west-2", "--cluster", "c"]);
    let misspelt = server.call("doctor", json!({"service": ["web"]}));
    assert!(misspelt.unwrap_err().contains("unknown field `service`"));
    let error = server.call("list", json!({"services": ["web"]}));
    let error = error.unwrap_err();
    assert!(error.contains("there are no AWS credentials"), "{error}");
    let hidden_flag = server.call("doctor", json!({"services": ["--fix"]}));
    assert!(hidden_flag.unwrap_err().contains("credentials"));
    assert_eq!(server.close(), Some(0));
}

#[test]
fn without_an_assistant_it_ends_with_2() {
    let home = tempfile::tempdir().unwrap();
    let mut command = doctor::command(home.path());
    let run = doctor::run(command.arg("mcp").stdin(Stdio::null()));
    assert_eq!(run.status, 2);
    assert!(run.stderr.contains("An AI assistant starts this command"));
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn an_assistant_finds_and_fixes_the_cause() {
    let platform = stale_platform();
    let mut server = Server::start(&mut platform.command(), &["--allow-fix"]);
    let report = server.call("doctor", json!({"services": ["coder"], "format": "json"}));
    let report: Value = serde_json::from_str(&report.unwrap()).unwrap();
    assert_eq!(
        doctor::strings(&report["root_causes"], "check"),
        ["task.exec-enabled"]
    );
    let listed = server.call("list", json!({})).unwrap();
    let listed: Value = serde_json::from_str(&listed).unwrap();
    assert_eq!(listed[0]["exec"], false, "{listed}");
    let short = server.call("doctor", json!({})).unwrap();
    assert!(short.contains("--force-new-deployment"), "{short}");
    let fixed = server.call("fix", json!({"services": ["coder"]})).unwrap();
    assert!(fixed.contains("sessions would work"), "{fixed}");
    assert_eq!(server.close(), Some(0));
}

/// Closes standard input while a fix runs: the fix is completed.
#[test]
#[ignore = "needs the emulator: scripts/test"]
fn a_fix_ends_after_its_assistant_has_left() {
    let platform = stale_platform();
    let mut server = Server::start(&mut platform.command(), &["--allow-fix"]);
    let call = json!({"name": "fix", "arguments": {"services": ["coder"]}});
    server.send(&json!({"jsonrpc": "2.0", "id": 9, "method": "tools/call", "params": call}));
    while !platform.proxy.calls().contains_key("ecs:UpdateService") {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert_eq!(server.close(), Some(0));
    assert_eq!(platform.doctor(&["coder"]).status, 0);
}
