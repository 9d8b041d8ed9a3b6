//! Usage errors on the command line and in the configuration, reported before any AWS call.

use std::fs;
use std::sync::{Arc, Mutex};

use crate::environment_errors::{KEYS, assert_refused, run_offline};
use crate::support::doctor::{FORMATS, Run, command, run};
use crate::support::fake_service::Service;
use crate::support::platform::home;

#[test]
fn contradictory_or_invalid_arguments_are_refused() {
    let with_keys = |arguments: &[&str]| run_offline(arguments, &KEYS);
    let other = "arn:aws:ecs:us-west-2:123456789012:service/other/coder-production-coder";
    assert_refused(
        &with_keys(&["doctor", other, "--cluster", "coder-production-cluster"]),
        "is in cluster other",
        "--cluster other",
    );
    let arn = "arn:aws:ecs:us-west-2:123456789012:cluster/mine";
    assert_refused(
        &with_keys(&["doctor", "--cluster", arn, "--region", "eu-west-1"]),
        "--region is eu-west-1",
        "",
    );
    assert_refused(
        &with_keys(&["doctor", ""]),
        "name of a service or task is empty",
        "",
    );
    assert_refused(
        &with_keys(&["doctor", "--region", "us west"]),
        "is not a region",
        "us-west-2",
    );
    assert_refused(
        &with_keys(&["doctor", "--endpoint-url", "not a url"]),
        "is not a valid endpoint URL",
        "http://",
    );
    assert_refused(
        &with_keys(&["doctor", "--only", "role", "--skip", "role"]),
        "no checks are selected",
        "",
    );
    assert_refused(
        &with_keys(&["doctor", "coder", "--profile", "nope"]),
        "there is no AWS profile nope (from --profile)",
        "--profile",
    );
    let in_other_region = "arn:aws:ecs:eu-west-1:123456789012:service/coder-production-cluster/web";
    for command in [&["doctor"][..], &["exec"], &["list"], &["run"], &["logs"]] {
        let mut arguments = command.to_vec();
        let cluster = ["--cluster", "coder-production-cluster"];
        arguments.extend(cluster);
        arguments.extend([in_other_region, "--region", "us-west-2"]);
        if command == ["run"] {
            arguments.extend(["--", "true"]);
        }
        assert_refused(
            &with_keys(&arguments),
            "is in region eu-west-1, not in us-west-2",
            "--region eu-west-1",
        );
    }
    assert_refused(
        &with_keys(&[
            "exec",
            other,
            "--region",
            "us-west-2",
            "--cluster",
            "coder-production-cluster",
        ]),
        "is in cluster other",
        "--cluster other",
    );
    let service = "arn:aws:ecs:us-west-2:123456789012:service/fleet/web";
    assert_refused(
        &with_keys(&["policy", "caller", "--cluster", service]),
        "is not the ARN of a cluster",
        "cluster/NAME",
    );
    assert_refused(
        &with_keys(&["list", "--cluster", "a,b"]),
        "--cluster has several values",
        "ecs-exec doctor",
    );
    assert_refused(
        &with_keys(&["doctor", "--cluster", "a,b", "--watch"]),
        "--watch accepts one cluster",
        "",
    );
}

#[test]
fn an_unknown_configuration_key_is_refused() {
    let home = home(true);
    fs::write(home.path().join("ecs-exec.toml"), "clusster = \"x\"\n").unwrap();
    let run = run(command(home.path()).args(["doctor", "coder"]));
    assert_refused(
        &run,
        "ecs-exec.toml:1:1: unknown key `clusster`",
        "Did you mean `cluster`?",
    );
}

/// `SERVICE -- CMD ARG…` means the same as after `exec`; CMD is not a container.
#[test]
fn a_command_after_a_double_dash_is_no_container() {
    let unsigned = run_offline(&["web", "--", "ls", "-l"], &[]);
    assert_refused(&unsigned, "there are no AWS credentials", "");
    let twice = run_offline(&["web", "app", "--", "ls"], &[]);
    assert_refused(&twice, "unexpected argument 'app'", "ecs-exec exec");
}

#[test]
fn a_leading_double_dash_is_accepted_and_flags_alone_print_usage() {
    let (plain, dashed) = (
        run_offline(&["coder"], &[]),
        run_offline(&["--", "coder"], &[]),
    );
    assert_eq!((dashed.status, &dashed.stderr), (2, &plain.stderr));
    let flags = run_offline(&["-q"], &[]);
    assert_eq!(flags.status, 2);
    assert!(
        flags.stderr.contains("SERVICE [CONTAINER]"),
        "{}",
        flags.stderr
    );
    assert!(!flags.stderr.contains("open-a-session"), "{}", flags.stderr);
}

