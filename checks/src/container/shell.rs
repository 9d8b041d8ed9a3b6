use crate::fact_index::FactIndex;
use crate::per_definition::{Defined, each_defined};
use model::area::Area;
use model::check::{Check, Inference, OnPlan};
use model::finding::{Finding, Severity};

pub const CHECK: Check = Check {
    id: "container.shell",
    area: Area::Container,
    title: "The image has the shell that a session starts",
    why: "A session whose program is not in the image ends at once. Images made from Alpine have /bin/sh only, and images without a distribution have no shell at all.",
    how: "The shell that the configuration names, against what the image's name tells. What is in an image cannot be seen from outside.",
    actions: &["ecs:DescribeTaskDefinition"],
    remedy: "Set `shell` for the service in ecs-exec.toml, or name the program to start.",
    docs: &["https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec-run.html"],
    explains: &[],
    masks: &[],
    severity: Severity::Low,
    on_plan: OnPlan::Judges,
    inference: Inference::Inferred,
};

pub fn run(index: &FactIndex) -> Vec<Finding> {
    each_defined(index, &CHECK, judge)
}

fn judge(defined: Defined) -> Finding {
    let name = &defined.container.name;
    let shell = defined.shell().unwrap_or("/bin/sh");
    let image = defined.container.image.as_deref().unwrap_or_default();
    let windows = defined
        .definition
        .operating_system
        .as_deref()
        .is_some_and(|family| family.starts_with("WINDOWS"));
    let finding = if windows && shell.starts_with('/') {
        CHECK
            .warn(defined.subject, format!("Container {name} runs Windows, which has no {shell}"))
            .detail("Start powershell.exe or cmd.exe instead: set `shell` for the service in ecs-exec.toml.")
            .group_title("Containers do not have the shell that sessions start")
    } else if is_without_shell(image) {
        CHECK
            .warn(defined.subject, format!("The image of {name} has no shell, by its name"))
            .detail("Images without a distribution hold the program only, unless they are of a debug kind. Any program of the image can be started in a session.")
            .group_title("Containers do not have the shell that sessions start")
    } else if shell.ends_with("bash") && image.contains("alpine") {
        CHECK
            .warn(
                defined.subject,
                format!("The image of {name} is made from Alpine, which has no {shell}"),
            )
            .detail("Start /bin/sh instead: set `shell` for the service in ecs-exec.toml.")
            .group_title("Containers do not have the shell that sessions start")
    } else {
        CHECK.skip(
            defined.subject,
            format!("Whether the image of {name} has {shell} cannot be seen from outside"),
        )
    };
    finding.evidence("shell", shell).evidence("image", image)
}

fn is_without_shell(image: &str) -> bool {
    let bare = ["distroless", "chainguard/static", "cgr.dev/chainguard/"]
        .iter()
        .any(|mark| image.contains(mark));
    bare && !image.contains("debug") && !image.contains("-dev")
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::*;
    use model::finding::Status;

    #[test]
    fn what_the_image_s_name_tells() {
        let mut facts = healthy_coder();
        assert_eq!(statuses(&CHECK, &facts), [Status::Skip]);
        for (image, shell, status) in [
            ("nginx:1.27-alpine", "/bin/bash", Status::Warn),
            ("nginx:1.27-alpine", "/bin/sh", Status::Skip),
            ("gcr.io/distroless/static", "/bin/sh", Status::Warn),
            ("gcr.io/distroless/static:debug", "/bin/sh", Status::Skip),
            ("postgres:17", "/bin/bash", Status::Skip),
        ] {
            facts.target.services[0].shell = Some(shell.into());
            definition(&mut facts).containers[0].image = Some(image.into());
            assert_eq!(statuses(&CHECK, &facts), [status], "{image} {shell}");
        }
        definition(&mut facts).operating_system = Some("WINDOWS_SERVER_2022_CORE".into());
        assert_eq!(statuses(&CHECK, &facts), [Status::Warn]);
    }

    #[test]
    fn unreadable() {
        let mut facts = healthy_coder();
        for fact in facts.task_definitions.values_mut() {
            *fact = denied("ecs:DescribeTaskDefinition");
        }
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }
}
