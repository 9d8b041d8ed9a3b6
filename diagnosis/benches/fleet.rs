//! What judging a fleet costs: 500 services with 10,000 tasks, 40 task definitions, 20 roles and 6 subnets, made out of
//! the healthy platform. Or what judging snapshots costs, whose files CAPTURES names.
//! cargo bench -p ecs-exec-checks

use std::collections::BTreeMap;
use std::fs;
use std::time::{Duration, Instant};

use diagnosis::{Selection, Verdict, examine};
use model::facts::{Fact, Facts, Outcome, ServiceTarget, Task};

const SERVICES: usize = 500;
const TASKS: usize = 10_000;
const DEFINITIONS: usize = 40;
const ROLES: usize = 20;
const SUBNETS: usize = 6;
const RUNS: usize = 9;

fn main() {
    if let Ok(captures) = std::env::var("CAPTURES") {
        for path in captures.split(',') {
            let text = fs::read_to_string(path).unwrap();
            let facts: Facts = serde_json::from_str(&text).unwrap();
            drop(text);
            judge(path, &facts);
        }
        return;
    }
    let healthy = fleet();
    assert_eq!(judge("healthy", &healthy), Verdict::Pass);
    let mut closed = healthy.clone();
    for task in closed.tasks.values_mut().step_by(4) {
        known(task).exec_enabled = false;
    }
    judge("a quarter older than the flag", &closed);
    let mut refused = healthy.clone();
    refuse_half(&mut refused);
    judge("half the roles refused", &refused);
}

fn judge(kind: &str, facts: &Facts) -> Verdict {
    let mut verdict = Verdict::Pass;
    let mut times: Vec<Duration> = (0..RUNS)
        .map(|_| {
            let started = Instant::now();
            let report = examine(facts, &Selection::default());
            let time = started.elapsed();
            verdict = report.verdict;
            time
        })
        .collect();
    let first = times[0];
    times.sort();
    println!(
        "{} services, {} tasks, {kind}: {} ms (the first run {} ms)",
        facts.services.len(),
        facts.tasks.len(),
        times[RUNS / 2].as_millis(),
        first.as_millis()
    );
    verdict
}

fn known<T>(fact: &mut Fact<T>) -> &mut T {
    fact.known_mut().unwrap()
}

fn first<T: Clone>(facts: &BTreeMap<String, Fact<T>>) -> T {
    facts.values().next().unwrap().known().unwrap().clone()
}

/// Half the roles may not use ssmmessages, and the agents of their tasks have stopped.
fn refuse_half(facts: &mut Facts) {
    for simulation in &mut facts.simulations {
        let number = simulation.principal.rsplit_once("role-");
        if number.is_some_and(|(_, number)| number.parse::<usize>().unwrap() < ROLES / 2) {
            for decision in known(&mut simulation.decisions) {
                if decision.action.starts_with("ssmmessages:") {
                    decision.outcome = Outcome::ImplicitDeny;
                }
            }
        }
    }
    for task in facts.tasks.values_mut().map(known) {
        let number = task.task_definition.rsplit_once("family-").unwrap().1;
        let number: usize = number.trim_end_matches(":1").parse().unwrap();
        if number % ROLES < ROLES / 2 {
            for container in &mut task.containers {
                container.managed_agents[0].last_status = "STOPPED".into();
            }
        }
    }
}

fn fleet() -> Facts {
    let mut facts: Facts =
        serde_json::from_str(include_str!("../../fixtures/healthy.json")).unwrap();
    let template = first(&facts.tasks);
    let definitions = make_definitions(&mut facts, &template);
    let subnets = make_subnets(&mut facts, &template);
    make_services(&mut facts, &template, &definitions, &subnets);
    ask_about_all(&mut facts);
    facts
}

fn make_definitions(facts: &mut Facts, task: &Task) -> Vec<String> {
    let old = facts.task_definitions[&*task.task_definition]
        .known()
        .unwrap()
        .clone();
    let role_arn = old.task_role.clone().unwrap();
    let role = facts.roles[&role_arn].clone();
    let asked = facts
        .simulations
        .iter()
        .find(|one| one.principal == role_arn);
    let simulation = asked.unwrap().clone();
    let of_role = |number: usize| format!("arn:aws:iam::123456789012:role/role-{number}");
    facts.task_definitions.clear();
    for number in 0..ROLES {
        facts.roles.insert(of_role(number), role.clone());
        let mut simulation = simulation.clone();
        simulation.principal = of_role(number);
        facts.simulations.push(simulation);
    }
    let prefix = old.arn.rsplit_once('/').unwrap().0;
    (0..DEFINITIONS)
        .map(|number| {
            let mut new = old.clone();
            new.family = format!("family-{number}");
            new.arn = format!("{prefix}/{}:1", new.family);
            new.task_role = Some(of_role(number % ROLES));
            let arn = new.arn.clone();
            facts.task_definitions.insert(arn.clone(), Fact::Known(new));
            arn
        })
        .collect()
}

