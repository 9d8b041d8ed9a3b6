//! Starting the program that was asked for.

use super::{Next, Saying};

pub const SAYINGS: &[Saying] = &[
    Saying {
        marks: &[&["expecting closing quote"], &["commands cannot be empty"]],
        title: "The command cannot be read",
        meaning: "The agent splits the command like a shell does, and a quote is open or nothing is left.",
        checks: &[],
        next: Next::Do("put the whole command into single quotes: --command '/bin/sh -c \"…\"'"),
    },
    Saying {
        marks: &[&["c:/program"], &["program files/git"]],
        title: "Git Bash has turned the command into a Windows path",
        meaning: "MSYS rewrites arguments that look like paths before the AWS CLI sees them.",
        checks: &[],
        next: Next::Do("MSYS_NO_PATHCONV=1 aws ecs execute-command …"),
    },
    Saying {
        marks: &[
            &["fork/exec", "permission denied"],
            &["fork/exec", "exec format error"],
        ],
        title: "The program cannot be started",
        meaning: "It is in the image, but it is not executable, or made for another processor.",
        checks: &[],
        next: Next::Do("start the session with /bin/sh and look at the file"),
    },
    Saying {
        marks: &[
            &["executable file not found"],
            &["fork/exec", "no such file or directory"],
            &["stat /bin/", "no such file or directory"],
            &["exec:", "/bin/", "no such file or directory"],
            &["failed to start pty"],
            &["unable to start command"],
            &["hcs::system::createprocess"],
        ],
        title: "The image has no such shell",
        meaning: "The program that the session was to start is not in the image. Images made from Alpine have /bin/sh only, \
                  and some have no shell at all. The command is started without a shell: variables, && and pipes need \
                  /bin/sh -c '…'.",
        checks: &["container.shell"],
        next: Next::Do(
            "start the session with a program that the image has: /bin/sh is in most. Where that is what is missing, only \
             another image helps, one with a shell, or a sidecar that has one",
        ),
    },
];
