//! Forwarded ports: programs here, `forward`, an agent, and servers "in the container", all on real sockets.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use ssm_channel::testing::{
    Agent, ClientEnd, ClientMessage, Gateway, MuxAgent, Served, frame, kind,
};
use ssm_channel::{CancellationToken, ForwardEvent, Notice, Options, SessionError, forward};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::client::{Aws, DATA_KEY, ms, random_bytes, resumed, session, within_timeout};

const LARGE: usize = 100_000_000;

/// A forwarded port on this side.
struct Forward {
    port: SocketAddr,
    events: mpsc::UnboundedReceiver<ForwardEvent>,
    cancel: CancellationToken,
    run: JoinHandle<Result<Option<String>, SessionError>>,
}

impl Forward {
    async fn start(gateway: &Gateway) -> Forward {
        let options = Options {
            half_close_wait: ms(300),
            ..Options::default()
        };
        Forward::with(gateway, Aws::default(), options).await
    }

    async fn with(gateway: &Gateway, aws: Aws, options: Options) -> Forward {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap();
        let session = session(gateway);
        let (happened, events) = mpsc::unbounded_channel();
        let cancel = options.cancel.clone();
        let run = tokio::spawn(async move {
            let report = |event| happened.send(event).unwrap();
            forward(session, &aws, &listener, options, report).await
        });
        Forward {
            port,
            events,
            cancel,
            run,
        }
    }

    async fn event(&mut self) -> ForwardEvent {
        within_timeout(self.events.recv()).await.unwrap()
    }

    async fn ready(&mut self) {
        assert_eq!(self.event().await, ForwardEvent::Ready { single: false });
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.port).await.unwrap()
    }

    async fn end(self) -> Result<Option<String>, SessionError> {
        within_timeout(self.run).await.unwrap()
    }
}

/// A forwarded port, and the agent that connects it to a server.
async fn forwarded(server: SocketAddr) -> (Forward, JoinHandle<Served>) {
    let gateway = Gateway::start().await;
    let mut forward = Forward::start(&gateway).await;
    let mut agent = Agent::accept(&gateway).await;
    agent.start_port_session().await;
    forward.ready().await;
    (forward, tokio::spawn(MuxAgent::new(agent, server).serve()))
}

/// Sends an end of file.
fn shut_down(stream: TcpStream) -> TcpStream {
    let stream = stream.into_std().unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    TcpStream::from_std(stream).unwrap()
}

async fn write(stream: &TcpStream, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        stream.writable().await.unwrap();
        if let Ok(count) = stream.try_write(bytes) {
            bytes = &bytes[count..];
        }
    }
}

/// At most this many bytes; fewer at the end. An error is one, too.
async fn read(stream: &TcpStream, length: usize) -> Vec<u8> {
    let mut all = Vec::new();
    let mut buffer = vec![0; 65_536];
    while all.len() < length {
        within_timeout(stream.readable()).await.unwrap();
        let room = buffer.len().min(length - all.len());
        match stream.try_read(&mut buffer[..room]) {
            Ok(0) => break,
            Ok(count) => all.extend_from_slice(&buffer[..count]),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(error) => panic!("after {} bytes: {error}", all.len()),
        }
    }
    all
}

/// A server that serves each connection with this.
async fn server<F: Future<Output = ()> + Send + 'static>(
    serve: impl Fn(TcpStream) -> F + Send + 'static,
) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream));
        }
    });
    address
}

/// Sends back what it receives.
async fn echo(stream: TcpStream) {
    let mut buffer = vec![0; 65_536];
    while stream.readable().await.is_ok() {
        match stream.try_read(&mut buffer) {
            Ok(0) => return,
            Ok(count) => write(&stream, &buffer[..count]).await,
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(_) => return,
        }
    }
}

async fn closed_port() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap()
}

