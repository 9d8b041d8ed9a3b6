//! What an error text means: what the AWS CLI, the plugin, the agent or ECS print, and what is behind it.

/// A kind of error text.
pub struct Saying {
    /// Each inner list is one way to recognise it: all of its words occur in the text, in lower case.
    marks: &'static [&'static [&'static str]],
    pub title: &'static str,
    pub meaning: &'static str,
    /// The checks that find out which of the possible causes it is, the likeliest first.
    pub checks: &'static [&'static str],
    /// What to run when the text names no task: a command with the field's usual placeholders filled in by [`Named`].
    pub next: Next,
}

/// What to do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Ask the doctor about the target.
    Doctor,
    /// Ask the doctor, but only about this machine.
    DoctorLocal,
    /// Sign in again.
    SignIn,
    /// Start with another shell.
    OtherShell,
    /// Wait, then try again.
    Wait,
}

/// Names that were found in the text.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Named {
    /// ARN of the principal that was refused.
    pub user: Option<String>,
    pub action: Option<String>,
    /// ARN of the resource that the refusal is about.
    pub resource: Option<String>,
    pub region: Option<String>,
    pub cluster: Option<String>,
    pub task: Option<String>,
}

pub struct Explained {
    pub saying: &'static Saying,
    pub named: Named,
}

/// Explains a text; `None` where nothing in it is known.
pub fn explain(text: &str) -> Option<Explained> {
    let lower = text.to_ascii_lowercase();
    let saying = SAYINGS.iter().find(|saying| {
        saying
            .marks
            .iter()
            .any(|marks| marks.iter().all(|mark| lower.contains(mark)))
    })?;
    Some(Explained {
        saying,
        named: named(text),
    })
}

/// Kinds of texts that share words with one that is not known, the nearest first.
pub fn guesses(text: &str) -> Vec<&'static Saying> {
    let words = words(text);
    let mut scored: Vec<(usize, &Saying)> = SAYINGS
        .iter()
        .map(|saying| {
            let about = format!("{} {}", saying.title, saying.marks.concat().join(" "));
            let shared = self::words(&about)
                .iter()
                .filter(|word| words.contains(word))
                .count();
            (shared, saying)
        })
        .filter(|(shared, _)| *shared > 0)
        .collect();
    scored.sort_by_key(|(shared, _)| usize::MAX - shared);
    scored.truncate(3);
    scored.into_iter().map(|(_, saying)| saying).collect()
}

fn words(text: &str) -> Vec<String> {
    const COMMON: [&str; 12] = [
        "the", "and", "for", "was", "not", "you", "are", "with", "error", "when", "that", "has",
    ];
    let mut words: Vec<String> = text
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| word.len() > 2)
        .map(str::to_ascii_lowercase)
        .filter(|word| !COMMON.contains(&word.as_str()))
        .collect();
    words.sort();
    words.dedup();
    words
}

fn named(text: &str) -> Named {
    let after = |mark: &str| {
        let (_, rest) = text.split_once(mark)?;
        let word = rest.split_whitespace().next()?;
        let word = word.trim_matches(|c: char| matches!(c, '"' | '\'' | ',' | '.' | ')' | '('));
        (!word.is_empty()).then(|| word.to_owned())
    };
    let mut named = Named {
        user: after("User:"),
        action: after("perform:"),
        resource: after("resource:"),
        ..Named::default()
    };
    for arn in text
        .split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',' | '(' | ')'))
        .filter(|word| word.starts_with("arn:"))
    {
        let parts: Vec<&str> = arn.trim_end_matches('.').splitn(6, ':').collect();
        let [_, _, "ecs", region, _, resource] = parts.as_slice() else {
            continue;
        };
        named.region.get_or_insert_with(|| (*region).to_owned());
        match resource.split('/').collect::<Vec<_>>().as_slice() {
            ["cluster", cluster] | ["service", cluster, _] => {
                named.cluster.get_or_insert_with(|| (*cluster).to_owned());
            }
            ["task", cluster, task] => {
                named.cluster.get_or_insert_with(|| (*cluster).to_owned());
                named.task.get_or_insert_with(|| (*task).to_owned());
            }
            ["task", task] => {
                named.task.get_or_insert_with(|| (*task).to_owned());
            }
            _ => {}
        }
    }
    named
}

