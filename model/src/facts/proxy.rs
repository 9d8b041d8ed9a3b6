//! Proxies between the agent in a container and AWS.

use serde::{Deserialize, Serialize};

use crate::no_proxy;

/// What the proxy variables of a container mean for the agent, worked out where their values were still at hand.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ProxyEnvironment {
    /// Names of the proxy variables that have a value: `HTTP_PROXY`, `https_proxy`, ….
    pub variables: Vec<String>,
    /// The agent asks 169.254.170.2, where the task's credentials come from, without a proxy: over HTTP, so that
    /// only `HTTP_PROXY` counts, and `NO_PROXY` may cover it.
    pub credentials_bypass: bool,
    /// The agent calls ssmmessages without a proxy: over TLS, so that only `HTTPS_PROXY` counts, and `NO_PROXY` may
    /// cover it.
    pub ssmmessages_bypass: bool,
}

impl ProxyEnvironment {
    /// Calls over TLS go through it, but for exceptions.
    pub fn is_for_tls(&self) -> bool {
        let mut variables = self.variables.iter();
        variables.any(|name| name.eq_ignore_ascii_case("https_proxy"))
    }

    /// What the proxy variables among these mean for the agent; their values go no further. `ssmmessages` is the
    /// host name that the agent connects to.
    pub fn of<'v>(
        variables: impl Iterator<Item = (&'v str, &'v str)> + Clone,
        ssmmessages: &str,
    ) -> Option<ProxyEnvironment> {
        let set = |wanted: &[&str]| -> Vec<(&str, &str)> {
            let variables = variables.clone();
            variables
                .filter(|(name, value)| wanted.contains(name) && !value.is_empty())
                .collect()
        };
        let plain = set(&["HTTP_PROXY", "http_proxy"]);
        let tls = set(&["HTTPS_PROXY", "https_proxy"]);
        let proxies = set(&["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"]);
        if proxies.is_empty() {
            return None;
        }
        // The agent's HTTP library takes the first of the two that is set.
        let exceptions = set(&["NO_PROXY"]).first().copied();
        let exceptions = exceptions.or(set(&["no_proxy"]).first().copied());
        let bypasses =
            |host: &str| exceptions.is_some_and(|(_, list)| no_proxy::covers(list, host));
        Some(ProxyEnvironment {
            variables: proxies.iter().map(|(name, _)| (*name).to_owned()).collect(),
            credentials_bypass: plain.is_empty() || bypasses("169.254.170.2"),
            ssmmessages_bypass: tls.is_empty() || bypasses(ssmmessages),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::ProxyEnvironment;

    #[test]
    fn each_proxy_is_for_its_own_protocol() {
        let host = "ssmmessages.us-west-2.amazonaws.com";
        let bypasses = |variables: &[(&str, &str)]| {
            let proxy = ProxyEnvironment::of(variables.iter().copied(), host)?;
            Some((proxy.credentials_bypass, proxy.ssmmessages_bypass))
        };
        let (http, https) = (("HTTP_PROXY", "http://p"), ("https_proxy", "http://p"));
        assert_eq!(bypasses(&[("NO_PROXY", "*")]), None);
        assert_eq!(bypasses(&[http]), Some((false, true)));
        assert_eq!(bypasses(&[https]), Some((true, false)));
        assert_eq!(bypasses(&[http, https]), Some((false, false)));
        let credentials = ("no_proxy", "169.254.170.2");
        assert_eq!(bypasses(&[http, https, credentials]), Some((true, false)));
        let star = ("NO_PROXY", "*");
        assert_eq!(bypasses(&[http, https, star]), Some((true, true)));
    }
}
