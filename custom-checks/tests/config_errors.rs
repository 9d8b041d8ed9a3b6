//! What is wrong with a configuration is said before anything runs, and where it is.

mod common;

use common::{error, of_line};
use custom_checks::expressions::{Each, load};

#[test]
fn the_checks_of_a_whole_file_come_in_its_order() {
    let text = "cluster = 'x'\n[recipes.a]\nservice = 'b'\ncommand = ['c']\n\
                [checks.z]\nwhen = 'false'\ntitle = 'Z'\nwhy = 'W'\nfix = 'F'\n\
                [checks.custom-a]\neach = 'role'\nwhen = 'false'\ntitle = 'A'\nseverity = 'low'\n";
    let checks = load(text, "f").expect("checks");
    let ids: Vec<&str> = checks.iter().map(|check| check.check().id).collect();
    assert_eq!(ids, ["custom.z", "custom.custom-a"]);
    assert_eq!(checks[0].each(), Each::Task);
    assert_eq!(checks[1].each(), Each::Role);
    let check = checks[0].check();
    assert_eq!((check.title, check.why, check.remedy), ("Z", "W", "F"));
    assert_eq!(check.how, "On each task, wrong where: false");
    assert!(load("", "f").expect("nothing").is_empty());
    assert!(load("[checks]", "f").expect("nothing").is_empty());
}

#[test]
fn the_place_is_shown() {
    let text =
        "cluster = \"x\"\n\n[checks.team-tag]\ntitle = \"t\"\nwhen = \"task.tags == 1 &&\"\n";
    let (line, column, shown) = error(text);
    assert_eq!((line, column), (5, 26));
    assert_eq!(
        shown,
        "ecs-exec.toml:5:26: this is no CEL expression: the expression ends too early"
    );
}

#[test]
fn syntax_errors_are_placed_within_the_expression() {
    for (line, column) in [
        ("when = 'task.arn == && true'", 21),
        ("when = \"task.arn ? true\"", 24),
        ("when = 'ä'", 9),
        ("when = \"'äöü' == task.arn & true\"", 27),
        ("when = '''has(task)'''", 15),
        ("when = \"'äöü' == task.arn && has(task)\"", 34),
        // Written with an escape, so that only the beginning is sure.
        ("when = \"task.arn == \\\"a\\\" && &&\"", 8),
    ] {
        let (found, at, shown) = of_line(line);
        assert_eq!((found, at), (2, column), "{shown}");
    }
    let text =
        "[checks.x]\ntitle = 't'\nwhen = '''\n  task.exec_enabled &&\n  task.nme == 'x'\n'''\n";
    let (line, column, shown) = error(text);
    assert_eq!((line, column), (5, 8), "{shown}");
}

#[test]
fn what_would_take_too_much_is_refused() {
    let (_, _, shown) = of_line(&format!("when = '{}'", "(".repeat(1000)));
    assert!(shown.contains("nested more than 24 deep"), "{shown}");
    let (_, _, shown) = of_line(&format!("when = '1{}'", " + 1".repeat(1000)));
    assert!(shown.contains("longer than 2000 bytes"), "{shown}");
    // As much as is allowed of everything runs.
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
        let _ = load(&format!("[checks.x]\nwhen = '{most}'\ntitle = 't'"), "f");
    }
}

#[test]
fn what_is_missing_or_of_another_type() {
    let (line, column, shown) = error("\n[checks.x]\ntitle = 't'");
    assert_eq!((line, column), (2, 9));
    assert!(shown.contains("checks.x has no when"), "{shown}");
    let (_, _, shown) = error("[checks.x]\nwhen = 'true'");
    assert!(shown.contains("checks.x has no title"), "{shown}");
    let (line, column, shown) = of_line("when = true");
    assert_eq!((line, column), (2, 8), "{shown}");
    assert!(shown.contains("when has to be a text"), "{shown}");
    let (_, _, shown) = of_line("when = ' '");
    assert!(shown.contains("when is empty"), "{shown}");
    let (line, column, shown) = of_line("commands = ['a', 1]");
    assert_eq!((line, column), (2, 18), "{shown}");
    let (_, _, shown) = of_line("commands = 'a'");
    assert!(shown.contains("a list of texts"), "{shown}");
    let (line, column, shown) = error("[checks.Team_Tag]\n");
    assert_eq!((line, column), (1, 9), "{shown}");
    let (_, _, shown) = error("checks = 1");
    assert!(shown.contains("[checks.NAME]"), "{shown}");
    let (_, _, shown) = error("checks.x = 1");
    assert!(shown.contains("checks.x has to be a table"), "{shown}");
}

#[test]
fn a_file_that_is_no_toml_is_refused_where_it_is_wrong() {
    let (line, column, shown) = error("cluster = 'x'\n[checks.x\nwhen = 'true'");
    assert_eq!((line, column), (2, 10), "{shown}");
}

#[test]
fn templates_are_compiled_too() {
    for (line, column, said) in [
        ("title = 'Task ${task.i} is'", 22, "there is no member i"),
        ("detail = 'Task ${task.id'", 16, "this ${ does not end"),
        ("fix = 'Task ${} it'", 15, "no CEL expression"),
        ("title = 'ä ${tsk} it'", 14, "unknown variable tsk"),
        (
            "commands = ['a ${task.arn', 'b']",
            16,
            "this ${ does not end",
        ),
    ] {
        let (found, at, shown) = of_line(line);
        assert_eq!((found, at), (2, column), "{shown}");
        assert!(shown.contains(said), "{shown}");
    }
}

#[test]
fn values_in_commands_stand_outside_of_quotes() {
    for command in [
        "a '${task.arn}'",
        "a \"x ${task.arn}\"",
        "a \\${task.arn}",
        "a \"\\\"${task.arn}\"",
    ] {
        let text = format!("[checks.x]\nwhen = 'true'\ntitle = 't'\ncommands = ['''{command}''']");
        let help = load(&text, "f")
            .expect_err(command)
            .help
            .unwrap_or_default();
        assert!(help.contains("leave the quotes out"), "{help}");
    }
    for command in [
        "a 'b' ${task.arn}",
        "a \\\\${task.arn}",
        "a \"'\" ${task.arn} '\"'",
    ] {
        let text = format!("[checks.x]\nwhen = 'true'\ntitle = 't'\ncommands = ['''{command}''']");
        assert!(load(&text, "f").is_ok(), "{command}");
    }
}
