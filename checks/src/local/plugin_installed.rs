use super::subject;
use crate::prelude::*;

pub const CHECK: Check = Check {
    id: "local.plugin-installed",
    title: "The Session Manager plugin is installed",
    why: "The AWS CLI opens sessions with the Session Manager plugin: without it `aws ecs execute-command` fails with \"SessionManagerPlugin is not found\". ecs-exec itself needs no plugin, unless it is told to use it with `--transport plugin`.",
    how: "Searches PATH for session-manager-plugin and runs it with --version.",
    actions: &[],
    remedy: "Only if you use the AWS CLI for sessions: install the Session Manager plugin.",
    docs: &[
        "https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-working-with-install-plugin.html",
    ],
    severity: Severity::Low,
    ..super::DEFAULTS
};

/// Its absence is no finding: `--transport plugin` says so itself, before it opens a session.
pub fn run(index: &FactIndex) -> Vec<Finding> {
    let local = &index.facts.local;
    vec![CHECK.judge(
        subject(),
        &local.plugin,
        |subject| {
            CHECK
                .skip(subject, "The Session Manager plugin is not installed, and ecs-exec does not need it")
                .detail("session-manager-plugin is not on PATH. `aws ecs execute-command` and `ecs-exec --transport plugin` need it.")
        },
        |subject, plugin| {
            let no_version = "session-manager-plugin does not print its version, and ecs-exec does not need it";
            match &plugin.version {
                Fact::Known(version) => CHECK
                    .pass(
                        subject,
                        format!("session-manager-plugin {version} is installed"),
                    )
                    .evidence("version", version.as_str()),
                Fact::Absent => CHECK.skip(subject, no_version),
                Fact::Unavailable(why) => CHECK.skip(subject, no_version).detail(&why.message),
            }
            .evidence("path", plugin.path.as_str())
        },
    )]
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{denied, healthy, statuses};
    use model::facts::{Fact, Plugin};
    use model::finding::Status;

    #[test]
    fn a_missing_plugin_is_no_finding() {
        let mut facts = healthy();
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
        facts.local.plugin = Fact::Absent;
        assert_eq!(statuses(&CHECK, &facts), [Status::Skip]);
    }

    #[test]
    fn a_plugin_without_a_version_is_no_finding() {
        let mut facts = healthy();
        facts.local.plugin = Fact::Known(Plugin {
            path: "/usr/bin/session-manager-plugin".into(),
            version: denied("session-manager-plugin --version"),
        });
        assert_eq!(statuses(&CHECK, &facts), [Status::Skip]);
    }

    #[test]
    fn a_failed_search_is_unknown() {
        let mut facts = healthy();
        facts.local.plugin = denied("PATH");
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }
}
