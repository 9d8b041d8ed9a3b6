//! What an error text means: what the AWS CLI, the plugin, the agent or ECS print, and what is behind it.

mod named;
mod sayings;

pub use named::Named;

/// A kind of error text.
pub struct Saying {
    /// Each inner list is one way to recognise it: all of its words occur in the text, in lower case.
    marks: &'static [&'static [&'static str]],
    pub title: &'static str,
    pub meaning: &'static str,
    /// The checks that find out which of the possible causes it is, the likeliest first.
    pub checks: &'static [&'static str],
    pub next: Next,
}

/// What to do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Ask the doctor about the target.
    Doctor,
    /// Ask the doctor, but only about this machine.
    DoctorLocal,
    /// A command or a step, in which `REGION` stands for the region of the text.
    Do(&'static str),
}

pub struct Explained {
    pub saying: &'static Saying,
    pub named: Named,
}

/// Explains a text; `None` where nothing in it is known.
pub fn explain(text: &str) -> Option<Explained> {
    let text = plain(text);
    let lower = text.to_lowercase();
    let saying = sayings().find(|saying| {
        saying
            .marks
            .iter()
            .any(|marks| marks.iter().all(|mark| lower.contains(mark)))
    })?;
    Some(Explained {
        saying,
        named: Named::read(&text),
    })
}

/// Kinds of texts that share words with one that is not known, the nearest first.
pub fn guesses(text: &str) -> Vec<&'static Saying> {
    let words = words(&plain(text));
    let mut scored: Vec<(usize, &Saying)> = sayings()
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

/// Every kind that is known, the more particular before the more general.
pub fn sayings() -> impl Iterator<Item = &'static Saying> {
    sayings::ALL.iter().flat_map(|family| family.iter())
}

/// ECS writes typographic apostrophes, and terminals break lines.
fn plain(text: &str) -> String {
    let text = text.replace(['\u{2019}', '\u{2018}'], "'");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry;

    #[test]
    fn every_saying_names_known_checks_and_can_be_recognised() {
        for saying in sayings() {
            for check in saying.checks {
                assert!(registry::find(check).is_some(), "{}: {check}", saying.title);
            }
            for mark in saying.marks.concat() {
                assert_eq!(mark, mark.to_lowercase(), "{}", saying.title);
            }
        }
    }

    /// Each kind is found by each of its own marks, so that none hides behind one before it.
    #[test]
    fn no_saying_hides_another() {
        for saying in sayings() {
            for marks in saying.marks {
                let text = marks.join(" ");
                let found = explain(&text).unwrap().saying.title;
                assert_eq!(found, saying.title, "{text}");
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
                "SessionManagerPlugin is not found. Please refer to SessionManager Documentation here: http://docs.aws.amazon.com/console/systems-manager/session-manager-plugin-not-found",
                "The Session Manager plugin is not installed",
            ),
            (
                "An error occurred (ExpiredTokenException) when calling the ExecuteCommand operation: The security token included in the request is expired",
                "The credentials have expired",
            ),
            (
                "Error when retrieving token from sso: Token has expired and refresh failed",
                "The credentials have expired",
            ),
            (
                "----------ERROR-------\nUnable to start command: Failed to start pty: fork/exec /bin/bash: no such file or directory",
                "The image has no such shell",
            ),
            (
                "Unable to start command: Failed to start pty: exec: \"DRY_RUN=true\": executable file not found in $PATH",
                "The image has no such shell",
            ),
            (
                "OCI runtime exec failed: exec failed: unable to start container process: exec: \"/bin/bash\": stat /bin/bash: no such file or directory: unknown",
                "The image has no such shell",
            ),
            (
                "An error occurred (ThrottlingException) when calling the DescribeTasks operation (reached max retries: 4): Rate exceeded",
                "AWS is being asked too often",
            ),
            (
                "Cannot perform start session: EOF",
                "The session had no terminal to read from",
            ),
            (
                "An error occurred (ClusterNotFoundException) when calling the ListTasks operation: Cluster not found.",
                "There is no such cluster",
            ),
            (
                "An error occurred (InvalidParameterException) when calling the ExecuteCommand operation: task length should be one of [32,36]",
                "What was given as the task is no task ID",
            ),
            (
                "SessionId: ecs-execute-command-0a1b : We couldn't start the session because encryption is not set up on the selected CloudWatch Logs log group. Either encrypt the log group or choose an option to enable logging without encryption.",
                "The agent finds no encrypted log group",
            ),
            (
                "Encountered error while initiating handshake. Fetching data key failed: Unable to retrieve data key, Error when decrypting data key AccessDeniedException: User: arn:aws:sts::123456789012:assumed-role/app/0a1b is not authorized to perform: kms:Decrypt on resource: arn:aws:kms:eu-west-1:123456789012:key/0a1b",
                "The task role may not decrypt the session's data key",
            ),
            (
                "Encountered error while initiating handshake. KMSEncryption failed on client with status 2 error: Failed to process action KMSEncryption: Error calling KMS GenerateDataKey API: AccessDeniedException: …",
                "The caller may not make a data key for the session",
            ),
            (
                "Encountered error while initiating handshake. Handshake timed out. Please ensure that you have the latest version of the session manager plugin.",
                "The session's handshake took too long",
            ),
            (
                "An error occurred (ClientException) when calling the ExecuteCommand operation: Unable to start new execute sessions because the maximum session limit of 2 has been reached.",
                "Too many sessions are open in the container",
            ),
            (
                "An error occurred (InvalidParameterException) when calling the UpdateService operation: The service couldn't be updated because a valid taskRoleArn is not being used. Specify a valid task role in your task definition and try again.",
                "The task definition has no task role",
            ),
            (
                "Failed to get controlchannel token, error: CreateControlChannel failed with error: createControlChannel request failed: failed to make http client call: Post \"https://ssmmessages.eu-west-1.amazonaws.com/v1/control-channel/ecs:x\": dial tcp 10.0.0.1:443: i/o timeout",
                "The agent cannot reach ssmmessages",
            ),
            (
                "SSL validation failed for https://ecs.eu-west-1.amazonaws.com/ [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate",
                "A certificate on the way to AWS is not trusted",
            ),
            (
                "Signature expired: 20261124T055500Z is now earlier than 20261124T060000Z (20261124T060500Z - 5 min.)",
                "This machine's clock is wrong",
            ),
            (
                "usage: aws … aws: error: argument operation: Invalid choice: 'execute-command', maybe you meant:",
                "The AWS CLI is too old",
            ),
            (
                "mkdir /var/lib/amazon: read-only file system",
                "The agent cannot write to the container",
            ),
            (
                "Exiting session with sessionId: ecs-execute-command-0a1b2c3d4e5f.",
                "The session ended",
            ),
            (
                "Your session timed out due to inactivity",
                "The session was idle for too long",
            ),
        ] {
            assert_eq!(title(text), expected, "{text}");
        }
        assert!(explain("the moon is made of cheese").is_none());
        assert!(explain("").is_none());
    }

    #[test]
    fn an_unknown_text_gets_its_neighbours() {
        assert!(!guesses("the shell session encryption was weird").is_empty());
        assert!(guesses("xyzzy").is_empty());
    }
}
