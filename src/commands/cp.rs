//! Copies one file into or out of a container and compares checksums.

use std::io::{self, Cursor, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex};

use aws_lc_rs::digest::{Context as Digest, SHA256, digest};
use data_encoding::HEXLOWER;
use model::text::sanitize_line;
use uuid::Uuid;

use crate::aws::AwsClients;
use crate::cli::{Cp, Global};
use crate::cli_error::CliError;
use crate::config::Use;
use crate::files::{NewFile, unwritable};
use crate::place;
use crate::session::{
    Context, ExecTarget, Flow, RemoteCommand, SessionEnd, TargetArgs, resolve_target,
};
use crate::timeouts::SESSION_TIMEOUT;

/// One side of the copy.
enum Side<'a> {
    Local(&'a str),
    Remote { service: &'a str, path: &'a str },
}

impl Side<'_> {
    /// `SERVICE:PATH`, or `:PATH` to choose the service from a list. A local path can contain a colon after a slash, or after a Windows drive.
    fn parse(text: &str) -> Side<'_> {
        match text.split_once(':') {
            Some((service, path)) if service.len() != 1 && !service.contains(['/', '\\', '.']) => {
                Side::Remote { service, path }
            }
            _ => Side::Local(text),
        }
    }
}

/// `ecs-exec cp`
pub async fn run(arguments: &Cp, global: &Global) -> Result<ExitCode, CliError> {
    let sides = (Side::parse(&arguments.from), Side::parse(&arguments.to));
    let (service, remote, local, is_upload) = match sides {
        (Side::Remote { service, path }, Side::Local(local)) => (service, path, local, false),
        (Side::Local(local), Side::Remote { service, path }) => (service, path, local, true),
        _ => {
            return Err(CliError::new(
                "one side of the copy must be in a container and the other on this machine",
                "For example: ecs-exec cp coder:/etc/os-release .",
            ));
        }
    };
    let settings = place::load(global, &[Use::Credentials]).await?;
    let aws = AwsClients::connect(&settings, SESSION_TIMEOUT).await?;
    let cx = Context::new(&aws, &settings, global);
    let args = TargetArgs {
        service: Some(service.to_owned()).filter(|service| !service.is_empty()),
        task: arguments.task.clone(),
        container: arguments.container.clone(),
        pick: false,
    };
    let contents = match is_upload {
        true => Some(
            std::fs::read(local)
                .map_err(|error| CliError::new(format!("{local} cannot be read: {error}"), ""))?,
        ),
        false => None,
    };
    let target = resolve_target(cx, &args).await?;
    target.warn_if_encryption_is_unknown();
    let copy = Copy { cx, target };
    match contents {
        Some(contents) => copy.upload(contents, local, remote).await,
        None => copy.download(remote, local).await,
    }
}

struct Copy<'a> {
    cx: Context<'a>,
    target: ExecTarget,
}

/// Writes a temporary file beside the target, under a new name, and moves it there. The mode of an existing file stays.
const UPLOAD_SCRIPT: &str = include_str!("cp/upload.sh").trim_ascii_end();

const DOWNLOAD_SCRIPT: &str = include_str!("cp/download.sh").trim_ascii_end();

const CHECKSUM_SCRIPT: &str = r#"sha256sum < "$1" || exit 95"#;

