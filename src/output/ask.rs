//! Questions to the user at the terminal.

use std::io::{self, IsTerminal};

use tokio::task::spawn_blocking;

use super::{OpenLine, progress};

/// Whether somebody can see a question and answer it.
pub fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks a question to which only `y` and `yes` agree.
pub async fn confirm(question: &str) -> bool {
    let answer = ask(question).await.unwrap_or_default();
    matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes")
}

/// Asks on standard error and reads a line from standard input; `None` at its end. Discards what was typed before the
/// question. Reads on another thread, so that Ctrl-C still works.
pub async fn ask(question: &str) -> Option<String> {
    let _pause = progress::pause();
    discard_input();
    say_part!("{question}");
    let line = OpenLine::begin();
    let read = spawn_blocking(|| {
        let mut answer = String::new();
        io::stdin().read_line(&mut answer).map(|_| answer)
    });
    let answer = read.await.ok().and_then(Result::ok);
    let answer = answer.filter(|answer| !answer.is_empty())?;
    line.close();
    Some(answer)
}

#[cfg(unix)]
fn discard_input() {
    use rustix::termios::{QueueSelector, tcflush};
    // Fails if standard input is no terminal, where nobody types ahead.
    let _ = tcflush(io::stdin(), QueueSelector::IFlush);
}

#[cfg(not(unix))]
fn discard_input() {}
