//! The connection of a session: reconnects, encryption, proxies and the plugin.

use super::image;
use crate::support::connect_proxy::ConnectProxy;
use crate::support::doctor::run;
use crate::support::fake_service::{KEY, Service};
use crate::support::fault::Fault;
use crate::support::platform::{Platform, PlatformSpec};

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn a_lost_connection_is_resumed() {
    let platform = Platform::healthy();
    image(&platform, |image| image.cut_after = Some(60_000));
    let script = "i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i + 1)); done";
    let run = || platform.run(&["run", "coder", "--no-doctor", "--", "sh", "-c", script]);
    let resumed = run();
    assert_eq!(resumed.status, 0, "{}", resumed.stderr);
    let expected: String = (0..20_000).map(|at| format!("line {at}\n")).collect();
    assert!(
        resumed.stdout == expected,
        "the output is not what the command printed"
    );
    assert!(
        resumed.stderr.contains("The connection is lost"),
        "{}",
        resumed.stderr
    );
    platform.proxy.fault("ssm:ResumeSession", Fault::Deny);
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
fn sessions_in_a_cluster_with_a_kms_key_are_encrypted() {
    let platform = Platform::new(PlatformSpec {
        nat: true,
        ..PlatformSpec::default()
    });
    platform.sh(crate::faults::catalogue::KEY);
    let plain = platform.run(&["run", "coder", "--no-doctor", "--", "echo", "in the clear"]);
    assert_eq!(
        plain.status, 255,
        "a session that is not encrypted is refused"
    );
    assert_eq!(plain.stdout, "");
    let key = platform.sh(
        "aws ecs describe-clusters --clusters $CLUSTER --include CONFIGURATIONS --output text \
         --query 'clusters[0].configuration.executeCommandConfiguration.kmsKeyId'",
    );
    image(&platform, |image| {
        image.data_key = Some((0..64).collect());
        image.kms_key = "arn:aws:kms:us-west-2:123456789012:key/another".into();
    });
    let other = platform.run(&["run", "coder", "--no-doctor", "--", "echo", "secret"]);
    assert_eq!((other.status, other.stdout.as_str()), (255, ""));
    assert!(other.stderr.contains("key/another"), "{}", other.stderr);
    image(&platform, |image| image.kms_key = key);
    let run = platform.run(&["run", "coder", "--", "echo", "secret"]);
    assert_eq!(
        (run.status, run.stdout.as_str()),
        (0, "secret\n"),
        "{}",
        run.stderr
    );
    let request_bodies = platform.proxy.rules.lock().unwrap().request_bodies.clone();
    let context = &request_bodies[0];
    assert!(context.contains("\"NumberOfBytes\":64"), "{context}");
    let task = platform.tasks("coder").remove(0);
    let id = task.rsplit('/').next().unwrap();
    assert!(
        context.contains(&format!("ecs:{}_{id}_", platform.cluster)),
        "{context}"
    );
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn port_forward_uses_the_plugin() {
    let platform = Platform::healthy();
    let recorder = platform.home.path().join("bin/session-manager-plugin");
    std::fs::write(
        &recorder,
        "#!/bin/sh\nif [ \"$1\" = --version ]; then echo 1.2.764.0; exit; fi\necho \"$3 $5\"\n",
    )
    .unwrap();
    let run = platform.run(&[
        "port-forward",
        "coder",
        "5432:db.internal:5433",
        "--transport",
        "plugin",
    ]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert!(
        run.stdout.starts_with("StartSession {\"Target\":\"ecs:"),
        "{}",
        run.stdout
    );
    let request_bodies = platform.proxy.rules.lock().unwrap().request_bodies.clone();
    for expected in [
        "AWS-StartPortForwardingSessionToRemoteHost",
        "db.internal",
        "5433",
    ] {
        assert!(
            request_bodies[0].contains(expected),
            "{expected}: {}",
            request_bodies[0]
        );
    }
}

/// The plugin handles SIGINT from the keyboard; other signals end the plugin and this program.
#[test]
#[ignore = "needs the emulator: scripts/test"]
fn only_keyboard_signals_leave_the_plugin_running() {
    let platform = Platform::healthy();
    let session = |body: &str| {
        let script = format!(
            "#!/bin/sh\nPATH=/usr/bin:/bin\nif [ \"$1\" = --version ]; then echo 1.2.764.0; exit; fi\n{body}\n"
        );
        std::fs::write(
            platform.home.path().join("bin/session-manager-plugin"),
            script,
        )
        .unwrap();
        platform.run(&["coder", "coder", "true", "--transport", "plugin"])
    };
    let interrupted = session("kill -INT $PPID; sleep 0.3; echo on");
    assert_eq!(interrupted.status, 0, "{}", interrupted.stderr);
    assert_eq!(interrupted.stdout, "on\n");

    let handler =
        "trap 'echo told; exit' TERM; kill -TERM $PPID; for _ in $(seq 50); do sleep 0.1; done";
    let terminated = session(handler);
    assert_eq!(terminated.status, 128 + 15, "{}", terminated.stderr);
    assert_eq!(terminated.stdout, "told\n");
    assert_eq!(platform.proxy.calls()["ssm:TerminateSession"], 1);

    let deaf = session("trap '' TERM; kill -TERM $PPID; for _ in $(seq 100); do sleep 0.1; done");
    assert_eq!(deaf.status, 128 + 15, "{}", deaf.stderr);
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn doctor_live_opens_a_session() {
    let platform = Platform::healthy();
    let run = platform.doctor(&["coder", "--live"]);
    assert_eq!(run.status, 0, "{}", run.stdout);
    assert!(
        run.with_status("pass")
            .contains(&"container.live-session".to_owned())
    );
    image(&platform, |image| {
        image.refusal_message = Some("----------ERROR-------\nsomething nobody knows".into())
    });
    let run = platform.doctor(&["coder", "--live"]);
    assert_eq!(run.causes(), ["container.live-session"], "{}", run.stdout);
    assert!(run.stdout.contains("something nobody knows"));
    image(&platform, |image| image.refusal_message = None);
    platform.sh("aws ec2 revoke-security-group-ingress --group-id $ENDPOINT_GROUP --protocol tcp --port 443 --cidr 10.0.0.0/16");
    let run = platform.doctor(&["coder", "--live"]);
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
fn sessions_use_the_proxy_environment_variables() {
    let platform = Platform::healthy();
    let proxy = ConnectProxy::start();
    let through = |user: &str, rest: &[(&str, &str)]| {
        let url = format!("http://{user}@127.0.0.1:{}", proxy.port);
        let mut command = platform.command();
        command
            .args(["run", "coder", "--no-doctor", "--", "echo", "hi"])
            .env("https_proxy", url)
            .envs(rest.iter().copied());
        (
            run(&mut command),
            proxy.destinations.lock().unwrap().drain(..).count(),
        )
    };
    let (run, connections) = through("user:pass%20word", &[]);
    assert_eq!(
        (run.status, run.stdout.as_str()),
        (0, "hi\n"),
        "{}",
        run.stderr
    );
    assert_eq!(connections, 1);
    let (run, connections) = through("user:pass%20word", &[("NO_PROXY", "127.0.0.0/8")]);
    assert_eq!((run.status, connections), (0, 0), "{}", run.stderr);
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
    let platform = Platform::healthy();
    let recorder = platform.home.path().join("bin/session-manager-plugin");
    let script = |version: &str| {
        format!(
            "#!/bin/sh\nPATH=/usr/bin:/bin\nif [ \"$1\" = --version ]; then echo {version}; exit; fi\nfor word; do echo \"[$word]\"; done\necho \"variable: $AWS_SSM_START_SESSION_RESPONSE\"\necho \"keys: $AWS_ACCESS_KEY_ID\"\n"
        )
    };
    let plugin = |version: &str| {
        std::fs::write(&recorder, script(version)).unwrap();
        platform.run(&["coder", "coder", "true", "--transport", "plugin"])
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
    let missing = platform.run(&["coder", "coder", "true", "--transport", "plugin"]);
    assert_eq!(missing.status, 255);
    assert!(
        missing.stderr.contains("is not installed"),
        "{}",
        missing.stderr
    );
}

#[test]
fn only_the_cluster_key_is_accepted_for_encryption() {
    let service = Service::with_image(|image| {
        image.data_key = Some((0..64).collect());
        image.kms_key = KEY.to_owned();
    });
    service.account.lock().unwrap().kms_key = Some(KEY);
    let run = || service.run(&["run", "web", "-n", "--no-doctor", "--", "echo", "secret"]);
    let encrypted = run();
    assert_eq!(encrypted.stdout, "secret\n");
    assert!(
        encrypted.stderr.contains("is encrypted") && !encrypted.stderr.contains("warning"),
        "{}",
        encrypted.stderr
    );
    service.image(|image| image.kms_key = KEY.replace("1234abcd", "99999999"));
    let other = run();
    assert_eq!((other.status, other.stdout.as_str()), (255, ""));
    assert!(
        other.stderr.contains("the cluster's key is"),
        "{}",
        other.stderr
    );
    service.image(|image| image.data_key = None);
    let plain = run();
    assert_eq!((plain.status, plain.stdout.as_str()), (255, ""));
    service
        .account
        .lock()
        .unwrap()
        .denied
        .insert("ecs:DescribeClusters", "no");
    let unknown = run();
    assert_eq!((unknown.status, unknown.stdout.as_str()), (0, "secret\n"));
    assert!(
        unknown.stderr.contains("might not be encrypted"),
        "{}",
        unknown.stderr
    );
    assert!(
        unknown.stderr.contains("ecs:DescribeClusters"),
        "{}",
        unknown.stderr
    );
}
