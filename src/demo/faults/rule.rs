//! Faults that hit some requests on some paths: delay, error, reset, slow body.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::{FaultError, Share};
use crate::units::{Human, Quantity};

/// The paths that a fault concerns.
///
/// `/demo/faults` and `/demo/ledger` are never touched, `/metrics` only by its exact path, so that a fault for the users
/// does not blind the monitors by accident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathPattern {
    /// `*`: every path.
    Any,
    /// `/api/*`: every path that begins so.
    Prefix(String),
    /// `/dashboard/`: this path, whatever its query.
    Exact(String),
}

impl PathPattern {
    pub(super) fn matches(&self, path: &str) -> bool {
        match self {
            Self::Exact(exact) => exact == path,
            _ if path == "/metrics" => false,
            Self::Any => true,
            Self::Prefix(prefix) => path.starts_with(prefix.as_str()),
        }
    }

    fn read(text: &str) -> Option<Self> {
        match text.strip_suffix('*') {
            Some("") => Some(Self::Any),
            Some(prefix) if prefix.starts_with('/') => Some(Self::Prefix(prefix.into())),
            None if text.starts_with('/') => Some(Self::Exact(text.into())),
            _ => None,
        }
    }
}

impl fmt::Display for PathPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("*"),
            Self::Prefix(prefix) => write!(f, "{prefix}*"),
            Self::Exact(exact) => f.write_str(exact),
        }
    }
}

/// The requests that a fault hits: a share of those on its paths.
#[derive(Clone, Debug, PartialEq)]
pub struct Where {
    /// The paths.
    pub path: PathPattern,
    /// The share of their requests; written only when it is not all.
    pub share: Share,
}

/// Time added before the work: `/path=20ms`, `/api/*=20ms@10%`.
#[derive(Clone, Debug, PartialEq)]
pub struct Delay {
    /// The requests that wait.
    pub on: Where,
    /// The time added; timers are exact to a millisecond or two, the ledger says what it became.
    pub by: Duration,
}

/// An error in the place of the work: `/path=500@5%`.
#[derive(Clone, Debug, PartialEq)]
pub struct ErrorAnswer {
    /// The requests that fail.
    pub on: Where,
    /// The status, 400 to 599.
    pub status: u16,
}

/// A connection reset in the place of an answer: `/path@5%`.
#[derive(Clone, Debug, PartialEq)]
pub struct Reset {
    /// The requests that are cut.
    pub on: Where,
}

/// A body that dribbles: `/path=2s@10%`.
#[derive(Clone, Debug, PartialEq)]
pub struct SlowBody {
    /// The requests whose answers dribble.
    pub on: Where,
    /// The time from the answer's first byte to its last.
    pub over: Duration,
}

impl FromStr for Delay {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        read(text, Duration::read).map(|(on, by)| Self { on, by }).ok_or_else(|| FaultError {
            text: text.into(),
            what: "a delay",
            form: "/path=TIME, /prefix*=TIME or *=TIME, with @SHARE for some of the requests",
            example: "/api/*=20ms@10%",
        })
    }
}

impl FromStr for ErrorAnswer {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let status = |text: &str| text.parse::<u16>().ok().filter(|status| (400..600).contains(status));
        read(text, status).map(|(on, status)| Self { on, status }).ok_or_else(|| FaultError {
            text: text.into(),
            what: "an error",
            form: "/path=STATUS (400 to 599), /prefix*=STATUS or *=STATUS, with @SHARE for some of the requests",
            example: "/dashboard/=500@5%",
        })
    }
}

impl FromStr for Reset {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        read_where(text).filter(|_| !text.contains('=')).map(|on| Self { on }).ok_or_else(|| FaultError {
            text: text.into(),
            what: "a reset",
            form: "/path, /prefix* or *, with @SHARE for some of the requests",
            example: "/dashboard/@5%",
        })
    }
}

impl FromStr for SlowBody {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        read(text, Duration::read).map(|(on, over)| Self { on, over }).ok_or_else(|| FaultError {
            text: text.into(),
            what: "a slow body",
            form: "/path=TIME, /prefix*=TIME or *=TIME, with @SHARE for some of the requests",
            example: "/dashboard/=2s@10%",
        })
    }
}

impl fmt::Display for Delay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}{}", self.on.path, Human(self.by), At(self.on.share))
    }
}

impl fmt::Display for ErrorAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}{}", self.on.path, self.status, At(self.on.share))
    }
}

impl fmt::Display for Reset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.on.path, At(self.on.share))
    }
}

impl fmt::Display for SlowBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}{}", self.on.path, Human(self.over), At(self.on.share))
    }
}

/// `@5%`, or nothing for all requests.
struct At(Share);

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == Share::ALL { Ok(()) } else { write!(f, "@{}", self.0) }
    }
}

fn read<T>(text: &str, value: impl Fn(&str) -> Option<T>) -> Option<(Where, T)> {
    let (path, rest) = text.split_once('=')?;
    let (written, share) = split_share(rest)?;
    Some((Where { path: PathPattern::read(path)?, share }, value(written)?))
}

fn read_where(text: &str) -> Option<Where> {
    let (path, share) = split_share(text)?;
    Some(Where { path: PathPattern::read(path)?, share })
}

fn split_share(text: &str) -> Option<(&str, Share)> {
    match text.rsplit_once('@') {
        None => Some((text, Share::ALL)),
        Some((before, share)) => Some((before, share.parse().ok()?)),
    }
}
