//! Clusters and services that are left out or misspelt.

use crate::environment_errors::assert_refused;
use crate::support::doctor::run;
use crate::support::fake_service::Service;
use crate::support::pty::Terminal;

/// The advice must not be the command itself.
#[test]
fn init_without_a_cluster_says_how_to_name_one() {
    let service = Service::start();
    let list = |body: &'static str, status| {
        service.answer("ecs:ListClusters", move |_| (status, body.to_owned()));
        run(service.command(&["init"]).env("ECS_EXEC_CLUSTER", ""))
    };
    let several = r#"{"clusterArns": ["arn:aws:ecs:us-west-2:123456789012:cluster/a", "arn:aws:ecs:us-west-2:123456789012:cluster/b"]}"#;
    let denied = r#"{"__type": "AccessDeniedException", "message": "no"}"#;
    for run in [list(several, 200), list(denied, 400)] {
        assert_refused(&run, "no cluster is named", "ecs-exec init --cluster NAME");
        assert!(
            !run.stderr.contains("run `ecs-exec init`"),
            "{}",
            run.stderr
        );
    }
}

#[test]
fn a_service_that_is_left_out_is_chosen_on_a_terminal() {
    let service = Service::start();
    let mut terminal = Terminal::start(&service.command(&["run", "--", "echo", "it$((1 + 1))ran"]));
    terminal.expect("Service in production:");
    terminal.type_keys("\r");
    assert_eq!(terminal.wait(), 0, "{}", terminal.screen());
    assert_eq!(service.commands().len(), 1);
    for command in [
        &["who-can"][..],
        &["run", "--", "ls"],
        &["port-forward", "0:80"],
    ] {
        let mut terminal = Terminal::start(&service.command(command));
        terminal.expect("Service in production:");
        // Esc: nothing is chosen, as after Ctrl-C.
        terminal.type_keys("\u{1b}");
        assert_eq!(terminal.wait(), 130, "{}", terminal.screen());
    }
    for (arguments, what, advice) in [
        (
            &["run", "--", "ls"][..],
            "no service is named",
            "ecs-exec run SERVICE -- CMD",
        ),
        (
            &["who-can"],
            "no service is named",
            "ecs-exec who-can SERVICE",
        ),
        (
            &["port-forward"],
            "no port is named",
            "ecs-exec port-forward SERVICE 8080:80",
        ),
        (
            &["port-forward", "8080"],
            "no service is named",
            "ecs-exec port-forward SERVICE PORT",
        ),
    ] {
        assert_refused(&service.run(arguments), what, advice);
    }
}

#[test]
fn doctor_asks_somebody_at_a_terminal_which_service_to_check() {
    let service = Service::start();
    service.answer("ecs:ListServices", |_| {
        let arns = ["api", "web"]
            .map(|name| format!("arn:aws:ecs:us-west-2:123456789012:service/production/{name}"));
        (200, serde_json::json!({"serviceArns": arns}).to_string())
    });
    let question = "Service to check in production:";
    let mut terminal = Terminal::start(&service.command(&["doctor", "--only", "service"]));
    terminal.expect(question);
    assert!(
        terminal.screen().contains("> all 2 services"),
        "{}",
        terminal.screen()
    );
    terminal.type_keys("web\r");
    // Those of one service.
    terminal.expect("3 passed");
    assert_eq!(terminal.wait(), 0, "{}", terminal.screen());

    let offered = |arguments: &[&str]| {
        let mut terminal = Terminal::start(&service.command(arguments));
        terminal.wait();
        terminal.screen().contains(question)
    };
    for arguments in [
        &["doctor", "web"][..],
        &["doctor", "--all"],
        &["doctor", "--format", "json"],
        &["doctor", "--output", "report.txt"],
        &["fix", "--yes"],
        &["doctor", "--only", "local"],
    ] {
        assert!(!offered(arguments), "{arguments:?}");
    }
}

#[test]
fn a_misspelt_cluster_gets_a_suggestion() {
    let service = Service::start();
    service.answer("ecs:DescribeClusters", |_| {
        let failures = r#"{"clusters": [], "failures": [{"arn": "sho", "reason": "MISSING"}]}"#;
        (200, failures.to_owned())
    });
    service.answer("ecs:ListTasks", |_| {
        let error = r#"{"__type": "ClusterNotFoundException", "message": "Cluster not found."}"#;
        (400, error.to_owned())
    });
    service.answer("ecs:DescribeServices", |_| {
        let error = r#"{"__type": "ClusterNotFoundException", "message": "Cluster not found."}"#;
        (400, error.to_owned())
    });
    service.answer("ecs:ListClusters", |_| {
        let arns = ["shop", "other"]
            .map(|name| format!("arn:aws:ecs:us-west-2:123456789012:cluster/{name}"));
        (200, serde_json::json!({"clusterArns": arns}).to_string())
    });
    let near = service.run(&["exec", "web", "--cluster", "sho"]);
    assert_refused(&near, "there is no cluster sho", "Did you mean shop?");
    let far = service.run(&["exec", "web", "--cluster", "zzz"]);
    assert_refused(&far, "there is no cluster zzz", "other and shop");
}
