use crate::per_subject::container_definition::DefinedContainer;
use crate::prelude::*;

pub const CHECK: Check = Check {
    id: "container.shell",
    title: "The image has the shell that a session starts",
    why: "A session ends at once if its program is not in the image. Images made from Alpine have only /bin/sh, and distroless images have no shell.",
    how: "The shell that the configuration names, compared with what the image's name implies. The content of an image is not visible from outside.",
    actions: &["ecs:DescribeTaskDefinition"],
    remedy: "Set `shell` for the service in ecs-exec.toml, or name the program to start.",
    docs: &["https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec-run.html"],
    severity: Severity::Low,
    ..super::DEFAULTS
};

pub fn run(index: &FactIndex) -> Vec<Finding> {
    index.each_container_definition(&CHECK, judge)
}

fn judge(defined: DefinedContainer) -> Finding {
    let name = &defined.container.name;
    // `auto` tries other shells first, and this one last.
    let shell = match defined.shell() {
        None | Some("auto") => "/bin/sh",
        Some(shell) => shell,
    };
    let image = defined.container.image.as_deref().unwrap_or_default();
    let fault = if defined.is_windows() && shell.starts_with('/') {
        Some((
            format!("Container {name} runs Windows, which has no {shell}"),
            "Start powershell.exe or cmd.exe instead: set `shell` for the service in ecs-exec.toml.",
        ))
    } else if is_distroless(image) {
        Some((
            format!("The image of {name} has no shell, judging by its name"),
            "Distroless images contain only the program, except for their debug variants. A session can start any \
             program of the image.",
        ))
    } else if shell.ends_with("bash") && image.contains("alpine") {
        Some((
            format!("The image of {name} is made from Alpine, which has no {shell}"),
            "Start /bin/sh instead: set `shell` for the service in ecs-exec.toml.",
        ))
    } else {
        None
    };
    let finding = match fault {
        Some((title, detail)) => CHECK
            .warn(defined.subject, title)
            .detail(detail)
            .group_title("Containers do not have the shell that sessions start"),
        None => {
            let title =
                format!("Whether the image of {name} has {shell} is not visible from outside");
            CHECK.skip(defined.subject, title)
        }
    };
    finding.evidence("shell", shell).evidence("image", image)
}

fn is_distroless(image: &str) -> bool {
    const PARTS: [&str; 3] = ["distroless", "chainguard/static", "cgr.dev/chainguard/"];
    let has = |part: &str| image.contains(part);
    PARTS.into_iter().any(has) && !has("debug") && !has("-dev")
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::*;
    use model::finding::Status;

    #[test]
    fn the_name_of_the_image_implies_its_shells() {
        let mut facts = healthy_coder();
        assert_eq!(statuses(&CHECK, &facts), [Status::Skip]);
        for (image, shell, status) in [
            ("nginx:1.27-alpine", "/bin/bash", Status::Warn),
            ("nginx:1.27-alpine", "/bin/sh", Status::Skip),
            ("gcr.io/distroless/static", "/bin/sh", Status::Warn),
            ("gcr.io/distroless/static:debug", "/bin/sh", Status::Skip),
            ("postgres:17", "/bin/bash", Status::Skip),
            ("nginx:1.27-alpine", "auto", Status::Skip),
            ("gcr.io/distroless/static", "auto", Status::Warn),
        ] {
            facts.target.services[0].shell = Some(shell.into());
            definition(&mut facts).containers[0].image = Some(image.into());
            assert_eq!(statuses(&CHECK, &facts), [status], "{image} {shell}");
        }
        definition(&mut facts).operating_system = Some("WINDOWS_SERVER_2022_CORE".into());
        for shell in ["/bin/bash", "auto"] {
            facts.target.services[0].shell = Some(shell.into());
            let finding = &run(&CHECK, &facts)[0];
            assert_eq!(finding.status, Status::Warn);
            assert!(!finding.title.contains("auto"), "{}", finding.title);
        }
    }

    #[test]
    fn an_unreadable_definition_is_unknown() {
        let mut facts = healthy_coder();
        for fact in facts.task_definitions.values_mut() {
            *fact = denied("ecs:DescribeTaskDefinition");
        }
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }
}
