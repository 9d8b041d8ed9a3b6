use super::subject;
use crate::prelude::*;

pub const CHECK: Check = Check {
    id: "local.plugin-version",
    title: "The Session Manager plugin is supported",
    why: "AWS does not support older versions of the plugin: sessions may fail.",
    how: "The version that the plugin prints, compared with 1.2.764.0, the minimum that AWS supports.",
    actions: &[],
    remedy: "Install the newest Session Manager plugin.",
    docs: &[
        "https://docs.aws.amazon.com/systems-manager/latest/userguide/plugin-version-history.html",
    ],
    severity: Severity::Low,
    ..super::DEFAULTS
};

const MINIMUM: [u32; 4] = [1, 2, 764, 0];

pub fn run(index: &FactIndex) -> Vec<Finding> {
    let local = &index.facts.local;
    vec![CHECK.judge(
        subject(),
        &local.plugin,
        |subject| CHECK.skip(subject, "The plugin is not installed"),
        |subject, plugin| judge(subject, plugin, &local.os),
    )]
}

fn judge(subject: Subject, plugin: &Plugin, os: &str) -> Finding {
    let version = match &plugin.version {
        Fact::Known(version) => version,
        Fact::Absent => {
            return CHECK.unknown_because(subject, "The plugin does not print its version");
        }
        Fact::Unavailable(why) => return CHECK.unknown(subject, why),
    };
    let title = format!("session-manager-plugin {version} is");
    match version::is_at_least(version, &MINIMUM) {
        Some(true) => CHECK.pass(subject, format!("{title} supported")),
        Some(false) => CHECK
            .warn(subject, format!("{title} older than AWS supports"))
            .detail(format!(
                "AWS supports {} or newer.",
                MINIMUM.map(|n| n.to_string()).join(".")
            ))
            .group_title("The Session Manager plugin is too old")
            .fix(fixes::plugin::install(os)),
        None => CHECK.unknown_because(
            subject,
            format!("session-manager-plugin prints {version}, which is not a version"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{denied, healthy, statuses};
    use model::facts::{Fact, Plugin};
    use model::finding::Status;

    fn statuses_of(version: Fact<String>) -> Vec<Status> {
        let mut facts = healthy();
        facts.local.plugin = Fact::Known(Plugin {
            path: "/usr/bin/session-manager-plugin".into(),
            version,
        });
        statuses(&CHECK, &facts)
    }

    #[test]
    fn versions_compare_as_numbers() {
        assert_eq!(statuses_of(Fact::Known("1.2.764.0".into())), [Status::Pass]);
        assert_eq!(statuses_of(Fact::Known("1.10.0.0".into())), [Status::Pass]);
        assert_eq!(statuses_of(Fact::Known("1.2.99.0".into())), [Status::Warn]);
        assert_eq!(statuses_of(Fact::Known("new".into())), [Status::Unknown]);
        assert_eq!(
            statuses_of(denied("session-manager-plugin --version")),
            [Status::Unknown]
        );
    }

    #[test]
    fn a_missing_plugin_is_skipped() {
        let mut facts = healthy();
        facts.local.plugin = Fact::Absent;
        assert_eq!(statuses(&CHECK, &facts), [Status::Skip]);
    }
}
