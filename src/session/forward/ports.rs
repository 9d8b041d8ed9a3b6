//! Which ports are forwarded, and where this machine listens for them.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};

use model::text::sanitize_line;
use tokio::net::TcpListener;

use crate::cli_error::CliError;

/// A local port and what it stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ports {
    /// 0: any free one.
    pub local: u16,
    /// `None`: the remote port is the container's own.
    pub host: Option<String>,
    pub remote: u16,
}

impl Ports {
    /// `PORT`, `LOCAL:REMOTE` or `LOCAL:HOST:REMOTE`; an empty `LOCAL` is any free port. An IPv6 address as `HOST` can
    /// have brackets.
    pub fn parse(text: &str) -> Option<Ports> {
        let (local, rest) = text.split_once(':').unwrap_or((text, text));
        let (host, remote) = match rest.rsplit_once(':') {
            Some((host, remote)) => (Some(host), remote),
            None => (None, rest),
        };
        let host = host.map(|host| {
            let inner = host
                .strip_prefix('[')
                .and_then(|host| host.strip_suffix(']'));
            inner.unwrap_or(host)
        });
        if host.is_some_and(|host| host.is_empty() || host.starts_with('-')) {
            return None;
        }
        Some(Ports {
            local: match local {
                "" => 0,
                local => local.parse().ok()?,
            },
            host: host.map(str::to_owned),
            remote: remote.parse().ok().filter(|port| *port > 0)?,
        })
    }
}

/// What the remote side connects to.
impl fmt::Display for Ports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Some(host) => write!(f, "{}:{}", sanitize_line(host), self.remote),
            None => write!(f, "port {}", self.remote),
        }
    }
}

/// Ports with the listener on this machine.
pub struct Forwarding {
    pub ports: Ports,
    pub listener: TcpListener,
    /// Where it listens.
    pub local: SocketAddr,
}

impl Forwarding {
    /// Listens, so that a port that is in use is noticed before AWS is asked for anything.
    pub async fn listen(address: IpAddr, ports: Ports) -> Result<Forwarding, CliError> {
        let local = SocketAddr::new(address, ports.local);
        let opened = async {
            let listener = TcpListener::bind(local).await?;
            let local = listener.local_addr()?;
            Ok((listener, local))
        };
        let (listener, local) = opened
            .await
            .map_err(|error: io::Error| cannot_listen(local, &error))?;
        Ok(Forwarding {
            ports,
            listener,
            local,
        })
    }
}

fn cannot_listen(local: SocketAddr, error: &io::Error) -> CliError {
    let hint = match error.kind() {
        io::ErrorKind::AddrInUse => {
            "Another program uses the port. Name another one before the colon; 0 is any free one, as in 0:80."
        }
        io::ErrorKind::PermissionDenied => {
            "Ports below 1024 are reserved for the administrator. Name another one before the colon, as in 8080:80."
        }
        _ => "--address takes an address of this machine.",
    };
    CliError::new(format!("cannot listen on {local}: {error}"), hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_parsed() {
        let parse = |text| Ports::parse(text).map(|ports| (ports.local, ports.host, ports.remote));
        let host = |name: &str| Some(name.to_owned());
        assert_eq!(parse("8080:80"), Some((8080, None, 80)));
        assert_eq!(parse("8080"), Some((8080, None, 8080)));
        assert_eq!(
            parse("5432:db.internal:5432"),
            Some((5432, host("db.internal"), 5432))
        );
        assert_eq!(parse("0:80"), Some((0, None, 80)), "any free port");
        assert_eq!(parse(":80"), Some((0, None, 80)), "as kubectl writes it");
        assert_eq!(parse("1:[fd00::2]:3"), Some((1, host("fd00::2"), 3)));
        assert_eq!(parse("1:fd00::2:3"), Some((1, host("fd00::2"), 3)));
        for bad in [
            "", "0", ":", "a:80", "80:a", "80:0", "99999:80", "1:2:", "1::2", "1:-x:2",
        ] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_port_that_is_in_use_is_an_error() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let loopback = IpAddr::from([127, 0, 0, 1]);
            let any = Ports::parse("0:80").unwrap();
            let first = Forwarding::listen(loopback, any).await.unwrap();
            let same = Ports {
                local: first.local.port(),
                ..first.ports
            };
            let error = Forwarding::listen(loopback, same).await.err().unwrap();
            assert_eq!(error.exit_code(), 2);
            assert!(error.to_string().contains("Another program"), "{error}");
        });
    }
}
