use super::subject;
use crate::prelude::*;

pub const CHECK: Check = Check {
    id: "local.plugin-installed",
    title: "The Session Manager plugin is installed",
    why: "The AWS CLI opens sessions with the Session Manager plugin: without it `aws ecs execute-command` fails with \"SessionManagerPlugin is not found\". ecs-exec needs it only to forward ports.",
    how: "Searches PATH for session-manager-plugin and runs it with --version.",
    actions: &[],
    remedy: "Install the Session Manager plugin. The fix has the commands for this system.",
    docs: &[
        "https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-working-with-install-plugin.html",
    ],
    severity: Severity::Low,
    ..super::DEFAULTS
};

pub fn run(index: &FactIndex) -> Vec<Finding> {
    const MISSING: &str = "The Session Manager plugin is not installed on this machine";
    let local = &index.facts.local;
    vec![CHECK.judge(
        subject(),
        &local.plugin,
        |subject| {
            CHECK
                .warn(subject, MISSING)
                .detail("session-manager-plugin is not on PATH. `aws ecs execute-command` and port forwarding need it; other sessions of ecs-exec do not.")
                .group_title(MISSING)
                .fix(fixes::plugin::install(&local.os))
        },
        |subject, plugin| {
            let no_version = "session-manager-plugin is installed, but does not print its version";
            match &plugin.version {
                Fact::Known(version) => CHECK
                    .pass(
                        subject,
                        format!("session-manager-plugin {version} is installed"),
                    )
                    .evidence("version", version.as_str()),
                Fact::Absent => CHECK.warn(subject, no_version),
                Fact::Unavailable(why) => CHECK.warn(subject, no_version).detail(&why.message),
            }
            .evidence("path", plugin.path.as_str())
        },
    )]
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{denied, healthy, run, statuses};
    use model::facts::{Fact, Plugin};
    use model::finding::Status;

    #[test]
    fn a_missing_plugin_is_a_warning() {
        let mut facts = healthy();
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
        facts.local.plugin = Fact::Absent;
        let findings = run(&CHECK, &facts);
        assert_eq!(findings[0].status, Status::Warn);
        assert!(findings[0].fixes[0].commands[0].contains("session-manager-plugin"));
    }

    #[test]
    fn a_plugin_without_a_version_is_a_warning() {
        let mut facts = healthy();
        facts.local.plugin = Fact::Known(Plugin {
            path: "/usr/bin/session-manager-plugin".into(),
            version: denied("session-manager-plugin --version"),
        });
        assert_eq!(statuses(&CHECK, &facts), [Status::Warn]);
    }

    #[test]
    fn a_failed_search_is_unknown() {
        let mut facts = healthy();
        facts.local.plugin = denied("PATH");
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }
}