fn make_subnets(facts: &mut Facts, task: &Task) -> Vec<String> {
    let id = task.interface.as_ref().unwrap().subnet.clone().unwrap();
    let old = facts.network.subnets[id.as_str()].known().unwrap().clone();
    (0..SUBNETS)
        .map(|number| {
            let mut new = old.clone();
            new.id = format!("subnet-{number}");
            new.cidr = Some(format!("10.0.{}.0/20", 16 * number));
            let id = new.id.clone();
            facts.network.subnets.insert(id.clone(), Fact::Known(new));
            id
        })
        .collect()
}

fn make_services(facts: &mut Facts, task: &Task, definitions: &[String], subnets: &[String]) {
    let service = first(&facts.services);
    let interface_id = task.interface.as_ref().unwrap().id.clone().unwrap();
    let interface = facts.network.interfaces[interface_id.as_str()]
        .known()
        .unwrap()
        .clone();
    let prefix = task.arn.rsplit_once('/').unwrap().0.to_owned();
    facts.services.clear();
    facts.service_tasks.clear();
    facts.tasks.clear();
    facts.network.interfaces.clear();
    facts.target.services.clear();
    for number in 0..SERVICES {
        let name = format!("service-{number}");
        let definition = &definitions[number % DEFINITIONS];
        let shared: String = definition.as_str().into();
        let mut service = service.clone();
        service.name.clone_from(&name);
        service.task_definition = Some(definition.clone());
        service.deployments[0].task_definition = Some(definition.clone());
        facts.services.insert(name.clone(), Fact::Known(service));
        facts.target.services.push(ServiceTarget {
            name: name.clone(),
            ..ServiceTarget::default()
        });
        let of_service = number * TASKS / SERVICES..(number + 1) * TASKS / SERVICES;
        let arns = of_service.map(|id| {
            let subnet = subnets[id % SUBNETS].clone();
            let address = format!(
                "10.0.{}.{}",
                16 * (id % SUBNETS) + id / 250 % 16,
                4 + id % 250
            );
            let mut task = task.clone();
            task.arn = format!("{prefix}/{id:032x}");
            task.group = Some(format!("service:{name}"));
            task.task_definition.clone_from(&shared);
            let attached = task.interface.as_mut().unwrap();
            attached.id = Some(format!("eni-{id}"));
            attached.subnet = Some(subnet.as_str().into());
            attached.private_ip = Some(address.as_str().into());
            let mut interface = interface.clone();
            interface.id = format!("eni-{id}");
            interface.subnet = subnet;
            interface.private_ips = vec![address];
            let id = interface.id.clone();
            let fact = Fact::Known(interface);
            facts.network.interfaces.insert(id, fact);
            let arn = task.arn.to_string();
            facts.tasks.insert(arn.clone(), Fact::Known(task));
            arn
        });
        let arns: Vec<String> = arns.collect();
        facts.service_tasks.insert(name, Fact::Known(arns));
    }
}

/// The caller's policies do not tell containers apart, so that one question is enough.
fn ask_about_all(facts: &mut Facts) {
    let is_of_caller = |action: &String| action == "ecs:ExecuteCommand";
    let mut of_caller = facts.simulations.iter();
    let asked = of_caller.find(|one| one.actions.iter().any(is_of_caller));
    let mut all = asked.unwrap().clone();
    all.context.remove("ecs:container-name");
    let decisions = known(&mut all.decisions);
    let (of_tasks, others): (Vec<_>, Vec<_>) = decisions
        .drain(..)
        .partition(|decision| decision.resource.contains(":task/"));
    *decisions = others;
    let tasks = facts.tasks.values().filter_map(Fact::known);
    let arns: Vec<String> = tasks.map(|task| task.arn.clone()).collect();
    for decision in of_tasks {
        decisions.extend(arns.iter().map(|arn| {
            let mut decision = decision.clone();
            decision.resource.clone_from(arn);
            decision
        }));
    }
    all.resources
        .retain(|resource| !resource.contains(":task/"));
    all.resources.extend(arns);
    facts
        .simulations
        .retain(|one| one.principal != all.principal);
    facts.simulations.push(all);
}