#[test]
fn lists_of_checks_accept_spaces_and_trailing_commas() {
    let demo = |only: &str| run_offline(&["doctor", "--demo=healthy", "--only", only], &[]);
    let plain = demo("task,container").stdout;
    for written in ["task, container", "task,container,", " task ,container"] {
        assert_eq!(demo(written).stdout, plain, "{written}");
    }
    assert_refused(
        &demo("TASK"),
        "there is no check or area TASK",
        "mean task?",
    );
    assert_refused(
        &demo("nosuch"),
        "there is no check",
        "policy, custom, program",
    );
    assert_refused(&demo(","), "there is no check or area", "Areas");
    assert_refused(
        &demo("custom"),
        "no checks are selected",
        "No custom checks",
    );
    let skipped = demo("cluster.log-group");
    assert_refused(&skipped, "no selected check applies", "cluster.log-group: ");
}

#[test]
fn contradictory_accounts_and_invalid_durations_are_refused() {
    let arn = "arn:aws:ecs:us-west-2:123456789013:cluster/mine";
    let accounts = [
        "policy",
        "caller",
        "--account",
        "123456789012",
        "--cluster",
        arn,
    ];
    assert_refused(
        &run_offline(&accounts, &KEYS),
        "--account is 123456789012, but the cluster's ARN has account 123456789013",
        "Remove --account",
    );
    for time in ["0ms", "90000000ms", "25h"] {
        assert_refused(
            &run_offline(&["doctor", "--timeout", time], &KEYS),
            time,
            "",
        );
    }
}

/// An empty variable counts as unset, as in the AWS SDK. A missing `--config` file is an error for every command.
#[test]
fn empty_variables_are_unset_and_missing_config_files_are_refused() {
    let empty = ["CLUSTER", "REGION", "PROFILE", "SERVICE_PREFIX", "CONFIG"];
    let empty = empty.map(|name| format!("ECS_EXEC_{name}"));
    let empty: Vec<(&str, &str)> = empty.iter().map(|name| (name.as_str(), "")).collect();
    assert_eq!(run_offline(&["doctor", "--demo"], &empty).status, 1);
    let unsigned = run_offline(&["doctor", "coder"], &empty);
    assert_refused(&unsigned, "there are no AWS credentials", "");
    for arguments in [&["doctor", "--demo"][..], &["explain", "role"], &["checks"]] {
        let arguments = [arguments, &["--config", "nowhere.toml"]].concat();
        assert_refused(
            &run_offline(&arguments, &[]),
            "nowhere.toml cannot be read",
            "--config",
        );
    }
}

#[test]
fn empty_values_in_a_configuration_are_errors() {
    for (text, what) in [
        ("shell = \"\"", "shell: this value is empty"),
        (
            "[services.web]\ncontainer = \" \"",
            "services.web.container: this value is empty",
        ),
        (
            "[recipes.a]\nservice = \"web\"\ncommand = []",
            "recipes.a.command: this value is empty",
        ),
        (
            "[recipes.\"\"]\nservice = \"web\"\ncommand = [\"ls\"]",
            "recipes: a table has an empty name",
        ),
        (
            "[plugins]\ntimeout_seconds = 0",
            "plugins.timeout_seconds: must be greater than 0",
        ),
        (
            "services = 3",
            "ecs-exec.toml:1:12: services: invalid type: integer `3`, expected a map",
        ),
        (
            "cluster = [\"a\"]",
            "cluster: invalid type: sequence, expected a string",
        ),
    ] {
        let run = run_with_config(text, &["checks"]);
        assert_refused(&run, what, "");
    }
    let home = home(true);
    fs::create_dir(home.path().join("ecs-exec.toml")).unwrap();
    let folder = run(command(home.path()).arg("checks"));
    assert_refused(&folder, "ecs-exec.toml cannot be read", "");
}

