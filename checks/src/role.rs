//! The task role: what it needs, and whether ECS can assume it.

pub mod kms_decrypt;
pub mod logs_write;
pub mod present;
mod record_permission;
pub mod s3_write;
pub mod ssmmessages;
pub mod trust;

use crate::prelude::*;

/// What the checks of this area have in common.
const DEFAULTS: Check = Check {
    area: Area::Role,
    ..Check::DEFAULT
};

/// A finding for each role of running tasks. Roles that do not exist are left to role.present.
fn each_role<'a>(
    index: &FactIndex<'a>,
    check: &'static Check,
    judge: impl Fn(&FactIndex<'a>, Subject, &'a str, &[&'a Task]) -> Finding,
) -> Vec<Finding> {
    index.each_role(check, |group, role, set| {
        let subject = group.subject_of("role", role);
        match index.facts.roles.get(role) {
            Some(Fact::Absent) => {
                let title = format!("The task role {} does not exist", arn::name(role));
                check.skip(subject, title)
            }
            _ => judge(index, subject, role, &set.tasks).on(set.scope.clone()),
        }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{kms_decrypt, s3_write, ssmmessages};
    use crate::network::endpoint_policy;
    use crate::testing::*;
    use model::facts::{Fact, Facts, ServiceTarget};

    const TWIN: &str = "twin";
    const TWIN_TASK: &str =
        "arn:aws:ecs:us-west-2:123456789012:task/cluster/00000000000000000000000000000002";

    /// A second service like the first, with its own task.
    fn add_twin(facts: &mut Facts) {
        let mut twin = service(facts).clone();
        twin.name = TWIN.into();
        let mut twin_task = task(facts).clone();
        twin_task.arn = TWIN_TASK.into();
        twin_task.group = Some(format!("service:{TWIN}"));
        facts.services.insert(TWIN.into(), Fact::Known(twin));
        let arns = vec![TWIN_TASK.to_owned()];
        facts.service_tasks.insert(TWIN.into(), Fact::Known(arns));
        facts.tasks.insert(TWIN_TASK.into(), Fact::Known(twin_task));
        facts.target.services.push(ServiceTarget {
            name: TWIN.into(),
            ..ServiceTarget::default()
        });
    }

    #[test]
    fn services_that_share_a_role_have_findings_of_their_own() {
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
            let scopes: Vec<_> = run(check, &facts)
                .into_iter()
                .map(|finding| {
                    let names = finding.tasks.arns().unwrap();
                    let arns = names.to_vec();
                    (finding.subject.service.unwrap(), arns)
                })
                .collect();
            let expected = [
                (CODER.into(), vec![first.clone()]),
                (TWIN.into(), vec![TWIN_TASK.into()]),
            ];
            assert_eq!(scopes, expected, "{}", check.id);
        }
    }
}
