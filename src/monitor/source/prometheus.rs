//! Prometheus text: the app's own page, a node exporter, any other.

use std::time::Duration;

use url::Url;

use super::{Exposition, Hidden};
use crate::client::control::Control;

/// One address.
#[derive(Debug)]
pub(in crate::monitor) struct Prometheus {
    url: String,
    name: String,
    hidden: Hidden,
}

impl Prometheus {
    pub(super) fn new(url: &str) -> Self {
        let hidden = Url::parse(url).map(|url| Hidden::of(&url)).unwrap_or_default();
        Self { url: url.to_owned(), name: hidden.mask(&format!("GET {url}")), hidden }
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
