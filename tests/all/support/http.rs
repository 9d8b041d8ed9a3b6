//! A plain HTTP/1.1 server with one thread per connection, enough for the AWS SDK and the AWS CLI.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

pub struct Request {
    pub method: String,
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}

pub struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
    /// The Date header.
    pub date: Option<String>,
    /// Closes the connection in the middle of the body.
    pub cut: bool,
}

/// Serves on a free local port and returns the URL.
pub fn serve(answer: impl Fn(Request) -> Answer + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let answer = Arc::new(answer);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (stream, answer) = (stream.unwrap(), answer.clone());
            thread::spawn(move || converse(stream, &*answer));
        }
    });
    url
}

/// Answers requests until the client closes the connection.
fn converse(mut stream: TcpStream, answer: &dyn Fn(Request) -> Answer) {
    stream.set_nodelay(true).unwrap();
    while let Some(request) = read(&mut stream) {
        let Answer {
            status,
            mut body,
            date,
            cut,
        } = answer(request);
        let length = body.len();
        if cut {
            body.truncate(length / 2);
        }
        let date = date.map_or(String::new(), |date| format!("date: {date}\r\n"));
        let head = format!("HTTP/1.1 {status} .\r\n{date}content-length: {length}\r\n\r\n",);
        let message = [head.as_bytes(), &body].concat();
        if stream.write_all(&message).is_err() || cut {
            return;
        }
    }
}

fn read(stream: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    let (mut request, head) = loop {
        if let Some(parsed) = parse(&bytes) {
            break parsed;
        }
        receive(stream, &mut bytes)?;
    };
    if request.header("expect").is_some() {
        stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").ok()?;
    }
    let length = request
        .header("content-length")
        .map_or(0, |length| length.parse().unwrap());
    while bytes.len() < head + length {
        receive(stream, &mut bytes)?;
    }
    request.body = bytes.split_off(head);
    Some(request)
}

fn receive(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> Option<()> {
    let mut chunk = [0; 8192];
    match stream.read(&mut chunk) {
        Ok(0) | Err(_) => None,
        Ok(count) => {
            bytes.extend_from_slice(&chunk[..count]);
            Some(())
        }
    }
}

/// A request without its body, and the length of its head.
fn parse(bytes: &[u8]) -> Option<(Request, usize)> {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut request = httparse::Request::new(&mut headers);
    let head = match request.parse(bytes).unwrap() {
        httparse::Status::Complete(head) => head,
        httparse::Status::Partial => return None,
    };
    let headers = request
        .headers
        .iter()
        .map(|header| {
            let value = String::from_utf8_lossy(header.value).into_owned();
            (header.name.to_owned(), value)
        })
        .collect();
    let request = Request {
        method: request.method.unwrap().to_owned(),
        target: request.path.unwrap().to_owned(),
        headers,
        body: Vec::new(),
    };
    Some((request, head))
}
