//! Starting the program that was asked for.

use super::Pattern::{Missing, WindowsPath, Words};
use super::{KnownError, NextStep, Program};

pub const ERRORS: &[KnownError] = &[
    KnownError {
        patterns: &[
            Words(&["expecting closing quote"]),
            Words(&["commands cannot be empty"]),
            Words(&["failed to parse commands input"]),
            Words(&["exec: no command"]),
        ],
        title: "The command cannot be read",
        meaning: "The agent splits the command like a shell does, and a quote is open or nothing is left.",
        checks: &[],
        next: NextStep::Advice(
            "put the whole command into single quotes: --command '/bin/sh -c \"…\"'",
        ),
    },
    KnownError {
        patterns: &[
            WindowsPath,
            Words(&["fork/exec", "program files/git"]),
            Words(&["exec:", "program files/git"]),
            Words(&["git/usr/bin/", "no such file"]),
            Words(&["git/bin/", "no such file"]),
            Words(&["c:/program", "not found"]),
        ],
        title: "Git Bash has turned the command into a Windows path",
        meaning: "MSYS rewrites arguments that look like paths before the AWS CLI sees them: /bin/sh becomes the path of Git \
                  Bash's own sh.",
        checks: &[],
        next: NextStep::Advice("MSYS_NO_PATHCONV=1 aws ecs execute-command …"),
    },
    KnownError {
        patterns: &[
            Words(&["failed to start pty", "cannot allocate memory"]),
            Words(&["failed to start pty", "resource temporarily unavailable"]),
            Words(&["failed to start pty", "too many open files"]),
            Words(&["fork/exec", "cannot allocate memory"]),
            Words(&["fork/exec", "resource temporarily unavailable"]),
            Words(&["unable to start command", "cannot allocate memory"]),
        ],
        title: "The container has no memory or processes left for a shell",
        meaning: "The shell is in the image, but the kernel refuses to start it: the task's memory, its limit of processes or \
                  of open files is used up.",
        checks: &["container.resources", "container.init-process"],
        next: NextStep::Doctor,
    },
    KnownError {
        patterns: &[
            Words(&["failed to start pty", "/dev/ptmx"]),
            Words(&["failed to start pty", "/dev/pts"]),
            Words(&["failed to start pty", "inappropriate ioctl"]),
            Words(&["failed to start pty", "operation not permitted"]),
            Words(&["failed to start pty", "no space left on device"]),
            Words(&["open /dev/ptmx"]),
        ],
        title: "The container gives the session no terminal",
        meaning: "The agent opens a pseudo-terminal through /dev/ptmx for each session. It is missing or in use up in this \
                  container: a volume is mounted over /dev, /dev/pts is not mounted, or its limit is reached.",
        checks: &[],
        next: NextStep::Advice(
            "look for mount points below /dev in the task definition, then start a new task",
        ),
    },
    KnownError {
        patterns: &[
            Words(&["fork/exec", "permission denied"]),
            Words(&["fork/exec", "exec format error"]),
            Words(&["unable to start command", "permission denied"]),
            Words(&["unable to start command", "exec format error"]),
            Words(&["unable to start command", "is a directory"]),
        ],
        title: "The program cannot be started",
        meaning: "It is in the image, but it is not executable, or it is built for another processor.",
        checks: &[],
        next: NextStep::Advice("start the session with /bin/sh and look at the file"),
    },
    KnownError {
        patterns: &[Missing(Program::Shell)],
        title: "The image has no such shell",
        meaning: "The program that the session was to start is not in the image. Images made from Alpine have /bin/sh only, \
                  and some have no shell at all. The command is started without a shell: variables, && and pipes need \
                  /bin/sh -c '…'.",
        checks: &["container.shell"],
        next: NextStep::Advice(
            "start the session with a program that the image has: /bin/sh is in most. Where that is what is missing, only \
             another image helps, one with a shell, or a sidecar that has one",
        ),
    },
    KnownError {
        patterns: &[
            Missing(Program::Other),
            Words(&["hcs::system::createprocess"]),
            Words(&["unable to create process", "cannot find the file"]),
            Words(&[
                "encountered an error during createprocess",
                "cannot find the file",
            ]),
        ],
        title: "The image has no such program, or the program's interpreter is missing",
        meaning: "The agent starts the command without a shell. It found no file of this name on PATH in the image; or it is a \
                  script, and the interpreter in its first line is not in the image. Variables, && and pipes need \
                  /bin/sh -c '…'.",
        checks: &["container.shell"],
        next: NextStep::Advice(
            "start the session with /bin/sh and look for the program; --command '/bin/sh -c \"…\"' runs it in a shell",
        ),
    },
    KnownError {
        patterns: &[
            Words(&["failed to start pty"]),
            Words(&["unable to start command"]),
        ],
        title: "The program cannot be started",
        meaning: "The agent took the session, but the container did not start the program. The text after \"start pty\" or \
                  \"start command\" is the kernel's reason.",
        checks: &["container.resources"],
        next: NextStep::Advice("start the session with /bin/sh"),
    },
];
