use std::io;

use tokio::task::spawn_blocking;

use super::OpenLine;

/// A line that is typed on the terminal; `None`: none was. It is read elsewhere, so that Ctrl-C is heard meanwhile.
pub async fn answer() -> Option<String> {
    let question = OpenLine::begin();
    let read = spawn_blocking(|| {
        let mut answer = String::new();
        io::stdin().read_line(&mut answer).map(|_| answer)
    });
    let answer = read.await.ok().and_then(Result::ok);
    question.close();
    answer.filter(|answer| !answer.is_empty())
}
