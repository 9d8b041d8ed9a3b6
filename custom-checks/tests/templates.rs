//! Texts and commands with expressions in them.

mod common;

use std::collections::BTreeMap;

use common::*;

#[test]
fn values_are_quoted_for_the_shell() {
    let mut facts = coder();
    let hostile = "x'; rm -rf \"$HOME\" `id` $(id) & #";
    task(&mut facts).tags.insert("team".into(), hostile.into());
    let toml = "[checks.x]\nwhen = 'true'\ntitle = 't'\ncommands = ['echo ${task.tags.team} --as=${task.tags.team}']";
    let findings = judge(toml, &facts);
    let command = &findings[0].fixes[0].commands[0];
    let words = shell_words::split(command).expect("a command");
    assert_eq!(words, ["echo", hostile, &format!("--as={hostile}")]);
    let output = std::process::Command::new("sh")
        .args(["-c", command])
        .output()
        .expect("sh");
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        format!("{hostile} --as={hostile}\n")
    );
}

#[test]
fn a_command_with_an_unknown_value_is_left_out() {
    let mut facts = coder();
    let toml = "[checks.x]\nwhen = 'true'\ntitle = 't'\nfix = 'f'\ncommands = ['a', 'b ${task.stop_code}']";
    let finding = &judge(toml, &facts)[0];
    assert!(finding.fixes[0].commands.is_empty());
    assert!(finding.fixes[0].explain.contains("is unknown"));
    task(&mut facts).stop_code = Some("x\u{1b}[2J".into());
    assert!(judge(toml, &facts)[0].fixes[0].commands.is_empty());
    task(&mut facts).stop_code = Some("x".into());
    assert_eq!(judge(toml, &facts)[0].fixes[0].commands, ["a", "b x"]);
}

#[test]
fn equal_fixes_share_an_id() {
    let facts = healthy();
    let of = |command: &str| {
        let toml = format!("[checks.x]\nwhen = 'true'\ntitle = 't'\ncommands = ['{command}']");
        let mut ids: Vec<String> = judge(&toml, &facts)
            .iter()
            .map(|finding| finding.fixes[0].id.clone())
            .collect();
        ids.sort();
        ids.dedup();
        ids
    };
    assert_eq!(of("aws ecs x"), ["manual:custom.x"]);
    assert_eq!(of("aws ecs ${task.arn}").len(), facts.tasks.len());
    assert_eq!(of("aws ecs ${task.arn}")[1], "manual:custom.x:2");
}

#[test]
fn a_text_can_hold_objects_nulls_and_unknown_values() {
    let mut facts = coder();
    facts.cluster = denied("ecs:DescribeClusters");
    task(&mut facts).tags = BTreeMap::from([("b".into(), "2".into()), ("a".into(), "1".into())]);
    let toml = "[checks.x]\nwhen = 'true'\ntitle = '''${task.tags} ${task.tags.map(k, k)} ${task.stop_code} \
                ${cluster.name} ${\"}\"} $${x} ${task.exec_enabled} ${size(task.containers)}'''";
    assert_eq!(
        judge(toml, &facts)[0].title,
        "a=1, b=2 a, b null (unknown) } ${x} true 1"
    );
}