impl Copy<'_> {
    async fn upload(
        &self,
        contents: Vec<u8>,
        local: &str,
        remote: &str,
    ) -> Result<ExitCode, CliError> {
        let remote = match (remote.ends_with('/'), Path::new(local).file_name()) {
            (true, Some(name)) => format!("{remote}{}", name.to_string_lossy()),
            _ => remote.to_owned(),
        };
        let checksum = HEXLOWER.encode(digest(&SHA256, &contents).as_ref());
        let suffix = Uuid::new_v4().simple().to_string();
        let words = [UPLOAD_SCRIPT, "cp", &remote, &checksum, &suffix];
        let size = contents.len();
        self.run(&words, &remote, Some(contents), |_| Ok(Flow::Continue))
            .await?;
        report_success(size as u64, &remote, &checksum);
        Ok(ExitCode::SUCCESS)
    }

    async fn download(&self, remote: &str, local: &str) -> Result<ExitCode, CliError> {
        let destination = match Path::new(local).is_dir() {
            true => Path::new(local).join(remote.rsplit('/').next().unwrap_or(remote)),
            false => PathBuf::from(local),
        };
        let cannot_write = |error: io::Error| unwritable(&destination, &error);
        let lost = || CliError::unopened("the copy was lost", "");
        let download = Arc::new(Mutex::new(Download {
            file: NewFile::create(&destination).map_err(cannot_write)?,
            checksum: Digest::new(&SHA256),
            size: 0,
            error: None,
        }));
        let shared = download.clone();
        let result = self
            .run(
                &[DOWNLOAD_SCRIPT, "cp", remote],
                remote,
                None,
                move |bytes| {
                    let download = shared.lock();
                    download
                        .map_err(|_| io::Error::other("the copy was lost"))?
                        .take(bytes)
                },
            )
            .await;
        let download = Arc::into_inner(download).and_then(|download| download.into_inner().ok());
        let download = download.ok_or_else(lost)?;
        if let Some(error) = download.error {
            return Err(cannot_write(error));
        }
        result?;
        let theirs = self.checksum(remote).await?;
        let ours = HEXLOWER.encode(download.checksum.finish().as_ref());
        if ours != theirs {
            return Err(CliError::unopened(
                format!("the checksums of the copy and of {remote} differ"),
                "The file changed during the copy, or the container has neither base64 nor od (with dd) to encode it. Try again.",
            ));
        }
        download.file.commit().map_err(cannot_write)?;
        report_success(download.size, &destination.display().to_string(), &ours);
        Ok(ExitCode::SUCCESS)
    }

    async fn checksum(&self, remote: &str) -> Result<String, CliError> {
        let output = Arc::new(Mutex::new(Vec::new()));
        let shared = output.clone();
        self.run(
            &[CHECKSUM_SCRIPT, "cp", remote],
            remote,
            None,
            move |bytes| {
                if let Ok(mut output) = shared.lock() {
                    output.extend_from_slice(bytes);
                }
                Ok(Flow::Continue)
            },
        )
        .await?;
        let output = output.lock().map_or(Vec::new(), |output| output.clone());
        let output = String::from_utf8_lossy(&output).into_owned();
        let checksum = output.split_whitespace().next();
        Ok(checksum.unwrap_or_default().to_owned())
    }

    /// Runs a script in the container. Its exit status becomes an error.
    async fn run(
        &self,
        words: &[&str],
        remote: &str,
        input: Option<Vec<u8>>,
        sink: impl FnMut(&[u8]) -> io::Result<Flow> + Send + 'static,
    ) -> Result<(), CliError> {
        let words = ["sh", "-c"].iter().chain(words);
        let words: Vec<String> = words.map(|word| (*word).to_owned()).collect();
        let command = RemoteCommand {
            cx: self.cx,
            words: &words,
            timeout: None,
            ask_doctor: true,
        };
        let input = input.map(|bytes| Box::new(Cursor::new(bytes)) as Box<dyn Read + Send>);
        let why = match command.run(&self.target, input, Box::new(sink)).await? {
            SessionEnd::Exit(0) => return Ok(()),
            SessionEnd::Exit(status) => return Err(script_error(remote, status)),
            SessionEnd::Signal(signal) => {
                return Err(CliError::cut_off("the copy was cut off", signal));
            }
            SessionEnd::TimedOut | SessionEnd::Left => {
                return Err(CliError::unopened("the copy was cut off", ""));
            }
            SessionEnd::Unwritten(error) => {
                return Err(CliError::unopened(
                    format!("cannot write the copy: {error}"),
                    "",
                ));
            }
            SessionEnd::Closed(None) => String::new(),
            SessionEnd::Closed(Some(why)) | SessionEnd::Failed { why, .. } => format!(": {why}"),
        };
        let task = self.target.task_id();
        Err(CliError::unopened(
            format!("the file could not be copied{why}"),
            format!("`ecs-exec doctor --task {task}` shows what prevents sessions."),
        ))
    }
}

fn report_success(size: u64, path: &str, checksum: &str) {
    let path = sanitize_line(path);
    say!("Copied {size} bytes to {path} (SHA-256 {checksum}).");
}

/// The meaning of a script's exit status.
fn script_error(remote: &str, status: u8) -> CliError {
    let (message, hint) = match status {
        91 => (
            "the container has no sha256sum, which cp needs to compare checksums".to_owned(),
            "`ecs-exec run SERVICE -- cat FILE > FILE` copies without a checksum.",
        ),
        92 => (
            format!("{remote} is a directory in the container"),
            "Name a file, or end the target path with a slash to copy into the directory.",
        ),
        93 => (
            format!("the directory of {remote} does not exist in the container"),
            "Create it first, or name another path.",
        ),
        94 => (
            format!("{remote} cannot be written in the container"),
            "The user of the container needs write permission for the directory, and the root file system must not be read-only.",
        ),
        95 => (
            format!("reading or writing {remote} failed in the container"),
            "Its file system may be full.",
        ),
        96 => (
            format!("{remote} arrived damaged (the checksums differ), so nothing was changed"),
            "Try again.",
        ),
        97 => (
            format!("there is no file {remote} in the container"),
            "`ecs-exec run SERVICE -- ls -l DIRECTORY` lists the files.",
        ),
        98 => (
            format!("{remote} is not a regular file in the container"),
            "Devices, pipes and sockets cannot be copied.",
        ),
        99 => (
            format!("the user of the container has no permission to read {remote}"),
            "",
        ),
        _ => (
            format!("the copy failed in the container with status {status}"),
            "The container needs sh, cat and sha256sum; to receive a file also mv, rm, base64 and sed.",
        ),
    };
    CliError::unopened(message, hint)
}

/// A file on its way to this machine.
struct Download {
    file: NewFile,
    checksum: Digest,
    size: u64,
    error: Option<io::Error>,
}

impl Download {
    fn take(&mut self, bytes: &[u8]) -> io::Result<Flow> {
        self.checksum.update(bytes);
        self.size += bytes.len() as u64;
        self.file.write_all(bytes).map_err(|error| {
            let kind = error.kind();
            self.error = Some(error);
            kind
        })?;
        Ok(Flow::Continue)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_remote_side_is_recognized() {
        let is_remote = |text| matches!(Side::parse(text), Side::Remote { .. });
        assert!(is_remote("coder:/etc/os-release"));
        assert!(is_remote("langfuse-web:x"));
        for local in ["file", "./a:b", "/a:b", "C:\\x", "dir/a:b"] {
            assert!(!is_remote(local), "{local}");
        }
    }
}
