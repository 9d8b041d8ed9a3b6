//! Runs this program again, for a tool: what an assistant sees is what a person sees, and standard output stays the
//! protocol's own.

use std::env;
use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::process::{Output, Stdio};

use rmcp::model::{CallToolResult, ContentBlock};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use crate::exit;

/// What to do with a running command when the assistant no longer waits for it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Abandoned {
    Kill,
    LetFinish,
}

/// This program.
#[derive(Clone)]
pub struct Program {
    path: PathBuf,
}

impl Program {
    /// # Errors
    ///
    /// When the system does not say which file this program was started from.
    pub fn current() -> io::Result<Program> {
        Ok(Program {
            path: env::current_exe()?,
        })
    }

    /// The output of a command. An exit status that says that something is broken or unknown is a result; errors of
    /// usage, credentials and the like are the tool's errors.
    pub async fn run(
        &self,
        arguments: &[OsString],
        input: &str,
        abandoned: Abandoned,
    ) -> CallToolResult {
        match self.output(arguments, input, abandoned).await {
            Ok(output) if is_result(&output) => CallToolResult::success(vec![text(&output.stdout)]),
            Ok(output) => CallToolResult::error(vec![text(&output.stderr)]),
            Err(error) => {
                let message = format!("cannot start ecs-exec: {error}");
                CallToolResult::error(vec![ContentBlock::text(message)])
            }
        }
    }

    async fn output(
        &self,
        arguments: &[OsString],
        input: &str,
        abandoned: Abandoned,
    ) -> io::Result<Output> {
        let mut child = Command::new(&self.path)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(abandoned == Abandoned::Kill)
            .spawn()?;
        let stdin = child.stdin.take();
        let write = async {
            if let Some(mut stdin) = stdin {
                // A command that does not read its input closes it, which is no error.
                let _ = stdin.write_all(input.as_bytes()).await;
            }
        };
        let ((), output) = tokio::join!(write, child.wait_with_output());
        output
    }
}

fn is_result(output: &Output) -> bool {
    let code = output
        .status
        .code()
        .and_then(|code| u8::try_from(code).ok());
    matches!(code, Some(0 | exit::FAILED | exit::INCONCLUSIVE))
}

fn text(bytes: &[u8]) -> ContentBlock {
    ContentBlock::text(String::from_utf8_lossy(bytes))
}
