//! What would be done: the fixes of the root causes, in their order, and those that are left to a person.

use std::collections::BTreeSet;

use ecs_exec_checks::facts::{Fact, Facts};
use ecs_exec_checks::step::{Call, Step, Word};
use ecs_exec_checks::{Disposition, Fix, Report};

pub struct Plan {
    pub fixes: Vec<Planned>,
    /// Fixes that are not applied, and why not.
    pub left: Vec<(Fix, &'static str)>,
}

pub struct Planned {
    pub fix: Fix,
    /// What is still to do of it: a step that a later fix repeats is left to that one.
    pub steps: Vec<Step>,
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
        };
        for fix in fixes {
            match why_not(fix, allow_drift) {
                Some(why) => plan.left.push((fix.clone(), why)),
                None => plan.fixes.push(Planned {
                    steps: fix.steps.clone(),
                    replaces: replaced(fix, facts),
                    fix: fix.clone(),
                }),
            }
        }
        plan.drop_repeated_steps();
        plan
    }

    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        self.fixes.iter().flat_map(|planned| &planned.steps)
    }

    /// Two fixes may both end with a new deployment of a service: it is made once, after both.
    fn drop_repeated_steps(&mut self) {
        let mut later: Vec<Step> = Vec::new();
        for planned in self.fixes.iter_mut().rev() {
            planned.steps.retain(|step| !later.contains(step));
            later.extend(
                planned
                    .steps
                    .iter()
                    .filter(|step| is_deployment(step))
                    .cloned(),
            );
        }
    }
}

fn why_not(fix: &Fix, allow_drift: bool) -> Option<&'static str> {
    let by_hand =
        fix.steps.is_empty() || fix.steps.iter().any(|step| matches!(step, Step::Shell(_)));
    match fix.disposition {
        Disposition::Manual => Some("a person has to do it"),
        _ if by_hand => Some("it is done on this machine, by hand"),
        Disposition::Drift if !allow_drift => Some(
            "it changes what infrastructure code probably owns: apply the Terraform, or give --allow-drift",
        ),
        Disposition::Safe | Disposition::Disruptive | Disposition::Drift => None,
    }
}

fn is_deployment(step: &Step) -> bool {
    matches!(step, Step::Call(call) if deployed_service(call).is_some())
}

/// The service whose tasks a call replaces.
pub fn deployed_service(call: &Call) -> Option<&str> {
    let has = |name: &str| call.options.iter().any(|(option, _)| option == name);
    let replaces = has("--force-new-deployment") || has("--task-definition");
    if call.operation != "ecs update-service" || !(replaces || has("--desired-count")) {
        return None;
    }
    call.options
        .iter()
        .find_map(|(option, words)| match words.as_slice() {
            [Word::Text(name)] if option == "--service" => Some(name.as_str()),
            _ => None,
        })
}

fn replaced(fix: &Fix, facts: &Facts) -> usize {
    let services = fix.steps.iter().filter_map(|step| match step {
        Step::Call(call) => deployed_service(call),
        Step::Revise(_) | Step::Shell(_) => None,
    });
    services
        .filter_map(|service| facts.service_tasks.get(service).and_then(Fact::known))
        .flatten()
        .filter(|arn| {
            let task = facts.tasks.get(*arn).and_then(Fact::known);
            task.is_some_and(|task| task.is_running())
        })
        .count()
}
