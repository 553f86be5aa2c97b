//! How an exchange can fail: values, told apart by whose fault they are.

use std::{borrow::Cow, error::Error, io};

use rustix::io::Errno;

use crate::{
    measure::{Exhaustion, Scarce},
    plan::FailureKind,
};

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
    /// The generator ran out of something: nothing is known of the app. For want of descriptors or ports nothing was sent;
    /// where an answer's body has no room, the request was.
    Exhausted(Exhaustion),
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

    /// A connection that ended before a request could be sent on it.
    pub(super) fn closed_at_once() -> Self {
        Self::new(FailureKind::Reset, "the connection was closed as soon as it was opened")
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
    let out_of = |of| Trouble::Exhausted(Exhaustion { of, words: error.to_string() });
    if [Errno::MFILE, Errno::NFILE].iter().any(|errno| is(error, *errno)) {
        return out_of(Scarce::Descriptors);
    }
    if reached && is(error, Errno::ADDRNOTAVAIL) {
        return out_of(Scarce::Ports);
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

/// Whether an error of HTTP/2 before the head of an answer says that the server ends its connection in order and has not
/// acted on the request: its GOAWAY without an error, which the HTTP library gives as their error to those requests only that
/// came after the last one that it names (RFC 9113 section 6.8). A `REFUSED_STREAM` guarantees the same, but it is an
/// answer: so an app sheds load.
pub(super) fn passes_over(error: &h2::Error) -> bool {
    error.is_remote() && error.is_go_away() && error.reason() == Some(h2::Reason::NO_ERROR)
}

/// What an error of HTTP/2 means after a request was handed over.
///
/// What the server ended is a reset; what this side ended, because it cannot be HTTP/2, is protocol.
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
