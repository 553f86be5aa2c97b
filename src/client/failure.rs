//! How an exchange can fail: values, told apart by whose fault they are.

use std::{borrow::Cow, error::Error, io};

use rustix::io::Errno;

use crate::plan::FailureKind;

/// One failure of the app, in the words of the reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Its kind.
    pub kind: FailureKind,
    /// What happened, in one short sentence without a full stop. It may quote the app, bounded. Where it quotes nothing it
    /// takes no memory: an app that is down fails as often as this machine can ask.
    pub description: Cow<'static, str>,
}

/// Why an exchange gave no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// The app or the way to it failed.
    Failure(Failure),
    /// This machine ran out of descriptors, ports or memory for bodies: nothing is known of the app. The reason in
    /// words, the system's where it has some.
    Exhausted(String),
}

impl Failure {
    /// A failure with its description.
    pub fn new(kind: FailureKind, description: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, description: description.into() }
    }

    /// A violated expectation.
    pub fn check(description: impl Into<Cow<'static, str>>) -> Self {
        Self::new(FailureKind::Check, description)
    }
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

/// What a failed connect means. `reached` says whether this destination was connected to before: "address not
/// available" means that the local ports are used up only then, else that the machine has no such network.
pub(super) fn connecting(error: &io::Error, reached: bool) -> Trouble {
    let exhausted = [Errno::MFILE, Errno::NFILE].iter().any(|errno| is(error, *errno));
    if exhausted || (reached && is(error, Errno::ADDRNOTAVAIL)) {
        return Trouble::Exhausted(error.to_string());
    }
    let description: Cow<'static, str> = match error.kind() {
        io::ErrorKind::ConnectionRefused => "the connection was refused".into(),
        _ => format!("the host cannot be reached: {error}").into(),
    };
    Failure::new(FailureKind::Connect, description).into()
}

fn is(error: &io::Error, errno: Errno) -> bool {
    error.raw_os_error() == Some(errno.raw_os_error())
}

/// What a failed handshake means.
pub(super) fn securing(error: &io::Error) -> Failure {
    let description = match tls_cause(error) {
        Some(cause) => format!("the TLS handshake failed: {cause}"),
        None => format!("the connection was lost during the TLS handshake: {error}"),
    };
    Failure::new(FailureKind::Tls, description)
}

/// What an error of the HTTP library means after a request was handed to it.
pub(super) fn exchanging(error: &hyper::Error) -> Failure {
    if let Some(cause) = io_cause(error) {
        if let Some(tls) = tls_cause(cause) {
            return Failure::new(FailureKind::Tls, format!("TLS failed: {tls}"));
        }
        match cause.kind() {
            io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => {
                return Failure::new(FailureKind::Protocol, format!("the answer's body is not HTTP: {cause}"));
            }
            io::ErrorKind::UnexpectedEof => return closed(),
            _ => return Failure::new(FailureKind::Reset, format!("the connection was lost: {cause}")),
        }
    }
    if error.is_incomplete_message() || error.is_canceled() || error.is_closed() {
        return closed();
    }
    Failure::new(FailureKind::Protocol, format!("the answer is not HTTP: {error}"))
}

/// What an error of HTTP/2 means after a request was handed over.
///
/// What the server ended is a reset, also where it says that it has not acted on the request (`REFUSED_STREAM`, GOAWAY):
/// nothing is sent twice. What this side ended, because it cannot be HTTP/2, is protocol.
pub(super) fn streaming(error: &h2::Error) -> Failure {
    if let Some(cause) = error.get_io() {
        return match cause.kind() {
            // Only TLS gives it; how is in its words.
            io::ErrorKind::InvalidData => Failure::new(FailureKind::Tls, format!("TLS failed: {cause}")),
            io::ErrorKind::UnexpectedEof | io::ErrorKind::BrokenPipe => closed(),
            _ => Failure::new(FailureKind::Reset, format!("the connection was lost: {cause}")),
        };
    }
    let reason = error.reason().map_or_else(|| error.to_string(), |reason| format!("{reason:?}"));
    if error.is_remote() && error.is_go_away() {
        return Failure::new(FailureKind::Reset, format!("the server ended the connection: GOAWAY with {reason}"));
    }
    if error.is_remote() {
        return Failure::new(FailureKind::Reset, format!("the server reset the request: {reason}"));
    }
    Failure::new(FailureKind::Protocol, format!("the answer is not HTTP/2: {error}"))
}

fn closed() -> Failure {
    Failure::new(FailureKind::Reset, "the connection was closed before the answer was complete")
}

fn io_cause<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a io::Error> {
    let mut source = error.source();
    while let Some(cause) = source {
        if let Some(io) = cause.downcast_ref::<io::Error>() {
            return Some(io);
        }
        source = cause.source();
    }
    None
}

fn tls_cause(error: &io::Error) -> Option<&rustls::Error> {
    error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>())
}
