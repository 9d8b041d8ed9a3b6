//! Reports on a cluster of 200 services, and on names that others chose.

mod html;
mod pictures;

use std::fs;
use std::path::Path;

use serde_json::{Map, Value, json};

use crate::support::doctor::{Run, command, run};
use crate::support::platform::home;

const SERVICES: usize = 200;
const ORIGINAL: &str = "coder-production-coder";
/// Two terminals of 24 rows and 80 columns.
const TWO_SCREENS: usize = 48;

/// A capture with services `app-000`, `app-001`, …, of which the first `broken` have what `break_one` does to the
/// service, its task, and its role's simulation.
fn fleet(broken: usize, name: impl Fn(usize) -> String, break_one: impl Fn(&mut Value)) -> Value {
    fleet_of(SERVICES, name, |number, one| {
        if number < broken {
            break_one(one);
        }
    })
}

/// A capture of so many services, with what `change` does to the facts about each.
fn fleet_of(
    services: usize,
    name: impl Fn(usize) -> String,
    change: impl Fn(usize, &mut Value),
) -> Value {
    let facts: Value = serde_json::from_str(include_str!("../../fixtures/healthy.json")).unwrap();
    let one = cut_out(&facts);
    let mut fleet = facts;
    for key in [
        "services",
        "service_tasks",
        "tasks",
        "task_definitions",
        "roles",
    ] {
        fleet[key] = json!({});
    }
    fleet["network"]["interfaces"] = json!({});
    fleet["target"]["services"] = json!([]);
    fleet["simulations"] = json!([]);
    for number in 0..services {
        let mut one = renamed(&one, number, &name(number));
        change(number, &mut one);
        for key in [
            "services",
            "service_tasks",
            "tasks",
            "task_definitions",
            "roles",
        ] {
            extend(&mut fleet[key], &one[key]);
        }
        extend(&mut fleet["network"]["interfaces"], &one["interfaces"]);
        let target = json!({"name": name(number), "container": "coder"});
        fleet["target"]["services"]
            .as_array_mut()
            .unwrap()
            .push(target);
        let simulations = one["simulations"].as_array().unwrap().clone();
        fleet["simulations"]
            .as_array_mut()
            .unwrap()
            .extend(simulations);
    }
    fleet
}

/// The facts about one service.
fn cut_out(facts: &Value) -> Value {
    let service = &facts["services"][ORIGINAL];
    let definition = service["known"]["task_definition"].as_str().unwrap();
    let role = facts["task_definitions"][definition]["known"]["task_role"]
        .as_str()
        .unwrap();
    let task = facts["service_tasks"][ORIGINAL]["known"][0]
        .as_str()
        .unwrap();
    let interface = facts["tasks"][task]["known"]["interface"]["id"]
        .as_str()
        .unwrap();
    let simulations = facts["simulations"].as_array().unwrap().iter();
    let simulations = simulations.filter(|one| {
        one["principal"] == role || one.to_string().contains(task.rsplit('/').next().unwrap())
    });
    json!({
        "services": {ORIGINAL: service},
        "service_tasks": {ORIGINAL: facts["service_tasks"][ORIGINAL]},
        "tasks": {task: facts["tasks"][task]},
        "task_definitions": {definition: facts["task_definitions"][definition]},
        "roles": {role: facts["roles"][role]},
        "interfaces": {interface: facts["network"]["interfaces"][interface]},
        "simulations": simulations.collect::<Vec<_>>(),
    })
}

/// The same facts with another service, task, network interface and address.
fn renamed(one: &Value, number: usize, name: &str) -> Value {
    let key = |facts: &str| {
        one[facts]
            .as_object()
            .unwrap()
            .keys()
            .next()
            .unwrap()
            .clone()
    };
    let task = key("tasks");
    let quoted = json!(name).to_string();
    let text = one
        .to_string()
        .replace(task.rsplit('/').next().unwrap(), &format!("{number:032x}"))
        .replace(&key("interfaces"), &format!("eni-{number:017x}"))
        .replace(
            "10.0.0.20",
            &format!("10.0.{}.{}", number / 200, 20 + number % 200),
        )
        .replace(ORIGINAL, quoted.trim_matches('"'));
    serde_json::from_str(&text).unwrap()
}

