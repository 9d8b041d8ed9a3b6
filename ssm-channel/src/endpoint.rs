//! Which hosts a session can connect to: the token goes there, so it must be AWS, or this machine in tests.

use std::net::IpAddr;

use tokio_tungstenite::tungstenite::http::Uri;

use crate::error::SessionError;

/// The domains of all AWS partitions, each with the one of its dual-stack endpoints.
const DOMAINS: [&str; 14] = [
    "amazonaws.com",
    "api.aws",
    "amazonaws.com.cn",
    "api.amazonwebservices.com.cn",
    "amazonaws.eu",
    "api.amazonwebservices.eu",
    "c2s.ic.gov",
    "api.aws.ic.gov",
    "sc2s.sgov.gov",
    "api.aws.scloud",
    "cloud.adc-e.uk",
    "api.cloud-aws.adc-e.uk",
    "csp.hci.ic.gov",
    "api.aws.hci.ic.gov",
];

/// The parts of a stream URL that a connection needs.
#[derive(Debug)]
pub struct Endpoint {
    pub uri: Uri,
    pub host: String,
    pub port: u16,
    pub tls: bool,
}

impl Endpoint {
    pub fn parse(url: &str) -> Result<Endpoint, SessionError> {
        parse(url).ok_or_else(|| SessionError::Endpoint { url: redact(url) })
    }
}

/// A URL without what nobody should see: the query, a user name and a password.
fn redact(url: &str) -> String {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let scheme = path.find("://").map_or(0, |at| at + 3);
    // A password can contain a slash, so everything up to the last @ goes.
    let host = path[scheme..].rsplit('@').next().unwrap_or_default();
    format!("{}{host}", &path[..scheme])
}

fn parse(url: &str) -> Option<Endpoint> {
    let uri: Uri = url.parse().ok()?;
    if uri.authority()?.as_str().contains('@') {
        return None;
    }
    let host = uri.host()?.to_ascii_lowercase();
    let host = host.trim_matches(['[', ']']).to_owned();
    let port = uri.port_u16();
    let tls = match uri.scheme_str()? {
        "wss" if is_session_manager(&host) && port.is_none_or(|port| port == 443) => true,
        "ws" if is_loopback(&host) => false,
        _ => return None,
    };
    Some(Endpoint {
        host,
        port: port.unwrap_or(if tls { 443 } else { 80 }),
        tls,
        uri,
    })
}

/// `ssmmessages.REGION.DOMAIN`, the same with FIPS, or one interface endpoint of a VPC.
/// <https://docs.aws.amazon.com/general/latest/gr/ssm.html>
fn is_session_manager(host: &str) -> bool {
    let is_service = |label: &str| label == "ssmmessages" || label == "ssmmessages-fips";
    DOMAINS
        .iter()
        .filter_map(|domain| host.strip_suffix(domain)?.strip_suffix('.'))
        .any(|rest| match rest.split('.').collect::<Vec<_>>()[..] {
            [service, region] => is_service(service) && is_label(region),
            [endpoint, service, region, "vpce"] => {
                endpoint.starts_with("vpce-")
                    && is_label(endpoint)
                    && is_service(service)
                    && is_label(region)
            }
            _ => false,
        })
}

fn is_label(label: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !label.is_empty() && label.bytes().all(is_plain)
}

fn is_loopback(host: &str) -> bool {
    let address = host.parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn session_manager_endpoints_are_accepted() {
        for host in [
            "ssmmessages.eu-central-1.amazonaws.com",
            "SSMMessages.eu-central-1.amazonaws.com",
            "ssmmessages.eu-central-1.amazonaws.com:443",
            "ssmmessages-fips.us-gov-west-1.amazonaws.com",
            "ssmmessages.cn-north-1.amazonaws.com.cn",
            "ssmmessages.us-iso-east-1.c2s.ic.gov",
            "ssmmessages.us-isob-east-1.sc2s.sgov.gov",
            "ssmmessages.us-east-1.api.aws",
            "ssmmessages.cn-north-1.api.amazonwebservices.com.cn",
            "vpce-0a1b-x2-eu-west-1a.ssmmessages.eu-west-1.vpce.amazonaws.com",
        ] {
            let url = format!("wss://{host}/v1/data-channel/x?role=publish_subscribe&c=a+/b=");
            let endpoint = Endpoint::parse(&url).expect(host);
            assert!(endpoint.tls && endpoint.port == 443);
            assert!(endpoint.uri.to_string().ends_with("&c=a+/b="), "verbatim");
        }
    }

    #[test]
    fn other_hosts_are_refused() {
        for url in [
            "ws://ssmmessages.eu-central-1.amazonaws.com/",
            "https://ssmmessages.eu-central-1.amazonaws.com/",
            "wss://ssmmessages.eu-central-1.amazonaws.com:8443/",
            "wss://ssmmessages.eu-central-1.amazonaws.com@example.com/",
            "wss://user:word@ssmmessages.eu-central-1.amazonaws.com/",
            "wss://ssmmessages.eu-central-1.amazonaws.com.example.com/",
            "wss://ssmmessages.eu-central-1.notamazonaws.com/",
            "wss://ssmmessages.amazonaws.com/",
            "wss://ssmmessages..amazonaws.com/",
            "wss://evil.s3.eu-central-1.amazonaws.com/",
            "wss://bucket.ssmmessages.eu-central-1.amazonaws.com/",
            "wss://ssm.eu-central-1.amazonaws.com/",
            "wss://x.ssmmessages.eu-west-1.vpce.amazonaws.com/",
            "wss://127.0.0.1/",
            "ws://127.0.0.1.example.com/",
            "ws://10.0.0.1/",
            "ws://[::2]/",
            "/v1/data-channel",
            "",
            "wss://",
        ] {
            assert!(Endpoint::parse(url).is_err(), "{url}");
        }
    }

    #[test]
    fn loopback_is_accepted_without_tls() {
        for (url, host, port) in [
            ("ws://127.0.0.1:9000/x", "127.0.0.1", 9000),
            ("ws://[::1]:9000/x", "::1", 9000),
            ("ws://localhost/x", "localhost", 80),
        ] {
            let endpoint = Endpoint::parse(url).expect(url);
            assert_eq!((endpoint.host.as_str(), endpoint.port), (host, port));
            assert!(!endpoint.tls);
        }
    }

    #[test]
    fn the_query_and_a_password_are_not_displayed() {
        for url in [
            "wss://example.com/v1?cell-number=AAEC",
            "wss://user:AAEC@example.com/v1",
            "wss://AAEC@example.com/v1",
            "wss://user:x/AAEC@example.com/v1",
            "user:AAEC@example.com/v1#AAEC",
        ] {
            let error = Endpoint::parse(url).unwrap_err().to_string();
            assert!(!error.contains("AAEC"), "{error}");
            assert!(error.contains("example.com/v1"), "{error}");
        }
    }
}