/// Every kind that is known, the more particular before the more general.
pub const SAYINGS: &[Saying] = &[
    Saying {
        marks: &[
            &["sessionmanagerplugin is not found"],
            &["session-manager-plugin", "not found"],
            &["session-manager-plugin", "no such file"],
        ],
        title: "The Session Manager plugin is not installed",
        meaning: "The AWS CLI hands the session to a program of its own, which is not on PATH.",
        checks: &["local.plugin-installed"],
        next: Next::DoctorLocal,
    },
    Saying {
        marks: &[
            &["execute command was not enabled"],
            &["execute command agent isn", "running"],
        ],
        title: "The task has no running exec agent",
        meaning: "Either the task was started before ECS Exec was enabled on its service, and keeps that for life, or \
                  its agent is not RUNNING. It does not mean that the plugin is missing.",
        checks: &[
            "task.exec-enabled",
            "service.exec-enabled",
            "container.agent-running",
            "role.ssmmessages",
        ],
        next: Next::Doctor,
    },
    Saying {
        marks: &[
            &["targetnotconnected"],
            &["target", "is not connected"],
            &["internal error", "execute command failed"],
        ],
        title: "The agent in the container is not connected",
        meaning: "ECS took the call, but the agent has no channel to Systems Manager: its task role lacks an ssmmessages \
                  action, it cannot reach ssmmessages, it has crashed, or the task is only seconds old.",
        checks: &[
            "role.ssmmessages",
            "role.present",
            "network.endpoint-present",
            "container.read-only-root",
            "container.aws-credentials-env",
            "container.agent-running",
        ],
        next: Next::Doctor,
    },
    Saying {
        marks: &[
            &["not authorized to perform: ecs:executecommand"],
            &["accessdenied", "executecommand"],
        ],
        title: "The caller may not open sessions",
        meaning: "ecs:ExecuteCommand is authorised on the cluster and on the task. The text names the one that was \
                  refused; the policy has to allow both.",
        checks: &["caller.execute-command"],
        next: Next::Doctor,
    },
    Saying {
        marks: &[&["not authorized to perform: ssmmessages:"]],
        title: "The task role may not use ssmmessages",
        meaning: "The agent's own call was refused: the task role lacks one of the four ssmmessages actions.",
        checks: &["role.ssmmessages"],
        next: Next::Doctor,
    },
    Saying {
        marks: &[
            &["expiredtoken"],
            &["token", "expired"],
            &["session has expired"],
            &["sso", "expired"],
        ],
        title: "The credentials have expired",
        meaning: "AWS no longer accepts the caller's credentials. Nothing is said about the task.",
        checks: &["local.credentials"],
        next: Next::SignIn,
    },
    Saying {
        marks: &[
            &["unable to locate credentials"],
            &["unrecognizedclient"],
            &["invalidclienttokenid"],
            &["security token included in the request is invalid"],
        ],
        title: "There are no valid credentials",
        meaning: "The caller has none, or AWS does not know them.",
        checks: &["local.credentials"],
        next: Next::SignIn,
    },
    Saying {
        marks: &[&["must specify a region"], &["no region"]],
        title: "No region is set",
        meaning: "Without one nobody knows which AWS to ask.",
        checks: &["local.region"],
        next: Next::DoctorLocal,
    },
    Saying {
        marks: &[&["clusternotfound"], &["cluster not found"]],
        title: "There is no such cluster",
        meaning: "The name is misspelt, or the cluster lives in another region or account.",
        checks: &["cluster.exists", "local.region"],
        next: Next::Doctor,
    },
    Saying {
        marks: &[&["servicenotfound"], &["service not found"]],
        title: "There is no such service",
        meaning: "The name is misspelt, or the service lives in another cluster.",
        checks: &["service.exists"],
        next: Next::Doctor,
    },
    Saying {
        marks: &[&["no running tasks found"]],
        title: "The service has no running task",
        meaning: "It is set to run none, or its tasks do not stay up.",
        checks: &["service.running-tasks"],
        next: Next::Doctor,
    },
    Saying {
        marks: &[
            &["task", "not found"],
            &["the specified task was not found"],
            &["task has been stopped"],
            &["taskstopped"],
        ],
        title: "There is no such task any more",
        meaning: "The task stopped; ECS forgets it about an hour later.",
        checks: &["task.exists", "task.running"],
        next: Next::Doctor,
    },
    Saying {
        marks: &[
            &["container", "not found"],
            &["container name", "not"],
            &["multiple containers"],
            &["container", "is not running"],
        ],
        title: "The container cannot be entered",
        meaning: "It does not exist under this name, or it is not RUNNING, or the task has several and none was named.",
        checks: &["container.exists", "container.running"],
        next: Next::Doctor,
    },
    Saying {
        marks: &[
            &["exec format"],
            &["executable file not found"],
            &["no such file or directory", "/bin/"],
            &["unable to start command", "bash"],
            &["failed to start pty"],
        ],
        title: "The image has no such shell",
        meaning: "The program that the session was to start is not in the image; images made from Alpine have /bin/sh only, \
                  and some have no shell at all.",
        checks: &[],
        next: Next::OtherShell,
    },
    Saying {
        marks: &[
            &["encryption", "cloudwatch"],
            &["log group", "not encrypted"],
            &["encryption is not set up"],
        ],
        title: "The log group is not encrypted as the cluster demands",
        meaning: "The cluster's exec configuration asks for an encrypted log group, and the group has no KMS key: every \
                  session then ends at its start.",
        checks: &[],
        next: Next::Doctor,
    },
    Saying {
        marks: &[&["s3 bucket", "encrypt"], &["bucket", "not encrypted"]],
        title: "The bucket is not encrypted as the cluster demands",
        meaning: "The cluster's exec configuration asks for an encrypted bucket: every session then ends at its start.",
        checks: &[],
        next: Next::Doctor,
    },
    Saying {
        marks: &[
            &["kms"],
            &["generatedatakey"],
            &["handshake", "timed out"],
            &["fetching data key"],
        ],
        title: "The session's encryption could not be set up",
        meaning: "The cluster has a KMS key: the caller needs kms:GenerateDataKey on it, the task role kms:Decrypt, and \
                  the agent a way to KMS.",
        checks: &[],
        next: Next::Doctor,
    },
    Saying {
        marks: &[
            &["throttl"],
            &["rate exceeded"],
            &["too many requests"],
            &["toomanyrequests"],
        ],
        title: "AWS is being asked too often",
        meaning: "The account's rate of calls is used up, by whoever it may be. Nothing is said about the task.",
        checks: &[],
        next: Next::Wait,
    },
    Saying {
        marks: &[
            &["plugin", "version"],
            &["upgrade", "plugin"],
            &["update", "plugin"],
        ],
        title: "The Session Manager plugin is too old",
        meaning: "Systems Manager drops old plugins, and old ones lack encryption of ECS sessions.",
        checks: &["local.plugin-version"],
        next: Next::DoctorLocal,
    },
    Saying {
        marks: &[
            &["could not connect to the endpoint"],
            &["connection refused"],
            &["name or service not known"],
            &["dial tcp"],
            &["i/o timeout"],
        ],
        title: "A connection could not be made",
        meaning: "On this machine: AWS cannot be reached, or the region is misspelt. In the agent's log: the task has no way \
                  to ssmmessages.",
        checks: &[
            "network.endpoint-present",
            "network.internet-route",
            "local.region",
        ],
        next: Next::Doctor,
    },
    Saying {
        marks: &[
            &["cannot perform start session: eof"],
            &["start session", "eof"],
            &["exiting session"],
            &["idle", "timeout"],
            &["timed out due to inactivity"],
        ],
        title: "The session ended",
        meaning: "A session that ends at once has found no such shell in the image, or its logging or encryption could not \
                  start. One that was idle for 20 minutes is closed, which cannot be changed for ECS Exec.",
        checks: &["container.running", "container.agent-running"],
        next: Next::OtherShell,
    },
    Saying {
        marks: &[
            &["accessdenied"],
            &["not authorized"],
            &["unauthorizedoperation"],
        ],
        title: "A call was refused",
        meaning: "The principal that the text names lacks the action that it names.",
        checks: &["caller.execute-command", "role.ssmmessages"],
        next: Next::Doctor,
    },
    Saying {
        marks: &[&["invalidparameterexception"]],
        title: "ECS does not accept the call as it is",
        meaning: "Most often the task has no running exec agent; else a name or a parameter is wrong.",
        checks: &[
            "task.exec-enabled",
            "container.agent-running",
            "container.exists",
        ],
        next: Next::Doctor,
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry;

    #[test]
    fn every_saying_names_known_checks() {
        for saying in SAYINGS {
            for check in saying.checks {
                assert!(registry::find(check).is_some(), "{}: {check}", saying.title);
            }
        }
    }

    fn title(text: &str) -> &'static str {
        explain(text).map_or("", |explained| explained.saying.title)
    }

    #[test]
    fn what_users_see() {
        for (text, expected) in [
            (
                "An error occurred (TargetNotConnectedException) when calling the ExecuteCommand operation: The execute command failed due to an internal error. Try again later.",
                "The agent in the container is not connected",
            ),
            (
                "An error occurred (InvalidParameterException) when calling the ExecuteCommand operation: The execute command failed because execute command was not enabled when the task was run or the execute command agent isn’t running. Wait and try again or run a new task with execute command enabled and try again.",
                "The task has no running exec agent",
            ),
            (
                "SessionManagerPlugin is not found. Please refer to SessionManager Documentation here",
                "The Session Manager plugin is not installed",
            ),
            (
                "An error occurred (ExpiredTokenException) when calling the ExecuteCommand operation: The security token included in the request is expired",
                "The credentials have expired",
            ),
            (
                "Unable to start command: Failed to start pty: fork/exec /bin/bash: no such file or directory",
                "The image has no such shell",
            ),
            (
                "An error occurred (ThrottlingException) when calling the DescribeTasks operation (reached max retries: 4): Rate exceeded",
                "AWS is being asked too often",
            ),
            ("Cannot perform start session: EOF", "The session ended"),
            (
                "An error occurred (ClusterNotFoundException) when calling the ListTasks operation: Cluster not found.",
                "There is no such cluster",
            ),
        ] {
            assert_eq!(title(text), expected, "{text}");
        }
        assert!(explain("the moon is made of cheese").is_none());
    }

    #[test]
    fn names_are_taken_from_the_text() {
        let text = "An error occurred (AccessDeniedException) when calling the ExecuteCommand operation: User: \
                    arn:aws:sts::123456789012:assumed-role/ops/jane is not authorized to perform: ecs:ExecuteCommand on \
                    resource: arn:aws:ecs:us-west-2:123456789012:task/prod/0a1b because no identity-based policy allows it";
        let explained = explain(text).unwrap();
        assert_eq!(explained.saying.title, "The caller may not open sessions");
        let named = explained.named;
        assert_eq!(
            named.user.as_deref(),
            Some("arn:aws:sts::123456789012:assumed-role/ops/jane")
        );
        assert_eq!(named.action.as_deref(), Some("ecs:ExecuteCommand"));
        assert_eq!(named.region.as_deref(), Some("us-west-2"));
        assert_eq!(named.cluster.as_deref(), Some("prod"));
        assert_eq!(named.task.as_deref(), Some("0a1b"));
    }

    #[test]
    fn an_unknown_text_gets_its_neighbours() {
        assert!(!guesses("the shell session encryption was weird").is_empty());
        assert!(guesses("xyzzy").is_empty());
    }
}