/// Half of it in either direction.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_megabytes_arrive_as_they_were_sent() {
    let text: Arc<[u8]> = random_bytes(LARGE / 2).into();
    let sent = text.clone();
    let (received, mut uploads) = mpsc::channel(1);
    let server = server(move |stream| {
        let (text, received) = (sent.clone(), received.clone());
        async move {
            let upload = read(&stream, text.len()).await;
            received.send(upload == *text).await.unwrap();
            write(&stream, &text).await;
        }
    })
    .await;
    let (forward, agent) = forwarded(server).await;
    let local = forward.connect().await;
    let start = Instant::now();
    write(&local, &text).await;
    assert!(uploads.recv().await.is_some_and(|same| same), "upload");
    let up = start.elapsed();
    let download = read(&local, usize::MAX).await;
    let down = start.elapsed() - up;
    assert!(download == *text, "download");
    eprintln!("50 MB up in {up:?}, down in {down:?}");
    forward.cancel.cancel();
    assert_eq!(forward.end().await, Err(SessionError::Cancelled));
    let served = within_timeout(agent).await.unwrap();
    assert_eq!(served.opened, 1);
}

#[tokio::test]
async fn fifty_connections_at_once_do_not_mix() {
    let (forward, _agent) = forwarded(server(echo).await).await;
    let connections = (0..50).map(|number| {
        let port = forward.port;
        tokio::spawn(async move {
            let text = random_bytes(20_000 + number * 1000)[number * 1000..].to_vec();
            let local = TcpStream::connect(port).await.unwrap();
            let (all, ()) = tokio::join!(read(&local, text.len()), write(&local, &text));
            all == text
        })
    });
    for connection in connections.collect::<Vec<_>>() {
        assert!(within_timeout(connection).await.unwrap());
    }
}

#[tokio::test]
async fn a_small_answer_does_not_wait_for_more_input() {
    let (forward, _agent) = forwarded(server(echo).await).await;
    let local = forward.connect().await;
    for text in [&b"a"[..], b"bc", b"def"] {
        write(&local, text).await;
        assert_eq!(read(&local, text.len()).await, text);
    }
}

/// As `nc -N` does. The protocol knows no half-closed connection, so its end is not passed on before the answer is there.
#[tokio::test]
async fn the_answer_to_a_half_closed_connection_arrives() {
    let server = server(|stream| async move {
        assert_eq!(read(&stream, 5).await, b"query");
        for part in ["slow", " ", "answer"] {
            tokio::time::sleep(ms(150)).await;
            write(&stream, part.as_bytes()).await;
        }
    })
    .await;
    let (forward, agent) = forwarded(server).await;
    let local = forward.connect().await;
    write(&local, b"query").await;
    let local = shut_down(local);
    assert_eq!(read(&local, usize::MAX).await, b"slow answer");
    forward.cancel.cancel();
    assert_eq!(within_timeout(agent).await.unwrap().closed, 1);
}

/// Servers that wait for the end of the input learn of it, after a while.
#[tokio::test]
async fn the_end_of_the_input_reaches_the_server() {
    let (ended, mut end) = mpsc::channel(1);
    let server = server(move |stream| {
        let ended = ended.clone();
        async move { ended.send(read(&stream, usize::MAX).await).await.unwrap() }
    })
    .await;
    let (forward, _agent) = forwarded(server).await;
    let local = forward.connect().await;
    write(&local, b"all of it").await;
    drop(local);
    assert_eq!(within_timeout(end.recv()).await.unwrap(), b"all of it");
}

/// The last bytes too, though the local side was still sending.
#[tokio::test]
async fn the_end_of_a_server_reaches_the_local_side() {
    let server = server(|stream| async move {
        write(&stream, b"bye").await;
        let stream = shut_down(stream);
        read(&stream, usize::MAX).await;
    })
    .await;
    let (forward, _agent) = forwarded(server).await;
    let local = forward.connect().await;
    write(&local, &random_bytes(100_000)).await;
    assert_eq!(read(&local, usize::MAX).await, b"bye");
}

