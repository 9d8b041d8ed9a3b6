//! Forwards ports through ECS Exec, for callers who are not allowed to call ssm:StartSession: each connection is a
//! session that runs a program of the image, whose input and output are those of a connection in the container.
//!
//! It takes a second or two to open a connection, and text in base64 to carry its bytes through a terminal.

use std::str;

use futures::StreamExt;
use futures::future::select_all;
use futures::stream::FuturesUnordered;
use model::text::sanitize_line;
use ssm_channel::{CancellationToken, accept};
use tokio::net::TcpStream;
use tokio::select;

use super::Forwarding;
use super::relay::{self, RelayEnd};
use crate::cli_error::CliError;
use crate::session::ending_signals::EndingSignals;
use crate::session::{CollectedOutput, Context, ExecTarget, RemoteCommand, SessionEnd};

/// How many connections are open at the same time; agents and AWS handle a few sessions. More wait.
const MAX_CONNECTIONS: usize = 16;

/// A program that connects standard input and output to a port.
struct Tool {
    name: &'static str,
    /// For /bin/sh, with the host and the port as arguments. It ends when the server closes the connection.
    script: &'static str,
}

/// In the order in which they are tried: those first that pass on the end of both directions at once.
const TOOLS: [Tool; 6] = [
    Tool {
        name: "python3",
        script: concat!(
            "exec python3 -c '",
            include_str!("relay.py"),
            "' \"$1\" \"$2\""
        ),
    },
    Tool {
        name: "python",
        script: concat!(
            "exec python -c '",
            include_str!("relay.py"),
            "' \"$1\" \"$2\""
        ),
    },
    Tool {
        name: "perl",
        script: concat!(
            "exec perl -e '",
            include_str!("relay.pl"),
            "' \"$1\" \"$2\""
        ),
    },
    Tool {
        name: "nc",
        script: r#"exec nc "$1" "$2""#,
    },
    Tool {
        name: "socat",
        // After the end of one direction it ends once the other has been silent for ten seconds. IPv6 addresses need
        // brackets.
        script: r#"case $1 in *:*) set -- "[$1]" "$2";; esac; exec socat -t 10 - "TCP:$1:$2""#,
    },
    Tool {
        name: "bash",
        // It cannot pass on the end of the input.
        script: r#"exec bash -c 'exec 3<>"/dev/tcp/$0/$1" || exit 1; exec 4<&0; cat <&4 >&3 & cat <&3; kill $!' "$1" "$2""#,
    },
];

/// Exit statuses of [`DETECT`].
const NO_ENCODER: u8 = 91;
const NO_TOOL: u8 = 92;

/// Prints which of its arguments is in the image. OpenBSD's nc, the one with -N, stays when the server has closed.
const DETECT: &str = r#"_has() { command -v $1 >/dev/null 2>&1; }
    _has base64 && _has dd || exit 91; _has stty || { _has od && _has tr; } || exit 91
    for t; do
        _has $t || continue; case $t$(nc -h 2>&1) in nc*-N*) continue;; esac
        echo $t; exit
    done; exit 92"#;

/// How forwarding ended.
pub enum EcsExecEnd {
    /// A signal of this number ended it.
    Signal(i32),
    /// It did not begin, which has been reported, with this exit status.
    NotBegun(u8),
}

/// Forwards all ports until a signal comes. `ready` is called when it is known that the image has what it takes, with
/// the name of the program.
pub async fn run(
    cx: Context<'_>,
    target: &ExecTarget,
    forwardings: &[Forwarding],
    ask_doctor: bool,
    ready: impl FnOnce(&str),
) -> Result<EcsExecEnd, CliError> {
    let tool = match detect(cx, target, ask_doctor).await? {
        Ok(tool) => tool,
        Err(end) => return Ok(end),
    };
    ready(tool.name);
    let mut signals = EndingSignals::watch();
    let cancel = CancellationToken::new();
    let mut connections = FuturesUnordered::new();
    let end = loop {
        select! {
            number = signals.next(false) => break Ok(EcsExecEnd::Signal(number)),
            (forwarding, local) = next_connection(forwardings), if connections.len() < MAX_CONNECTIONS => {
                connections.push(carry(cx, target, tool, forwarding, local, cancel.clone()));
            }
            Some(ended) = connections.next(), if !connections.is_empty() => if let Err(error) = ended {
                break Err(error);
            },
        }
    };
    cancel.cancel();
    while connections.next().await.is_some() {}
    end
}

/// The next connection to any of the ports.
async fn next_connection(forwardings: &[Forwarding]) -> (&Forwarding, TcpStream) {
    let accepting = forwardings.iter().map(|forwarding| {
        Box::pin(async move { (forwarding, accept(&forwarding.listener).await) })
    });
    select_all(accepting).await.0
}

/// Carries a connection and says so if it failed. An error stops the program.
async fn carry(
    cx: Context<'_>,
    target: &ExecTarget,
    tool: &Tool,
    Forwarding { ports, local, .. }: &Forwarding,
    connection: TcpStream,
    cancel: CancellationToken,
) -> Result<(), CliError> {
    let host = ports.host.as_deref().unwrap_or("127.0.0.1");
    let script = format!("exec 2>/dev/null; {}", tool.script);
    let port = ports.remote.to_string();
    let words = ["/bin/sh", "-c", &script, "relay", host, &port].map(str::to_owned);
    match relay::carry(cx, target, &words, connection, cancel).await? {
        RelayEnd::Closed => {}
        RelayEnd::NotConnected(status) => say!(
            "{local}: {} could not connect to {ports} ({} ended with {status}).",
            sanitize_line(&target.container),
            tool.name
        ),
        RelayEnd::Failed(why) => say!("{local}: a connection failed: {why}"),
    }
    Ok(())
}

/// Finds a program in the image.
async fn detect(
    cx: Context<'_>,
    target: &ExecTarget,
    ask_doctor: bool,
) -> Result<Result<&'static Tool, EcsExecEnd>, CliError> {
    let names = TOOLS.iter().map(|tool| tool.name);
    let words: Vec<String> = ["sh", "-c", DETECT, "detect"]
        .into_iter()
        .chain(names.clone())
        .map(str::to_owned)
        .collect();
    let command = RemoteCommand {
        cx,
        words: &words,
        timeout: None,
        ask_doctor,
    };
    let output = CollectedOutput::default();
    let container = sanitize_line(&target.container);
    let missing = match command.run(target, None, output.sink()).await? {
        SessionEnd::Exit(0) => {
            let name = output.text();
            let tool = TOOLS.iter().find(|tool| tool.name == name.trim());
            return tool.map(Ok).ok_or_else(|| {
                CliError::unopened("the container did not say which programs it has", "")
            });
        }
        SessionEnd::Signal(signal) => return Ok(Err(EcsExecEnd::Signal(signal))),
        SessionEnd::Exit(NO_TOOL) => {
            let names: Vec<&str> = names.collect();
            format!("its image has none of {}", names.join(", "))
        }
        SessionEnd::Exit(NO_ENCODER) => {
            "its image lacks base64 and dd, or stty, without which bytes do not get through ECS Exec's terminal unchanged".to_owned()
        }
        end => {
            let status = command.report(target, end).await;
            return Ok(Err(EcsExecEnd::NotBegun(status)));
        }
    };
    Err(CliError::unopened(
        format!("ports of {container} cannot be forwarded through ECS Exec: {missing}"),
        "Ask for ssm:StartSession on the task, which needs nothing in the image, or add python3 or perl to it.",
    ))
}
