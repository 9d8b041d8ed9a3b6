//! `NO_PROXY`, read as the agent's HTTP library (Go's `httpproxy`) reads it.

use std::net::IpAddr;

use ipnet::IpNet;

/// Whether a `NO_PROXY` value keeps requests to this host, a name or an IP address, off the proxy.
pub fn covers(no_proxy: &str, host: &str) -> bool {
    no_proxy
        .split(',')
        .map(str::trim)
        .filter(|entry| !entry.is_empty())
        .any(|entry| entry == "*" || matches(entry, host))
}

fn matches(entry: &str, host: &str) -> bool {
    let entry = without_port(entry).to_ascii_lowercase();
    let host = host.to_ascii_lowercase();
    if let Ok(address) = host.parse::<IpAddr>() {
        return entry.parse() == Ok(address)
            || entry
                .parse()
                .is_ok_and(|range: IpNet| range.contains(&address));
    }
    // `*.` stands for `.`, and a star elsewhere for nothing.
    let domain = match entry.starts_with("*.") {
        true => &entry[1..],
        false => &entry,
    };
    match domain.strip_prefix('.') {
        Some(parent) => host
            .strip_suffix(parent)
            .is_some_and(|child| child.ends_with('.')),
        None => {
            host == domain
                || host
                    .strip_suffix(domain)
                    .is_some_and(|child| child.ends_with('.'))
        }
    }
}

/// The agent connects to port 443 or 80; an entry with another port would not match, but that is never meant.
fn without_port(entry: &str) -> &str {
    match entry.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') && port.parse::<u16>().is_ok() => host,
        _ => entry,
    }
}

#[cfg(test)]
mod tests {
    use super::covers;

    #[test]
    fn an_entry_covers_hosts_domains_and_ranges() {
        let host = "ssmmessages.us-west-2.amazonaws.com";
        for list in [
            "*",
            "localhost, .amazonaws.com",
            "amazonaws.com",
            "*.amazonaws.com",
            "SSMMESSAGES.us-west-2.amazonaws.com:443",
        ] {
            assert!(covers(list, host), "{list}");
        }
        for list in [
            "",
            ",",
            "localhost",
            "naws.com",
            "*amazonaws.com",
            ".ssmmessages.us-west-2.amazonaws.com",
            "10.0.0.0/8",
        ] {
            assert!(!covers(list, host), "{list}");
        }
        for list in [
            "169.254.170.2",
            "169.254.0.0/16",
            "127.0.0.1,169.254.170.2:80",
        ] {
            assert!(covers(list, "169.254.170.2"), "{list}");
        }
        for list in ["169.254.169.254", "169.254.170", "10.0.0.0/8", "fe80::1"] {
            assert!(!covers(list, "169.254.170.2"), "{list}");
        }
    }
}
