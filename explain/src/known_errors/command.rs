//! Starting the program that was asked for.

use super::Pattern::{Missing, Text, WindowsPath};
use super::{KnownError, NextStep, Program};

pub const ERRORS: &[KnownError] = &[
    KnownError {
        patterns: &[
            Text("expecting closing quote"),
            Text("commands cannot be empty"),
            Text("failed to parse commands input"),
            Text("exec: no command"),
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
            Text("fork/exec OR exec: … program files/git"),
            Text("git/usr/bin/ OR git/bin/ … no such file"),
            Text("c:/program … not found"),
        ],
        title: "Git Bash has turned the command into a Windows path",
        meaning: "MSYS rewrites arguments that look like paths before the AWS CLI sees them: /bin/sh becomes the path of Git \
                  Bash's own sh.",
        checks: &[],
        next: NextStep::Advice("MSYS_NO_PATHCONV=1 aws ecs execute-command …"),
    },
    KnownError {
        patterns: &[
            Text("failed to start pty … cannot allocate memory"),
            Text("failed to start pty … resource temporarily unavailable OR too many open files"),
            Text("fork/exec … cannot allocate memory OR resource temporarily unavailable"),
            Text("unable to start command … cannot allocate memory"),
        ],
        title: "The container has no memory or processes left for a shell",
        meaning: "The shell is in the image, but the kernel refuses to start it: the task's memory, its limit of processes or \
                  of open files is used up.",
        checks: &["container.resources", "container.init-process"],
        next: NextStep::Doctor,
    },
    KnownError {
        patterns: &[
            Text("failed to start pty … /dev/ptmx OR /dev/pts OR inappropriate ioctl"),
            Text("failed to start pty … operation not permitted OR no space left on device"),
            Text("open /dev/ptmx"),
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
            Text("fork/exec … permission denied OR exec format error"),
            Text("unable to start command … permission denied OR exec format error"),
            Text("unable to start command … is a directory"),
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
            Text("hcs::system::createprocess"),
            Text("unable to create process … cannot find the file"),
            Text("encountered an error during createprocess … cannot find the file"),
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
        patterns: &[Text("failed to start pty"), Text("unable to start command")],
        title: "The program cannot be started",
        meaning: "The agent took the session, but the container did not start the program. The text after \"start pty\" or \
                  \"start command\" is the kernel's reason.",
        checks: &["container.resources"],
        next: NextStep::Advice("start the session with /bin/sh"),
    },
];
