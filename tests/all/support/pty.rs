//! A pseudo-terminal, and a program on it.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::OpenOptionsExt;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{
    LocalModes, OptionalActions, Termios, Winsize, tcgetattr, tcsetattr, tcsetwinsize,
};

pub struct Pty {
    pub master: File,
    slave: File,
}

impl Pty {
    pub fn open() -> Pty {
        let master: OwnedFd =
            openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap().into_string().unwrap();
        let slave = OpenOptions::new()
            .read(true)
            .write(true)
            .custom_flags(rustix::fs::OFlags::NOCTTY.bits() as i32)
            .open(name)
            .unwrap();
        let pty = Pty {
            master: master.into(),
            slave,
        };
        pty.resize(80, 24);
        pty
    }

    pub fn resize(&self, columns: u16, rows: u16) {
        let size = Winsize {
            ws_col: columns,
            ws_row: rows,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        tcsetwinsize(&self.slave, size).unwrap();
    }

    pub fn attributes(&self) -> Termios {
        tcgetattr(&self.slave).unwrap()
    }

    /// Sets cooked mode, like a shell whose job was stopped.
    pub fn set_cooked(&self) {
        let mut modes = self.attributes();
        modes.local_modes |= LocalModes::ECHO | LocalModes::ICANON;
        tcsetattr(&self.slave, OptionalActions::Now, &modes).unwrap();
    }

    /// Starts a program whose controlling terminal this is.
    pub fn spawn(&self, command: &Command) -> Child {
        let slave = || Stdio::from(self.slave.try_clone().unwrap());
        let mut on_terminal = Command::new("/usr/bin/setsid");
        on_terminal
            .args(["--ctty", "--wait"])
            .arg(command.get_program())
            .args(command.get_args())
            .stdin(slave())
            .stdout(slave())
            .stderr(slave());
        if let Some(folder) = command.get_current_dir() {
            on_terminal.current_dir(folder);
        }
        on_terminal.env_clear();
        for (name, value) in command.get_envs() {
            if let Some(value) = value {
                on_terminal.env(name, value);
            }
        }
        on_terminal.spawn().unwrap()
    }
}

/// Longer than any step takes on a loaded machine.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A program on its own pseudo-terminal.
pub struct Terminal {
    pub pty: Pty,
    child: Child,
    screen: Arc<Mutex<Vec<u8>>>,
}

impl Terminal {
    pub fn start(command: &Command) -> Terminal {
        let pty = Pty::open();
        let child = pty.spawn(command);
        let screen = Arc::new(Mutex::new(Vec::new()));
        let (shown, mut master) = (screen.clone(), pty.master.try_clone().unwrap());
        thread::spawn(move || {
            let mut buffer = [0; 65536];
            while let Ok(count) = master.read(&mut buffer) {
                if count == 0 {
                    return;
                }
                shown.lock().unwrap().extend_from_slice(&buffer[..count]);
            }
        });
        Terminal { pty, child, screen }
    }

    pub fn type_keys(&mut self, keys: &str) {
        self.pty.master.write_all(keys.as_bytes()).unwrap();
    }

    pub fn screen(&self) -> String {
        String::from_utf8_lossy(&self.screen.lock().unwrap()).into_owned()
    }

    /// Waits until the screen shows this text.
    pub fn expect(&self, text: &str) {
        let until = Instant::now() + TIMEOUT;
        while Instant::now() < until {
            if self.screen().contains(text) {
                return;
            }
            thread::sleep(Duration::from_millis(20));
        }
        panic!("{text:?} does not come:\n{}", self.screen());
    }

    /// The process ID of the program itself, below `setsid`.
    fn pid(&self) -> String {
        let children = format!("/proc/{0}/task/{0}/children", self.child.id());
        let children = std::fs::read_to_string(children).unwrap();
        let pid = children.split_whitespace().next();
        pid.map_or_else(|| self.child.id().to_string(), str::to_owned)
    }

    /// Waits until a signal has stopped the program.
    pub fn wait_until_stopped(&self) {
        let stat = format!("/proc/{}/stat", self.pid());
        let until = Instant::now() + TIMEOUT;
        // The state follows the name in parentheses.
        while !std::fs::read_to_string(&stat).unwrap().contains(") T ") {
            assert!(Instant::now() < until, "it does not stop");
            thread::sleep(Duration::from_millis(10));
        }
    }

    pub fn signal(&self, name: &str) {
        let pid = self.pid();
        let sent = Command::new("kill")
            .args([&format!("-{name}"), &pid])
            .status();
        assert!(sent.unwrap().success());
    }

    pub fn wait(&mut self) -> i32 {
        let until = Instant::now() + TIMEOUT;
        while Instant::now() < until {
            if let Some(status) = self.child.try_wait().unwrap() {
                self.read_to_the_end();
                return status.code().unwrap_or(-1);
            }
            thread::sleep(Duration::from_millis(20));
        }
        let screen = self.screen();
        self.child.kill().unwrap();
        panic!("it does not end:\n{screen}");
    }

    /// Reads until a marker byte, which arrives after everything that the program wrote.
    fn read_to_the_end(&mut self) {
        const END: u8 = 0;
        self.pty.slave.write_all(&[END]).unwrap();
        let until = Instant::now() + TIMEOUT;
        while Instant::now() < until {
            let mut screen = self.screen.lock().unwrap();
            if screen.last() == Some(&END) {
                screen.pop();
                return;
            }
            drop(screen);
            thread::sleep(Duration::from_millis(2));
        }
    }
}
