//! `port-forward`: with port sessions, through ECS Exec, and what it says when it cannot.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::support::doctor;
use crate::support::fake_service::Service;

/// Longer than anything takes on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server on this machine, which serves each connection with this.
fn server(serve: impl Fn(TcpStream) + Send + Sync + 'static) -> u16 {
    serve_on(TcpListener::bind("127.0.0.1:0").unwrap(), serve)
}

fn serve_on(listener: TcpListener, serve: impl Fn(TcpStream) + Send + Sync + 'static) -> u16 {
    let port = listener.local_addr().unwrap().port();
    let serve = Arc::new(serve);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let serve = serve.clone();
            thread::spawn(move || serve(stream.unwrap()));
        }
    });
    port
}

/// Sends back what it receives.
fn echo() -> u16 {
    server(|stream| {
        let mut from = stream.try_clone().unwrap();
        let _ = std::io::copy(&mut from, &mut &stream);
    })
}

/// Nothing listens on it. A port that was free a moment ago can be the next server's.
const CLOSED_PORT: u16 = 1;

/// `port-forward` while it runs.
struct Forward {
    child: Child,
    /// The local ports, as it printed them.
    ports: Vec<u16>,
    stderr: Arc<Mutex<String>>,
    /// Reads standard error to its end.
    reader: JoinHandle<()>,
}

impl Forward {
    fn start(service: &Service, ports: &[String], more: &[&str]) -> Forward {
        let mut child = service
            .command(&["port-forward", "web", "--no-doctor"])
            .args(ports)
            .args(more)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stderr = Arc::new(Mutex::new(String::new()));
        let (shared, mut pipe) = (stderr.clone(), child.stderr.take().unwrap());
        let reader = thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = pipe.read(&mut buffer) {
                let text = String::from_utf8_lossy(&buffer[..count]);
                shared.lock().unwrap().push_str(&text);
            }
        });
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut local_ports = vec![0; ports.len()];
        // Ports are printed as they become ready.
        for _ in ports {
            let Some(line) = lines.next() else {
                reader.join().unwrap();
                panic!("{}", stderr.lock().unwrap())
            };
            let line = line.unwrap();
            let number = |text: &str| text.rsplit([':', ' ']).next().unwrap().parse::<u16>();
            let (local, remote) = line.split_once(" -> ").unwrap();
            let words = remote.split_whitespace();
            let remote = words.map(number).find_map(Result::ok).unwrap();
            let at = ports.iter().position(|port| number(port) == Ok(remote));
            local_ports[at.unwrap()] = number(local).unwrap();
        }
        Forward {
            child,
            ports: local_ports,
            stderr,
            reader,
        }
    }

    fn connect(&self, at: usize) -> TcpStream {
        let stream = TcpStream::connect(("127.0.0.1", self.ports[at])).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    fn expect(&self, text: &str) {
        for _ in 0..600 {
            if self.stderr.lock().unwrap().contains(text) {
                return;
            }
            thread::sleep(Duration::from_millis(100));
        }
        panic!("{text:?} does not come: {}", self.stderr.lock().unwrap());
    }

    /// Sends Ctrl-C's signal and returns the exit status and standard error.
    fn interrupt(self) -> (i32, String) {
        let pid = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-INT", &pid])
                .status()
                .unwrap()
                .success()
        );
        self.wait()
    }

    fn wait(mut self) -> (i32, String) {
        let status = self.child.wait().unwrap();
        self.reader.join().unwrap();
        let stderr = self.stderr.lock().unwrap().clone();
        (status.code().expect("ended by a signal"), stderr)
    }
}

/// Bytes that are no text.
fn noise(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at * 7 + at / 251) as u8).collect()
}

/// Sends bytes to an echo and compares what comes back.
fn exchange(stream: &TcpStream, bytes: &[u8]) {
    let mut writer = stream.try_clone().unwrap();
    let sent = bytes.to_vec();
    let writing = thread::spawn(move || writer.write_all(&sent).unwrap());
    let mut back = vec![0; bytes.len()];
    (&mut &*stream).read_exact(&mut back).unwrap();
    writing.join().unwrap();
    assert!(back == bytes, "not what was sent");
}

