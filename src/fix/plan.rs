//! What would be done: the fixes of the root causes, in their order, and those that are left to a person.

use std::collections::BTreeSet;

use diagnosis::Report;
use diagnosis::report::RootCause;
use model::facts::{Fact, Facts, Task};
use model::step::{Call, Step, Word};
use model::{Disposition, Finding, Fix, text};

pub struct Plan {
    pub fixes: Vec<Planned>,
    /// Fixes that are not applied, and why not.
    pub skipped: Vec<Skipped>,
    /// What is done, in order: what deployments need comes before them, and each service is deployed once.
    pub steps: Vec<Step>,
}

pub struct Planned {
    pub fix: Fix,
    /// How many running tasks it replaces.
    pub replaces: usize,
}

pub struct Skipped {
    pub fix: Fix,
    /// In a word or two.
    pub why: &'static str,
    /// In a sentence.
    pub reason: String,
}

/// What a plan is made of.
pub struct Scope<'a> {
    /// All causes, also those that nobody asked about.
    pub report: &'a Report,
    pub facts: &'a Facts,
    pub allow_drift: bool,
    /// Fixes that were applied before, which are not applied again.
    pub tried: &'a BTreeSet<String>,
}

impl Plan {
    /// `is_asked_for`: whether a cause is to be fixed.
    pub fn of(scope: &Scope<'_>, is_asked_for: impl Fn(&RootCause) -> bool) -> Plan {
        let mut chosen: Vec<&Fix> = Vec::new();
        let mut skipped = Vec::new();
        for fix in wanted(scope, is_asked_for) {
            match why_not(fix, scope.allow_drift) {
                Some((why, reason)) => skipped.push(skip(fix, why, reason.to_owned())),
                None => chosen.push(fix),
            }
        }
        while let Some((at, reason)) = held_back(&chosen, scope) {
            skipped.push(skip(chosen.remove(at), "held back", reason));
        }
        Plan {
            steps: in_order(chosen.iter().flat_map(|fix| steps(fix))),
            fixes: chosen
                .into_iter()
                .map(|fix| Planned {
                    replaces: replaced(fix, scope.facts),
                    fix: fix.clone(),
                })
                .collect(),
            skipped,
        }
    }
}

fn skip(fix: &Fix, why: &'static str, reason: String) -> Skipped {
    Skipped {
        fix: fix.clone(),
        why,
        reason,
    }
}

/// The fixes of the causes that are asked for, in the order in which they are applied.
fn wanted<'a>(scope: &Scope<'a>, is_asked_for: impl Fn(&RootCause) -> bool) -> Vec<&'a Fix> {
    let causes = scope.report.root_causes.iter();
    let ids = causes.filter(|cause| is_asked_for(cause));
    let ids: BTreeSet<&str> = ids
        .flat_map(|cause| cause.fixes.iter().map(String::as_str))
        .filter(|id| !scope.tried.contains(*id))
        .collect();
    let fixes = scope.report.fixes.iter();
    fixes.filter(|fix| ids.contains(fix.id.as_str())).collect()
}

/// A fix that would replace tasks of a service on which something else stays broken: the new tasks would fail in the
/// same way, and would have to be replaced once more.
fn held_back(chosen: &[&Fix], scope: &Scope) -> Option<(usize, String)> {
    let ids: BTreeSet<&str> = chosen.iter().map(|fix| fix.id.as_str()).collect();
    let is_fixed = |finding: &Finding| {
        let mut fixes = finding.fix_ids().peekable();
        fixes.peek().is_some() && fixes.all(|id| ids.contains(id))
    };
    let root_failures = || {
        let findings = scope.report.findings.iter();
        findings.filter(|finding| finding.fails_new_tasks() && finding.caused_by.is_empty())
    };
    chosen.iter().enumerate().find_map(|(at, fix)| {
        let services = deployed_services(steps(fix));
        let is_for_sessions = || root_failures().any(|one| one.fix_ids().any(|id| id == fix.id));
        if services.is_empty() || !is_for_sessions() {
            return None;
        }
        let unfixed = root_failures().filter(|finding| !is_fixed(finding));
        let mut remaining: Vec<&str> = unfixed
            .filter(|finding| {
                let mut services = services.iter();
                services.any(|service| concerns(finding, service, scope.facts))
            })
            .map(|finding| finding.check.id)
            .collect();
        remaining.sort_unstable();
        remaining.dedup();
        (!remaining.is_empty()).then(|| (at, reason(&services, &remaining)))
    })
}

fn reason(services: &BTreeSet<&str>, remaining: &[&str]) -> String {
    let services: Vec<&str> = services.iter().copied().collect();
    format!(
        "{} would stay broken on {}, and new tasks would fail in the same way: fix that first, then run this again",
        text::list(remaining),
        text::list(&services)
    )
}

