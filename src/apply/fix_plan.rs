//! The plan of a fix run: which fixes are applied, in which order, and which are left to a person.

use std::collections::BTreeSet;

use diagnosis::Report;
use diagnosis::report::RootCause;
use model::aws_call::{AwsCall, ServiceUpdate};
use model::facts::{Fact, Facts, Task};
use model::step::Step;
use model::{Disposition, Finding, Fix, text};

/// What one run of `fix` applies, and what it leaves.
pub struct FixPlan {
    pub fixes: Vec<Planned>,
    /// Fixes that are not applied, and why not.
    pub skipped: Vec<Skipped>,
    /// Steps in order. Each service is deployed once, after all other steps.
    pub steps: Vec<Step>,
}

/// A fix that is applied.
pub struct Planned {
    pub fix: Fix,
    /// Number of running tasks that it replaces.
    pub replaces: usize,
}

/// A fix that is not applied.
pub struct Skipped {
    pub fix: Fix,
    /// Short: `manual`.
    pub why: &'static str,
    /// Long: the end of a sentence after "because".
    pub reason: String,
}

/// The input of a plan.
pub struct Scope<'a> {
    /// All causes, including those outside of the user's selection.
    pub report: &'a Report,
    pub facts: &'a Facts,
    pub allow_drift: bool,
    /// IDs of fixes that this run applied before. They are not applied again.
    pub tried: &'a BTreeSet<String>,
}

impl FixPlan {
    /// `is_selected`: whether to fix a cause.
    pub fn new(scope: &Scope<'_>, is_selected: impl Fn(&RootCause) -> bool) -> FixPlan {
        let mut chosen: Vec<&Fix> = Vec::new();
        let mut skipped = Vec::new();
        for fix in selected(scope, is_selected) {
            match skip_reason(fix, scope.allow_drift) {
                Some((why, reason)) => skipped.push(skip(fix, why, reason.to_owned())),
                None => chosen.push(fix),
            }
        }
        while let Some((at, reason)) = held_back(&chosen, scope) {
            skipped.push(skip(chosen.remove(at), "held back", reason));
        }
        FixPlan {
            steps: merge_steps(chosen.iter().flat_map(|fix| steps(fix))),
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

/// The fixes of the selected causes, in the order in which they are applied.
fn selected<'a>(scope: &Scope<'a>, is_selected: impl Fn(&RootCause) -> bool) -> Vec<&'a Fix> {
    let causes = scope.report.root_causes.iter();
    let ids = causes.filter(|cause| is_selected(cause));
    let ids: BTreeSet<&str> = ids
        .flat_map(|cause| cause.fixes.iter().map(String::as_str))
        .filter(|id| !scope.tried.contains(*id))
        .collect();
    let fixes = scope.report.fixes.iter();
    fixes.filter(|fix| ids.contains(fix.id.as_str())).collect()
}

/// A fix that would replace tasks of a service for which something else stays broken: the new tasks would fail in the
/// same way, and would have to be replaced again. Returns its position, and the reason.
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
        "{} would stay broken on {}, and new tasks would fail in the same way: fix it first, then run this again",
        text::list(remaining),
        text::list(&services)
    )
}

fn concerns(finding: &Finding, service: &str, facts: &Facts) -> bool {
    let is_of_service = |arn: &str| {
        let task = facts.tasks.get(arn).and_then(Fact::known);
        task.and_then(Task::service_name) == Some(service)
    };
    match (&finding.subject.service, finding.tasks.arns()) {
        (Some(name), _) => &**name == service,
        (None, Some(tasks)) => tasks.iter().any(|task| is_of_service(task)),
        (None, None) => true,
    }
}

/// Merges the updates of each service, and moves them to the end.
fn merge_steps<'s>(steps: impl Iterator<Item = &'s Step>) -> Vec<Step> {
    let mut before: Vec<Step> = Vec::new();
    let mut updates: Vec<ServiceUpdate> = Vec::new();
    for step in steps {
        if let Some(update) = step.service_update() {
            let mut known = updates.iter_mut();
            match known.find(|known| known.service == update.service) {
                Some(known) => known.merge(update),
                None => updates.push(update.clone()),
            }
        } else if !step.is_self_contained() || !before.contains(step) {
            before.push(step.clone());
        }
    }
    let updates = updates.into_iter().map(AwsCall::UpdateService);
    before.into_iter().chain(updates.map(Step::Call)).collect()
}

