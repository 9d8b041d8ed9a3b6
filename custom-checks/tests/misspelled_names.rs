//! Misspelled keys, words and names in a configuration.

mod common;

use common::{line_error, load};

#[test]
fn a_misspelled_key_or_word_gets_the_nearest_one() {
    let (line, column, shown) = line_error("sevrity = 'high'");
    assert_eq!((line, column), (2, 1));
    assert!(shown.contains("unknown key `sevrity`"), "{shown}");
    assert!(shown.ends_with("Did you mean `severity`?"), "{shown}");
    let (_, _, shown) = line_error("xyzzy = 'high'");
    assert!(shown.contains("Known keys: each, when"), "{shown}");
    let (line, column, shown) = line_error("severity = 'hihg'");
    assert_eq!((line, column), (2, 12));
    assert!(
        shown.contains("invalid value `hihg` for checks.x.severity (expected `low`, `medium`"),
        "{shown}"
    );
    let (_, _, shown) = line_error("each = 'container-definition'");
    assert!(shown.contains("expected `cluster`, `service`"), "{shown}");
    let (_, _, shown) = line_error("status = 'pass'");
    assert!(shown.contains("expected `fail`, `warn`"), "{shown}");
}

#[test]
fn a_misspelled_name_in_an_expression_gets_the_nearest_one() {
    for (line, column, said, help) in [
        (
            "when = 'tsk.arn == 1'",
            9,
            "unknown variable tsk",
            "Did you mean `task`?",
        ),
        (
            "when = 'x == 1'",
            9,
            "unknown variable x",
            "Variables: task, service",
        ),
        (
            "when = 'task.exec_enable'",
            14,
            "unknown member exec_enable",
            "Did you mean `exec_enabled`?",
        ),
        (
            "when = 'has(task.exec_enable)'",
            12,
            "unknown member exec_enable",
            "Did you mean `exec_enabled`?",
        ),
        (
            "when = \"task['exec_enable']\"",
            14,
            "unknown member exec_enable",
            "Did you mean `exec_enabled`?",
        ),
        (
            "when = 'task.interface.subnets == 1'",
            24,
            "unknown member subnets",
            "Did you mean `subnet`?",
        ),
        (
            "when = 'task.containers.exists(c, c.nam == 1)'",
            37,
            "unknown member nam",
            "Did you mean `name`?",
        ),
        (
            "when = 'facts.taks == 1'",
            15,
            "unknown member taks",
            "Did you mean `tasks`?",
        ),
        (
            "when = 'container.name == 1'",
            9,
            "a check on each task has no variable container",
            "Variables: task,",
        ),
        (
            "when = 'task.arn.startWith(1)'",
            27,
            "unknown function startWith",
            "Did you mean `startsWith`?",
        ),
    ] {
        let (found, at, shown) = line_error(line);
        assert_eq!((found, at), (2, column), "{shown}");
        assert!(shown.contains(said), "{shown}");
        assert!(shown.contains(help), "{shown}");
    }
}

#[test]
fn a_condition_that_is_never_true_or_false_is_an_error() {
    for (line, what) in [
        ("when = 'task.arn'", "a string"),
        ("when = '1 + 1'", "a number"),
        ("when = 'size(task.containers)'", "a number"),
        ("when = 'task.containers.map(c, c.name)'", "a list"),
        ("when = 'task.tags'", "an object"),
        ("when = 'null'", "null"),
    ] {
        let (found, at, shown) = line_error(line);
        assert_eq!((found, at), (2, 9), "{shown}");
        assert!(shown.contains(&format!("this is {what}")), "{shown}");
    }
    for fine in [
        "task.tags.x",
        "task.exec_enabled",
        "task.stop_code",
        "[1].exists_one(x, x == 1)",
    ] {
        assert!(
            load(&format!("[checks.x]\nwhen = '{fine}'\ntitle = 't'")).is_ok(),
            "{fine}"
        );
    }
}

#[test]
fn an_object_literal_cannot_be_compared() {
    let (_, _, shown) = line_error("when = \"task.tags == {'a': 'b'}\"");
    assert!(shown.contains("can only be looked up in"), "{shown}");
    let (_, _, shown) = line_error("when = \"{'a': {'b': 1}}['a'] == task.tags\"");
    assert!(shown.contains("can only be looked up in"), "{shown}");
}
