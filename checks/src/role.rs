pub mod kms_decrypt;
pub mod logs_write;
pub mod present;
mod recording;
pub mod s3_write;
pub mod ssmmessages;
pub mod trust;

use std::collections::{BTreeMap, BTreeSet};

use crate::fact_index::{FactIndex, Group, services_with};
use model::arn;
use model::check::Check;
use model::facts::{Fact, Task};
use model::finding::{Finding, Subject};

/// A finding for each role that running tasks have; roles that are not there are role.present's business.
fn each_role<'a>(
    index: &FactIndex<'a>,
    check: &'static Check,
    judge: impl Fn(&Group<'a>, &'a str, &[&'a Task]) -> Finding,
) -> Vec<Finding> {
    index.each_running(check, |group, _| {
        let roles = &group.roles;
        let mut findings: Vec<Finding> = roles
            .by_role
            .iter()
            .map(|(role, alike)| match index.facts.roles.get(*role) {
                Some(Fact::Absent) => {
                    let title = format!("The task role {} does not exist", arn::name(role));
                    check.skip(role_subject(group, role), title)
                }
                _ => judge(group, role, &alike.tasks).on(alike.scope.clone()),
            })
            .collect();
        if let Some(task) = roles.unnamed.first() {
            let subject = group.definition_subject(&task.task_definition);
            findings.push(check.skip(subject, "The tasks have no task role"));
        }
        if let Some((task, why)) = roles.unknown.first() {
            let subject = group.definition_subject(&task.task_definition);
            findings.push(check.unknown(subject, why));
        }
        findings
    })
}

/// The same where only the role counts: it is judged once for all services that have it.
fn each_role_alone(
    index: &FactIndex,
    check: &'static Check,
    judge: impl Fn(Subject, &str) -> Finding,
) -> Vec<Finding> {
    let roles = index
        .groups
        .iter()
        .flat_map(|group| group.roles.by_role.keys());
    let roles: BTreeSet<&str> = roles.copied().collect();
    let judged: BTreeMap<&str, Finding> = roles
        .into_iter()
        .map(|role| (role, judge(Subject::new("role", role), role)))
        .collect();
    each_role(index, check, |group, role, _| {
        let mut finding = judged[role].clone();
        finding.subject = finding.subject.of_service(group.service_name());
        finding
    })
}

fn role_subject(group: &Group, role: &str) -> Subject {
    Subject::new("role", role).of_service(group.service_name())
}

fn has_agent_down(task: &Task) -> bool {
    let mut containers = task.own_containers();
    containers.any(|container| !container.has_running_agent())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{kms_decrypt, s3_write, ssmmessages};
    use crate::network::endpoint_policy;
    use crate::testing::*;
    use model::facts::{Fact, Facts, ServiceTarget};

    const TWIN: &str = "twin";
    const TWINS_TASK: &str =
        "arn:aws:ecs:us-west-2:123456789012:task/cluster/00000000000000000000000000000002";

    /// A second service like the first, with a task of its own.
    fn add_twin(facts: &mut Facts) {
        let mut twin = service(facts).clone();
        twin.name = TWIN.into();
        let mut its_task = task(facts).clone();
        its_task.arn = TWINS_TASK.into();
        its_task.group = Some(format!("service:{TWIN}"));
        facts.services.insert(TWIN.into(), Fact::Known(twin));
        let arns = vec![TWINS_TASK.to_owned()];
        facts.service_tasks.insert(TWIN.into(), Fact::Known(arns));
        facts.tasks.insert(TWINS_TASK.into(), Fact::Known(its_task));
        facts.target.services.push(ServiceTarget {
            name: TWIN.into(),
            ..ServiceTarget::default()
        });
    }

    /// What is judged once, for a role or for what an endpoint lets it do, is said of each service and its tasks.
    #[test]
    fn services_that_share_a_role() {
        let mut facts = with_key();
        endpoint(&mut facts).policy = Some(json!({"Statement": []}));
        add_twin(&mut facts);
        let first = task(&mut facts).arn.clone();
        for check in [
            &kms_decrypt::CHECK,
            &s3_write::CHECK,
            &ssmmessages::CHECK,
            &endpoint_policy::CHECK,
        ] {
            let about: Vec<_> = run(check, &facts)
                .into_iter()
                .map(|finding| {
                    let names = finding.tasks.arns().unwrap();
                    let arns: Vec<_> = names.iter().cloned().collect();
                    (finding.subject.service.unwrap(), arns)
                })
                .collect();
            let wanted = [
                (CODER.into(), vec![first.clone()]),
                (TWIN.into(), vec![TWINS_TASK.into()]),
            ];
            assert_eq!(about, wanted, "{}", check.id);
        }
    }
}
