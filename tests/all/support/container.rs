//! Plays the containers: a session that ECS opens runs its command here, on a pseudo-terminal, behind an agent.

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

/// What sessions meet in the containers; tests change it while it runs.
#[derive(Clone, Default)]
pub struct Image {
    /// Programs that are not in it: by path as commands of sessions, by name on the PATH.
    pub missing_programs: Vec<String>,
    /// What the agent says instead of starting anything.
    pub refusal_message: Option<String>,
    /// The gateway answers with this HTTP status.
    pub gateway_status: Option<u16>,
    /// The agent neither says nor acknowledges anything.
    pub is_silent: bool,
    /// The data key by which sessions are encrypted.
    pub data_key: Option<Vec<u8>>,
    /// How the agent names the KMS key.
    pub kms_key: String,
    /// So many bytes are printed instead of what the command prints.
    pub flood_bytes: usize,
    /// How the agent takes its time.
    pub timing: AgentTiming,
    /// After so many bytes of output the connection is cut off, once.
    pub cut_after: Option<usize>,
}

#[derive(Clone, Default)]
pub struct Containers {
    pub image: Arc<Mutex<Image>>,
    /// The commands that were run.
    pub commands: Arc<Mutex<Vec<String>>>,
    /// The stream of the last session, at which it is taken up again too.
    pub url: Arc<Mutex<String>>,
    /// When a client last joined a session.
    pub joined: Arc<Mutex<Option<Instant>>>,
}

impl Containers {
    /// Opens a session for a command; gives the URL of its stream.
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
    if let Some(said) = image.refusal_message {
        return agent.close(&said).await;
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
        let said = format!(
            "----------ERROR-------\nUnable to start command: Failed to start pty: fork/exec {}: no such file or directory",
            words[0]
        );
        return agent.close(&said).await;
    }
    run(gateway, agent, &words, &image).await;
}

/// The programs of this machine, but for those that an image lacks.
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
                .any(|lacked| name == lacked.as_str())
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
        // The terminal ends with an error once its last user has gone.
        while let Ok(count) = master.read(&mut buffer) {
            if count == 0 || printed.blocking_send(buffer[..count].to_vec()).is_err() {
                return;
            }
        }
    });
    // Input that the terminal does not take is not acknowledged.
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
            heard = agent.receive(), if typed.capacity() > 0 => match heard {
                ClientMessage::Input(bytes) => {
                    let _ = typed.send(bytes.to_vec()).await;
                }
                ClientMessage::Size { columns, rows } => {
                    pty.resize(u16::try_from(columns).unwrap(), u16::try_from(rows).unwrap());
                }
                ClientMessage::Closed => return,
                // The flag by which the client ends the session.
                ClientMessage::Flag(_) => return,
                ClientMessage::Other(..) => {}
            },
            _ = &mut ended => {
                // What it printed last is still on its way.
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
