//! `target`.

use std::{path::PathBuf, time::Duration};

use url::Url;

use super::{Draft, request::refused};
use crate::{
    config::{self, Http, Located},
    plan::{Target, Tls},
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
        if let Some(http) = said.http.as_ref().filter(|http| http.value != Http::H1) {
            self.problem(http.span, "only `h1` is supported yet, so that `h2` and `auto` would measure something else");
        }
        let start = self.target_start(said, url.as_ref());
        Target {
            url,
            allow,
            timeout: self.time("timeout", said.timeout, TIMEOUT),
            headers,
            tls: Tls {
                ca: said.tls.ca.as_ref().map(|path| PathBuf::from(&path.value)),
                verify: said.tls.verify.is_none_or(|verify| verify.value),
            },
            ready: said.ready.as_ref().map(|ready| self.ready(ready)),
            start,
        }
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
            let address = name.parse::<core::net::Ipv6Addr>().is_ok();
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

    /// The address of an app, checked.
    pub(super) fn address(&mut self, said: &Located<String>, allow: &[String]) -> Option<Url> {
        self.checked_address("", said, allow)
    }

    fn checked_address(&mut self, from: &str, said: &Located<String>, allow: &[String]) -> Option<Url> {
        let text = &said.value;
        let mut help = "write it like \"http://127.0.0.1:8000\", or for the target `demo`, the built-in staging app";
        let fault = match Url::parse(text) {
            Ok(url) if !["http", "https"].contains(&url.scheme()) || !url.has_host() => {
                format!("{from}`{text}` is not an http:// or https:// address")
            }
            Ok(url) => match refused(&url, allow) {
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