/// Texts of a configuration cannot send escape sequences to the terminal.
#[test]
fn recipes_are_listed_without_control_characters() {
    let text =
        "[recipes.a]\nservice = \"web\"\ndescription = \"\\u001b[31mred\"\ncommand = [\"ls\"]";
    let run = run_with_config(text, &["recipe", "--list"]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert!(run.stdout.contains("red"), "{}", run.stdout);
}

/// The built-in settings of one cluster are no defaults for others.
#[test]
fn built_in_settings_do_not_apply_to_other_clusters() {
    let run = run_with_config("cluster = \"other\"", &["recipe", "--list"]);
    assert!(
        run.stdout.starts_with("There are no recipes"),
        "{}",
        run.stdout
    );
}

/// Local checks need no AWS, and missing credentials are a finding.
#[test]
fn local_checks_run_without_credentials() {
    let variables = [
        ("AWS_REGION", "us-west-2"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ];
    let run = run_offline(
        &["doctor", "--only", "local", "--format", "json"],
        &variables,
    );
    assert_eq!(run.status, 1, "{}", run.stderr);
    assert_eq!(run.causes(), ["local.credentials"]);
    assert!(
        run.with_status("pass")
            .contains(&"local.plugin-installed".to_owned())
    );
    // Other checks need AWS.
    let more = run_offline(&["doctor", "--only", "local,role"], &variables);
    assert_refused(&more, "there are no AWS credentials", "");
}

/// A run without findings must not pass a CI gate.
#[test]
fn checks_without_subjects_are_refused() {
    let run = run_offline(&["doctor", "--demo=healthy", "--only", "policy"], &[]);
    assert_refused(&run, "no selected check applies", "[expect]");
}

/// The same cluster given twice counts once.
#[test]
fn a_repeated_cluster_counts_once() {
    let run = run_offline(
        &["doctor", "--cluster", "a,a", "--region", "us-west-2"],
        &[],
    );
    assert_refused(&run, "there are no AWS credentials", "");
}

#[test]
fn explain_accepts_the_custom_check_areas() {
    for area in ["custom", "program"] {
        let run = run_offline(&["explain", area], &[]);
        assert_eq!(run.status, 0, "{}", run.stdout);
        assert!(run.stdout.contains("Custom checks"), "{}", run.stdout);
    }
}

fn run_with_config(text: &str, arguments: &[&str]) -> Run {
    let home = home(true);
    fs::write(home.path().join("ecs-exec.toml"), text).unwrap();
    run(command(home.path())
        .args(arguments)
        .args(["--config", "ecs-exec.toml"]))
}

/// Nothing else names a cluster, and no list of clusters is read.
#[test]
fn a_service_named_by_its_arn_names_its_cluster() {
    let service = Service::start();
    let cluster = Arc::new(Mutex::new(String::new()));
    let asked = cluster.clone();
    service.answer("ecs:ListTasks", move |body| {
        body.clone_into(&mut asked.lock().unwrap());
        (400, "{}".to_owned())
    });
    let arn = "arn:aws:ecs:us-west-2:123456789012:service/fleet/web";
    run(service
        .command(&["exec", arn, "--no-doctor", "--", "true"])
        .env_remove("ECS_EXEC_CLUSTER"));
    assert!(cluster.lock().unwrap().contains("cluster/fleet"));
    assert_eq!(service.calls("ecs:ListClusters"), 0);
}

/// The tests of all formats go through this list.
#[test]
fn an_unknown_format_lists_all_formats() {
    let refused = run_offline(&["doctor", "--demo", "--format", "nope"], &KEYS);
    let (last, others) = FORMATS.split_last().unwrap();
    let expected = format!("expected {} or {last}\n", others.join(", "));
    assert!(refused.stderr.contains(&expected), "{}", refused.stderr);
}

#[test]
fn counts_and_times_of_logs() {
    let logs = |flag: &str, value: &str| run_offline(&["logs", "web", flag, value], &[]);
    assert_refused(&logs("-n", "x"), "expected a number, like 100", "--tail");
    assert_refused(&logs("--since", "1w"), "like 10m or 2d", "--since");
    assert_refused(&logs("--since", "2d"), "there are no AWS credentials", "");
}

#[test]
fn logs_that_are_denied_name_the_permission() {
    let service = Service::start();
    service.answer("ecs:DescribeTaskDefinition", |_| {
        let log = serde_json::json!({"logDriver": "awslogs", "options": {"awslogs-group": "/app"}});
        let definition = serde_json::json!({"taskDefinition": {"taskDefinitionArn": "web:1", "family": "web",
            "containerDefinitions": [{"name": "web", "logConfiguration": log}]}});
        (200, definition.to_string())
    });
    let run = service.run(&["logs", "web"]);
    assert_refused(
        &run,
        "could not read the logs",
        "need the permission logs:FilterLogEvents",
    );
}

/// Before AWS is asked for anything.
#[test]
fn a_port_that_is_in_use_is_refused_whatever_carries_the_session() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let ports = format!("{}:80", listener.local_addr().unwrap().port());
    for transport in ["native", "plugin"] {
        let run = run_offline(
            &["port-forward", "web", &ports, "--transport", transport],
            &[],
        );
        assert_refused(&run, "cannot listen on 127.0.0.1", "0 is any free one");
    }
}
