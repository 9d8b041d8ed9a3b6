//! What users of docker, kubectl and the AWS CLI type, and misspelt commands.

use crate::environment_errors::{assert_refused, run_offline};
use crate::support::fake_service::Service;

/// `kubectl exec -it POD -- CMD` and `docker exec -it CONTAINER CMD` have their flags first.
#[test]
fn the_flags_of_a_session_can_precede_the_service() {
    let service = Service::start();
    for (arguments, sent) in [
        (&["-it", "web", "--", "echo", "hi"][..], "echo hi"),
        (&["-c", "web", "web", "--", "ls"], "ls"),
        (
            &[
                "--cluster",
                "production",
                "-it",
                "--task",
                "0a1b",
                "web",
                "--",
                "ls",
                "-l",
            ],
            "ls -l",
        ),
        (&["-it", "web", "web", "date"], "date"),
        (&["exec", "-it", "web", "--", "id"], "id"),
    ] {
        let run = service.run(arguments);
        assert_eq!(run.status, 0, "{arguments:?}: {}", run.stderr);
        assert_eq!(service.commands().pop().as_deref(), Some(sent));
    }
    let run = service.run(&["run", "-it", "web", "--", "echo", "hi"]);
    assert_eq!(
        (run.status, run.stdout.as_str()),
        (0, "hi\n"),
        "{}",
        run.stderr
    );
    // A flag that no session has stays an error, and a command stays a command.
    let unknown = run_offline(&["-z", "web"], &[]);
    assert_refused(&unknown, "unexpected argument '-z'", "");
    let command = run_offline(&["--task", "0a1b", "doctor", "web"], &[]);
    assert_refused(&command, "unexpected argument '--task'", "");
}

#[test]
fn a_misspelt_command_with_flags_of_its_own_is_recognised() {
    for (written, meant) in [
        ("docter", "doctor"),
        ("Doctor", "doctor"),
        ("tasks", "list"),
    ] {
        let run = run_offline(&[written, "--demo"], &[]);
        assert_refused(
            &run,
            &format!("there is no command {written}"),
            &format!("Did you mean `ecs-exec {meant}`?"),
        );
    }
    let service = run_offline(&["web", "--demo"], &[]);
    assert_refused(&service, "unexpected argument '--demo'", "");
    assert!(!service.stderr.contains("as a value"), "{}", service.stderr);
}

/// Whatever follows the word, AWS is not asked about a service of this name.
#[test]
fn words_of_other_tools_are_recognised_before_aws_is_asked() {
    let service = Service::start();
    for (line, meant) in [
        (&["exce", "web"][..], "exec"),
        (&["exce", "--", "ls"], "exec"),
        (&["ssh", "web", "--", "ls"], "exec"),
        (&["kubectl", "exec", "-it", "web", "--", "sh"], "exec"),
        (&["log", "web"], "logs"),
        (&["tail", "web"], "logs -f"),
        (&["scp", "web:/etc/hosts", "."], "cp"),
    ] {
        let run = service.run(line);
        let hint = format!("Did you mean `ecs-exec {meant}`?");
        assert_refused(&run, &format!("there is no command {}", line[0]), &hint);
    }
    let calls = service.account.lock().unwrap().calls.clone();
    assert!(calls.is_empty(), "{calls:?}");
}

#[test]
fn a_command_without_dashes_gets_the_line_with_them() {
    let service = Service::start();
    for (line, with_dashes) in [
        (
            &["web", "echo", "hi", "there"][..],
            "ecs-exec web -- echo hi there",
        ),
        (&["web", "web", "ls", "-l", "x"], ""),
        (
            &["web", "web", "echo", "hi", "you"],
            "ecs-exec web -c web -- echo hi you",
        ),
    ] {
        let run = service.run(line);
        assert_refused(&run, "unexpected argument", with_dashes);
        assert!(!run.stderr.contains("open-a-session"), "{}", run.stderr);
    }
}

#[test]
fn a_pasted_line_of_the_aws_cli_opens_the_session() {
    let service = Service::start();
    let pasted = "execute-command --cluster production --task 0a1b --container web --interactive --command id";
    for line in [
        format!("aws ecs {pasted}"),
        format!("ecs {pasted} --no-cli-pager --output json"),
        format!("aws --output=json --no-cli-pager ecs {pasted} --query x --debug"),
        format!("{pasted} --cli-read-timeout 0 --color on"),
        "--cluster production --task 0a1b --interactive --command id --no-cli-pager".to_owned(),
    ] {
        let words: Vec<&str> = line.split(' ').collect();
        let run = service.run(&words);
        assert_eq!(run.status, 0, "{line}: {}", run.stderr);
        assert_eq!(service.commands().pop().as_deref(), Some("id"));
    }
    let opened = service.commands().len();
    let line = format!(
        "aws ecs {} --non-interactive",
        pasted.replace(" --interactive", "")
    );
    let words: Vec<&str> = line.split(' ').collect();
    let refused = service.run(&words);
    assert_refused(&refused, "--non-interactive", "ecs-exec run SERVICE -- CMD");
    assert!(
        !refused.stderr.contains("'--interactive'"),
        "{}",
        refused.stderr
    );
    assert_eq!(service.commands().len(), opened);
    // Such flags mean something to the other commands.
    let list = run_offline(&["list", "--no-cli-pager"], &[]);
    assert_refused(&list, "unexpected argument '--no-cli-pager'", "");
}

#[test]
fn flags_of_the_remote_command_belong_after_a_double_dash() {
    for (arguments, advice) in [
        (&["web", "bash", "-l"][..], "ecs-exec web -- bash -l\n"),
        (
            &["web", "ls", "--all", "-h"],
            "ecs-exec web -- ls --all -h\n",
        ),
        (
            &["--cluster", "c", "web", "app", "bash", "-l"],
            "ecs-exec --cluster c web --container app -- bash -l\n",
        ),
        (
            &["exec", "web", "bash", "-l"],
            "ecs-exec exec web -- bash -l\n",
        ),
    ] {
        let run = run_offline(arguments, &[]);
        assert_refused(&run, "unexpected argument", advice);
    }
    // A misspelt flag of the program is not the remote command's.
    let misspelt = run_offline(&["web", "app", "--no-docter"], &[]);
    assert_refused(&misspelt, "unexpected argument", "'--no-doctor'");
}

#[test]
fn quiet_silences_what_is_no_error() {
    let service = Service::start();
    let loud = service.run(&["cp", "web:/etc/hostname", "copy"]);
    assert!(loud.stderr.contains("Copied"), "{}", loud.stderr);
    for line in [
        &["-q", "exec", "web", "--", "true"][..],
        &["-q", "cp", "web:/etc/hostname", "copy"],
    ] {
        let run = service.run(line);
        assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{line:?}");
    }
    let wrong = service.run(&["-q", "run", "--", "true"]);
    assert_refused(&wrong, "no service is named", "ecs-exec run SERVICE");
}
