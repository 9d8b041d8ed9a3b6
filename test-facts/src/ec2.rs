//! The task on an EC2 instance.

use super::{CODER_ROLE, known, task};
use model::facts::*;

const HOST: &str =
    "arn:aws:ecs:us-west-2:123456789012:container-instance/coder-production-cluster/0123";

/// Moves the coder task to an EC2 instance, whose interface and role it uses.
pub fn move_to_ec2(facts: &mut Facts) {
    let id = task(facts).interface.clone().expect("interface").id;
    let interface = facts.network.interfaces[id.expect("ID").as_str()]
        .known()
        .cloned();
    let task = task(facts);
    task.launch_type = Some("EC2".into());
    task.platform_version = None;
    task.interface = None;
    task.container_instance = Some(HOST.into());
    facts.container_instances.insert(
        HOST.into(),
        Fact::Known(ContainerInstance {
            arn: HOST.into(),
            instance: Some("i-1".into()),
            status: "ACTIVE".into(),
            agent_version: Some("1.90.0".into()),
            agent_connected: true,
            windows: false,
        }),
    );
    let profile = "arn:aws:iam::123456789012:instance-profile/ecs";
    facts.network.instances.insert(
        "i-1".into(),
        Fact::Known(Instance {
            id: "i-1".into(),
            interface: interface.expect("interface"),
            profile: Some(profile.into()),
        }),
    );
    let role = Fact::Known(CODER_ROLE.to_owned());
    facts.instance_profiles.insert(profile.into(), role);
}

/// The container instance of the coder task, after [`move_to_ec2`].
pub fn host(facts: &mut Facts) -> &mut ContainerInstance {
    known(facts.container_instances.get_mut(HOST).expect("host"))
}

/// The EC2 instance of the coder task, after [`move_to_ec2`].
pub fn instance(facts: &mut Facts) -> &mut Instance {
    known(facts.network.instances.get_mut("i-1").expect("instance"))
}
