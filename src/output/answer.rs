use std::io;

use tokio::task::spawn_blocking;

use super::OpenLine;

/// Asks on standard error, and reads a line that is typed on the terminal; `None`: none was. What was typed before the
/// question could be read is no answer to it. The line is read elsewhere, so that Ctrl-C is heard meanwhile.
pub async fn ask(question: &str) -> Option<String> {
    discard_input();
    say_part!("{question}");
    let line = OpenLine::begin();
    let read = spawn_blocking(|| {
        let mut answer = String::new();
        io::stdin().read_line(&mut answer).map(|_| answer)
    });
    let answer = read.await.ok().and_then(Result::ok);
    line.close();
    answer.filter(|answer| !answer.is_empty())
}

#[cfg(unix)]
fn discard_input() {
    use rustix::termios::{QueueSelector, tcflush};
    // Fails where standard input is no terminal: there nobody types.
    let _ = tcflush(io::stdin(), QueueSelector::IFlush);
}

#[cfg(not(unix))]
fn discard_input() {}
