//! Where the time of an endpoint's requests went, in the verdict.

use serde::{Deserialize, Serialize};

/// Where the time of an endpoint's requests went: means in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct TimeSplit {
    /// Connections that its requests opened.
    pub connections: u64,
    /// Until the addresses of a name were known, of connections that had to wait for it; null without any.
    pub dns: Option<f64>,
    /// From there until the server had accepted; null without new connections.
    pub connect: Option<f64>,
    /// The TLS handshake; null without any.
    pub tls: Option<f64>,
    /// From the request to the first byte of its answer, of successes; null without any.
    pub first_byte: Option<f64>,
    /// From the first byte to the last, of successes; null without any.
    pub body: Option<f64>,
    /// The longest of each.
    pub max: Longest,
}

/// The longest of each part, in milliseconds; null where it was never measured.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Longest {
    /// Name lookup.
    pub dns: Option<f64>,
    /// Connect.
    pub connect: Option<f64>,
    /// TLS handshake.
    pub tls: Option<f64>,
    /// First byte.
    pub first_byte: Option<f64>,
    /// Body.
    pub body: Option<f64>,
}