fn extend(facts: &mut Value, more: &Value) {
    let more: Map<String, Value> = more.as_object().unwrap().clone();
    facts.as_object_mut().unwrap().extend(more);
}

fn known<'v>(one: &'v mut Value, facts: &str) -> &'v mut Value {
    let facts = one[facts].as_object_mut().unwrap();
    &mut facts.values_mut().next().unwrap()["known"]
}

/// The task is older than the flag of the service.
fn stale(one: &mut Value) {
    let task = known(one, "tasks");
    task["exec_enabled"] = json!(false);
    task["containers"][0]["managed_agents"] = json!([]);
}

/// The role is not allowed to use ssmmessages.
fn denied(one: &mut Value) {
    known(one, "tasks")["containers"][0]["managed_agents"][0]["last_status"] = json!("STOPPED");
    for simulation in one["simulations"].as_array_mut().unwrap() {
        for decision in simulation["decisions"]["known"].as_array_mut().unwrap() {
            if decision["action"]
                .as_str()
                .unwrap()
                .starts_with("ssmmessages:")
            {
                decision["outcome"] = json!("implicit-deny");
            }
        }
    }
}

/// The service starts tasks without the agent.
fn off(one: &mut Value) {
    known(one, "services")["exec_enabled"] = json!(false);
    stale(one);
}

/// The agent has stopped, without a known cause.
fn stopped(one: &mut Value) {
    known(one, "tasks")["containers"][0]["managed_agents"][0]["last_status"] = json!("STOPPED");
}

fn without_role(one: &mut Value) {
    known(one, "task_definitions")["task_role"] = Value::Null;
    stopped(one);
}

/// The services take turns with these faults.
fn mixed(services: usize, faults: &[fn(&mut Value)]) -> Value {
    fleet_of(services, plain, |number, one| {
        faults[number % faults.len()](one);
    })
}

fn plain(number: usize) -> String {
    format!("app-{number:03}")
}

fn doctor(home: &Path, facts: &Value, arguments: &[&str]) -> Run {
    fs::write(home.join("fleet.json"), facts.to_string()).unwrap();
    let snapshot = ["doctor", "--snapshot", "fleet.json"];
    run(command(home).args(snapshot).args(arguments))
}

/// The rows of a text on a terminal of 80 columns.
fn rows(text: &str) -> usize {
    let lines = text.lines().map(|line| line.chars().count());
    lines.map(|columns| columns.div_ceil(80).max(1)).sum()
}

fn human(home: &Path, facts: &Value) -> String {
    let run = doctor(home, facts, &[]);
    assert_eq!(run.status, 1);
    run.stdout
}

#[test]
fn many_broken_services_fit_two_screens() {
    let home = home(true);
    for break_one in [stale as fn(&mut Value), denied] {
        for broken in [12, SERVICES] {
            let report = human(home.path(), &fleet(broken, plain, break_one));
            let verdict = match broken {
                SERVICES => "Sessions will fail for all 200 services.".to_owned(),
                some => format!("Sessions will fail for {some} of 200 services."),
            };
            assert!(report.contains(&verdict), "{report}");
            // The loops over a dozen names are complete.
            let most = if broken == SERVICES {
                TWO_SCREENS
            } else {
                TWO_SCREENS + 10
            };
            assert!(rows(&report) <= most, "{report}");
        }
    }
}

#[test]
fn each_further_root_cause_of_many_services_takes_about_a_screen() {
    let home = home(true);
    let faults = [stale as fn(&mut Value), denied, off, stopped, without_role];
    for count in 2..=faults.len() {
        let report = human(home.path(), &mixed(SERVICES, &faults[..count]));
        let most = TWO_SCREENS + (count - 1) * 28;
        assert!(rows(&report) <= most, "{count}: {report}");
        // What replaces tasks is explained once, and no name is in two lists.
        assert_eq!(report.matches("ECS starts new tasks").count(), 1);
        assert_eq!(report.matches(" app-007").count(), 1, "{report}");
    }
    let long = |number| format!("customer-facing-production-payments-service-{number:03}-eu");
    let two = fleet_of(SERVICES, long, |number, one| faults[number % 2](one));
    let report = human(home.path(), &two);
    assert!(rows(&report) <= TWO_SCREENS + 33, "{report}");
}

