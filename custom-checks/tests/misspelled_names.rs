//! Misspelt keys, words and names in a configuration.

mod common;

use common::of_line;
use custom_checks::expressions::load;

#[test]
fn misspelt_keys_and_words_name_the_nearest() {
    let (line, column, shown) = of_line("sevrity = 'high'");
    assert_eq!((line, column), (2, 1));
    assert!(shown.contains("unknown key sevrity in checks.x"), "{shown}");
    assert!(shown.ends_with("did you mean severity?"), "{shown}");
    let (_, _, shown) = of_line("xyzzy = 'high'");
    assert!(shown.contains("the keys are each, when"), "{shown}");
    let (line, column, shown) = of_line("severity = 'hihg'");
    assert_eq!((line, column), (2, 13));
    assert!(shown.contains("did you mean high?"), "{shown}");
    let (_, _, shown) = of_line("each = 'container-definition'");
    assert!(shown.contains("it is one of cluster, service"), "{shown}");
    let (_, _, shown) = of_line("status = 'pass'");
    assert!(shown.contains("it is one of fail, warn"), "{shown}");
}

#[test]
fn misspelt_names_in_expressions_name_the_nearest() {
    for (line, column, said, help) in [
        (
            "when = 'tsk.arn == 1'",
            9,
            "unknown variable tsk",
            "did you mean task?",
        ),
        (
            "when = 'x == 1'",
            9,
            "unknown variable x",
            "there are task, service",
        ),
        (
            "when = 'task.exec_enable'",
            14,
            "there is no member exec_enable",
            "did you mean exec_enabled?",
        ),
        (
            "when = 'has(task.exec_enable)'",
            12,
            "there is no member exec_enable",
            "did you mean exec_enabled?",
        ),
        (
            "when = \"task['exec_enable']\"",
            14,
            "there is no member exec_enable",
            "did you mean exec_enabled?",
        ),
        (
            "when = 'task.interface.subnets == 1'",
            24,
            "there is no member subnets",
            "did you mean subnet?",
        ),
        (
            "when = 'task.containers.exists(c, c.nam == 1)'",
            37,
            "there is no member nam",
            "did you mean name?",
        ),
        (
            "when = 'facts.taks == 1'",
            15,
            "there is no member taks",
            "did you mean tasks?",
        ),
        (
            "when = 'container.name == 1'",
            9,
            "there is no container where a check is judged on each task",
            "there are task,",
        ),
        (
            "when = 'task.arn.startWith(1)'",
            27,
            "unknown function startWith",
            "did you mean startsWith?",
        ),
    ] {
        let (found, at, shown) = of_line(line);
        assert_eq!((found, at), (2, column), "{shown}");
        assert!(shown.contains(said), "{shown}");
        assert!(shown.contains(help), "{shown}");
    }
}

#[test]
fn what_can_never_be_true_or_false_is_refused() {
    for (line, what) in [
        ("when = 'task.arn'", "a text"),
        ("when = '1 + 1'", "a number"),
        ("when = 'size(task.containers)'", "a number"),
        ("when = 'task.containers.map(c, c.name)'", "a list"),
        ("when = 'task.tags'", "an object"),
        ("when = 'null'", "null"),
    ] {
        let (found, at, shown) = of_line(line);
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
            load(&format!("[checks.x]\nwhen = '{fine}'\ntitle = 't'"), "f").is_ok(),
            "{fine}"
        );
    }
}

#[test]
fn objects_are_not_compared_with_ones_that_are_written_out() {
    let (_, _, shown) = of_line("when = \"task.tags == {'a': 'b'}\"");
    assert!(shown.contains("can only be looked up in"), "{shown}");
    let (_, _, shown) = of_line("when = \"{'a': {'b': 1}}['a'] == task.tags\"");
    assert!(shown.contains("can only be looked up in"), "{shown}");
}
