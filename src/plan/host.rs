//! Hosts that load may be sent to.

use std::net::IpAddr;

/// Whether load may be sent to a host: loopback always, any other only when `allow` lists it.
///
/// `host` is written as in a URL, an IPv6 address in brackets or without. `*.` as the first label of an allowed host
/// stands for one or more labels. A name that merely resolves to loopback is not loopback, except `localhost`.
pub fn admits(allow: &[String], host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']').trim_end_matches('.').to_ascii_lowercase();
    let loopback =
        host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback());
    loopback || allow.iter().any(|allowed| matches(&allowed.to_ascii_lowercase(), &host))
}

fn matches(allowed: &str, host: &str) -> bool {
    match allowed.strip_prefix("*.") {
        Some(parent) => {
            host.strip_suffix(parent).and_then(|labels| labels.strip_suffix('.')).is_some_and(|l| !l.is_empty())
        }
        None => allowed == host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_and_allowed_hosts() {
        let allow = ["*.staging.example.com", "app.test", "10.0.0.7"].map(str::to_owned);
        for host in ["localhost", "127.0.0.1", "127.9.9.9", "::1", "[::1]", "LOCALHOST", "::ffff:127.0.0.1"] {
            assert!(admits(&[], host), "{host}");
        }
        for host in
            ["a.staging.example.com", "a.b.staging.example.com", "app.test", "App.Test", "app.test.", "10.0.0.7"]
        {
            assert!(admits(&allow, host), "{host}");
        }
        for host in [
            "staging.example.com",
            ".staging.example.com",
            "evilstaging.example.com",
            "a.staging.example.com.evil.org",
            "sub.app.test",
            "localhost.example.org",
            "127.0.0.1.example.org",
            "10.0.0.8",
            "0.0.0.0",
            "",
        ] {
            assert!(!admits(&allow, host), "{host}");
        }
    }
}
