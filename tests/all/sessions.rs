//! Sessions: the built binary against the emulator, and containers behind agents of our own.

use std::io::Write;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::support::connect_proxy::ConnectProxy;
use crate::support::doctor::{Run, run};
use crate::support::proxy::Fault;
use crate::support::pty::Terminal;
use crate::support::world::{Plan, World};

fn with_input(world: &World, arguments: &[&str], input: &[u8]) -> Run {
    let mut child = world
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

fn image(world: &World, change: impl FnOnce(&mut crate::support::container::Image)) {
    let containers = world.proxy.rules.lock().unwrap().containers.clone();
    change(&mut containers.image.lock().unwrap());
}

fn commands(world: &World) -> Vec<String> {
    let containers = world.proxy.rules.lock().unwrap().containers.clone();
    containers.commands.lock().unwrap().clone()
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn a_shell_as_the_runbook_s_function_opens_it() {
    let world = World::healthy();
    let mut terminal = Terminal::start(world.command().args(["coder", "coder", "/bin/sh"]));
    let before = Terminal::start(&std::process::Command::new("true"))
        .pty
        .attributes();
    terminal.expect("Connecting to coder-production-coder (task: ");
    terminal.expect("$ ");
    terminal.type_keys("echo one$((1 + 1))three; stty size\r");
    terminal.expect("one2three");
    terminal.expect("24 80");
    terminal.pty.resize(132, 50);
    std::thread::sleep(Duration::from_millis(300));
    terminal.type_keys("stty size\r");
    terminal.expect("50 132");
    // Ctrl-C reaches the remote program, not this one.
    terminal.type_keys("sleep 100\r");
    std::thread::sleep(Duration::from_millis(300));
    terminal.type_keys("\u{3}");
    terminal.type_keys("echo still$((1 + 1))here\r");
    terminal.expect("still2here");
    terminal.type_keys("exit\r");
    assert_eq!(terminal.wait(), 0, "{}", terminal.screen());
    let after = terminal.pty.attributes();
    assert_eq!(after.local_modes, before.local_modes);
    assert_eq!(after.output_modes, before.output_modes);
    assert_eq!(after.input_modes, before.input_modes);
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn the_terminal_is_restored_by_whatever_ends_it() {
    let world = World::healthy();
    for (signal, status) in [("TERM", 143), ("HUP", 129), ("INT", 130)] {
        let mut terminal = Terminal::start(world.command().args(["coder", "coder", "/bin/sh"]));
        terminal.expect("$ ");
        let raw = terminal.pty.attributes();
        terminal.signal(signal);
        assert_eq!(terminal.wait(), status, "{signal}: {}", terminal.screen());
        let after = terminal.pty.attributes();
        assert_ne!(after.local_modes, raw.local_modes, "{signal}");
        assert!(
            after
                .local_modes
                .contains(rustix::termios::LocalModes::ECHO),
            "{signal}"
        );
    }
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn a_large_paste_and_a_storm_of_resizes() {
    let world = World::healthy();
    let text: String = "Zoë's naïve 日本語 🦀 text, across frames.\n"
        .chars()
        .cycle()
        .take(900_000)
        .collect();
    assert!(text.len() > 1_000_000);
    let script = format!(
        "stty raw -echo; printf ready; head -c {} | sha256sum; stty sane; printf cooked; cat",
        text.len()
    );
    let command = format!("/bin/sh -c '{script}'");
    let mut terminal = Terminal::start(world.command().args(["coder", "coder", &command]));
    terminal.expect("ready");
    terminal.type_keys(&text);
    let pasted = world.home.path().join("pasted");
    std::fs::write(&pasted, &text).unwrap();
    let digest = world.sh(&format!("sha256sum < {}", pasted.display()));
    terminal.expect(digest.split_whitespace().next().unwrap());
    // Before that, Ctrl-D would be a byte like any other.
    terminal.expect("cooked");
    terminal.type_keys("\u{4}");
    assert_eq!(terminal.wait(), 0, "{}", terminal.screen());

    let mut terminal = Terminal::start(world.command().args(["coder", "coder", "/bin/sh"]));
    terminal.expect("$ ");
    terminal.type_keys("i=0; while [ $i -lt 20000 ]; do echo line$i; i=$((i + 1)); done\r");
    for step in 0..500 {
        terminal.pty.resize(40 + step % 100, 20 + step % 30);
        std::thread::sleep(Duration::from_millis(1));
    }
    terminal.pty.resize(123, 45);
    terminal.expect("line19999");
    std::thread::sleep(Duration::from_millis(500));
    terminal.type_keys("stty size; exit\r");
    terminal.expect("45 123");
    assert_eq!(terminal.wait(), 0, "{}", terminal.screen());
    let screen = terminal.screen();
    let lines: Vec<&str> = screen
        .lines()
        .filter(|line| line.starts_with("line"))
        .collect();
    assert_eq!(lines.len(), 20_000);
    assert!((0..20_000).all(|at| lines[at] == format!("line{at}")));
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn few_calls_open_a_session() {
    let world = World::healthy();
    let run = world.run(&["coder", "coder", "true"]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    let calls = world.proxy.calls();
    let names: Vec<&str> = calls.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "ecs:DescribeClusters",
            "ecs:DescribeTasks",
            "ecs:ExecuteCommand",
            "ecs:ListTasks"
        ]
    );
    assert!(calls.values().all(|count| *count == 1), "{calls:?}");
    assert_eq!(commands(&world), ["true"]);
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn words_reach_the_program_as_they_are() {
    let world = World::healthy();
    let run = world.run(&[
        "exec", "coder", "--", "printf", "%s|", "a b", "it's", "$HOME", "*", "",
    ]);
    assert_eq!(run.stdout, "a b|it's|$HOME|*||", "{}", run.stderr);
    let run = world.run(&["coder", "coder", "/bin/sh -c 'echo $((6 * 7))'"]);
    assert_eq!(run.stdout.trim(), "42");
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn a_shell_that_is_not_in_the_image_is_made_up_for() {
    let world = World::healthy();
    image(&world, |image| image.lacks = vec!["/bin/bash".into()]);
    let mut terminal = Terminal::start(world.command().arg("coder"));
    terminal.expect("There is no /bin/bash in the image; trying /bin/sh.");
    terminal.expect("$ ");
    terminal.type_keys("exit\r");
    assert_eq!(terminal.wait(), 0);
    assert_eq!(commands(&world), ["/bin/bash", "/bin/sh"]);
    image(&world, |image| {
        image.lacks = vec!["/bin/bash".into(), "/bin/sh".into()]
    });
    let run = world.run(&["coder", "--no-doctor"]);
    assert_eq!(run.status, 255);
    assert!(
        run.stderr.contains("The image has no such shell"),
        "{}",
        run.stderr
    );
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn run_prints_the_output_and_ends_with_the_status() {
    let world = World::healthy();
    let run = |arguments: &[&str]| world.run(arguments);
    let exact = run(&["run", "coder", "--", "printf", "a\\tb\\nc\\r\\nno end"]);
    assert_eq!(
        (exact.status, exact.stdout.as_str()),
        (0, "a\tb\nc\r\nno end"),
        "{}",
        exact.stderr
    );
    assert_eq!(exact.stderr, "");
    let failed = run(&["run", "coder", "--", "sh", "-c", "echo oops >&2; exit 7"]);
    assert_eq!((failed.status, failed.stdout.as_str()), (7, "oops\n"));
    assert_eq!(run(&["run", "coder", "--", "no-such-program"]).status, 127);
    let plain = run(&[
        "run",
        "coder",
        "--",
        "sh",
        "-c",
        "test -t 1 && echo terminal || echo pipe",
    ]);
    assert_eq!(plain.stdout, "pipe\n");
    let late = run(&["run", "coder", "--timeout", "1s", "--", "sleep", "30"]);
    assert_eq!(late.status, 124, "{}", late.stderr);
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn run_takes_standard_input_byte_for_byte() {
    let world = World::healthy();
    let text = with_input(
        &world,
        &["run", "coder", "--", "cat"],
        b"one\ntwo\x03\x04\n",
    );
    assert_eq!(
        (text.status, text.stdout.as_str()),
        (0, "one\ntwo\u{3}\u{4}\n"),
        "{}",
        text.stderr
    );
    let large: Vec<u8> = (0..1_000_000_u32).map(|at| (at % 251) as u8).collect();
    let counted = with_input(&world, &["run", "coder", "--", "sha256sum"], &large);
    let expected = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &large);
    let expected = data_encoding::HEXLOWER.encode(expected.as_ref());
    assert!(
        counted.stdout.starts_with(&expected),
        "{}{}",
        counted.stdout,
        counted.stderr
    );
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn much_output_is_whole() {
    const BYTES: usize = 100_000_000;
    let world = World::healthy();
    let script = format!("head -c {BYTES} /dev/zero | tr '\\0' 'x'");
    let started = Instant::now();
    let output = world
        .command()
        .args(["run", "coder", "--", "sh", "-c", &script])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(output.status.success());
    assert_eq!(output.stdout.len(), BYTES);
    assert!(output.stdout.iter().all(|byte| *byte == b'x'));
    eprintln!("100 MB in {:?}", started.elapsed());
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn a_connection_that_breaks_is_taken_up_again() {
    let world = World::healthy();
    image(&world, |image| image.cut_after = Some(200_000));
    let script = "i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i + 1)); done";
    let run = || world.run(&["run", "coder", "--no-doctor", "--", "sh", "-c", script]);
    let whole = run();
    assert_eq!(whole.status, 0, "{}", whole.stderr);
    let expected: String = (0..20_000).map(|at| format!("line {at}\n")).collect();
    assert!(whole.stdout == expected, "not what was printed");
    assert!(
        whole.stderr.contains("The connection is lost"),
        "{}",
        whole.stderr
    );
    world.proxy.fault("ssm:ResumeSession", Fault::Deny);
    let lost = run();
    assert_eq!(lost.status, 255);
    assert!(
        lost.stderr.contains("could not be resumed"),
        "{}",
        lost.stderr
    );
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn sessions_of_a_cluster_with_a_key_are_encrypted() {
    let world = World::new(Plan {
        nat: true,
        ..Plan::default()
    });
    world.sh(crate::faults::KEY);
    let plain = world.run(&["run", "coder", "--no-doctor", "--", "echo", "in the clear"]);
    assert_eq!(
        plain.status, 255,
        "a session that is not encrypted is refused"
    );
    assert_eq!(plain.stdout, "");
    image(&world, |image| image.data_key = Some((0..64).collect()));
    let run = world.run(&["run", "coder", "--", "echo", "secret"]);
    assert_eq!(
        (run.status, run.stdout.as_str()),
        (0, "secret\n"),
        "{}",
        run.stderr
    );
    let asked = world.proxy.rules.lock().unwrap().asked.clone();
    let context = &asked[0];
    assert!(context.contains("\"NumberOfBytes\":64"), "{context}");
    let task = world.tasks("coder").remove(0);
    let id = task.rsplit('/').next().unwrap();
    assert!(
        context.contains(&format!("ecs:{}_{id}_", world.cluster)),
        "{context}"
    );
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn a_port_is_forwarded_by_the_plugin() {
    let world = World::healthy();
    let recorder = world.home.path().join("bin/session-manager-plugin");
    std::fs::write(
        &recorder,
        "#!/bin/sh\nif [ \"$1\" = --version ]; then echo 1.2.764.0; exit; fi\necho \"$3 $5\"\n",
    )
    .unwrap();
    let run = world.run(&["port-forward", "coder", "5432:db.internal:5433"]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert!(
        run.stdout.starts_with("StartSession {\"Target\":\"ecs:"),
        "{}",
        run.stdout
    );
    let asked = world.proxy.rules.lock().unwrap().asked.clone();
    for told in [
        "AWS-StartPortForwardingSessionToRemoteHost",
        "db.internal",
        "5433",
    ] {
        assert!(asked[0].contains(told), "{told}: {}", asked[0]);
    }
    assert_eq!(world.run(&["port-forward", "coder", "80"]).status, 2);
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn logs_of_all_tasks_in_the_order_of_time() {
    let world = World::new(Plan {
        log_group: Some("/ecs/sessions-test"),
        ..Plan::default()
    });
    world.sh(
        "aws logs create-log-group --log-group-name /ecs/sessions-test || true
         for task in one two; do
             stream=ecs/coder/$task$RANDOM
             aws logs create-log-stream --log-group-name /ecs/sessions-test --log-stream-name $stream
             aws logs put-log-events --log-group-name /ecs/sessions-test --log-stream-name $stream --log-events timestamp=$(date +%s)000,message=\"hello from $task\" >/dev/null
         done",
    );
    let run = world.run(&["logs", "coder"]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert!(
        run.stdout.contains("coder/one") && run.stdout.contains("hello from two"),
        "{}",
        run.stdout
    );
    let mut follow = Terminal::start(world.command().args(["logs", "coder", "--follow"]));
    follow.expect("hello from one");
    world.sh(
        "stream=ecs/coder/three$RANDOM
         aws logs create-log-stream --log-group-name /ecs/sessions-test --log-stream-name $stream
         aws logs put-log-events --log-group-name /ecs/sessions-test --log-stream-name $stream --log-events timestamp=$(date +%s)000,message=later >/dev/null",
    );
    follow.expect("later");
    follow.type_keys("\u{3}");
    assert_eq!(follow.wait(), 130);
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn on_all_tasks_with_a_prefix() {
    let world = World::new(Plan {
        tasks: 3,
        ..Plan::default()
    });
    let run = world.run(&[
        "run",
        "coder",
        "--all-tasks",
        "--",
        "sh",
        "-c",
        "echo a; echo b; exit 3",
    ]);
    assert_eq!(run.status, 3, "{}", run.stderr);
    let mut lines: Vec<&str> = run.stdout.lines().collect();
    assert_eq!(lines.len(), 6, "{}", run.stdout);
    lines.sort_unstable();
    for arn in world.tasks("coder") {
        let id = arn.rsplit('/').next().unwrap();
        assert!(
            lines.contains(&format!("{}  a", &id[..8]).as_str()),
            "{lines:?}"
        );
    }
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn a_session_that_cannot_be_opened_says_why() {
    let world = World::new(Plan {
        role_actions: Some(Vec::new()),
        ..Plan::default()
    });
    world.proxy.fault("ecs:ExecuteCommand", Fault::NotConnected);
    let run = world.run(&["coder"]);
    assert_eq!(run.status, 255);
    assert_eq!(run.stdout, "");
    for told in [
        "TargetNotConnectedException",
        "The agent in the container is not connected",
        "role.ssmmessages",
        "aws iam put-role-policy",
    ] {
        assert!(run.stderr.contains(told), "{told}: {}", run.stderr);
    }
    let quiet = world.run(&["coder", "--no-doctor"]);
    assert_eq!(quiet.status, 255);
    assert!(
        !quiet.stderr.contains("role.ssmmessages"),
        "{}",
        quiet.stderr
    );
    let first = world.run(&["coder", "--doctor"]);
    assert_eq!(first.status, 255);
    assert!(first.stderr.contains("role.ssmmessages"));
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn what_goes_wrong_on_the_way() {
    let world = World::healthy();
    let run = |arguments: &[&str]| {
        let mut all = arguments.to_vec();
        all.push("--no-doctor");
        world.run(&all)
    };
    for (arguments, status, told) in [
        (&["codr"][..], 2, "Did you mean coder-production-coder?"),
        (&["coder", "codr"], 2, "Did you mean coder?"),
        (
            &["exec", "--task", "0123456789abcdef0123456789abcdef"],
            2,
            "there is no task",
        ),
        (
            &["exec", "--task", "zzzz"],
            2,
            "there is no running task zzzz",
        ),
    ] {
        let run = run(arguments);
        assert_eq!(run.status, status, "{arguments:?} {}", run.stderr);
        assert!(run.stderr.contains(told), "{arguments:?} {}", run.stderr);
    }
    world.proxy.fault("ecs:ExecuteCommand", Fault::Deny);
    let denied = run(&["coder"]);
    assert_eq!(denied.status, 255);
    assert!(
        denied.stderr.contains("The caller may not open sessions")
            || denied.stderr.contains("AccessDenied"),
        "{}",
        denied.stderr
    );
    world.proxy.fault("ecs:ExecuteCommand", Fault::Expired);
    assert_eq!(run(&["coder"]).status, 2);
    world.proxy.fault("ecs:ExecuteCommand", Fault::Throttle(2));
    assert_eq!(run(&["coder", "coder", "true"]).status, 0);
    image(&world, |image| image.gateway_status = Some(403));
    let refused = run(&["coder"]);
    assert_eq!(refused.status, 255, "{}", refused.stderr);
    assert!(refused.stderr.contains("HTTP 403"), "{}", refused.stderr);
    image(&world, |image| {
        image.gateway_status = None;
        image.refuses = Some("Your session timed out due to inactivity.".into());
    });
    let idle = run(&["coder"]);
    assert!(idle.stderr.contains("20 minutes"), "{}", idle.stderr);
    image(&world, |image| {
        image.refuses = Some("----------ERROR-------\nEncountered error while initiating handshake. Handshake timed out.".into());
    });
    let handshake = run(&["coder"]);
    assert_eq!(handshake.status, 255);
    assert!(
        handshake.stderr.contains("handshake took too long"),
        "{}",
        handshake.stderr
    );
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn an_agent_that_never_answers() {
    let world = World::healthy();
    image(&world, |image| image.is_silent = true);
    let started = Instant::now();
    let run = world.run(&["coder", "--no-doctor"]);
    assert_eq!(run.status, 255, "{}", run.stderr);
    assert!(
        run.stderr.contains("no sign of life within 30 seconds"),
        "{}",
        run.stderr
    );
    assert!(started.elapsed() < Duration::from_secs(40));
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn tasks_that_cannot_be_entered() {
    let world = World::new(Plan {
        exec: false,
        ..Plan::default()
    });
    let off = world.run(&["coder"]);
    assert_eq!(off.status, 255, "{}", off.stderr);
    assert!(
        off.stderr.contains("--enable-execute-command"),
        "{}",
        off.stderr
    );
    let task = world.tasks("coder").remove(0);
    world.sh(&format!(
        "aws ecs stop-task --cluster {0} --task {task} && aws ecs wait tasks-stopped --cluster {0} --tasks {task}",
        world.cluster
    ));
    let stopped = world.run(&["exec", "--no-doctor", "--task", &task]);
    assert_eq!(stopped.status, 255, "{}", stopped.stderr);
    assert!(stopped.stderr.contains("has stopped"), "{}", stopped.stderr);
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn a_service_without_tasks() {
    let world = World::new(Plan {
        tasks: 0,
        ..Plan::default()
    });
    let run = world.run(&["coder"]);
    assert_eq!(run.status, 255);
    assert!(
        run.stderr
            .contains("No running tasks found for service: coder-production-coder"),
        "{}",
        run.stderr
    );
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn the_doctor_opens_a_session_to_be_sure() {
    let world = World::healthy();
    let run = world.doctor(&["coder", "--live"]);
    assert_eq!(run.status, 0, "{}", run.stdout);
    assert!(
        run.with_status("pass")
            .contains(&"container.live-session".to_owned())
    );
    image(&world, |image| {
        image.refuses = Some("----------ERROR-------\nsomething nobody knows".into())
    });
    let run = world.doctor(&["coder", "--live"]);
    assert_eq!(run.causes(), ["container.live-session"], "{}", run.stdout);
    assert!(run.stdout.contains("something nobody knows"));
    image(&world, |image| image.refuses = None);
    world.sh("aws ec2 revoke-security-group-ingress --group-id $ENDPOINT_GROUP --protocol tcp --port 443 --cidr 10.0.0.0/16");
    let run = world.doctor(&["coder", "--live"]);
    assert_eq!(
        (run.status, run.causes()),
        (0, Vec::new()),
        "{}",
        run.stdout
    );
    assert!(
        run.with_status("warn")
            .contains(&"network.endpoint-security-group".to_owned())
    );
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn a_session_goes_through_the_proxy_of_the_environment() {
    let world = World::healthy();
    let proxy = ConnectProxy::start();
    let through = |user: &str, rest: &[(&str, &str)]| {
        let url = format!("http://{user}@127.0.0.1:{}", proxy.port);
        let mut command = world.command();
        command
            .args(["run", "coder", "--no-doctor", "--", "echo", "hi"])
            .env("https_proxy", url)
            .envs(rest.iter().copied());
        (
            run(&mut command),
            proxy.asked.lock().unwrap().drain(..).count(),
        )
    };
    let (run, asked) = through("user:pass%20word", &[]);
    assert_eq!(
        (run.status, run.stdout.as_str()),
        (0, "hi\n"),
        "{}",
        run.stderr
    );
    assert_eq!(asked, 1);
    let (run, asked) = through("user:pass%20word", &[("NO_PROXY", "127.0.0.0/8")]);
    assert_eq!((run.status, asked), (0, 0), "{}", run.stderr);
    let (run, _) = through("user:wrong", &[]);
    assert_eq!(run.status, 255, "{}", run.stderr);
    assert!(
        run.stderr.contains("by the proxy 127.0.0.1:"),
        "{}",
        run.stderr
    );
    assert!(run.stderr.contains("authorization"), "{}", run.stderr);
    assert!(!run.stderr.contains("wrong"), "{}", run.stderr);
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn the_plugin_is_started_as_the_aws_cli_starts_it() {
    let world = World::healthy();
    let recorder = world.home.path().join("bin/session-manager-plugin");
    let script = |version: &str| {
        format!(
            "#!/bin/sh\nPATH=/usr/bin:/bin\nif [ \"$1\" = --version ]; then echo {version}; exit; fi\nfor word; do echo \"[$word]\"; done\necho \"variable: $AWS_SSM_START_SESSION_RESPONSE\"\necho \"keys: $AWS_ACCESS_KEY_ID\"\n"
        )
    };
    let plugin = |version: &str| {
        std::fs::write(&recorder, script(version)).unwrap();
        world.run(&["coder", "coder", "true", "--transport", "plugin"])
    };
    let new = plugin("1.2.764.0");
    assert_eq!(new.status, 0, "{}", new.stderr);
    let lines: Vec<&str> = new.stdout.lines().collect();
    assert_eq!(
        lines[..4],
        [
            "[AWS_SSM_START_SESSION_RESPONSE]",
            "[us-west-2]",
            "[StartSession]",
            "[]"
        ],
        "{}",
        new.stdout
    );
    assert!(lines[4].starts_with("[{\"Target\":\"ecs:"), "{}", lines[4]);
    assert!(lines[5].starts_with("[http"));
    assert!(
        lines[6].contains("\"TokenValue\":\"the-token\""),
        "{}",
        lines[6]
    );
    let old = plugin("1.2.463.0");
    assert!(old.stdout.starts_with("[{\"SessionId\":"), "{}", old.stdout);
    assert!(old.stdout.contains("variable: \n"));
    std::fs::remove_file(&recorder).unwrap();
    let missing = world.run(&["coder", "coder", "true", "--transport", "plugin"]);
    assert_eq!(missing.status, 255);
    assert!(
        missing.stderr.contains("is not installed"),
        "{}",
        missing.stderr
    );
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn recipes_lists_and_copies() {
    let world = World::healthy();
    std::fs::write(
        world.home.path().join("ecs-exec.toml"),
        "[recipes.sum]\nservice = \"coder\"\ndescription = \"Adds up\"\ncommand = [\"sh\", \"-c\", \"echo $((40 + 2))\"]\n",
    )
    .unwrap();
    let listed = world.run(&["recipe", "--list"]);
    assert!(listed.stdout.contains("Adds up"), "{}", listed.stdout);
    assert_eq!(world.run(&["recipe", "sum"]).stdout, "42\n");
    let wrong = world.run(&["recipe", "sun"]);
    assert_eq!(wrong.status, 2);
    assert!(
        wrong.stderr.contains("Did you mean sum?"),
        "{}",
        wrong.stderr
    );

    let listed = world.run(&["list"]);
    assert_eq!(listed.status, 0, "{}", listed.stderr);
    let lines: Vec<&str> = listed.stdout.lines().collect();
    assert!(lines[0].starts_with("SERVICE"), "{}", listed.stdout);
    assert!(
        lines[1].starts_with("coder-production-coder") && lines[1].ends_with("yes"),
        "{}",
        lines[1]
    );
    let json = world.run(&["list", "coder", "--format", "json"]).json();
    assert_eq!(json[0]["exec"], true);
    assert_eq!(json[0]["container"], "coder");

    let file = world.home.path().join("there");
    std::fs::write(&file, b"a\r\nb\0\xff").unwrap();
    let remote = world.home.path().join("remote");
    let to = format!("coder:{}", remote.display());
    let up = world.run(&["cp", file.to_str().unwrap(), &to]);
    assert_eq!(up.status, 0, "{}", up.stderr);
    assert_eq!(std::fs::read(&remote).unwrap(), b"a\r\nb\0\xff");
    let down = world.run(&["cp", &to, "here"]);
    assert_eq!(down.status, 0, "{}", down.stderr);
    assert_eq!(
        std::fs::read(world.home.path().join("here")).unwrap(),
        b"a\r\nb\0\xff"
    );
    let gone = world.run(&["cp", "coder:/no/such/file", "x"]);
    assert_eq!(gone.status, 255);
    assert!(!world.home.path().join("x").exists());
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn logs_and_init() {
    let world = World::healthy();
    let none = world.run(&["logs", "coder"]);
    assert_eq!(none.status, 2);
    assert!(
        none.stderr.contains("writes nothing to CloudWatch Logs"),
        "{}",
        none.stderr
    );
    let init = world.run(&["init"]);
    assert_eq!(init.status, 0, "{}", init.stderr);
    let written = std::fs::read_to_string(world.home.path().join("ecs-exec.toml")).unwrap();
    assert!(written.contains(&world.cluster), "{written}");
    assert!(written.contains("container = \"coder\""), "{written}");
    assert_eq!(
        world.run(&["init"]).status,
        2,
        "it does not write over a file"
    );
    assert_eq!(
        world.run(&["list"]).status,
        0,
        "what was written can be read"
    );
}

/// A key comes back before anybody could feel it: the whole way is this program, the test's agent and `cat`.
#[test]
#[ignore = "needs the emulator: scripts/test"]
fn keys_come_back_at_once() {
    let world = World::healthy();
    let mut terminal = Terminal::start(world.command().args(["coder", "coder", "/bin/sh"]));
    terminal.expect("$ ");
    terminal.type_keys("stty -echo; printf ready; cat\r");
    terminal.expect("ready");
    let mut times: Vec<Duration> = (0..40)
        .map(|number| {
            let started = Instant::now();
            terminal.type_keys(&format!("key{number}.\r"));
            let wanted = format!("key{number}.");
            while !terminal.screen().contains(&wanted) {
                std::thread::sleep(Duration::from_micros(200));
                assert!(started.elapsed() < Duration::from_secs(5));
            }
            started.elapsed()
        })
        .collect();
    times.sort();
    eprintln!(
        "a line and its answer: median {:?}, longest {:?}",
        times[20], times[39]
    );
    assert!(times[20] < Duration::from_millis(50), "{times:?}");
}
