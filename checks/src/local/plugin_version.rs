use crate::fact_index::FactIndex;
use crate::fixes;
use model::area::Area;
use model::check::{Check, Inference, OnPlan};
use model::facts::{Fact, Plugin};
use model::finding::{Finding, Severity, Subject};
use model::version;

pub const CHECK: Check = Check {
    id: "local.plugin-version",
    area: Area::Local,
    title: "The Session Manager plugin is supported",
    why: "AWS supports the plugin from a certain version on; sessions with older ones may fail.",
    how: "The version that the plugin tells, compared number by number with the least that AWS supports, 1.2.764.0.",
    actions: &[],
    remedy: "Install the newest Session Manager plugin.",
    docs: &[
        "https://docs.aws.amazon.com/systems-manager/latest/userguide/plugin-version-history.html",
    ],
    explains: &[],
    masks: &[],
    severity: Severity::Low,
    on_plan: OnPlan::NotInPlan,
    inference: Inference::Direct,
};

const LEAST: [u32; 4] = [1, 2, 764, 0];

pub fn run(index: &FactIndex) -> Vec<Finding> {
    let local = &index.facts.local;
    let subject = Subject::new("machine", "local");
    vec![CHECK.judge(
        subject,
        &local.plugin,
        |subject| CHECK.skip(subject, "The plugin is not installed"),
        |subject, plugin| judge(subject, plugin, &local.os),
    )]
}

fn judge(subject: Subject, plugin: &Plugin, os: &str) -> Finding {
    let told = match &plugin.version {
        Fact::Known(told) => told,
        Fact::Absent => {
            return CHECK.unknown_because(subject, "The plugin does not tell its version");
        }
        Fact::Unavailable(why) => return CHECK.unknown(subject, why),
    };
    match version::is_at_least(told, &LEAST) {
        Some(true) => CHECK.pass(
            subject,
            format!("session-manager-plugin {told} is supported"),
        ),
        Some(false) => CHECK
            .warn(
                subject,
                format!("session-manager-plugin {told} is older than AWS supports"),
            )
            .detail(format!(
                "The least that AWS supports is {}.",
                LEAST.map(|n| n.to_string()).join(".")
            ))
            .group_title("The Session Manager plugin is too old")
            .fix(fixes::plugin::install(os)),
        None => CHECK.unknown_because(subject, format!("{told} is no version")),
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{denied, healthy, statuses};
    use model::facts::{Fact, Plugin};
    use model::finding::Status;

    fn of(version: Fact<String>) -> Vec<Status> {
        let mut facts = healthy();
        facts.local.plugin = Fact::Known(Plugin {
            path: "/usr/bin/session-manager-plugin".into(),
            version,
        });
        statuses(&CHECK, &facts)
    }

    #[test]
    fn versions_compare_as_numbers() {
        assert_eq!(of(Fact::Known("1.2.764.0".into())), [Status::Pass]);
        assert_eq!(of(Fact::Known("1.10.0.0".into())), [Status::Pass]);
        assert_eq!(of(Fact::Known("1.2.99.0".into())), [Status::Warn]);
        assert_eq!(of(Fact::Known("new".into())), [Status::Unknown]);
        assert_eq!(
            of(denied("session-manager-plugin --version")),
            [Status::Unknown]
        );
    }

    #[test]
    fn not_installed_is_anothers_business() {
        let mut facts = healthy();
        facts.local.plugin = Fact::Absent;
        assert_eq!(statuses(&CHECK, &facts), [Status::Skip]);
    }
}