#[test]
fn ports_are_forwarded_until_ctrl_c() {
    let service = Service::start();
    let (first, second) = (echo(), echo());
    let ports = [format!("0:{first}"), format!(":localhost:{second}")];
    let forward = Forward::start(&service, &ports, &[]);
    let connections: Vec<TcpStream> = (0..10).map(|at| forward.connect(at % 2)).collect();
    for connection in &connections {
        exchange(connection, b"short");
        exchange(connection, &noise(50_000));
    }
    let (status, stderr) = forward.interrupt();
    assert_eq!(status, 130, "{stderr}");
    assert!(stderr.contains("ssm:StartSession"), "{stderr}");
    let mut left = Vec::new();
    assert!(matches!(
        (&connections[0]).read_to_end(&mut left),
        Ok(0) | Err(_)
    ));
    assert_eq!(service.calls("ssm:TerminateSession"), 2);
    let asked = service.account.lock().unwrap().port_sessions.clone();
    let documents = [
        "AWS-StartPortForwardingSession",
        "AWS-StartPortForwardingSessionToRemoteHost",
    ];
    for (asked, document) in asked.iter().zip(documents) {
        assert_eq!(asked["DocumentName"], document);
        let target = "ecs:production_0a1b2c3d4e5f60718293a4b5c6d7e8f9_0a1b2c3d-123";
        assert_eq!(asked["Target"], target);
    }
    assert_eq!(asked[0]["Parameters"]["portNumber"][0], first.to_string());
    assert_eq!(asked[1]["Parameters"]["host"][0], "localhost");
}

#[test]
fn a_port_in_use_is_an_error_before_aws_is_asked() {
    let service = Service::start();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let run = service.run(&["port-forward", "web", "0:80", &format!("{port}:80")]);
    assert_eq!(run.status, 2, "{}", run.stderr);
    let expected = format!("cannot listen on 127.0.0.1:{port}");
    assert!(run.stderr.contains(&expected), "{}", run.stderr);
    assert!(service.account.lock().unwrap().calls.is_empty());
    for ports in ["80:x", "1:2:", "0"] {
        let run = service.run(&["port-forward", "web", ports]);
        assert_eq!(run.status, 2, "{}", run.stderr);
        assert!(
            run.stderr.contains("like 8080, 8080:4000"),
            "{}",
            run.stderr
        );
    }
}

#[test]
fn a_refused_connection_is_said_and_forwarding_goes_on() {
    let service = Service::start();
    let ports = [format!("0:{CLOSED_PORT}"), format!("0:{}", echo())];
    let forward = Forward::start(&service, &ports, &[]);
    for _ in 0..2 {
        let mut answer = Vec::new();
        forward.connect(0).read_to_end(&mut answer).unwrap();
        assert_eq!(answer, b"");
    }
    exchange(&forward.connect(1), b"still works");
    let (status, stderr) = forward.interrupt();
    assert_eq!(status, 130);
    assert_eq!(
        stderr.matches("could not connect to port").count(),
        2,
        "{stderr}"
    );
}

#[test]
fn a_session_that_ends_by_itself_ends_the_command() {
    let service = Service::start();
    service.account.lock().unwrap().port_sessions_end_after = Some(Duration::from_secs(1));
    let forward = Forward::start(&service, &[format!("0:{}", echo())], &[]);
    let (status, stderr) = forward.wait();
    assert_eq!(status, 255, "{stderr}");
    assert!(stderr.contains("ended: The session was ended."), "{stderr}");
}

const DENIED: &str = "User: arn:aws:sts::1:assumed-role/x is not authorized to perform: ssm:StartSession on resource: y";

/// The programs that can carry a connection, in the order in which they are tried.
const TOOLS: [&str; 6] = ["python3", "python", "perl", "nc", "socat", "bash"];

/// A service whose caller cannot start sessions past ECS, and whose image has only this program of [`TOOLS`].
fn denied(tool: &str) -> Service {
    let others = TOOLS.iter().filter(|known| **known != tool);
    let lacks: Vec<String> = others.map(|name| (*name).to_owned()).collect();
    let service = Service::with_image(|image| image.missing_programs = lacks);
    let mut account = service.account.lock().unwrap();
    account.denied.insert("ssm:StartSession", DENIED);
    drop(account);
    service
}

/// Whether this machine has the program, and a connection ends with it when the server closes.
fn is_usable(program: &str) -> bool {
    let is_openbsd = |nc: &Path| {
        let help = Command::new(nc).arg("-h").output().unwrap();
        String::from_utf8_lossy(&[help.stdout, help.stderr].concat()).contains("-N")
    };
    ["/usr/bin", "/bin"]
        .iter()
        .map(|folder| Path::new(folder).join(program))
        .find(|path| path.exists())
        .is_some_and(|path| program != "nc" || !is_openbsd(&path))
}

