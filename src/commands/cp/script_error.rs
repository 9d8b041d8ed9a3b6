//! The meanings of the scripts' exit statuses.

use model::text::sanitize_line;

use crate::cli_error::CliError;

/// Not every file of the folder could be read; the others arrived.
pub const PARTLY_READ: u8 = 82;

/// Why a script ended with this status. `output`: what it printed.
pub fn script_error(remote: &str, status: u8, output: &str) -> CliError {
    let (message, hint) = match status {
        PARTLY_READ => (
            format!("not every file in {remote} could be read, so only the others were copied"),
            "The user of the container needs permission to read them, and they must not change meanwhile.",
        ),
        81 => (
            format!("{remote} is a directory in the container"),
            "To copy it, add -r.",
        ),
        83 => (
            format!(
                "tar could not write all files to {remote}{}",
                because(output)
            ),
            "`ecs-exec run SERVICE -- ls -la DIRECTORY` shows what is there.",
        ),
        84 => (
            format!("there is no space left in the container to write {remote}"),
            "`ecs-exec run SERVICE -- df -h` shows the file systems.",
        ),
        85 => (
            "the container cannot send a folder: it has neither base64 nor od, or no dd".to_owned(),
            "Copy its files one by one.",
        ),
        86 => (
            format!("{remote} is on a read-only file system"),
            "If it is the container's root file system, the task definition sets readonlyRootFilesystem: copy to a volume.",
        ),
        87 => (
            format!("the user of the container has no permission to write {remote}"),
            "`ecs-exec run SERVICE -- id` shows the user; /tmp is writable in most images.",
        ),
        88 => (
            format!("{remote} is a file in the container, so it cannot become a folder"),
            "Name a folder, or a path that does not exist yet.",
        ),
        89 => (
            format!("{remote} is not a folder in the container"),
            "Leave out -r to copy a file.",
        ),
        90 => (
            "the container has no tar, which cp -r needs".to_owned(),
            "Copy the files one by one.",
        ),
        91 => (
            "the container has no sha256sum, which cp needs to compare checksums".to_owned(),
            "`ecs-exec run SERVICE -- cat FILE > FILE` copies without a checksum.",
        ),
        92 => (
            format!("{remote} is a directory in the container"),
            "To copy into it, end the path with a slash.",
        ),
        93 => (
            format!("the directory of {remote} does not exist in the container"),
            "Create it first, or name another path.",
        ),
        94 => (
            format!(
                "{remote} cannot be written in the container{}",
                because(output)
            ),
            "",
        ),
        95 => (
            format!(
                "reading or writing {remote} failed in the container{}",
                because(output)
            ),
            "",
        ),
        96 => (
            format!("{remote} arrived damaged (the checksums differ), so nothing was changed"),
            "Try again.",
        ),
        97 => (
            format!("there is no file {remote} in the container"),
            "`ecs-exec run SERVICE -- ls -l DIRECTORY` lists the files.",
        ),
        98 => (
            format!("{remote} is not a regular file in the container"),
            "Devices, pipes and sockets cannot be copied.",
        ),
        99 => (
            format!("the user of the container has no permission to read {remote}"),
            "`ecs-exec run SERVICE -- id` shows the user.",
        ),
        _ => (
            format!(
                "the copy failed in the container with status {status}{}",
                because(output)
            ),
            "The container needs sh, cat and sha256sum; to receive a file also mv, rm, base64 and sed.",
        ),
    };
    CliError::unopened(message, hint)
}

fn because(output: &str) -> String {
    match output.trim().lines().last() {
        Some(line) => format!(": {}", sanitize_line(line)),
        None => String::new(),
    }
}
