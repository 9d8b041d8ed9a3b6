use crate::fact_index::FactIndex;
use crate::fixes;
use model::area::Area;
use model::check::{Check, Inference, OnPlan};
use model::facts::Fact;
use model::finding::{Finding, Severity, Subject};

pub const CHECK: Check = Check {
    id: "local.plugin-installed",
    area: Area::Local,
    title: "The Session Manager plugin is installed",
    why: "The AWS CLI's sessions travel through the Session Manager plugin: without it `aws ecs execute-command` ends with \"SessionManagerPlugin is not found\". This program carries sessions itself and needs it only to forward ports.",
    how: "Looks for session-manager-plugin on PATH and asks it for its version.",
    actions: &[],
    remedy: "Install the Session Manager plugin; the fix has the commands for this system.",
    docs: &[
        "https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-working-with-install-plugin.html",
    ],
    explains: &[],
    masks: &[],
    severity: Severity::Low,
    on_plan: OnPlan::NotInPlan,
    inference: Inference::Direct,
};

pub fn run(index: &FactIndex) -> Vec<Finding> {
    let local = &index.facts.local;
    let subject = Subject::new("machine", "local");
    vec![CHECK.judge(
        subject,
        &local.plugin,
        |subject| {
            CHECK
                .warn(
                    subject,
                    "The Session Manager plugin is not installed on this machine",
                )
                .detail("No session-manager-plugin is on PATH. `aws ecs execute-command` and port forwarding need it; this program's own sessions do not.")
                .group_title("The Session Manager plugin is not installed on this machine")
                .fix(fixes::plugin::install(&local.os))
        },
        |subject, plugin| {
            let title = match &plugin.version {
                Fact::Known(version) => format!("session-manager-plugin {version} is installed"),
                Fact::Absent | Fact::Unavailable(_) => {
                    "session-manager-plugin is installed, but does not tell its version".to_owned()
                }
            };
            let finding = match &plugin.version {
                Fact::Known(version) => CHECK
                    .pass(subject, title)
                    .evidence("version", version.as_str()),
                Fact::Absent => CHECK.warn(subject, title),
                Fact::Unavailable(why) => CHECK.warn(subject, title).detail(why.message.clone()),
            };
            finding.evidence("path", plugin.path.as_str())
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
    fn there_and_not_there() {
        let mut facts = healthy();
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
        facts.local.plugin = Fact::Absent;
        let findings = run(&CHECK, &facts);
        assert_eq!(findings[0].status, Status::Warn);
        assert!(findings[0].fixes[0].commands[0].contains("session-manager-plugin"));
    }

    #[test]
    fn one_that_tells_no_version_is_doubtful() {
        let mut facts = healthy();
        facts.local.plugin = Fact::Known(Plugin {
            path: "/usr/bin/session-manager-plugin".into(),
            version: denied("session-manager-plugin --version"),
        });
        assert_eq!(statuses(&CHECK, &facts), [Status::Warn]);
    }

    #[test]
    fn nobody_looked() {
        let mut facts = healthy();
        facts.local.plugin = denied("PATH");
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }
}
