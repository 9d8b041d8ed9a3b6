//! Simulates containers: a session that ECS opens runs its command on a pseudo-terminal behind a simulated agent.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use ssm_channel::testing::{Agent, AgentTiming, ClientMessage, Gateway, MESSAGE, kind};
use tempfile::TempDir;
use tokio::sync::mpsc as channel;
use tokio::time::sleep;

use super::pty::Pty;

/// The behaviour of the container and its agent; tests change it at run time.
#[derive(Clone, Default)]
pub struct Image {
    /// Programs that the image lacks: a path is a session command, a name is a program on PATH.
    pub missing_programs: Vec<String>,
    /// The closing message that the agent sends instead of starting the command.
    pub refusal_message: Option<String>,
    /// The gateway refuses with this HTTP status.
    pub gateway_status: Option<u16>,
    /// The agent sends neither output nor acknowledgements.
    pub is_silent: bool,
    /// The data key that encrypts sessions.
    pub data_key: Option<Vec<u8>>,
    /// The ARN by which the agent names the KMS key.
    pub kms_key: String,
    /// The number of bytes that are printed before the command starts.
    pub flood_bytes: usize,
    /// The delays of the agent.
    pub timing: AgentTiming,
    /// The connection is cut once after this number of output bytes.
    pub cut_after: Option<usize>,
}

#[derive(Clone, Default)]
pub struct Containers {
    pub image: Arc<Mutex<Image>>,
    /// The commands that were run.
    pub commands: Arc<Mutex<Vec<String>>>,
    /// The stream URL of the last session, also for ResumeSession.
    pub url: Arc<Mutex<String>>,
    /// When a client last joined a session.
    pub joined: Arc<Mutex<Option<Instant>>>,
}

impl Containers {
    /// Opens a session for a command and returns the URL of its stream.
    pub fn open(&self, command: &str) -> String {
        self.commands.lock().unwrap().push(command.to_owned());
        let image = self.image.lock().unwrap().clone();
        let command = command.to_owned();
        let joined = self.joined.clone();
        let (url, receiver) = mpsc::channel();
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let gateway = Gateway::start().await;
                url.send(gateway.url()).unwrap();
                serve(gateway, image, &command, &joined).await;
            });
            runtime.shutdown_background();
        });
        let url = receiver.recv().unwrap();
        *self.url.lock().unwrap() = url.clone();
        url
    }
}

async fn serve(gateway: Gateway, image: Image, command: &str, joined: &Mutex<Option<Instant>>) {
    if let Some(status) = image.gateway_status {
        loop {
            gateway
                .refuse(status, "{\"message\":\"no, token=hunter2\"}")
                .await;
        }
    }
    if image.is_silent {
        let _connection = gateway.accept().await;
        *joined.lock().unwrap() = Some(Instant::now());
        return sleep(Duration::from_secs(60)).await;
    }
    let mut agent = Agent::accept(&gateway).await.with_timing(image.timing);
    *joined.lock().unwrap() = Some(Instant::now());
    if let Some(message) = image.refusal_message {
        return agent.close(&message).await;
    }
    if let Some(key) = &image.data_key {
        agent
            .encrypt_with(&image.kms_key, key, Some("a challenge"))
            .await;
    }
    for _ in 0..image.flood_bytes / MESSAGE {
        agent.send(kind::OUTPUT, vec![b'b'; MESSAGE]).await;
    }
    let words = shell_words::split(command).unwrap();
    if image.missing_programs.contains(&words[0]) {
        sleep(image.timing.refusal).await;
        let message = format!(
            "----------ERROR-------\nUnable to start command: Failed to start pty: fork/exec {}: no such file or directory",
            words[0]
        );
        return agent.close(&message).await;
    }
    run(gateway, agent, &words, &image).await;
}

/// A directory with the programs of this machine, except those that the image lacks.
fn programs(missing_programs: &[String]) -> Option<TempDir> {
    let missing_programs: Vec<&String> = missing_programs
        .iter()
        .filter(|name| !name.contains('/'))
        .collect();
    if missing_programs.is_empty() {
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    for programs in ["/usr/bin", "/bin"] {
        for program in fs::read_dir(programs).unwrap() {
            let name = program.unwrap().file_name();
            if !missing_programs
                .iter()
                .any(|missing| name == missing.as_str())
            {
                let _ = symlink(Path::new(programs).join(&name), folder.path().join(&name));
            }
        }
    }
    Some(folder)
}

async fn run(gateway: Gateway, mut agent: Agent, words: &[String], image: &Image) {
    let mut cut_after = image.cut_after;
    let programs = programs(&image.missing_programs);
    let path = match &programs {
        Some(folder) => folder.path().to_str().unwrap(),
        None => "/usr/local/bin:/usr/bin:/bin",
    };
    let pty = Pty::open();
    let mut command = Command::new(&words[0]);
    command
        .args(&words[1..])
        .env("PATH", path)
        .env("TERM", "xterm")
        .env("PS1", "container$ ")
        .env("LC_ALL", "C.UTF-8");
    let mut child = pty.spawn(&command);
    let mut master = pty.master.try_clone().unwrap();
    let (printed, mut output) = channel::channel::<Vec<u8>>(16);
    let first_output = image.timing.first_output;
    thread::spawn(move || {
        thread::sleep(first_output);
        let mut buffer = [0; MESSAGE];
        // Reading fails when the last process has closed the terminal.
        while let Ok(count) = master.read(&mut buffer) {
            if count == 0 || printed.blocking_send(buffer[..count].to_vec()).is_err() {
                return;
            }
        }
    });
    // The agent acknowledges input only when the terminal accepts it.
    let (typed, mut keys) = channel::channel::<Vec<u8>>(1);
    let mut master = pty.master.try_clone().unwrap();
    thread::spawn(move || {
        while let Some(bytes) = keys.blocking_recv() {
            let _ = master.write_all(&bytes);
        }
    });
    let ended = tokio::task::spawn_blocking(move || child.wait().unwrap());
    tokio::pin!(ended);
    let mut sent = 0;
    loop {
        tokio::select! {
            biased;
            bytes = output.recv() => match bytes {
                Some(bytes) => {
                    sent += bytes.len();
                    agent.print(&bytes).await;
                    cut_off(&mut agent, &gateway, sent, &mut cut_after).await;
                }
                None => break,
            },
            room = typed.reserve(), if typed.capacity() == 0 => drop(room),
            received = agent.receive(), if typed.capacity() > 0 => match received {
                ClientMessage::Input(bytes) => {
                    let _ = typed.send(bytes.to_vec()).await;
                }
                ClientMessage::Size { columns, rows } => {
                    pty.resize(u16::try_from(columns).unwrap(), u16::try_from(rows).unwrap());
                }
                ClientMessage::Closed => return,
                // The client ends the session with a flag.
                ClientMessage::Flag(_) => return,
                ClientMessage::Other(..) => {}
            },
            _ = &mut ended => {
                // The last output has not arrived yet.
                while let Ok(Some(bytes)) =
                    tokio::time::timeout(Duration::from_millis(200), output.recv()).await
                {
                    sent += bytes.len();
                    agent.print(&bytes).await;
                    cut_off(&mut agent, &gateway, sent, &mut cut_after).await;
                }
                break;
            }
        }
    }
    agent.close("").await;
}

async fn cut_off(agent: &mut Agent, gateway: &Gateway, sent: usize, cut_after: &mut Option<usize>) {
    if cut_after.is_some_and(|limit| sent >= limit) {
        *cut_after = None;
        agent.connection().cut().await;
        agent.resume(gateway).await;
    }
}
