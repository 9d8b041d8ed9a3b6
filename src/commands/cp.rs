//! Copies one file into or out of a container, checked at both ends.

use std::io::{self, Cursor, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex};

use aws_lc_rs::digest::{Context, SHA256, digest};
use data_encoding::HEXLOWER;
use model::text::sanitize_line;
use uuid::Uuid;

use crate::aws::Aws;
use crate::cli::{Cp, Global};
use crate::cli_error::CliError;
use crate::config::{self, Use};
use crate::files::{NewFile, unwritable};
use crate::session::end::SessionEnd;
use crate::session::job::Job;
use crate::session::spot::Found;
use crate::session::{Flow, Named, RemoteText, spot};
use crate::timeouts::SESSION_TIMEOUT;

/// One side of the copy.
enum Side<'a> {
    Local(&'a str),
    Remote { service: &'a str, path: &'a str },
}

pub async fn run(arguments: &Cp, global: &Global) -> Result<ExitCode, CliError> {
    let (remote, local, is_upload) = match (side(&arguments.from), side(&arguments.to)) {
        (Side::Remote { service, path }, Side::Local(local)) => ((service, path), local, false),
        (Side::Local(local), Side::Remote { service, path }) => ((service, path), local, true),
        _ => {
            return Err(CliError::new(
                "one end of the copy has to be in a container, the other on this machine",
                "Like `ecs-exec cp coder:/etc/os-release .`",
            ));
        }
    };
    let settings = config::load(global, &[Use::Credentials]).await?;
    let aws = Aws::connect(&settings, SESSION_TIMEOUT).await?;
    let named = Named {
        service: Some(remote.0.to_owned()),
        task: arguments.task.clone(),
        container: arguments.container.clone(),
        pick: false,
    };
    let contents = match is_upload {
        true => Some(read(local)?),
        false => None,
    };
    let found = spot::find(&aws, &settings, global, &named).await?;
    found.encryption.warn_if_unknown();
    let copy = Copy {
        aws: &aws,
        settings: &settings,
        global,
        found: &found,
    };
    match contents {
        Some(contents) => copy.upload(contents, local, remote.1).await,
        None => copy.download(remote.1, local).await,
    }
}

/// `SERVICE:PATH`; a path of this machine may hold a colon after a slash, or as a Windows drive.
fn side(text: &str) -> Side<'_> {
    match text.split_once(':') {
        Some((service, path)) if service.len() > 1 && !service.contains(['/', '\\', '.']) => {
            Side::Remote { service, path }
        }
        _ => Side::Local(text),
    }
}

fn read(local: &str) -> Result<Vec<u8>, CliError> {
    std::fs::read(local)
        .map_err(|error| CliError::new(format!("{local} cannot be read: {error}"), ""))
}