fn steps(fix: &Fix) -> impl Iterator<Item = &Step> {
    fix.steps.iter().flatten()
}

/// Why a fix is not applied: [`Skipped::why`] and [`Skipped::reason`].
fn skip_reason(fix: &Fix, allow_drift: bool) -> Option<(&'static str, &'static str)> {
    let by_hand = fix.steps.is_empty() || steps(fix).any(|step| matches!(step, Step::Shell(_)));
    match fix.disposition {
        Disposition::Manual => Some(("manual", "it needs a person's decision")),
        _ if by_hand => Some((
            "manual",
            "it changes this machine: run the commands yourself",
        )),
        Disposition::Drift if !allow_drift => Some((
            "needs --allow-drift",
            "infrastructure code probably manages it: apply the Terraform, or pass --allow-drift",
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
    // If the user named single tasks, the service has the count.
    let count = facts
        .services
        .get(service)
        .and_then(Fact::known)
        .map_or(0, |service| service.running_count);
    seen.count().max(usize::try_from(count).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use diagnosis::{Selection, examine};
    use model::aws_call::{DnsAttribute, NewSecurityGroup, Peer, SecurityGroupRule};
    use model::cli_command::{Ref, Variable};
    use model::facts::{Outcome, Simulation};

    use super::*;
    use crate::collect::capture_file;

    #[test]
    fn only_steps_without_variables_are_merged() {
        let steps = |service: &str| {
            [
                Step::Call(AwsCall::CreateSecurityGroup(NewSecurityGroup {
                    name: service.to_owned(),
                    description: String::new(),
                    vpc: "vpc-1".to_owned(),
                })),
                Step::Call(AwsCall::AuthorizeSecurityGroupIngress(SecurityGroupRule {
                    group: Ref::Output(Variable::Group),
                    port: 443,
                    peer: Peer::Cidr("10.0.0.0/16".to_owned()),
                })),
            ]
        };
        let steps = [steps("kms"), steps("ssmmessages")].concat();
        assert_eq!(merge_steps(steps.iter()), steps);
        let same = Step::Call(AwsCall::ModifyVpcAttribute {
            vpc: "vpc-1".to_owned(),
            attribute: DnsAttribute::Support,
        });
        assert_eq!(merge_steps([&same, &same].into_iter()), [same]);
    }

    const STALE: &str = "coder-production-litellm";

    /// One service has tasks that are older than its flag.
    fn stale() -> Facts {
        capture_file::demo("stale-tasks").unwrap()
    }

    /// The role of a service lacks its actions.
    fn break_role(facts: &mut Facts, role: &str) {
        let of_role = |simulation: &&mut Simulation| simulation.principal.ends_with(role);
        for simulation in facts.simulations.iter_mut().filter(of_role) {
            let decisions = simulation.decisions.known_mut().into_iter().flatten();
            decisions.for_each(|decision| decision.outcome = Outcome::ImplicitDeny);
        }
    }

    fn plan(facts: &Facts, allow_drift: bool, asked_for: &str) -> FixPlan {
        let scope = Scope {
            report: &examine(facts, &Selection::default()),
            facts,
            allow_drift,
            tried: &BTreeSet::new(),
        };
        FixPlan::new(&scope, |cause| cause.check.starts_with(asked_for))
    }

    fn deploys(plan: &FixPlan) -> Vec<&str> {
        deployed_services(&plan.steps).into_iter().collect()
    }

    #[test]
    fn deployments_are_held_back_while_another_cause_remains() {
        assert_eq!(deploys(&plan(&stale(), false, "")), [STALE]);
        let mut facts = stale();
        break_role(&mut facts, "litellm-task");
        // Also if the role is not selected.
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
    fn failures_of_the_caller_and_of_other_tasks_do_not_hold_back_deployments() {
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
    fn a_fix_that_did_not_help_still_holds_back_deployments() {
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
        let plan = FixPlan::new(&scope, |_| true);
        assert!(!tried.is_empty() && plan.steps.is_empty());
    }
}
