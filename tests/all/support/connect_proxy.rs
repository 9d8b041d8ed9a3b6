//! An HTTP proxy that supports only CONNECT and requires a password.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// The required `Proxy-Authorization`: `user:pass word`.
const CREDENTIALS: &str = "Basic dXNlcjpwYXNzIHdvcmQ=";

#[derive(Clone)]
pub struct ConnectProxy {
    pub port: u16,
    /// The requested hosts and ports.
    pub destinations: Arc<Mutex<Vec<String>>>,
}

impl ConnectProxy {
    pub fn start() -> ConnectProxy {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let proxy = ConnectProxy {
            port: listener.local_addr().unwrap().port(),
            destinations: Arc::default(),
        };
        let destinations = proxy.destinations.clone();
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let destinations = destinations.clone();
                thread::spawn(move || tunnel(client, &destinations));
            }
        });
        proxy
    }
}

fn tunnel(mut client: TcpStream, destinations: &Mutex<Vec<String>>) -> io::Result<()> {
    let mut lines = BufReader::new(client.try_clone()?).lines();
    let first = lines.next().expect("a request line")?;
    let destination = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut is_authorized = false;
    for header in lines {
        let header = header?;
        if header.is_empty() {
            break;
        }
        is_authorized |= header.ends_with(CREDENTIALS);
    }
    destinations.lock().unwrap().push(destination.clone());
    if !is_authorized {
        return client.write_all(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
    }
    let server = TcpStream::connect(destination)?;
    client.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
    let (mut from_client, mut to_server) = (client.try_clone()?, server.try_clone()?);
    thread::spawn(move || {
        let _ = io::copy(&mut from_client, &mut to_server);
        let _ = to_server.shutdown(Shutdown::Write);
    });
    io::copy(&mut { server }, &mut client)?;
    client.shutdown(Shutdown::Both)
}
