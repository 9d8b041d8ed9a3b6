//! Connects to Systems Manager directly or through the proxy of the environment, by the same rules as the calls to AWS
//! (`HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY`, in either case).

use std::error::Error;
use std::io;
use std::sync::Arc;

use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use ssm_channel::{Connect, Stream, tcp};
use tower_service::Service;

/// How to connect to a host and a port.
pub fn connect() -> Connect {
    let matcher = Matcher::from_env();
    let direct = tcp();
    Arc::new(move |host, port| {
        let Ok(destination) = format!("https://{host}:{port}").parse() else {
            return direct(host, port);
        };
        match matcher.intercept(&destination) {
            Some(proxy) => Box::pin(tunnel(proxy, destination)),
            None => direct(host, port),
        }
    })
}

async fn tunnel(proxy: Intercept, destination: http::Uri) -> io::Result<Box<dyn Stream>> {
    let name = proxy.uri().authority().map_or("", |name| name.as_str());
    if proxy.uri().scheme_str() != Some("http") {
        return Err(io::Error::other(format!(
            "sessions support http:// proxies only, not {}://{name}",
            proxy.uri().scheme_str().unwrap_or_default()
        )));
    }
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    let mut tunnel = Tunnel::new(proxy.uri().clone(), connector);
    if let Some(credentials) = proxy.basic_auth() {
        tunnel = tunnel.with_auth(credentials.clone());
    }
    let stream = tunnel.call(destination).await.map_err(|error| {
        let source = error.source();
        let source = source.map_or_else(String::new, |source| format!(" ({source})"));
        io::Error::other(format!("by the proxy {name}: {error}{source}"))
    })?;
    Ok(Box::new(stream.into_inner()))
}