fn concerns(finding: &Finding, service: &str, facts: &Facts) -> bool {
    let of_task = |arn: &str| {
        let task = facts.tasks.get(arn).and_then(Fact::known);
        task.and_then(Task::service_name) == Some(service)
    };
    match (&finding.subject.service, finding.tasks.arns()) {
        (Some(of), _) => &**of == service,
        (None, Some(tasks)) => tasks.iter().any(|task| of_task(task)),
        (None, None) => true,
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
                    .find(|known| known.updated_service() == call.updated_service());
                match same {
                    Some(known) => known.join(call),
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

/// Why a fix is not applied, in a word or two and in a sentence.
fn why_not(fix: &Fix, allow_drift: bool) -> Option<(&'static str, &'static str)> {
    let by_hand = fix.steps.is_empty() || steps(fix).any(|step| matches!(step, Step::Shell(_)));
    match fix.disposition {
        Disposition::Manual => Some(("manual", "a person has to do it")),
        _ if by_hand => Some(("manual", "it has to be done on this machine, by hand")),
        Disposition::Drift if !allow_drift => Some((
            "needs --allow-drift",
            "infrastructure code probably owns it: apply the Terraform, or pass --allow-drift",
        )),
        Disposition::Safe | Disposition::Disruptive | Disposition::Drift => None,
    }
}

/// The services whose tasks steps replace.
pub fn deployed_services<'s>(steps: impl IntoIterator<Item = &'s Step>) -> BTreeSet<&'s str> {
    steps
        .into_iter()
        .filter_map(Step::deployed_service)
        .collect()
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
    use diagnosis::{Selection, examine};
    use model::facts::{Outcome, Simulation};

    use super::*;
    use crate::facts::snapshot;

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

    const STALE: &str = "coder-production-litellm";

    /// One service has tasks that are older than its flag.
    fn stale() -> Facts {
        snapshot::demo("stale-tasks").unwrap()
    }

    /// The role of a service lacks its actions.
    fn break_role(facts: &mut Facts, role: &str) {
        let of_role = |simulation: &&mut Simulation| simulation.principal.ends_with(role);
        for simulation in facts.simulations.iter_mut().filter(of_role) {
            let decisions = simulation.decisions.known_mut().into_iter().flatten();
            decisions.for_each(|decision| decision.outcome = Outcome::ImplicitDeny);
        }
    }

    fn plan(facts: &Facts, allow_drift: bool, asked_for: &str) -> Plan {
        let scope = Scope {
            report: &examine(facts, &Selection::default()),
            facts,
            allow_drift,
            tried: &BTreeSet::new(),
        };
        Plan::of(&scope, |cause| cause.check.starts_with(asked_for))
    }

    fn deploys(plan: &Plan) -> Vec<&str> {
        deployed_services(&plan.steps).into_iter().collect()
    }

    #[test]
    fn tasks_are_not_replaced_in_vain() {
        assert_eq!(deploys(&plan(&stale(), false, "")), [STALE]);
        let mut facts = stale();
        break_role(&mut facts, "litellm-task");
        // Also where nobody asks about the role.
        for asked_for in ["", "task."] {
            let held = plan(&facts, false, asked_for);
            assert!(held.fixes.is_empty() && held.steps.is_empty());
            let held = held.skipped.iter().find(|one| one.why == "held back");
            let reason = &held.unwrap().reason;
            assert!(
                reason.contains("role.ssmmessages") && reason.contains(STALE),
                "{reason}"
            );
        }
        let both = plan(&facts, true, "");
        assert_eq!(deploys(&both), [STALE]);
        assert!(both.skipped.is_empty());
        let last = both.steps.last().and_then(Step::deployed_service);
        assert_eq!(last, Some(STALE));
        assert!(
            both.fixes
                .last()
                .is_some_and(|planned| planned.replaces == 2)
        );
    }

    #[test]
    fn what_is_not_about_these_tasks_holds_nothing_back() {
        let mut facts = stale();
        break_role(&mut facts, "coder-production-coder-task");
        let plan = plan(&facts, false, "");
        assert_eq!(deploys(&plan), [STALE], "another service's role");
        let mut facts = stale();
        break_role(&mut facts, "platform/ops");
        assert_eq!(
            deploys(&self::plan(&facts, false, "")),
            [STALE],
            "the caller"
        );
    }

    #[test]
    fn a_fix_that_did_not_help_holds_back_too() {
        let mut facts = stale();
        break_role(&mut facts, "litellm-task");
        let report = examine(&facts, &Selection::default());
        let tried = report.fixes.iter().map(|fix| fix.id.clone());
        let tried = tried
            .filter(|id| id.starts_with("allow-ssmmessages"))
            .collect();
        let scope = Scope {
            report: &report,
            facts: &facts,
            allow_drift: true,
            tried: &tried,
        };
        let plan = Plan::of(&scope, |_| true);
        assert!(!tried.is_empty() && plan.steps.is_empty());
    }
}
