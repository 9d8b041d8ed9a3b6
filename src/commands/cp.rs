//! Copies files into or out of a container.
//!
//! - One file, or standard input and output: its bytes, and then the checksums are compared.
//! - `folder`: a folder as a tar stream; `unpack` unpacks it safely.
//! - `handover`: what a download is written to, until it ends.
//! - `script_error`: what the scripts' exit statuses mean.

mod folder;
mod handover;
mod script_error;
mod unpack;

use std::io::{self, Cursor, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use aws_lc_rs::digest::{Context as Digest, SHA256, digest};
use data_encoding::HEXLOWER;
use model::text::sanitize_line;
use uuid::Uuid;

use crate::aws::AwsClients;
use crate::cli::{Cp, Global};
use crate::cli_error::CliError;
use crate::config::Use;
use crate::exit;
use crate::files::{NewFile, unwritable};
use crate::place;
use crate::session::{
    CollectedOutput, Context, ExecTarget, Flow, RemoteCommand, SessionEnd, TargetArgs,
    failure_report, resolve_target, write_to_stdout,
};
use crate::timeouts::SESSION_TIMEOUT;
use folder::LocalFolder;
use handover::Handover;
use script_error::script_error;

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
    match copy(arguments, global).await {
        Err(CopyError::Reported) => Ok(ExitCode::from(exit::UNOPENED)),
        Err(CopyError::Failed(error)) => Err(error),
        Ok(()) => Ok(ExitCode::SUCCESS),
    }
}

/// Why there is no copy.
enum CopyError {
    Failed(CliError),
    /// The session failed, which has been reported with its causes.
    Reported,
}

impl From<CliError> for CopyError {
    fn from(error: CliError) -> CopyError {
        CopyError::Failed(error)
    }
}

