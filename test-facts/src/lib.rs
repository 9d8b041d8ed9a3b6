//! Facts for unit tests: the healthy platform, and small ways to break it.
//!
//! | module | changes |
//! | --- | --- |
//! | `ec2` | moves the task from Fargate to an EC2 instance |
//! | `iam` | what the policy simulator answers |
//! | `network` | subnets, routes, endpoints, security groups, network ACLs |
//! | `recording` | encryption and recording of sessions |

#![forbid(unsafe_code)]

mod ec2;
mod iam;
mod network;
mod recording;

use model::facts::*;

pub use ec2::*;
pub use iam::*;
pub use network::*;
pub use recording::*;

/// The service that most tests break: one task, with one container of its own.
pub const CODER: &str = "coder-production-coder";
/// The task role of [`CODER`].
pub const CODER_ROLE: &str = "arn:aws:iam::123456789012:role/coder-production-coder-task";

/// The healthy platform of the runbook with six services.
pub fn healthy() -> Facts {
    serde_json::from_str(include_str!("../../fixtures/healthy.json")).expect("fixture")
}

/// The healthy platform with the coder service as target.
pub fn healthy_coder() -> Facts {
    let mut facts = healthy();
    facts.target.services.retain(|wanted| wanted.name == CODER);
    facts
}

/// A fact that the caller was not allowed to read.
pub fn denied<T>(action: &str) -> Fact<T> {
    Fact::Unavailable(Unavailable::new(action, Reason::Denied, "not authorized"))
}

/// The value of a fact, to change it. Panics if there is none.
pub fn known<T>(fact: &mut Fact<T>) -> &mut T {
    match fact {
        Fact::Known(value) => value,
        Fact::Absent | Fact::Unavailable(_) => panic!("the fixture knows this"),
    }
}

/// The caller, who can open sessions into all services.
pub fn caller(facts: &mut Facts) -> &mut Caller {
    known(&mut facts.caller)
}

/// The coder service.
pub fn service(facts: &mut Facts) -> &mut Service {
    known(facts.services.get_mut(CODER).expect("service"))
}

/// The one task of the coder service.
pub fn task(facts: &mut Facts) -> &mut Task {
    let arn = known(facts.service_tasks.get_mut(CODER).expect("tasks"))[0].clone();
    known(facts.tasks.get_mut(&arn).expect("task"))
}

/// A new deployment starts; the task still comes from the old one.
pub fn begin_rollout(facts: &mut Facts) {
    let now = facts.taken_at;
    let service = service(facts);
    let mut new = service.deployments[0].clone();
    service.deployments[0].status = "ACTIVE".into();
    new.id = "ecs-svc/1".into();
    new.rollout_state = Some("IN_PROGRESS".into());
    new.created_at = Some(now);
    service.deployments.insert(0, new);
}

/// The task definition of the coder task.
pub fn definition(facts: &mut Facts) -> &mut TaskDefinition {
    let arn = task(facts).task_definition.clone();
    known(facts.task_definitions.get_mut(&*arn).expect("definition"))
}

/// Makes the task the target instead of its service.
pub fn target_task(facts: &mut Facts) -> String {
    let arn = task(facts).arn.to_string();
    facts.target.services.clear();
    facts.target.tasks = vec![arn.clone()];
    arn
}

/// The same task, standalone without a service.
pub fn make_standalone(facts: &mut Facts) {
    target_task(facts);
    let task = task(facts);
    task.group = Some("family:coder".into());
    task.started_by = None;
}
