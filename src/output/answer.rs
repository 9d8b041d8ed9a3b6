use std::io;

use tokio::task::spawn_blocking;

/// A line that is typed on the terminal; `None`: none was. It is read elsewhere, so that Ctrl-C is heard meanwhile.
pub async fn answer() -> Option<String> {
    let mut question = Question { is_open: true };
    let read = spawn_blocking(|| {
        let mut answer = String::new();
        io::stdin().read_line(&mut answer).map(|_| answer)
    });
    let answer = read.await.ok().and_then(Result::ok);
    question.is_open = false;
    answer.filter(|answer| !answer.is_empty())
}

/// What stands on the terminal; left open, what comes next begins a line of its own.
struct Question {
    is_open: bool,
}

impl Drop for Question {
    fn drop(&mut self) {
        if self.is_open {
            say!();
        }
    }
}