async fn copy(arguments: &Cp, global: &Global) -> Result<(), CopyError> {
    let sides = (Side::parse(&arguments.from), Side::parse(&arguments.to));
    let (service, remote, local, is_upload) = match sides {
        (Side::Remote { service, path }, Side::Local(local)) => (service, path, local, false),
        (Side::Local(local), Side::Remote { service, path }) => (service, path, local, true),
        _ => {
            return Err(CliError::new(
                "one side of the copy must be in a container and the other on this machine",
                "For example: ecs-exec cp coder:/etc/os-release .",
            )
            .into());
        }
    };
    if remote.is_empty() {
        return Err(CliError::new(
            "the path in the container is missing after the colon",
            format!("For example: ecs-exec cp {local} {service}:/tmp/"),
        )
        .into());
    }
    // What cannot be read here is an error before AWS is asked.
    let source = match (is_upload, arguments.recursive) {
        (true, true) => Source::Folder(LocalFolder::pack(local)?),
        (true, false) => Source::File(read_local(local, remote)?),
        (false, _) => Source::Container,
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
    let target = resolve_target(cx, &args).await?;
    target.warn_if_encryption_is_unknown();
    let copy = Copy { cx, target };
    match source {
        Source::Folder(source) => folder::upload(&copy, source, remote).await,
        Source::File(contents) => copy.upload(contents, local, remote).await,
        Source::Container if arguments.recursive && local == "-" => {
            folder::print_archive(&copy, remote).await
        }
        Source::Container if arguments.recursive => folder::download(&copy, remote, local).await,
        Source::Container => copy.download(remote, local).await,
    }
}

/// Where the copy comes from.
enum Source {
    Folder(LocalFolder),
    File(Vec<u8>),
    Container,
}

/// Reads a file, or standard input for `-`.
fn read_local(local: &str, remote: &str) -> Result<Vec<u8>, CliError> {
    if local == "-" {
        if remote.ends_with('/') {
            return Err(CliError::new(
                "standard input has no file name",
                format!("Name the file: SERVICE:{remote}NAME"),
            ));
        }
        let mut contents = Vec::new();
        let read = io::stdin().read_to_end(&mut contents);
        return match read {
            Ok(_) => Ok(contents),
            Err(error) => Err(CliError::new(
                format!("standard input cannot be read: {error}"),
                "",
            )),
        };
    }
    std::fs::read(local).map_err(|error| {
        let hint = match error.kind() {
            io::ErrorKind::IsADirectory => "To copy a folder, add -r.",
            _ => "",
        };
        CliError::new(format!("{local} cannot be read: {error}"), hint)
    })
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
    async fn upload(&self, contents: Vec<u8>, local: &str, remote: &str) -> Result<(), CopyError> {
        let remote = match (remote.ends_with('/'), Path::new(local).file_name()) {
            (true, Some(name)) => format!("{remote}{}", name.to_string_lossy()),
            _ => remote.to_owned(),
        };
        let checksum = HEXLOWER.encode(digest(&SHA256, &contents).as_ref());
        let suffix = Uuid::new_v4().simple().to_string();
        let words = [UPLOAD_SCRIPT, "cp", &remote, &checksum, &suffix];
        let size = contents.len();
        let input = Box::new(Cursor::new(contents));
        self.run_collecting(&words, &remote, Some(input)).await?;
        report_success(size as u64, &remote, &checksum);
        Ok(())
    }

    async fn download(&self, remote: &str, local: &str) -> Result<(), CopyError> {
        let destination = match Path::new(local).is_dir() {
            true => Path::new(local).join(remote.rsplit('/').next().unwrap_or(remote)),
            false => PathBuf::from(local),
        };
        let cannot_write = |error: io::Error| match local {
            "-" => CliError::file(format!("cannot write to standard output: {error}")),
            _ => unwritable(&destination, &error),
        };
        let lost = || CliError::unopened("the copy was lost", "");
        let output = match local {
            "-" => Output::Standard,
            _ => Output::File(NewFile::create(&destination).map_err(cannot_write)?),
        };
        let download = Handover::new(Download {
            output,
            checksum: Digest::new(&SHA256),
            size: 0,
            error: None,
        });
        let shared = download.share();
        let sink = move |bytes: &[u8]| shared.with(|download| download.take(bytes));
        let ended = self
            .run_to_status(&[DOWNLOAD_SCRIPT, "cp", remote], None, sink)
            .await;
        let download = download.take().ok_or_else(lost)?;
        if let Some(error) = download.error {
            return Err(cannot_write(error).into());
        }
        ended?.or_error(remote, "")?;
        let theirs = self
            .run_collecting(&[CHECKSUM_SCRIPT, "cp", remote], remote, None)
            .await?;
        let theirs = theirs.split_whitespace().next().unwrap_or_default();
        let ours = HEXLOWER.encode(download.checksum.finish().as_ref());
        if ours != theirs {
            return Err(CliError::unopened(
                format!("the checksums of the copy and of {remote} differ"),
                "The file changed during the copy, or the container has neither base64 nor od (with dd) to encode it. Try again.",
            )
            .into());
        }
        let shown = match download.output {
            Output::Standard => "standard output".to_owned(),
            Output::File(file) => {
                file.commit().map_err(cannot_write)?;
                destination.display().to_string()
            }
        };
        report_success(download.size, &shown, &ours);
        Ok(())
    }

    /// Runs a script, and returns what it printed, or its error.
    async fn run_collecting(
        &self,
        words: &[&str],
        remote: &str,
        input: Option<Box<dyn Read + Send>>,
    ) -> Result<String, CopyError> {
        let output = CollectedOutput::default();
        let ended = self.run_to_status(words, input, output.sink()).await?;
        let output = output.text();
        ended.or_error(remote, &output)?;
        Ok(output)
    }

    /// Runs a script in the container to its end.
    async fn run_to_status(
        &self,
        words: &[&str],
        input: Option<Box<dyn Read + Send>>,
        sink: impl FnMut(&[u8]) -> io::Result<Flow> + Send + 'static,
    ) -> Result<Ended, CopyError> {
        let words = ["sh", "-c"].iter().chain(words);
        let words: Vec<String> = words.map(|word| (*word).to_owned()).collect();
        let command = RemoteCommand {
            cx: self.cx,
            words: &words,
            timeout: None,
            ask_doctor: true,
        };
        let cut_off = match command.run(&self.target, input, Box::new(sink)).await? {
            SessionEnd::Exit(status) => return Ok(Ended(status)),
            SessionEnd::Signal(signal) => CliError::cut_off("the copy was cut off", signal),
            SessionEnd::TimedOut | SessionEnd::Left => {
                CliError::unopened("the copy was cut off", "")
            }
            SessionEnd::Unwritten(error) => {
                CliError::unopened(format!("cannot write the copy: {error}"), "")
            }
            SessionEnd::Closed(None) => {
                CliError::unopened("the session ended before the copy was complete", "")
            }
            SessionEnd::Closed(Some(why)) | SessionEnd::Failed { why, .. } => {
                let failure = ("the file could not be copied", &why);
                failure_report::print(self.cx, &self.target, failure, true).await;
                return Err(CopyError::Reported);
            }
        };
        Err(cut_off.into())
    }
}

fn report_success(size: u64, path: &str, checksum: &str) {
    let path = sanitize_line(path);
    note!("Copied {size} bytes to {path} (SHA-256 {checksum}).");
}

/// A script's exit status.
struct Ended(u8);

impl Ended {
    fn error(&self, remote: &str, output: &str) -> CliError {
        script_error(&sanitize_line(remote), self.0, output)
    }

    /// `output`: what the script printed.
    fn or_error(&self, remote: &str, output: &str) -> Result<(), CliError> {
        match self.0 {
            0 => Ok(()),
            _ => Err(self.error(remote, output)),
        }
    }
}

/// Where a file from a container is written.
enum Output {
    File(NewFile),
    Standard,
}

/// A file on its way to this machine.
struct Download {
    output: Output,
    checksum: Digest,
    size: u64,
    error: Option<io::Error>,
}

impl Download {
    fn take(&mut self, bytes: &[u8]) -> io::Result<Flow> {
        self.checksum.update(bytes);
        self.size += bytes.len() as u64;
        let written = match &mut self.output {
            Output::File(file) => file.write_all(bytes),
            Output::Standard => write_to_stdout(bytes).map(drop),
        };
        written.map_err(|error| {
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
