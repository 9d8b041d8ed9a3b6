//! The diagnosis of facts in which one thing is broken, or two.

use super::{Diagnosis, diagnose};
use aws_rules::iam::resolve_simulations;
use checks::FactIndex;
use checks::registry::CHECKS;
use model::facts::{Fact, Facts, Outcome};
use model::finding::{AgentLink, Finding, Status, Subject};
use test_facts::*;

fn diagnose_facts(facts: &Facts) -> Diagnosis {
    let simulations = resolve_simulations(facts);
    let index = FactIndex::new(facts, &simulations);
    diagnose(
        CHECKS
            .iter()
            .flat_map(|check| (check.run)(&index))
            .collect(),
    )
}

fn causes(facts: &Facts) -> Vec<&'static str> {
    diagnose_facts(facts)
        .root_causes
        .iter()
        .map(|cause| cause.check)
        .collect()
}

fn set_agents(facts: &mut Facts, status: &str) {
    for fact in facts.tasks.values_mut() {
        for container in &mut known(fact).containers {
            container.managed_agents[0].last_status = status.into();
        }
    }
}

#[test]
fn healthy_facts_have_no_root_cause() {
    assert!(causes(&healthy()).is_empty());
}

#[test]
fn a_stopped_agent_is_a_symptom_of_the_role() {
    let mut facts = healthy_coder();
    set_agents(&mut facts, "STOPPED");
    decide(&mut facts, "ssmmessages:", "*", |decision| {
        decision.outcome = Outcome::ImplicitDeny;
    });
    let diagnosis = diagnose_facts(&facts);
    assert_eq!(diagnosis.root_causes.len(), 1);
    assert_eq!(diagnosis.root_causes[0].check, "role.ssmmessages");
    assert_eq!(
        diagnosis.root_causes[0].symptoms,
        ["container.agent-running"]
    );
}

#[test]
fn a_failure_that_nothing_explains_is_a_root_cause() {
    let mut facts = healthy_coder();
    set_agents(&mut facts, "STOPPED");
    facts.network.endpoints = Some(denied("ec2:DescribeVpcEndpoints"));
    let diagnosis = diagnose_facts(&facts);
    assert_eq!(diagnosis.root_causes[0].check, "container.agent-running");
    assert!(
        diagnosis.root_causes[0]
            .detail
            .contains("network.endpoint-present")
    );
}

#[test]
fn the_flag_of_the_service_explains_its_tasks() {
    let mut facts = healthy_coder();
    service(&mut facts).exec_enabled = false;
    task(&mut facts).exec_enabled = false;
    task(&mut facts).containers[0].managed_agents.clear();
    let diagnosis = diagnose_facts(&facts);
    assert_eq!(diagnosis.root_causes.len(), 1);
    assert_eq!(diagnosis.root_causes[0].check, "service.exec-enabled");
    assert_eq!(
        diagnosis.root_causes[0].symptoms,
        ["task.exec-enabled", "container.agent-running"]
    );
}

#[test]
fn a_fault_of_one_service_explains_nothing_in_another() {
    let mut facts = healthy();
    task(&mut facts).exec_enabled = false;
    set_agents(&mut facts, "STOPPED");
    assert_eq!(
        causes(&facts),
        ["task.exec-enabled", "container.agent-running"]
    );
    let symptom = &diagnose_facts(&facts).root_causes[1];
    assert!(
        symptom
            .subjects
            .iter()
            .all(|subject| subject.service.as_deref() != Some(CODER))
    );
}

#[test]
fn a_shared_cause_is_one_with_many_subjects() {
    let mut facts = healthy();
    decide(&mut facts, "ssmmessages:OpenDataChannel", "*", |decision| {
        decision.outcome = Outcome::ImplicitDeny;
    });
    let diagnosis = diagnose_facts(&facts);
    assert_eq!(diagnosis.root_causes.len(), 1);
    assert_eq!(diagnosis.root_causes[0].subjects.len(), 6);
    remove_endpoints(&mut facts);
    remove_default_routes(&mut facts);
    assert_eq!(
        causes(&facts),
        ["role.ssmmessages", "network.endpoint-present"]
    );
    assert_eq!(diagnose_facts(&facts).root_causes[1].subjects.len(), 6);
}

#[test]
fn a_cause_names_the_checks_that_it_masks() {
    let mut facts = healthy_coder();
    definition(&mut facts).task_role = None;
    let diagnosis = diagnose_facts(&facts);
    assert_eq!(diagnosis.root_causes[0].check, "role.present");
    let detail = &diagnosis.root_causes[0].detail;
    assert!(
        detail.contains("Re-run after fixing this") && detail.contains("role.ssmmessages"),
        "{detail}"
    );
}

#[test]
fn independent_faults_are_two_causes() {
    let mut facts = healthy_coder();
    facts.local.clock_ahead_seconds = Fact::Known(9_000);
    task(&mut facts).containers[0].managed_agents.clear();
    service(&mut facts).exec_enabled = false;
    task(&mut facts).exec_enabled = false;
    assert_eq!(causes(&facts), ["local.clock-skew", "service.exec-enabled"]);
}

/// A finding about everything.
fn finding(check: &str, status: Status) -> Finding {
    let check = checks::registry::find(check).unwrap();
    Finding::new(check, status, Subject::new("test", ""), "")
}

#[test]
fn symptoms_of_symptoms_belong_to_the_root_cause() {
    let fail = |check| finding(check, Status::Fail);
    let chain = ["cluster.exists", "service.exists", "service.running-tasks"];
    let diagnosis = diagnose(chain.map(fail).to_vec());
    assert_eq!(diagnosis.root_causes.len(), 1);
    assert_eq!(diagnosis.root_causes[0].symptoms, chain[1..]);
    let pairs = [
        "service.exists",
        "service.running-tasks",
        "cluster.exec-logging",
        "policy.logging-required",
    ];
    let mut causes = diagnose(pairs.map(fail).to_vec()).root_causes;
    causes.sort_by_key(|cause| cause.check);
    let causes = causes.iter().map(|cause| (cause.check, &*cause.symptoms));
    assert_eq!(
        causes.collect::<Vec<_>>(),
        [(pairs[2], &pairs[3..]), (pairs[0], &pairs[1..2])]
    );
}

#[test]
fn a_warning_that_is_no_risk_to_the_agent_stays_a_warning() {
    let lost = finding("container.agent-running", Status::Fail).agent_link(AgentLink::Lost);
    let warning = finding("container.init-process", Status::Warn);
    let diagnosis = diagnose(vec![lost, warning]);
    assert_eq!(diagnosis.findings[1].status, Status::Warn);
    assert_eq!(diagnosis.root_causes.len(), 1);
}

#[test]
fn an_impossible_cause_or_one_of_another_container_explains_nothing() {
    let cause = || finding("service.exists", Status::Fail);
    let symptom = || finding("service.running-tasks", Status::Fail);
    let roots = |cause, symptom| diagnose(vec![cause, symptom]).root_causes.len();
    assert_eq!(roots(cause(), symptom()), 1);
    let only = symptom().explained_only_by(&["cluster.status"]);
    assert_eq!(roots(cause(), only), 2);
    let inside = |mut finding: Finding, container: &str| {
        finding.subject = Subject::new("container", format!("task/{container}"));
        finding
    };
    assert_eq!(roots(inside(cause(), "a"), inside(symptom(), "a")), 1);
    assert_eq!(roots(inside(cause(), "a"), inside(symptom(), "b")), 2);
}
