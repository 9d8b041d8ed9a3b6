//! Starting the command of a session.

use super::NextStep::{Advice, Doctor};
use super::Pattern::{Missing, Text, WindowsPath};
use super::{KnownError, Program};

pub const ERRORS: &[KnownError] = &[
    KnownError {
        patterns: &[
            Text("expecting closing quote"),
            Text("commands cannot be empty"),
            Text("failed to parse commands input"),
            Text("exec: no command"),
        ],
        title: "The agent cannot parse the command",
        meaning: "The agent splits the command as a shell does. A quote is not closed, or the command is empty.",
        checks: &[],
        next: Advice("put the whole command into single quotes: --command '/bin/sh -c \"…\"'"),
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
        next: Advice("MSYS_NO_PATHCONV=1 aws ecs execute-command …"),
    },
    KnownError {
        patterns: &[
            Text("failed to start pty … cannot allocate memory"),
            Text("failed to start pty … resource temporarily unavailable OR too many open files"),
            Text("fork/exec … cannot allocate memory OR resource temporarily unavailable"),
            Text("unable to start command … cannot allocate memory"),
        ],
        title: "The container has no memory or processes left for a shell",
        meaning: "The image contains the shell, but the kernel refuses to start it: the task has reached its \
                  limit of memory, processes or open files.",
        checks: &["container.resources", "container.init-process"],
        next: Doctor,
    },
    KnownError {
        patterns: &[
            Text("failed to start pty … /dev/ptmx OR /dev/pts OR inappropriate ioctl"),
            Text("failed to start pty … operation not permitted OR no space left on device"),
            Text("open /dev/ptmx"),
        ],
        title: "The container has no pseudo-terminal for the session",
        meaning: "The agent opens a pseudo-terminal through /dev/ptmx for each session, and this failed: a volume \
                  is mounted over /dev, /dev/pts is not mounted, or all pseudo-terminals are in use.",
        checks: &[],
        next: Advice(
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
        meaning: "The image contains the program, but it is not executable, or it is built for another CPU \
                  architecture.",
        checks: &[],
        next: Advice("start the session with /bin/sh and inspect the file"),
    },
    KnownError {
        patterns: &[Missing(Program::Shell)],
        title: "The image has no such shell",
        meaning: "The image does not contain the program that the session should start. Images based on Alpine \
                  have only /bin/sh, and some images have no shell. The agent starts the command without a shell: \
                  variables, && and pipes need /bin/sh -c '…'.",
        checks: &["container.shell"],
        next: Advice(
            "start the session with a program that the image contains; most contain /bin/sh. Without any shell, \
             use another image or a sidecar that has one",
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
        meaning: "The agent starts the command without a shell. No file of this name is on PATH in the image, or \
                  the file is a script and its interpreter is missing. Variables, && and pipes need /bin/sh -c \
                  '…'.",
        checks: &["container.shell"],
        next: Advice(
            "start the session with /bin/sh and look for the program; --command '/bin/sh -c \"…\"' runs it in a shell",
        ),
    },
    KnownError {
        patterns: &[Text("failed to start pty"), Text("unable to start command")],
        title: "The program cannot be started",
        meaning: "The agent accepted the session, but the container did not start the program. The kernel's \
                  reason follows \"start pty\" or \"start command\" in the text.",
        checks: &["container.resources"],
        next: Advice("start the session with /bin/sh"),
    },
];
