//! What would be done: the fixes of the root causes, in their order, and those that are left to a person.

use std::collections::BTreeSet;

use ecs_exec_checks::facts::{Fact, Facts};
use ecs_exec_checks::step::{Call, Step, Word};
use ecs_exec_checks::{Disposition, Fix, Report};

pub struct Plan {
    pub fixes: Vec<Planned>,
    /// Fixes that are not applied, and why not.
    pub left: Vec<(Fix, &'static str)>,
    /// What is done, in order: what deployments need comes before them, and each service is deployed once.
    pub steps: Vec<Step>,
}

pub struct Planned {
    pub fix: Fix,
    /// How many running tasks it replaces.
    pub replaces: usize,
}

impl Plan {
    /// `tried`: the fixes that were applied before, which are not applied again.
    pub fn of(report: &Report, facts: &Facts, allow_drift: bool, tried: &BTreeSet<String>) -> Plan {
        let mut fixes: Vec<&Fix> = Vec::new();
        for id in report.root_causes.iter().flat_map(|cause| &cause.fixes) {
            if let Some(fix) = report.fix(id)
                && !tried.contains(&fix.id)
                && !fixes.iter().any(|known| known.id == fix.id)
            {
                fixes.push(fix);
            }
        }
        let mut plan = Plan {
            fixes: Vec::new(),
            left: Vec::new(),
            steps: Vec::new(),
        };
        for fix in fixes {
            match why_not(fix, allow_drift) {
                Some(why) => plan.left.push((fix.clone(), why)),
                None => plan.fixes.push(Planned {
                    replaces: replaced(fix, facts),
                    fix: fix.clone(),
                }),
            }
        }
        plan.steps = in_order(plan.fixes.iter().flat_map(|planned| steps(&planned.fix)));
        plan
    }
}

fn in_order<'s>(steps: impl Iterator<Item = &'s Step>) -> Vec<Step> {
    let mut before: Vec<Step> = Vec::new();
    let mut deployments: Vec<Call> = Vec::new();
    for step in steps {
        match step {
            Step::Call(call) if call.operation == "ecs update-service" => {
                let same = deployments
                    .iter_mut()
                    .find(|known| service_of(known) == service_of(call));
                match same {
                    Some(known) => join(known, call),
                    None => deployments.push(call.clone()),
                }
            }
            other if stands_alone(other) && before.contains(other) => {}
            other => before.push(other.clone()),
        }
    }
    before
        .into_iter()
        .chain(deployments.into_iter().map(Step::Call))
        .collect()
}

fn steps(fix: &Fix) -> impl Iterator<Item = &Step> {
    fix.steps.iter().flatten()
}

/// A variable holds what the step before put there: the same words mean something else in another fix.
fn stands_alone(step: &Step) -> bool {
    let Step::Call(call) = step else {
        return true;
    };
    let mut words = call.options.iter().flat_map(|(_, words)| words);
    call.into.is_none() && words.all(|word| matches!(word, Word::Text(_)))
}

/// One change of a service that does what both do.
fn join(call: &mut Call, other: &Call) {
    for option in &other.options {
        if !call.options.iter().any(|(name, _)| *name == option.0) {
            call.options.push(option.clone());
        }
    }
}

fn why_not(fix: &Fix, allow_drift: bool) -> Option<&'static str> {
    let by_hand = fix.steps.is_empty() || steps(fix).any(|step| matches!(step, Step::Shell(_)));
    match fix.disposition {
        Disposition::Manual => Some("a person has to do it"),
        _ if by_hand => Some("it is done on this machine, by hand"),
        Disposition::Drift if !allow_drift => Some(
            "it changes what infrastructure code probably owns: apply the Terraform, or give --allow-drift",
        ),
        Disposition::Safe | Disposition::Disruptive | Disposition::Drift => None,
    }
}

/// The service whose tasks a call replaces.
fn deployed_service(call: &Call) -> Option<&str> {
    let has = |name: &str| call.options.iter().any(|(option, _)| option == name);
    let replaces = [
        "--force-new-deployment",
        "--task-definition",
        "--desired-count",
    ];
    replaces
        .into_iter()
        .any(has)
        .then(|| service_of(call))
        .flatten()
}

fn service_of(call: &Call) -> Option<&str> {
    if call.operation != "ecs update-service" {
        return None;
    }
    call.options
        .iter()
        .find_map(|(option, words)| match words.as_slice() {
            [Word::Text(name)] if option == "--service" => Some(name.as_str()),
            _ => None,
        })
}

/// The services whose tasks steps replace.
pub fn deployed_services<'s>(steps: impl IntoIterator<Item = &'s Step>) -> BTreeSet<&'s str> {
    let services = steps.into_iter().filter_map(|step| match step {
        Step::Call(call) => deployed_service(call),
        Step::Revise(_) | Step::Shell(_) => None,
    });
    services.collect()
}

fn replaced(fix: &Fix, facts: &Facts) -> usize {
    deployed_services(steps(fix))
        .into_iter()
        .map(|service| running(service, facts))
        .sum()
}

fn running(service: &str, facts: &Facts) -> usize {
    let arns = facts.service_tasks.get(service).and_then(Fact::known);
    let seen = arns.into_iter().flatten().filter(|arn| {
        let task = facts.tasks.get(*arn).and_then(Fact::known);
        task.is_some_and(|task| task.is_running())
    });
    // Where only one task was asked about, the service itself tells how many run.
    let told = facts
        .services
        .get(service)
        .and_then(Fact::known)
        .map_or(0, |service| service.running_count);
    seen.count().max(usize::try_from(told).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(operation: &str, word: Word, into: Option<&'static str>) -> Step {
        Step::Call(Call {
            operation: operation.to_owned(),
            options: vec![("--group-id".to_owned(), vec![word])],
            into,
        })
    }

    #[test]
    fn what_a_variable_stands_for_is_not_the_same_twice() {
        let of = |service: &str| {
            let name = Word::Text(service.to_owned());
            [
                call("ec2 create-security-group", name, Some("GROUP")),
                call("ec2 authorize", Word::Variable("GROUP"), None),
            ]
        };
        let steps = [of("kms"), of("ssmmessages")].concat();
        assert_eq!(in_order(steps.iter()), steps);
        let same = call("ec2 modify-vpc-attribute", Word::Text("vpc-1".into()), None);
        assert_eq!(in_order([&same, &same].into_iter()), [same]);
    }
}