#[tokio::test]
async fn a_reset_of_the_local_side_closes_the_stream_at_once() {
    let (ended, mut end) = mpsc::channel(1);
    let server = server(move |stream| {
        let ended = ended.clone();
        async move {
            // Until it is closed.
            while stream.writable().await.is_ok() && stream.try_write(b"tick").is_ok() {
                tokio::time::sleep(ms(10)).await;
            }
            ended.send(()).await.unwrap();
        }
    })
    .await;
    let gateway = Gateway::start().await;
    let mut forward = Forward::with(&gateway, Aws::default(), Options::default()).await;
    let mut agent = Agent::accept(&gateway).await;
    agent.start_port_session().await;
    forward.ready().await;
    tokio::spawn(MuxAgent::new(agent, server).serve());
    let local = forward.connect().await;
    assert_eq!(read(&local, 4).await, b"tick");
    // With unread input in its buffer it is reset.
    tokio::time::sleep(ms(100)).await;
    drop(local);
    assert!(
        tokio::time::timeout(Duration::from_secs(4), end.recv())
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn a_refused_port_is_reported_and_forwarding_goes_on() {
    let (mut forward, agent) = forwarded(closed_port().await).await;
    for _ in 0..2 {
        let local = forward.connect().await;
        assert_eq!(read(&local, usize::MAX).await, b"");
        assert_eq!(forward.event().await, ForwardEvent::ConnectionFailed);
    }
    forward.cancel.cancel();
    assert_eq!(forward.end().await, Err(SessionError::Cancelled));
    let served = within_timeout(agent).await.unwrap();
    assert_eq!((served.opened, served.end), (2, ClientEnd::Terminated));
}

#[tokio::test]
async fn a_session_that_ends_closes_the_connections() {
    let gateway = Gateway::start().await;
    let mut forward = Forward::start(&gateway).await;
    let mut agent = Agent::accept(&gateway).await;
    agent.start_port_session().await;
    forward.ready().await;
    let agent = MuxAgent::new(agent, server(echo).await).ending_after(ms(500));
    tokio::spawn(agent.serve());
    let local = forward.connect().await;
    write(&local, b"x").await;
    assert_eq!(read(&local, usize::MAX).await, b"x");
    assert_eq!(
        forward.end().await,
        Ok(Some("The session was ended.".into()))
    );
}

/// A local side that does not read stops the server, and what is kept meanwhile is bounded.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_reader_stops_the_server() {
    let text: Arc<[u8]> = random_bytes(LARGE / 2).into();
    let (source, written) = (text.clone(), Arc::new(AtomicUsize::new(0)));
    let count = written.clone();
    let server = server(move |stream| {
        let (source, count) = (source.clone(), count.clone());
        async move {
            for piece in source.chunks(10_000) {
                write(&stream, piece).await;
                count.fetch_add(piece.len(), Ordering::Relaxed);
            }
        }
    })
    .await;
    let (forward, _agent) = forwarded(server).await;
    let local = forward.connect().await;
    let stuck = stuck_at(&written).await;
    // 4 MiB of the multiplexer, 1 MiB of the session, and what the system keeps for three sockets.
    assert!(stuck < 40_000_000, "{stuck}");
    assert!(read(&local, usize::MAX).await == *text);
    drop(forward);
}

/// A server that does not read stops the local side.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_server_stops_the_local_side() {
    let text: Arc<[u8]> = random_bytes(LARGE / 2).into();
    let (go, gone) = tokio::sync::watch::channel(false);
    let (received, mut uploads) = mpsc::channel(1);
    let expected = text.clone();
    let server = server(move |stream| {
        let (mut gone, received, expected) = (gone.clone(), received.clone(), expected.clone());
        async move {
            gone.wait_for(|go| *go).await.unwrap();
            let upload = read(&stream, expected.len()).await;
            received.send(upload == *expected).await.unwrap();
        }
    })
    .await;
    let (forward, _agent) = forwarded(server).await;
    let local = forward.connect().await;
    let written = Arc::new(AtomicUsize::new(0));
    let count = written.clone();
    let writing = tokio::spawn(async move {
        for piece in text.chunks(10_000) {
            write(&local, piece).await;
            count.fetch_add(piece.len(), Ordering::Relaxed);
        }
        local
    });
    let stuck = stuck_at(&written).await;
    assert!(stuck < 40_000_000, "{stuck}");
    go.send(true).unwrap();
    assert!(uploads.recv().await.is_some_and(|same| same));
    drop(writing.await);
}

