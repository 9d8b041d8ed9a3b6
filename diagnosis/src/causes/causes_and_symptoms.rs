//! Worlds in which one thing is broken, or two, and what the diagnosis says of them.

use super::{Diagnosis, diagnose};
use aws_rules::iam::resolve_simulations;
use checks::FactIndex;
use checks::registry::CHECKS;
use model::facts::{Fact, Facts, Outcome};
use test_facts::*;

fn of(facts: &Facts) -> Diagnosis {
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
    of(facts)
        .root_causes
        .iter()
        .map(|cause| cause.check)
        .collect()
}

fn agents(facts: &mut Facts, status: &str) {
    for fact in facts.tasks.values_mut() {
        for container in &mut known(fact).containers {
            container.managed_agents[0].last_status = status.into();
        }
    }
}

#[test]
fn a_healthy_world_has_no_root_cause() {
    assert!(causes(&healthy()).is_empty());
}

#[test]
fn a_stopped_agent_is_the_role_s_symptom() {
    let mut facts = healthy_coder();
    agents(&mut facts, "STOPPED");
    decide(&mut facts, "ssmmessages:", "*", |decision| {
        decision.outcome = Outcome::ImplicitDeny;
    });
    let diagnosis = of(&facts);
    assert_eq!(diagnosis.root_causes.len(), 1);
    assert_eq!(diagnosis.root_causes[0].check, "role.ssmmessages");
    assert_eq!(
        diagnosis.root_causes[0].symptoms,
        ["container.agent-running"]
    );
}

#[test]
fn a_symptom_that_nothing_explains_is_its_own_cause() {
    let mut facts = healthy_coder();
    agents(&mut facts, "STOPPED");
    facts.network.endpoints = Some(denied("ec2:DescribeVpcEndpoints"));
    let diagnosis = of(&facts);
    assert_eq!(diagnosis.root_causes[0].check, "container.agent-running");
    assert!(
        diagnosis.root_causes[0]
            .detail
            .contains("network.endpoint-present")
    );
}

#[test]
fn the_service_s_flag_is_behind_its_tasks() {
    let mut facts = healthy_coder();
    service(&mut facts).exec_enabled = false;
    task(&mut facts).exec_enabled = false;
    task(&mut facts).containers[0].managed_agents.clear();
    let diagnosis = of(&facts);
    assert_eq!(diagnosis.root_causes.len(), 1);
    assert_eq!(diagnosis.root_causes[0].check, "service.exec-enabled");
    assert_eq!(
        diagnosis.root_causes[0].symptoms,
        ["task.exec-enabled", "container.agent-running"]
    );
}

#[test]
fn one_service_s_fault_is_not_another_s() {
    let mut facts = healthy();
    task(&mut facts).exec_enabled = false;
    agents(&mut facts, "STOPPED");
    assert_eq!(
        causes(&facts),
        ["task.exec-enabled", "container.agent-running"]
    );
    let symptom = &of(&facts).root_causes[1];
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
    let diagnosis = of(&facts);
    assert_eq!(diagnosis.root_causes.len(), 1);
    assert_eq!(diagnosis.root_causes[0].subjects.len(), 6);
    no_endpoint(&mut facts);
    no_way_out(&mut facts);
    assert_eq!(
        causes(&facts),
        ["role.ssmmessages", "network.endpoint-present"]
    );
    assert_eq!(of(&facts).root_causes[1].subjects.len(), 6);
}

#[test]
fn a_cause_says_what_it_hides() {
    let mut facts = healthy_coder();
    definition(&mut facts).task_role = None;
    let diagnosis = of(&facts);
    assert_eq!(diagnosis.root_causes[0].check, "role.present");
    let detail = &diagnosis.root_causes[0].detail;
    assert!(
        detail.contains("After this is mended") && detail.contains("role.ssmmessages"),
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
