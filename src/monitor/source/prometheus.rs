//! Prometheus text: the app's own page, a node exporter, any other.

use std::time::Duration;

use url::Url;

use super::{Exposition, Hidden};
use crate::client::control::Control;

/// One address.
pub(in crate::monitor) struct Prometheus {
    url: String,
    name: String,
    hidden: Hidden,
}

/// Debug output is an output.
impl std::fmt::Debug for Prometheus {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Prometheus({})", self.name)
    }
}

impl Prometheus {
    pub(super) fn new(url: &str) -> Self {
        Self { url: url.to_owned(), name: format!("GET {}", shown(url)), hidden: Hidden::of(url) }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) async fn read(&self, control: &Control, patience: Duration) -> Result<Exposition, String> {
        let answer = control.scrape(&self.url, patience).await;
        let answer = answer.map_err(|failure| self.hidden.mask(&failure.to_string()))?;
        let name = &self.name;
        if answer.status != 200 {
            return Err(format!("{name} answered with status {}, expected 200", answer.status));
        }
        if answer.cut() {
            return Err(format!("{name} gave more than 8 MiB, which is too long for a scrape"));
        }
        let exposition = Exposition::parse(&answer.text());
        if exposition.is_empty() { Err(format!("{name} gave no Prometheus text")) } else { Ok(exposition) }
    }
}

/// An address, or a path on the target, without a user and without what its parameters say.
fn shown(address: &str) -> String {
    let parameters = if address.contains('?') { "?***" } else { "" };
    let Ok(mut url) = Url::parse(address) else {
        return format!("{}{parameters}", address.split(['?', '#']).next().unwrap_or_default());
    };
    url.set_query(None);
    url.set_fragment(None);
    // An address that cannot have a user has none.
    let _ = url.set_password(None).and_then(|()| url.set_username(""));
    format!("{url}{parameters}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_named_by_its_host_and_path() {
        for (url, name) in [
            ("http://u:a@h:1/metrics", "GET http://h:1/metrics"),
            ("https://t0ken@h/metrics?key=1#top", "GET https://h/metrics?***"),
            ("/metrics?key=1", "GET /metrics?***"),
            ("/metrics", "GET /metrics"),
        ] {
            assert_eq!(Prometheus::new(url).name(), name);
        }
    }

    #[test]
    fn a_secret_of_the_address_is_shown_nowhere() {
        for url in ["http://u:s3cret@h:1/metrics", "http://h/metrics?token=s3cret", "/metrics?token=s3cret"] {
            let source = Prometheus::new(url);
            assert!(source.name().contains("/metrics") && !format!("{source:?}").contains("s3cret"), "{source:?}");
        }
    }
}