#[test]
fn a_fix_for_many_targets_is_a_sentence() {
    let home = home(true);
    let faults = [off as fn(&mut Value), denied, without_role];
    let report = human(home.path(), &mixed(SERVICES, &faults));
    let report = report.split_whitespace().collect::<Vec<_>>().join(" ");
    for sentence in [
        "Enable ECS Exec on app-000 and replace its tasks (the same for 66 more)",
        "Allow the task role app-001-task the ssmmessages actions (the same for 66 more)",
        "Give the tasks of app-002 a task role (the same for 65 more)",
        "Tasks are replaced at the end, after all other fixes.",
        "(66 task definitions of 66 services)",
        "… the same for 66 more (-v prints all)",
    ] {
        assert!(report.contains(sentence), "{sentence}: {report}");
    }
    assert!(!report.contains("tasks of …"), "{report}");
    // Nothing is lost.
    let verbose = doctor(home.path(), &mixed(SERVICES, &faults), &["-v"]).stdout;
    assert!(
        verbose.contains("app-198; do") || verbose.contains("app-199-task; do"),
        "{verbose}"
    );
}

#[test]
fn a_few_services_have_a_line_each() {
    let home = home(true);
    let unknown = |one: &mut Value| one["simulations"] = json!([]);
    let report = human(home.path(), &mixed(4, &[stale, |_| (), unknown, denied]));
    let summary = report.split("Services\n").nth(1).unwrap();
    let lines: Vec<&str> = summary.lines().take(4).map(str::trim).collect();
    assert_eq!(lines[0], "✗ app-000: failed task.exec-enabled");
    assert_eq!(lines[1], "✓ app-001: sessions would work");
    assert!(lines[2].starts_with("? app-002: unknown "), "{report}");
    assert_eq!(lines[3], "✗ app-003: failed role.ssmmessages");
    for format in ["markdown", "html"] {
        let page = doctor(
            home.path(),
            &mixed(2, &[stale, |_| ()]),
            &["--format", format],
        )
        .stdout;
        assert!(page.contains("sessions would work"), "{page}");
    }
    // What no check looked at is not called fine.
    let partial = doctor(home.path(), &mixed(2, &[|_| ()]), &["--only", "local"]).stdout;
    assert!(partial.contains("app-001: not checked"), "{partial}");
    // One service is the verdict.
    let one = human(home.path(), &mixed(1, &[stale]));
    assert!(!one.contains("Services\n"), "{one}");
}

#[test]
fn of_many_services_the_fine_ones_are_counted() {
    let home = home(true);
    let report = human(home.path(), &mixed(12, &[stale, |_| (), denied]));
    for line in [
        "  ✗ 4 services: failed role.ssmmessages\n",
        "  ✗ 4 services: failed task.exec-enabled\n",
        "  ✓ 4 services: sessions would work\n",
    ] {
        assert!(report.contains(line), "{line}: {report}");
    }
}

#[test]
fn no_service_is_called_fine_if_the_caller_may_be_the_problem() {
    let home = home(true);
    let mut facts = mixed(3, &[|_| ()]);
    for simulation in facts["simulations"].as_array_mut().unwrap() {
        simulation["decisions"]["known"] = json!([]);
    }
    let report = doctor(home.path(), &facts, &[]).stdout;
    assert!(!report.contains("sessions would work"), "{report}");
}

#[test]
fn markdown_and_github_say_each_reason_once() {
    let home = home(true);
    let facts = fleet(12, plain, stale);
    let markdown = doctor(home.path(), &facts, &["--format", "markdown"]).stdout;
    assert!(
        markdown.contains("for name in app-000 app-001"),
        "{markdown}"
    );
    assert_eq!(markdown.matches("| ❌ failed |").count(), 2, "{markdown}");
    assert!(markdown.contains("| ✅ 188 |"), "{markdown}");
    assert!(markdown.contains("and 11 more like it"), "{markdown}");
    let github = doctor(home.path(), &facts, &["--format", "github"]).stdout;
    assert_eq!(github.matches("::error ").count(), 1, "{github}");
    assert_eq!(github.lines().count(), 2, "{github}");
}