#[test]
fn without_start_session_ports_are_forwarded_through_ecs_exec() {
    for tool in TOOLS.into_iter().filter(|tool| is_usable(tool)) {
        let service = denied(tool);
        let forward = Forward::start(&service, &[format!("0:{}", echo())], &[]);
        forward.expect(&format!("through ECS Exec with {tool} of the image"));
        let connections = [forward.connect(0), forward.connect(0)];
        for connection in &connections {
            exchange(connection, b"GET / HTTP/1.1\r\n\r\n");
        }
        exchange(&connections[0], &noise(30_000));
        // One to look for the program, one for each connection.
        assert_eq!(service.calls("ecs:ExecuteCommand"), 3, "{tool}");
        let (status, stderr) = forward.interrupt();
        assert_eq!(status, 130, "{tool}: {stderr}");
        assert_eq!(service.calls("ssm:TerminateSession"), 2, "{tool}");
    }
}

/// The server's answer after the end of the input arrives, and so does its own end. Neither bash nor the traditional nc
/// pass on the end.
#[test]
fn a_half_closed_connection_through_ecs_exec_gets_its_answer() {
    for tool in TOOLS
        .into_iter()
        .filter(|tool| *tool != "bash" && is_usable(tool))
    {
        let service = denied(tool);
        let port = server(|mut stream| {
            let mut query = Vec::new();
            stream.read_to_end(&mut query).unwrap();
            stream
                .write_all(&[b"you sent ", &query[..]].concat())
                .unwrap();
        });
        let forward = Forward::start(&service, &[format!("0:{port}")], &[]);
        let mut local = forward.connect(0);
        local.write_all(b"\x00\xff=\n").unwrap();
        local.shutdown(Shutdown::Write).unwrap();
        let mut answer = Vec::new();
        local.read_to_end(&mut answer).unwrap();
        assert_eq!(answer, b"you sent \x00\xff=\n", "{tool}");
        forward.interrupt();
    }
}

#[test]
fn an_ipv6_host_is_reached_through_ecs_exec() {
    // Machines without IPv6 cannot test it.
    let Ok(listener) = TcpListener::bind("[::1]:0") else {
        return;
    };
    let port = serve_on(listener, |mut stream| {
        stream.write_all(b"from IPv6").unwrap();
    });
    for tool in TOOLS.into_iter().filter(|tool| is_usable(tool)) {
        let service = denied(tool);
        let forward = Forward::start(&service, &[format!("0:[::1]:{port}")], &[]);
        let mut answer = Vec::new();
        forward.connect(0).read_to_end(&mut answer).unwrap();
        assert_eq!(answer, b"from IPv6", "{tool}");
        forward.interrupt();
    }
}

#[test]
fn a_refused_connection_through_ecs_exec_is_said() {
    let service = denied("perl");
    let forward = Forward::start(&service, &[format!("0:{CLOSED_PORT}")], &[]);
    let mut answer = Vec::new();
    let _ = forward.connect(0).read_to_end(&mut answer);
    assert_eq!(answer, b"");
    forward.expect("could not connect to port");
    forward.interrupt();
}

#[test]
fn an_image_without_any_program_cannot_forward() {
    let service = denied("none of them");
    let run = service.run(&["port-forward", "web", "0:80"]);
    assert_eq!(run.status, 255, "{}", run.stderr);
    for said in ["python3, python, perl", "ssm:StartSession"] {
        assert!(run.stderr.contains(said), "{}", run.stderr);
    }
    service.image(|image| image.missing_programs = vec!["base64".to_owned()]);
    let run = service.run(&["port-forward", "web", "0:80"]);
    assert_eq!(run.status, 255, "{}", run.stderr);
    assert!(run.stderr.contains("lacks base64"), "{}", run.stderr);
}

#[test]
fn the_plugin_is_looked_for_before_a_session_is_opened() {
    let service = Service::start();
    for arguments in [
        &["port-forward", "web", "0:80"][..],
        &["exec", "web", "--no-doctor"],
    ] {
        let mut command = service.command(arguments);
        let run = doctor::run(command.args(["--transport", "plugin"]));
        assert_eq!(run.status, 255, "{}", run.stderr);
        assert!(
            run.stderr.contains("plugin is not installed"),
            "{}",
            run.stderr
        );
    }
    assert_eq!(service.calls("ssm:StartSession"), 0);
    assert_eq!(service.calls("ecs:ExecuteCommand"), 0);
    let two = ["port-forward", "web", "80", "81", "--transport", "plugin"];
    assert_eq!(service.run(&two).status, 2);
}
