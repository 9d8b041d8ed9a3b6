//! Configuration errors are reported with their place before any check runs.

mod common;

use common::{error, line_error, load};

#[test]
fn checks_keep_the_order_of_the_file() {
    let text = "cluster = 'x'\n[recipes.a]\nservice = 'b'\ncommand = ['c']\n\
                [checks.z]\nwhen = 'false'\ntitle = 'Z'\nwhy = 'W'\nfix = 'F'\n\
                [checks.custom-a]\neach = 'role'\nwhen = 'false'\ntitle = 'A'\nseverity = 'low'\n";
    let checks = load(text).expect("checks");
    let ids: Vec<&str> = checks.iter().map(|check| check.check().id).collect();
    assert_eq!(ids, ["custom.z", "custom.custom-a"]);
    let check = checks[0].check();
    assert_eq!((check.title, check.why, check.remedy), ("Z", "W", "F"));
    assert_eq!(check.how, "On each task, fails if: false");
    assert_eq!(checks[1].check().how, "On each role, fails if: false");
    assert!(load("").expect("nothing").is_empty());
    assert!(load("[checks]").expect("nothing").is_empty());
}

#[test]
fn an_error_shows_file_line_and_column() {
    let text =
        "cluster = \"x\"\n\n[checks.team-tag]\ntitle = \"t\"\nwhen = \"task.tags == 1 &&\"\n";
    let (line, column, shown) = error(text);
    assert_eq!((line, column), (5, 26));
    assert_eq!(
        shown,
        "ecs-exec.toml:5:26: invalid CEL expression: the expression ends too early\n"
    );
}

#[test]
fn an_error_shows_the_line_and_marks_the_place() {
    let error = load("[checks.x]\ntitle = 't'\nwhen = 'task.nme'").expect_err("error");
    assert_eq!(
        error.snippet,
        "  |\n3 | when = 'task.nme'\n  |              ^"
    );
    let error = load("[checks.x]\nstatus = 'pass'").expect_err("error");
    assert_eq!(
        error.snippet,
        "  |\n2 | status = 'pass'\n  |          ^^^^^^"
    );
}

#[test]
fn a_syntax_error_points_into_the_expression() {
    for (line, column) in [
        ("when = 'task.arn == && true'", 21),
        ("when = \"task.arn ? true\"", 24),
        ("when = 'ä'", 9),
        ("when = \"'äöü' == task.arn & true\"", 27),
        ("when = '''has(task)'''", 15),
        ("when = \"'äöü' == task.arn && has(task)\"", 34),
        // The text contains an escape, so only its start can be located.
        ("when = \"task.arn == \\\"a\\\" && &&\"", 8),
    ] {
        let (found, at, shown) = line_error(line);
        assert_eq!((found, at), (2, column), "{shown}");
    }
    let text =
        "[checks.x]\ntitle = 't'\nwhen = '''\n  task.exec_enabled &&\n  task.nme == 'x'\n'''\n";
    let (line, column, shown) = error(text);
    assert_eq!((line, column), (5, 8), "{shown}");
}

#[test]
fn a_long_or_deep_expression_is_an_error() {
    let (_, _, shown) = line_error(&format!("when = '{}'", "(".repeat(1000)));
    assert!(shown.contains("nested more than 24 deep"), "{shown}");
    let (_, _, shown) = line_error(&format!("when = '1{}'", " + 1".repeat(1000)));
    assert!(shown.contains("longer than 2000 bytes"), "{shown}");
    // Expressions at the limits do not crash.
    for most in [
        format!("{}true{}", "(".repeat(24), ")".repeat(24)),
        format!("{}task.x{}", "[".repeat(24), "]".repeat(24)),
        "(".repeat(24),
        format!("1{} == 1", "+1".repeat(990)),
        format!("task{}", ".f()".repeat(490)),
        format!("{}true", "!".repeat(1990)),
        format!("true{}", "==true".repeat(330)),
        format!("task{}", "[0]".repeat(600)),
    ] {
        let _ = load(&format!("[checks.x]\nwhen = '{most}'\ntitle = 't'"));
    }
}

#[test]
fn a_missing_key_or_a_wrong_type_is_an_error() {
    let (line, column, shown) = error("\n[checks.x]\ntitle = 't'");
    assert_eq!((line, column), (2, 1));
    assert!(shown.contains("checks.x: missing field `when`"), "{shown}");
    let (_, _, shown) = error("[checks.x]\nwhen = 'true'");
    assert!(shown.contains("checks.x: missing field `title`"), "{shown}");
    let (line, column, shown) = line_error("when = true");
    assert_eq!((line, column), (2, 8), "{shown}");
    assert!(
        shown.contains("checks.x.when: invalid type: boolean `true`, expected a string"),
        "{shown}"
    );
    let (_, _, shown) = line_error("when = ' '");
    assert!(
        shown.contains("checks.x.when: this value is empty"),
        "{shown}"
    );
    let (line, column, shown) = line_error("commands = ['a', 1]");
    assert_eq!((line, column), (2, 18), "{shown}");
    let (_, _, shown) = line_error("commands = 'a'");
    assert!(
        shown.contains("checks.x.commands: invalid type: string \"a\", expected a sequence"),
        "{shown}"
    );
    let (line, column, shown) = error("[checks.Team_Tag]\nwhen = 'true'\ntitle = 't'");
    assert_eq!((line, column), (1, 9), "{shown}");
    let (_, _, shown) = error("checks = 1");
    assert!(
        shown.contains("checks: invalid type: integer `1`, expected a map"),
        "{shown}"
    );
    let (_, _, shown) = error("checks.x = 1");
    assert!(
        shown.contains("checks.x: invalid type: integer `1`, expected a table"),
        "{shown}"
    );
}

#[test]
fn invalid_toml_is_an_error_at_its_place() {
    let (line, column, shown) = error("cluster = 'x'\n[checks.x\nwhen = 'true'");
    assert_eq!((line, column), (2, 10), "{shown}");
}

#[test]
fn an_error_in_a_template_shows_its_place() {
    for (line, column, said) in [
        ("title = 'Task ${task.i} is'", 22, "unknown member i"),
        ("detail = 'Task ${task.id'", 16, "this ${ is not closed"),
        ("fix = 'Task ${} it'", 15, "invalid CEL expression"),
        ("title = 'ä ${tsk} it'", 14, "unknown variable tsk"),
        (
            "commands = ['a ${task.arn', 'b']",
            16,
            "this ${ is not closed",
        ),
    ] {
        let (found, at, shown) = line_error(line);
        assert_eq!((found, at), (2, column), "{shown}");
        assert!(shown.contains(said), "{shown}");
    }
}

#[test]
fn a_value_in_a_command_cannot_be_quoted_by_the_author() {
    for command in [
        "a '${task.arn}'",
        "a \"x ${task.arn}\"",
        "a \\${task.arn}",
        "a \"\\\"${task.arn}\"",
    ] {
        let text = format!("[checks.x]\nwhen = 'true'\ntitle = 't'\ncommands = ['''{command}''']");
        let hint = load(&text).expect_err(command).hint.unwrap_or_default();
        assert!(hint.contains("Remove the quotes"), "{hint}");
    }
    for command in [
        "a 'b' ${task.arn}",
        "a \\\\${task.arn}",
        "a \"'\" ${task.arn} '\"'",
    ] {
        let text = format!("[checks.x]\nwhen = 'true'\ntitle = 't'\ncommands = ['''{command}''']");
        assert!(load(&text).is_ok(), "{command}");
    }
}
