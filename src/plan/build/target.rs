//! `target`.

use core::net::{IpAddr, Ipv6Addr};
use std::{path::PathBuf, time::Duration};

use url::{Host, Url};

use super::{Draft, request::refused};
use crate::{
    config::{self, Located, hidden},
    plan::{Connections, Http, Target, Tls, allowed, is_loopback},
};

/// `target.timeout` where it is not given.
const TIMEOUT: Duration = Duration::from_secs(10);
/// `target.ready.within` where it is not given.
const READY_WITHIN: Duration = Duration::from_secs(60);

impl Draft<'_> {
    pub(super) fn target(&mut self) -> Target {
        let said = &self.config.target;
        let allow = self.allow(&said.allow);
        let url = self.target_url(said, &allow);
        let mut headers = Vec::new();
        for (name, value) in said.headers.iter() {
            let value = self.constant(value);
            headers.extend(self.header_name(name).map(|name| (name, value)));
        }
        let http = self.http(said, url.as_ref());
        let resolve = self.resolve(said, &allow);
        let proxy = self.proxy(said, url.as_ref(), &allow);
        let start = self.target_start(said, url.as_ref());
        Target {
            url,
            allow,
            timeout: self.time("timeout", said.timeout, TIMEOUT),
            headers,
            http,
            connections: self.connections(said, http),
            resolve,
            proxy,
            trace: said.trace,
            tls: Tls {
                ca: said.tls.ca.as_ref().map(|path| PathBuf::from(&path.value)),
                verify: said.tls.verify.is_none_or(|verify| verify.value),
            },
            ready: said.ready.as_ref().map(|ready| self.ready(ready)),
            start,
        }
    }

    /// The version of HTTP, and whether the target can speak it.
    fn http(&mut self, said: &config::Target, url: Option<&Url>) -> Http {
        let Some(http) = &said.http else { return Http::H1 };
        let demo = url.is_none() && self.choice.target.as_ref().map_or(said.url.value == "demo", |text| text == "demo");
        match http.value {
            config::Http::H2 if demo => {
                let fault = "the built-in staging app speaks HTTP/1.1 only";
                self.problem_with(http.span, fault, Some("leave `http` out, or name another target".to_owned()));
                // What else is wrong is told as if it could.
                Http::H2
            }
            config::Http::H1 => Http::H1,
            config::Http::H2 => Http::H2,
            config::Http::Auto => Http::Auto,
        }
    }

    /// When a user opens a connection, and whether the version of HTTP allows it.
    fn connections(&mut self, said: &config::Target, http: Http) -> Connections {
        let Some(connections) = &said.connections else { return Connections::Keep };
        match connections.value {
            config::Connections::Keep => Connections::Keep,
            config::Connections::Iteration => Connections::Iteration,
            config::Connections::Request => Connections::Request,
            config::Connections::Shared => {
                if http != Http::H2 {
                    let fault = "a connection of HTTP/1.1 carries one request at a time and cannot be shared";
                    let help = "write `http: h2` beside it (with `auto` the server may choose HTTP/1.1), or leave `connections` out";
                    self.problem_with(connections.span, fault, Some(help.to_owned()));
                }
                Connections::Shared
            }
        }
    }

    /// Hosts that are not looked up. One that load never goes to is a slip of the pen; and what `localhost` means cannot be
    /// changed, because load to it needs nobody's leave.
    fn resolve(&mut self, said: &config::Target, allow: &[String]) -> Vec<(String, IpAddr)> {
        let mut resolve = Vec::new();
        for (host, address) in said.resolve.iter() {
            let named = Url::parse(&format!("http://{}/", host.value)).ok();
            let named = named.filter(|url| url.path() == "/" && !host.value.contains([':', '@']));
            let name = named.as_ref().and_then(Url::host);
            let fault = match &name {
                Some(name) if is_loopback(name) => {
                    Some(format!("`{}` is this machine and cannot be another address", host.value))
                }
                Some(Host::Domain(_)) if named.as_ref().is_some_and(|url| allowed(url, allow)) => None,
                Some(Host::Domain(_)) => {
                    Some(format!("load never goes to `{}`: it is not listed under `target.allow`", host.value))
                }
                _ => Some(format!("`{}` is not the name of a host", host.value)),
            };
            if let Some(fault) = fault.filter(|_| host.complete) {
                self.problem(host.span, fault);
            }
            let bare = address.value.trim_start_matches('[').trim_end_matches(']');
            match bare.parse::<IpAddr>() {
                Ok(ip) => resolve.extend(name.map(|name| (name.to_string().trim_end_matches('.').to_owned(), ip))),
                Err(_) if !address.complete => {}
                Err(_) => {
                    let help = "write it like 10.1.2.3, without a port";
                    self.problem_with(
                        address.span,
                        format!("`{}` is not an IP address", address.value),
                        Some(help.to_owned()),
                    );
                }
            }
        }
        resolve
    }

    /// The proxy, and whether a target of this kind can be reached through one.
    fn proxy(&mut self, said: &config::Target, target: Option<&Url>, allow: &[String]) -> Option<Url> {
        let proxy = said.proxy.as_ref().filter(|proxy| proxy.complete)?;
        let url = self.checked_address("", proxy, allow)?;
        let h2 = said.http.as_ref().is_some_and(|http| matches!(http.value, config::Http::H2));
        let fault = if url.scheme() != "http" || url.path() != "/" {
            format!("`{}` is not the address of a proxy: it is spoken to over plain HTTP, and has no path", proxy.value)
        } else if !said.resolve.is_empty() {
            "a proxy looks names up itself, so that `resolve` would change nothing".to_owned()
        } else if h2 && target.is_some_and(|target| target.scheme() == "http") {
            "HTTP/2 over plain TCP cannot be spoken through a proxy".to_owned()
        } else {
            return Some(url);
        };
        self.problem(proxy.span, fault);
        None
    }

    fn ready(&mut self, ready: &config::Ready) -> (String, Duration) {
        let path = ready.get.value.starts_with('/') && !ready.get.value.starts_with("//");
        if !path && ready.get.complete {
            self.problem(ready.get.span, "`ready.get` is a path on the target and starts with one `/`");
        }
        (ready.get.value.clone(), self.time("within", ready.within, READY_WITHIN))
    }

    fn allow(&mut self, said: &[Located<String>]) -> Vec<String> {
        for host in said {
            let name = host.value.strip_prefix("*.").unwrap_or(&host.value);
            let name = name.trim_start_matches('[').trim_end_matches(']');
            let address = name.parse::<Ipv6Addr>().is_ok();
            // A wildcard never stands for a whole top-level domain.
            let wide = name.len() < host.value.len() && !name.contains('.');
            let plain = !name.is_empty() && !wide && !name.contains(|c: char| "*/:@? ".contains(c));
            if !address && !plain {
                let help =
                    "write it like \"app.example.com\" or \"*.staging.example.com\", without scheme, port and path";
                self.problem_with(host.span, format!("`{}` is not a host", host.value), Some(help.to_owned()));
            }
        }
        said.iter().map(|host| host.value.trim_start_matches('[').trim_end_matches(']').to_owned()).collect()
    }

    /// The target's address; `None` for the built-in demo.
    fn target_url(&mut self, said: &config::Target, allow: &[String]) -> Option<Url> {
        match &self.choice.target {
            Some(text) if text == "demo" => None,
            Some(text) => self.checked_address("--target: ", &said.url.with(text.clone()), allow),
            None if said.url.value == "demo" || !said.url.complete => None,
            None => self.address(&said.url, allow),
        }
    }

    /// Why no load may go there; a load that another tool made goes nowhere any more.
    fn refused(&self, url: &Url, allow: &[String]) -> Option<String> {
        let anywhere: Vec<String> = url.host_str().map(str::to_owned).into_iter().collect();
        refused(url, if self.choice.foreign.is_some() { &anywhere } else { allow })
    }

    /// The address of an app, checked.
    pub(super) fn address(&mut self, said: &Located<String>, allow: &[String]) -> Option<Url> {
        self.checked_address("", said, allow)
    }

    fn checked_address(&mut self, from: &str, said: &Located<String>, allow: &[String]) -> Option<Url> {
        let text = hidden(&said.value);
        let mut help = "write it like \"http://127.0.0.1:8000\", or for the target `demo`, the built-in staging app";
        let fault = match Url::parse(&said.value) {
            Ok(url) if !["http", "https"].contains(&url.scheme()) || !url.has_host() => {
                format!("{from}`{text}` is not an http:// or https:// address")
            }
            Ok(url) => match self.refused(&url, allow) {
                Some(refused) => {
                    help = "list the host under `target.allow` if it is yours to load";
                    format!("{from}{refused}")
                }
                None if url.query().is_some() || url.fragment().is_some() => {
                    help = "put a query into the steps; a path in the target's address stands before the path of each step";
                    format!("{from}the target is an address without `?` and `#`, and `{text}` has one")
                }
                None => return Some(url),
            },
            Err(error) => format!("{from}`{text}` is not an address: {error}"),
        };
        self.problem_with(said.span, fault, Some(help.to_owned()));
        None
    }
}