struct Copy<'a> {
    aws: &'a Aws,
    settings: &'a config::Settings,
    global: &'a Global,
    found: &'a Found,
}

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
        let sum = HEXLOWER.encode(digest(&SHA256, &contents).as_ref());
        // Written beside its place, under a name that did not exist, and moved there whole. The mode of a file that is
        // there stays.
        let script = r#"f="$1.$3.part"; command -v sha256sum >/dev/null || exit 91
            [ ! -d "$1" ] || exit 92
            d=.; case $1 in */*) d=${1%/*}/;; esac; [ -d "$d" ] || exit 93
            (set -C; : > "$f") 2>/dev/null || exit 94; trap 'rm -f "$f"' EXIT
            [ ! -f "$1" ] || { chmod 600 "$f" && cp -p "$1" "$f"; } 2>/dev/null
            cat > "$f" || exit 95
            s=$(sha256sum < "$f"); [ "${s%% *}" = "$2" ] || exit 96
            mv -f "$f" "$1" || exit 94"#;
        let number = Uuid::new_v4().simple().to_string();
        let words = ["sh", "-c", script, "cp", &remote, &sum, &number];
        let size = contents.len();
        self.run(&words, &remote, Some(contents), |_| Ok(Flow::Continue))
            .await?;
        say!(
            "Copied {size} bytes to {} (SHA-256 {sum}).",
            sanitize_line(&remote)
        );
        Ok(ExitCode::SUCCESS)
    }

    async fn download(&self, remote: &str, local: &str) -> Result<ExitCode, CliError> {
        let target = match Path::new(local).is_dir() {
            true => Path::new(local).join(remote.rsplit('/').next().unwrap_or(remote)),
            false => PathBuf::from(local),
        };
        let unwritten = |error: io::Error| unwritable(&target, &error);
        let file = NewFile::create(&target).map_err(unwritten)?;
        let state = Arc::new(Mutex::new(Some(Download {
            file,
            sum: Context::new(&SHA256),
            size: 0,
            failed: None,
        })));
        let taken = state.clone();
        let script = r#"command -v sha256sum >/dev/null || exit 91
            [ ! -d "$1" ] || exit 92; [ -e "$1" ] || exit 97; [ -f "$1" ] || exit 98; [ -r "$1" ] || exit 99
            cat "$1" || exit 95"#;
        let words = ["sh", "-c", script, "cp", remote];
        let ran = self
            .run(&words, remote, None, move |bytes| {
                match taken.lock().ok().as_deref_mut() {
                    Some(Some(download)) => download.take(bytes),
                    _ => Err(io::Error::other("the copy was lost")),
                }
            })
            .await;
        let download = state.lock().ok().and_then(|mut state| state.take());
        let mut download = download.ok_or_else(|| CliError::unopened("the copy was lost", ""))?;
        if let Some(error) = download.failed.take() {
            return Err(unwritten(error));
        }
        ran?;
        let theirs = self.sum_of(remote).await?;
        let ours = HEXLOWER.encode(download.sum.finish().as_ref());
        if ours != theirs {
            return Err(CliError::unopened(
                format!("the copy of {remote} is not what the file is now: their checksums differ"),
                "The file changed while it was copied, or the container has neither base64 nor od (with dd), by which bytes arrive as they are. Try again.",
            ));
        }
        let size = download.size;
        download.file.commit().map_err(unwritten)?;
        say!(
            "Copied {size} bytes to {} (SHA-256 {ours}).",
            sanitize_line(&target.display().to_string())
        );
        Ok(ExitCode::SUCCESS)
    }

    async fn sum_of(&self, remote: &str) -> Result<String, CliError> {
        let told = Arc::new(Mutex::new(Vec::new()));
        let taken = told.clone();
        let words = ["sh", "-c", r#"sha256sum < "$1" || exit 95"#, "cp", remote];
        self.run(&words, remote, None, move |bytes| {
            if let Ok(mut taken) = taken.lock() {
                taken.extend_from_slice(bytes);
            }
            Ok(Flow::Continue)
        })
        .await?;
        let told = told.lock().map_or(Vec::new(), |told| told.clone());
        let text = String::from_utf8_lossy(&told).into_owned();
        Ok(text
            .split_whitespace()
            .next()
            .unwrap_or_default()
            .to_owned())
    }

    /// Runs a helper in the container; fails with what it said.
    async fn run(
        &self,
        words: &[&str],
        remote: &str,
        input: Option<Vec<u8>>,
        write: impl FnMut(&[u8]) -> io::Result<Flow> + Send + 'static,
    ) -> Result<(), CliError> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let job = Job {
            aws: self.aws,
            settings: self.settings,
            global: self.global,
            words: &words,
            timeout: None,
            ask_doctor: true,
        };
        let input = input.map(|bytes| Box::new(Cursor::new(bytes)) as Box<dyn Read + Send>);
        let spot = &self.found.spots[0];
        match job
            .once(spot, &self.found.encryption, input, Box::new(write))
            .await?
        {
            SessionEnd::Exit(0) => Ok(()),
            SessionEnd::Exit(status) => Err(failed_there(remote, status)),
            SessionEnd::TimedOut | SessionEnd::Left => {
                Err(CliError::unopened("the copy was cut off", ""))
            }
            SessionEnd::Signal(signal) => Err(CliError::cut_off("the copy was cut off", signal)),
            SessionEnd::Unwritten(error) => Err(CliError::unopened(
                format!("the copy cannot be written: {error}"),
                "",
            )),
            SessionEnd::Closed(why) => Err(self.not_copied(why.as_ref())),
            SessionEnd::Failed { why, .. } => Err(self.not_copied(Some(&why))),
        }
    }

    fn not_copied(&self, why: Option<&RemoteText>) -> CliError {
        let why = why.map_or_else(String::new, |why| format!(": {why}"));
        let task = self.found.spots[0].task_id();
        CliError::unopened(
            format!("the file could not be copied{why}"),
            format!("`ecs-exec doctor --task {task}` says what stands in the way."),
        )
    }
}

/// What a helper's exit status means.
fn failed_there(remote: &str, status: u8) -> CliError {
    let (what, help) = match status {
        91 => (
            "the container has no sha256sum, by which copies are checked".to_owned(),
            "`ecs-exec run SERVICE -- cat FILE > FILE` copies without a check.",
        ),
        92 => (
            format!("{remote} is a folder in the container"),
            "Name a file; for a target in a folder end the path with a slash.",
        ),
        93 => (
            format!("there is no folder for {remote} in the container"),
            "Create it first, or name another path.",
        ),
        94 => (
            format!("{remote} cannot be written in the container"),
            "The folder has to be writable for the user that the container runs as, and the root file system too.",
        ),
        95 => (
            format!("reading or writing {remote} failed in the container"),
            "Its file system may be full.",
        ),
        96 => (
            format!(
                "what arrived at {remote} is not what was sent: their checksums differ, and nothing was changed"
            ),
            "Try again.",
        ),
        97 => (
            format!("there is no file {remote} in the container"),
            "`ecs-exec run SERVICE -- ls -l FOLDER` shows what there is.",
        ),
        98 => (
            format!("{remote} is no regular file in the container"),
            "Devices, pipes and sockets cannot be copied.",
        ),
        99 => (
            format!("{remote} cannot be read by the user that the container runs as"),
            "",
        ),
        _ => (
            format!("the copy failed in the container, with status {status}"),
            "The container needs sh, cat and sha256sum; for a file that is copied into it mv, rm, base64 and sed too.",
        ),
    };
    CliError::unopened(what, help)
}

/// A copy on its way to this machine.
struct Download {
    file: NewFile,
    sum: Context,
    size: u64,
    failed: Option<io::Error>,
}

impl Download {
    fn take(&mut self, bytes: &[u8]) -> io::Result<Flow> {
        self.sum.update(bytes);
        self.size += bytes.len() as u64;
        match self.file.write_all(bytes) {
            Ok(()) => Ok(Flow::Continue),
            Err(error) => {
                let kind = error.kind();
                self.failed = Some(error);
                Err(kind.into())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_end_is_remote() {
        let is_remote = |text| matches!(side(text), Side::Remote { .. });
        assert!(is_remote("coder:/etc/os-release"));
        assert!(is_remote("langfuse-web:x"));
        for local in ["file", "./a:b", "/a:b", "C:\\x", "dir/a:b"] {
            assert!(!is_remote(local), "{local}");
        }
    }
}
