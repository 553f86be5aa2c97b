//! Which hosts load may be sent to.

use core::net::{Ipv4Addr, Ipv6Addr}; // addresses only: `core` has no sockets

use url::{Host, Url};

/// Whether requests may be sent to the host of `url`: loopback (127.0.0.0/8, `::1`, `localhost`), or a host that one of
/// the patterns of `target.allow` names. `*.` as the first label of a pattern stands for one or more labels; ports do
/// not matter, nor do case and one trailing dot.
///
/// The URL is parsed as browsers parse it, so decimal, octal and IPv4-mapped spellings of an address are compared as the
/// address that they mean, and user information before `@` is not mistaken for the host.
pub fn allowed(url: &Url, allow: &[String]) -> bool {
    matches!(url.scheme(), "http" | "https")
        && url.host().is_some_and(|host| is_loopback(&host) || allow.iter().any(|pattern| names(pattern, &host)))
}

/// Whether a host is this machine's loopback by its name or address alone; no name is looked up.
pub fn is_loopback<S: AsRef<str>>(host: &Host<S>) -> bool {
    match host {
        Host::Domain(name) => plain(name.as_ref()) == "localhost",
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback() || mapped(*address).is_some_and(|mapped| mapped.is_loopback()),
    }
}

fn names(pattern: &str, host: &Host<&str>) -> bool {
    let pattern = plain(pattern.trim());
    match host {
        Host::Domain(name) => {
            let name = plain(name);
            match pattern.strip_prefix("*.") {
                // At least one label stands before the dot.
                Some(parent) if !parent.is_empty() => {
                    name.strip_suffix(parent).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
                }
                Some(_) => false,
                None => name == pattern,
            }
        }
        Host::Ipv4(address) => written(&pattern) == Some(Host::Ipv4(*address)),
        Host::Ipv6(address) => {
            let host = mapped(*address).map_or(Host::Ipv6(*address), Host::Ipv4);
            written(&pattern) == Some(host)
        }
    }
}

/// An address as a pattern writes it, IPv6 with or without brackets.
fn written(pattern: &str) -> Option<Host<String>> {
    let bare = pattern.trim_start_matches('[').trim_end_matches(']');
    if let Ok(address) = bare.parse::<Ipv6Addr>() {
        return Some(mapped(address).map_or(Host::Ipv6(address), Host::Ipv4));
    }
    bare.parse::<Ipv4Addr>().ok().map(Host::Ipv4)
}

fn mapped(address: Ipv6Addr) -> Option<Ipv4Addr> {
    address.to_ipv4_mapped()
}

/// A name in the form in which names are compared.
fn plain(name: &str) -> String {
    name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::allowed;

    fn with(patterns: &[&str], url: &str) -> bool {
        let patterns: Vec<String> = patterns.iter().map(|&pattern| pattern.to_owned()).collect();
        allowed(&Url::parse(url).expect("a URL"), &patterns)
    }

    #[test]
    fn loopback_needs_no_pattern() {
        for url in [
            "http://localhost:8000/",
            "http://LOCALHOST./",
            "http://127.0.0.1/",
            "http://127.8.9.10/",
            "http://[::1]:80/",
            "https://localhost/",
            "http://2130706433/",
            "http://0x7f.1/",
            "http://0177.0.0.1/",
            "http://[::ffff:127.0.0.1]/",
            "http://evil.com@localhost/",
        ] {
            assert!(with(&[], url), "{url} is loopback");
        }
    }

    #[test]
    fn what_only_looks_like_loopback_is_refused() {
        for url in [
            "http://localhost.evil.com/",
            "http://evil-localhost/",
            "http://127.0.0.1.evil.com/",
            "http://localhost@evil.com/",
            "http://localhost:80@evil.com/",
            "http://evil.com/localhost",
            "http://evil.com#@localhost",
            "http://128.0.0.1/",
            "http://2147483649/",
            "http://0.0.0.0/",
            "http://[::]/",
            "http://[::ffff:10.0.0.1]/",
            "http://10.0.0.1/",
            "http://localhost%2eevil.com/",
            "ftp://localhost/",
            "file:///etc/passwd",
        ] {
            assert!(!with(&[], url), "{url} is not loopback");
        }
    }

    #[test]
    fn a_star_stands_for_one_or_more_labels() {
        let allow = ["*.staging.example.com"];
        assert!(with(&allow, "http://a.staging.example.com/"));
        assert!(with(&allow, "https://a.b.Staging.EXAMPLE.com.:8443/"));
        assert!(!with(&allow, "http://staging.example.com/"));
        assert!(!with(&allow, "http://.staging.example.com/"));
        assert!(!with(&allow, "http://xstaging.example.com/"));
        assert!(!with(&allow, "http://a.staging.example.com.evil.com/"));
        assert!(!with(&allow, "http://a.staging.example.com@evil.com/"));
    }

    #[test]
    fn a_star_is_never_the_whole_internet() {
        assert!(!with(&["*"], "http://evil.com/"));
        assert!(!with(&["*."], "http://evil.com/"));
        assert!(!with(&["*.*"], "http://evil.com/"));
        assert!(!with(&[""], "http://evil.com/"));
    }

    #[test]
    fn plain_names_and_addresses_are_compared_whole() {
        assert!(with(&["App.Example.com"], "http://app.example.com/"));
        assert!(!with(&["app.example.com"], "http://www.app.example.com/"));
        assert!(with(&["10.1.2.3"], "http://10.1.2.3:9000/"));
        assert!(with(&["10.1.2.3"], "http://167838211/"));
        assert!(with(&["10.1.2.3"], "http://[::ffff:10.1.2.3]/"));
        assert!(with(&["[fd00::1]"], "http://[fd00::1]/"));
        assert!(with(&["fd00::1"], "http://[fd00:0::1]/"));
        assert!(!with(&["10.1.2.3"], "http://10.1.2.30/"));
    }
}
