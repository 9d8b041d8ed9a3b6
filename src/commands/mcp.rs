//! `ecs-exec mcp`: the doctor's tools for AI assistants, over standard input and output.
//! <https://modelcontextprotocol.io/specification>

mod program;
mod tools;

use std::fmt::Display;
use std::fs::File;
use std::io::{self, IsTerminal};
use std::process::ExitCode;

use rmcp::ServiceExt;

use crate::cli::{Global, Mcp};
use crate::cli_error::CliError;
use tools::Tools;

/// Serves until standard input closes.
pub async fn run(arguments: &Mcp, global: &Global) -> Result<ExitCode, CliError> {
    let tools = Tools::new(global, arguments.allow_fix).map_err(cannot_serve)?;
    let fixing = tools.fixing();
    if io::stdin().is_terminal() {
        note!("Waiting for an AI assistant on standard input; Ctrl-C ends.");
    }
    let streams = streams().map_err(cannot_serve)?;
    let server = tools.serve(streams).await.map_err(cannot_serve)?;
    server.waiting().await.map_err(cannot_serve)?;
    // A fix that has started ends between two of its steps, not with the server.
    drop(fixing.lock().await);
    Ok(ExitCode::SUCCESS)
}

fn cannot_serve(error: impl Display) -> CliError {
    CliError::new(
        format!("cannot serve the Model Context Protocol: {error}"),
        "An AI assistant starts this command and talks to it over standard input and output; see ecs-exec mcp --help.",
    )
}

/// Standard input and output as files: tokio's own handles keep the program from ending while a read waits.
fn streams() -> io::Result<(tokio::fs::File, tokio::fs::File)> {
    #[cfg(unix)]
    let (input, output) = {
        use std::os::fd::AsFd;
        let duplicate = |stream: &dyn AsFd| stream.as_fd().try_clone_to_owned();
        (duplicate(&io::stdin())?, duplicate(&io::stdout())?)
    };
    #[cfg(windows)]
    let (input, output) = {
        use std::os::windows::io::AsHandle;
        let duplicate = |stream: &dyn AsHandle| stream.as_handle().try_clone_to_owned();
        (duplicate(&io::stdin())?, duplicate(&io::stdout())?)
    };
    let file = |stream| tokio::fs::File::from_std(File::from(stream));
    Ok((file(input), file(output)))
}
