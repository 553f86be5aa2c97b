//! What can be wrong with a target before anything is sent to it.

use std::path::PathBuf;

use thiserror::Error;

/// Why a target cannot be used as gates.yaml describes it.
#[derive(Debug, Error)]
pub enum ClientError {
    /// The host is neither loopback nor in `target.allow`.
    #[error(
        "load to {host} is refused: it is neither loopback nor listed in target.allow; add the host there if it is a staging system"
    )]
    Forbidden {
        /// The host as written.
        host: String,
    },
    /// The URL is not one that requests can be sent to.
    #[error("{url} is not an http or https URL with a host; give target.url as http://HOST[:PORT]")]
    Unusable {
        /// The URL as written.
        url: String,
    },
    /// `target.tls.ca` cannot be read.
    #[error("target.tls.ca: {path} cannot be read as PEM certificates: {cause}", path = .path.display())]
    Authorities {
        /// The file.
        path: PathBuf,
        /// The system's or the parser's words.
        cause: String,
    },
    /// The TLS library refuses the configuration.
    #[error("TLS cannot be set up: {0}")]
    Tls(#[from] rustls::Error),
}