/// How much was written when no more is.
async fn stuck_at(written: &AtomicUsize) -> usize {
    let mut before = usize::MAX;
    loop {
        tokio::time::sleep(ms(1000)).await;
        let now = written.load(Ordering::Relaxed);
        if now == before {
            return now;
        }
        before = now;
    }
}

/// At once, and every ten seconds.
#[tokio::test]
async fn old_agents_get_keep_alives() {
    let gateway = Gateway::start().await;
    let mut forward = Forward::start(&gateway).await;
    let mut agent = Agent::accept(&gateway).await.with_version("3.1.1511.0");
    agent.start_port_session().await;
    forward.ready().await;
    let nop = frame(3, 0, &[]);
    for _ in 0..2 {
        assert_eq!(
            within_timeout(agent.receive()).await,
            ClientMessage::Input(nop.clone().into())
        );
    }
}

#[tokio::test]
async fn agents_without_a_multiplexer_carry_one_connection_at_a_time() {
    let gateway = Gateway::start().await;
    let mut forward = Forward::start(&gateway).await;
    let mut agent = Agent::accept(&gateway).await.with_version("3.0.196.0");
    agent.start_port_session().await;
    assert_eq!(forward.event().await, ForwardEvent::Ready { single: true });
    agent.output("hello\n").await;
    let first = forward.connect().await;
    assert_eq!(read(&first, 6).await, b"hello\n");
    write(&first, b"one").await;
    assert_eq!(within_timeout(agent.input(3)).await, b"one");
    let second = forward.connect().await;
    drop(first);
    assert_eq!(
        within_timeout(agent.receive()).await,
        ClientMessage::Flag(1)
    );
    agent.output("of the first one").await;
    agent.wait_for_acknowledgements().await;
    tokio::time::sleep(ms(200)).await;
    write(&second, b"two").await;
    assert_eq!(within_timeout(agent.input(3)).await, b"two");
    agent.output("for the second one").await;
    assert_eq!(read(&second, 18).await, b"for the second one");
    forward.cancel.cancel();
    assert_eq!(forward.end().await, Err(SessionError::Cancelled));
    assert_eq!(
        within_timeout(agent.receive()).await,
        ClientMessage::Flag(2)
    );
}

#[tokio::test]
async fn an_encrypted_session_carries_connections() {
    let gateway = Gateway::start().await;
    let aws = Aws::default();
    let mut forward = Forward::with(&gateway, aws.clone(), Options::default()).await;
    let mut agent = Agent::accept(&gateway).await.with_port_session();
    agent.encrypt(&DATA_KEY, Some("random text")).await;
    let message = Notice::CustomerMessage("This session is encrypted using AWS KMS.".into());
    assert_eq!(forward.event().await, ForwardEvent::Notice(message));
    forward.ready().await;
    tokio::spawn(MuxAgent::new(agent, server(echo).await).serve());
    let text = random_bytes(300_000);
    let local = forward.connect().await;
    let (all, ()) = tokio::join!(read(&local, text.len()), write(&local, &text));
    assert!(all == text);
    let contexts = aws.contexts.lock().unwrap();
    assert_eq!(
        contexts[0]["aws:ssm:TargetId"],
        "ecs:production_0123_0123-456"
    );
}

