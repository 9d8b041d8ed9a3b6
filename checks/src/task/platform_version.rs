use crate::fact_index::{FactIndex, Group};
use crate::fixes;
use model::area::Area;
use model::check::{Check, Inference, OnPlan};
use model::facts::Task;
use model::finding::{Finding, Severity, Subject};
use model::version;

pub const CHECK: Check = Check {
    id: "task.platform-version",
    area: Area::Task,
    title: "The Fargate platform is new enough",
    why: "Older Fargate platforms put no exec agent into tasks.",
    how: "platformVersion in ecs:DescribeTasks: 1.4.0 or later on Linux, 1.0.0 or later on Windows.",
    actions: &["ecs:DescribeTasks"],
    remedy: "Set the platform version to LATEST and deploy.",
    docs: &["https://docs.aws.amazon.com/AmazonECS/latest/developerguide/platform-fargate.html"],
    explains: &["container.agent-running"],
    masks: &[],
    severity: Severity::High,
    on_plan: OnPlan::Judges,
    inference: Inference::Inferred,
};

pub fn run(index: &FactIndex) -> Vec<Finding> {
    index.each_task(&CHECK, |group, subject, task| {
        judge(index, group, subject, task)
    })
}

fn judge<'a>(index: &FactIndex<'a>, group: &Group<'a>, subject: Subject, task: &Task) -> Finding {
    if !task.is_fargate() {
        return CHECK.skip(subject, "The task does not run on Fargate");
    }
    let least = if task.is_windows() {
        [1, 0, 0]
    } else {
        [1, 4, 0]
    };
    let told = task.platform_version.as_deref().unwrap_or("no version");
    let finding = match version::is_at_least(told, &least) {
        Some(true) => {
            CHECK.pass(subject, ["Fargate platform ", told, " is new enough"].concat())
        }
        Some(false) => CHECK
            .fail(
                subject,
                format!("Fargate platform {told} is too old for ECS Exec"),
            )
            .detail(format!(
                "ECS Exec needs {} or later. Set the service's platform version to LATEST and deploy it anew.",
                least.map(|number| number.to_string()).join(".")
            ))
            .group_title("The Fargate platform is too old for ECS Exec")
            .fix_some(group.service_fix(index.facts, fixes::service::latest_platform)),
        None => CHECK.unknown_because(
            subject,
            format!("ECS reports {told} for the Fargate platform, which is no version"),
        ),
    };
    finding.evidence("platformVersion", told)
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{CODER, denied, healthy_coder, statuses, task};
    use model::finding::Status;

    fn of(version: &str, family: &str) -> Vec<Status> {
        let mut facts = healthy_coder();
        task(&mut facts).platform_version = Some(version.into());
        task(&mut facts).platform_family = Some(family.into());
        statuses(&CHECK, &facts)
    }

    #[test]
    fn versions_compare_as_numbers() {
        assert_eq!(of("1.4.0", "Linux"), [Status::Pass]);
        assert_eq!(of("1.10.0", "Linux"), [Status::Pass]);
        assert_eq!(of("1.3.0", "Linux"), [Status::Fail]);
        assert_eq!(of("1.0.0", "Windows_Server_2022_Core"), [Status::Pass]);
    }

    #[test]
    fn not_fargate_and_not_a_version() {
        assert_eq!(of("LATEST", "Linux"), [Status::Unknown]);
        let mut facts = healthy_coder();
        task(&mut facts).launch_type = Some("EC2".into());
        assert_eq!(statuses(&CHECK, &facts), [Status::Skip]);
        facts
            .service_tasks
            .insert(CODER.into(), denied("ecs:ListTasks"));
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }
}
