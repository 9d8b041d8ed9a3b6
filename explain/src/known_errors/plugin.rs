//! The Session Manager plugin, and the AWS CLI that starts it.

use super::NextStep::{Advice, DoctorLocal};
use super::Pattern::{Call, Missing, Text};
use super::{KnownError, Program};

pub const NEEDS_GLIBC: &KnownError = &ERRORS[0];

pub const ERRORS: &[KnownError] = &[
    KnownError {
        patterns: &[
            Text("error relocating … session-manager-plugin"),
            Text("session-manager-plugin … symbol not found OR required file not found"),
            Text("session-manager-plugin … ld-linux OR error while loading shared libraries"),
            Text("session-manager-plugin … glibc_"),
        ],
        title: "The Session Manager plugin does not run without glibc",
        meaning: "The plugin is installed, but the system's C library is not the one that it was built for. On \
                  Alpine (musl), the shell then reports \"not found\" although the file exists.",
        checks: &["local.plugin-installed"],
        next: Advice(
            "apk add gcompat, or use an image with glibc; ecs-exec opens sessions without the plugin",
        ),
    },
    KnownError {
        patterns: &[
            Text("session-manager-plugin … bad cpu type OR exec format error OR cannot execute"),
            Text("session-manager-plugin … permission denied OR cannot be opened"),
            Text("session-manager-plugin … not a valid win32 application OR non-zero exit status"),
            Text("session-manager-plugin … died with OR signal: killed OR killed: 9"),
            Text("session-manager-plugin … developer cannot be verified OR eacces"),
            Text("bad cpu type in executable: … session-manager-plugin"),
        ],
        title: "The Session Manager plugin does not run",
        meaning: "The plugin is built for another CPU architecture, is not executable, is blocked by the system, \
                  or was killed, for example because the pipe that it writes to was closed.",
        checks: &["local.plugin-installed", "local.plugin-version"],
        next: DoctorLocal,
    },
    KnownError {
        patterns: &[
            Text("sessionmanagerplugin is not found"),
            Text("session-manager-plugin-not-found"),
            Text("session manager plugin OR ssm plugin … is not installed"),
            Text("session manager plugin | missing"),
            Text("session-manager-plugin … wasn't found in"),
            Text("no session-manager-plugin in ("),
            Text("failed to validate the session manager plugin"),
            Missing(Program::Plugin),
        ],
        title: "The Session Manager plugin is not installed",
        meaning: "The AWS CLI starts the program session-manager-plugin for the session, and it is not on PATH. \
                  It belongs on this machine, not in the container. If the file exists, glibc is missing, as on \
                  Alpine (apk add gcompat). ecs-exec opens sessions without the plugin.",
        checks: &["local.plugin-installed"],
        next: DoctorLocal,
    },
    KnownError {
        patterns: &[
            Call("TerminateSession", "accessdenied"),
            Text("perform: ssm:terminatesession"),
        ],
        title: "The AWS CLI could neither start the plugin nor end the session",
        meaning: "If the AWS CLI cannot start session-manager-plugin, it ends the session with \
                  ssm:TerminateSession. The caller lacks that permission, which hides the actual problem: the \
                  Session Manager plugin is not installed.",
        checks: &["local.plugin-installed"],
        next: DoctorLocal,
    },
    KnownError {
        patterns: &[
            Text("session manager plugin … is out of date OR is too old OR is outdated"),
            Text("session manager plugin … does not support"),
            Text("session-manager-plugin … is out of date"),
            Text("upgrade the session manager plugin OR update the session manager plugin"),
            Text("upgrade your session manager plugin OR update your session manager plugin"),
            Text("session manager plugin version … not supported"),
            Text("version of session-manager-plugin … not supported"),
            Text("version of the session manager plugin … not support"),
        ],
        title: "The Session Manager plugin is too old",
        meaning: "Systems Manager no longer supports old versions of the plugin, and they cannot encrypt ECS \
                  sessions.",
        checks: &["local.plugin-version"],
        next: DoctorLocal,
    },
    KnownError {
        patterns: &[
            Text("cannot perform start session: eof"),
            Text("open /dev/tty"),
            Text("/dev/stdin … inappropriate ioctl"),
            Text("cannot perform start session … /dev/stdin"),
            Text("unable to setraw … ioctl"),
            Text("stdin … is not a terminal"),
            Text("stty: … inappropriate ioctl for device"),
        ],
        title: "The session had no terminal to read from",
        meaning: "Standard input is closed or not a terminal, as in CI, cron, or ssh without -t. The command may \
                  have run anyway.",
        checks: &[],
        next: Advice(
            "provide a terminal: script -qec 'aws ecs execute-command …' /dev/null; or use ecs-exec run, which \
             needs none",
        ),
    },
    KnownError {
        patterns: &[Text("websocket: bad handshake")],
        title: "A proxy blocks the session",
        meaning: "A session is a WebSocket to ssmmessages: a proxy or TLS inspection must support it, or be \
                  bypassed. The same text appears if the session's token expired before the plugin connected.",
        checks: &["local.endpoint-reachable"],
        next: Advice(
            "export NO_PROXY=$NO_PROXY,ssmmessages.REGION.amazonaws.com, or configure the proxy to pass \
             WebSockets",
        ),
    },
    KnownError {
        patterns: &[
            Text("failed to dial websocket OR cannot perform start session … x509"),
            Text("open data channel … x509"),
        ],
        title: "The certificate of the connection to AWS is not trusted",
        meaning: "Something intercepts the session's traffic and presents its own certificate, as company proxies \
                  do. The plugin trusts the certificates of the system.",
        checks: &["local.endpoint-reachable"],
        next: Advice(
            "install the company's root certificate in the system's store, then try again",
        ),
    },
];