#[tokio::test]
async fn connections_survive_a_lost_connection_to_the_gateway() {
    let gateway = Gateway::start().await;
    let aws = Aws::with_resumes([resumed("second-token")]);
    let mut forward = Forward::with(&gateway, aws, Options::default()).await;
    let mut agent = Agent::accept(&gateway).await;
    agent.start_port_session().await;
    forward.ready().await;
    let local = forward.connect().await;
    write(&local, b"one").await;
    let first = [frame(0, 3, &[]), frame(2, 3, b"one")].concat();
    assert_eq!(within_timeout(agent.input(first.len())).await, first);
    agent.connection().cut().await;
    write(&local, b"two").await;
    within_timeout(agent.resume(&gateway)).await;
    assert_eq!(within_timeout(agent.input(11)).await, frame(2, 3, b"two"));
    agent.output(frame(2, 3, b"answer")).await;
    assert_eq!(read(&local, 6).await, b"answer");
    let lost = ForwardEvent::Notice(Notice::ConnectionLost);
    assert_eq!(forward.event().await, lost);
}

#[tokio::test]
async fn violations_of_the_multiplexers_protocol_end_the_session() {
    for (bytes, why) in [
        (vec![2, 0, 0, 0, 3, 0, 0, 0], "version 2"),
        (vec![1, 9, 0, 0, 3, 0, 0, 0], "unknown command 9"),
        (vec![1, 1, 5, 0, 3, 0, 0, 0], "5 bytes of data"),
        (random_bytes(100), "a frame of the multiplexer"),
    ] {
        let gateway = Gateway::start().await;
        let mut forward = Forward::start(&gateway).await;
        let mut agent = Agent::accept(&gateway).await;
        agent.start_port_session().await;
        forward.ready().await;
        agent.output(bytes).await;
        assert_eq!(
            within_timeout(agent.receive()).await,
            ClientMessage::Flag(2)
        );
        match forward.end().await {
            Err(SessionError::Protocol(error)) => assert!(error.contains(why), "{error}"),
            other => panic!("{other:?}"),
        }
    }
}

/// Frames for streams that are not open, and streams that the agent opens, harm nothing.
#[tokio::test]
async fn frames_of_unknown_streams_are_ignored() {
    let gateway = Gateway::start().await;
    let mut forward = Forward::start(&gateway).await;
    let mut agent = Agent::accept(&gateway).await;
    agent.start_port_session().await;
    forward.ready().await;
    let odd = [
        frame(2, 99, b"nobody"),
        frame(1, 98, &[]),
        frame(3, 0, &[]),
        frame(0, 4, &[]),
    ];
    agent.output(odd.concat()).await;
    assert_eq!(
        within_timeout(agent.input(8)).await,
        frame(1, 4, &[]),
        "refused"
    );
    let local = forward.connect().await;
    assert_eq!(within_timeout(agent.input(8)).await, frame(0, 3, &[]));
    agent.output(frame(2, 3, b"still here")).await;
    assert_eq!(read(&local, 10).await, b"still here");
}

#[tokio::test]
async fn a_session_of_another_type_is_refused() {
    let gateway = Gateway::start().await;
    let forward = Forward::start(&gateway).await;
    let mut agent = Agent::accept(&gateway).await;
    let shell = serde_json::json!([{"ActionType": "SessionType",
        "ActionParameters": {"SessionType": "Standard_Stream"}}]);
    let response = agent.handshake(shell).await;
    assert_eq!(response["ProcessedClientActions"][0]["ActionStatus"], 2);
    agent.close("").await;
    assert!(matches!(
        forward.end().await,
        Err(SessionError::Handshake(_))
    ));
    // So is one without a handshake.
    let gateway = Gateway::start().await;
    let forward = Forward::start(&gateway).await;
    let mut agent = Agent::accept(&gateway).await;
    agent.send(kind::OUTPUT, Bytes::from_static(b"$ ")).await;
    agent.connection().flush().await;
    assert!(matches!(
        forward.end().await,
        Err(SessionError::Handshake(_))
    ));
}
