//! What judging a fleet costs: 500 services with 10,000 tasks, made out of the healthy platform.
//! cargo bench -p ecs-exec-checks

use std::time::{Duration, Instant};

use ecs_exec_checks::facts::{Fact, Facts};
use ecs_exec_checks::{Selection, examine};

const SERVICES: usize = 500;
const TASKS: usize = 10_000;
const RUNS: usize = 9;

fn main() {
    for (kind, broken) in [("healthy", usize::MAX), ("a quarter broken", 4)] {
        judge(kind, &fleet(broken));
    }
}

fn judge(kind: &str, facts: &Facts) {
    let mut times: Vec<Duration> = (0..RUNS)
        .map(|_| {
            let started = Instant::now();
            let report = examine(facts, &Selection::default());
            assert!(report.findings.len() > TASKS);
            started.elapsed()
        })
        .collect();
    let first = times[0];
    times.sort();
    println!(
        "{SERVICES} services, {TASKS} tasks, {kind}: {} ms (the first run {} ms)",
        times[RUNS / 2].as_millis(),
        first.as_millis()
    );
}

/// Every `broken`-th task is older than the flag.
fn fleet(broken: usize) -> Facts {
    let mut facts: Facts =
        serde_json::from_str(include_str!("../../fixtures/healthy.json")).unwrap();
    let (name, service) = facts
        .services
        .iter()
        .next()
        .map(|(n, s)| (n.clone(), s.known().unwrap().clone()))
        .unwrap();
    let arn = facts.service_tasks[&name].known().unwrap()[0].clone();
    let task = facts.tasks[&arn].known().unwrap().clone();
    let attached = task.interface.clone().unwrap();
    let interface = facts.network.interfaces[attached.id.as_ref().unwrap()].clone();
    facts.services.clear();
    facts.service_tasks.clear();
    facts.tasks.clear();
    facts.target.services.clear();
    let mut all = Vec::new();
    for number in 0..SERVICES {
        let name = format!("service-{number}");
        let mut service = service.clone();
        service.name.clone_from(&name);
        facts.target.services.push(ecs_exec_checks::facts::Wanted {
            name: name.clone(),
            ..Default::default()
        });
        facts.services.insert(name.clone(), Fact::Known(service));
        let mut arns = Vec::new();
        for of_service in 0..TASKS / SERVICES {
            let id = number * 1000 + of_service;
            let mut task = task.clone();
            task.arn = format!("{}/{id:032x}", arn.rsplit_once('/').unwrap().0).into();
            task.group = Some(format!("service:{name}"));
            task.exec_enabled = (id + 1) % broken != 0;
            let eni = format!("eni-{id}");
            task.interface.as_mut().unwrap().id = Some(eni.clone());
            facts.network.interfaces.insert(eni, interface.clone());
            arns.push(task.arn.to_string());
            all.push(task.arn.to_string());
            facts.tasks.insert(task.arn.to_string(), Fact::Known(task));
        }
        facts.service_tasks.insert(name, Fact::Known(arns));
    }
    for simulation in &mut facts.simulations {
        let Fact::Known(decisions) = &mut simulation.decisions else {
            continue;
        };
        let of_task: Vec<_> = decisions
            .iter()
            .filter(|decision| decision.resource == arn)
            .cloned()
            .collect();
        for decision in of_task {
            decisions.extend(all.iter().map(|arn| {
                let mut decision = decision.clone();
                decision.resource.clone_from(arn);
                decision
            }));
        }
    }
    facts
}
