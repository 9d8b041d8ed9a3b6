//! Copies one file into or out of a container, checked at both ends.

use std::io::{Cursor, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex};

use aws_lc_rs::digest::{Context, SHA256, digest};
use data_encoding::HEXLOWER;

use crate::aws::Aws;
use crate::cli::{Cp, Global};
use crate::config::{self, Use};
use crate::patience::FOR_SESSION;
use crate::session::job::{End, Job};
use crate::session::spot::Found;
use crate::session::{Named, spot};
use crate::trouble::Trouble;

/// One side of the copy.
enum Side<'a> {
    Local(&'a str),
    Remote { service: &'a str, path: &'a str },
}

pub async fn run(arguments: &Cp, global: &Global) -> Result<ExitCode, Trouble> {
    let (remote, local, is_upload) = match (side(&arguments.from), side(&arguments.to)) {
        (Side::Remote { service, path }, Side::Local(local)) => ((service, path), local, false),
        (Side::Local(local), Side::Remote { service, path }) => ((service, path), local, true),
        _ => {
            return Err(Trouble::new(
                "one end of the copy has to be in a container, the other on this machine",
                "Like `ecs-exec cp coder:/etc/os-release .`",
            ));
        }
    };
    let settings = config::load(global, &[Use::Credentials]).await?;
    let aws = Aws::connect(&settings, FOR_SESSION).await?;
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

fn read(local: &str) -> Result<Vec<u8>, Trouble> {
    std::fs::read(local)
        .map_err(|error| Trouble::new(format!("{local} cannot be read: {error}"), ""))
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
    ) -> Result<ExitCode, Trouble> {
        let remote = match (remote.ends_with('/'), Path::new(local).file_name()) {
            (true, Some(name)) => format!("{remote}{}", name.to_string_lossy()),
            _ => remote.to_owned(),
        };
        let sum = HEXLOWER.encode(digest(&SHA256, &contents).as_ref());
        // Written beside its place and moved there whole.
        let script = r#"set -e; f="$1.$$.part"; trap 'rm -f "$f"' EXIT; cat > "$f"; s=$(sha256sum < "$f"); [ "${s%% *}" = "$2" ] || { echo "the checksum differs: ${s%% *}" >&2; exit 90; }; mv "$f" "$1""#;
        let words = ["sh", "-c", script, "cp", &remote, &sum];
        let size = contents.len();
        self.run(&words, Some(contents), |_| {}).await?;
        say!("Copied {size} bytes to {remote} (SHA-256 {sum}).");
        Ok(ExitCode::SUCCESS)
    }

    async fn download(&self, remote: &str, local: &str) -> Result<ExitCode, Trouble> {
        let target = match Path::new(local).is_dir() {
            true => Path::new(local).join(remote.rsplit('/').next().unwrap_or(remote)),
            false => PathBuf::from(local),
        };
        let part = Part::beside(&target);
        let unwritten = |error: std::io::Error| {
            Trouble::new(
                format!("{} cannot be written: {error}", target.display()),
                "",
            )
        };
        let file = std::fs::File::create(&part.0).map_err(unwritten)?;
        let state = Arc::new(Mutex::new((file, Context::new(&SHA256), 0_u64, None)));
        let taken = state.clone();
        let script =
            r#"set -e; [ -f "$1" ] || { echo "there is no file $1" >&2; exit 90; }; cat "$1""#;
        self.run(&["sh", "-c", script, "cp", remote], None, move |bytes| {
            let Ok(mut state) = taken.lock() else {
                return;
            };
            let (file, sum, size, failed) = &mut *state;
            sum.update(bytes);
            *size += bytes.len() as u64;
            if let Err(error) = file.write_all(bytes) {
                failed.get_or_insert(error);
            }
        })
        .await?;
        let theirs = self.sum_of(remote).await?;
        let (ours, size, failed) = {
            let mut state = state
                .lock()
                .map_err(|_| Trouble::unopened("the copy was lost", ""))?;
            let ours = HEXLOWER.encode(state.1.clone().finish().as_ref());
            (ours, state.2, state.3.take())
        };
        if let Some(error) = failed {
            return Err(unwritten(error));
        }
        if ours != theirs {
            return Err(Trouble::unopened(
                "the copy is not what the file is: their checksums differ",
                "Did the file change meanwhile? Try again.",
            ));
        }
        std::fs::rename(&part.0, &target).map_err(unwritten)?;
        say!(
            "Copied {size} bytes to {} (SHA-256 {ours}).",
            target.display()
        );
        Ok(ExitCode::SUCCESS)
    }

    async fn sum_of(&self, remote: &str) -> Result<String, Trouble> {
        let told = Arc::new(Mutex::new(Vec::new()));
        let taken = told.clone();
        let words = ["sh", "-c", r#"sha256sum < "$1""#, "cp", remote];
        self.run(&words, None, move |bytes| {
            if let Ok(mut taken) = taken.lock() {
                taken.extend_from_slice(bytes);
            }
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
        input: Option<Vec<u8>>,
        write: impl FnMut(&[u8]) + Send + 'static,
    ) -> Result<(), Trouble> {
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
            .once(spot, self.found.encrypted, input, Box::new(write))
            .await?
        {
            End::Exited(0) => Ok(()),
            End::Exited(90) => Err(Trouble::unopened(
                "the file could not be copied",
                "There is no such file, or it arrived changed.",
            )),
            End::Exited(status) => Err(Trouble::unopened(
                format!("the copy failed in the container, with status {status}"),
                "The container needs sh, cat, base64, sed and sha256sum, and the right to the file.",
            )),
            End::TimedOut => Err(Trouble::unopened("the copy was cut off", "")),
            End::Signal(signal) => Err(Trouble::cut_off("the copy was cut off", signal)),
            End::NotRun(said) | End::Failed(said) => Err(Trouble::unopened(
                format!("the file could not be copied: {said}"),
                format!(
                    "`ecs-exec doctor --task {}` says what stands in the way.",
                    spot.task_id()
                ),
            )),
        }
    }
}

/// A file that is not whole yet, beside where it will be; what is left of it goes, also where the copy is cut off.
struct Part(PathBuf);

impl Part {
    fn beside(target: &Path) -> Part {
        let name = target.file_name().unwrap_or_default().to_string_lossy();
        Part(target.with_file_name(format!("{name}.part")))
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
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
