use crate::fact_index::FactIndex;
use model::area::Area;
use model::check::{Check, Inference, OnPlan};
use model::facts::Task;
use model::finding::{Finding, Severity, Subject};

pub const CHECK: Check = Check {
    id: "task.launch-type",
    area: Area::Task,
    title: "The task runs where ECS Exec works",
    why: "What a task runs on decides what is needed: the Fargate platform, the ECS agent of an EC2 instance, or of a machine outside AWS.",
    how: "launchType and capacityProviderName in ecs:DescribeTasks.",
    actions: &["ecs:DescribeTasks"],
    remedy: "Nothing has to be done; newer versions of this program may know the launch type.",
    docs: &["https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html"],
    explains: &[],
    masks: &[],
    severity: Severity::Low,
    on_plan: OnPlan::Judges,
    inference: Inference::Inferred,
};

pub fn run(index: &FactIndex) -> Vec<Finding> {
    index.each_task(&CHECK, |_, subject, task| judge(subject, task))
}

fn judge(subject: Subject, task: &Task) -> Finding {
    let told = task
        .launch_type
        .as_deref()
        .or(task.capacity_provider.as_deref())
        .unwrap_or_default();
    let finding = match told {
        _ if task.is_fargate() => CHECK.pass(subject, "The task runs on Fargate"),
        "EC2" => CHECK.pass(subject, "The task runs on an EC2 instance"),
        "MANAGED_INSTANCES" => CHECK.pass(subject, "The task runs on an instance that ECS manages"),
        "EXTERNAL" => CHECK
            .pass(subject, "The task runs on a machine outside AWS")
            .detail("The machine's own network is not to be seen from here."),
        _ if task.container_instance.is_some() => {
            CHECK.pass(subject, "The task runs on a container instance")
        }
        "" => CHECK.unknown_because(subject, "ECS does not say what the task runs on"),
        other => CHECK.unknown_because(
            subject,
            format!("ECS says {other} of what the task runs on, which this version does not know"),
        ),
    };
    finding.evidence("launchType", told)
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::*;
    use model::finding::Status;

    #[test]
    fn known_and_unknown_ones() {
        let mut facts = healthy_coder();
        for (told, status) in [
            ("FARGATE", Status::Pass),
            ("EC2", Status::Pass),
            ("EXTERNAL", Status::Pass),
            ("MANAGED_INSTANCES", Status::Pass),
            ("CLOUD", Status::Unknown),
        ] {
            task(&mut facts).launch_type = Some(told.into());
            task(&mut facts).capacity_provider = None;
            assert_eq!(statuses(&CHECK, &facts), [status], "{told}");
        }
        task(&mut facts).launch_type = None;
        task(&mut facts).capacity_provider = Some("FARGATE_SPOT".into());
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
        for fact in facts.tasks.values_mut() {
            *fact = denied("ecs:DescribeTasks");
        }
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }
}
