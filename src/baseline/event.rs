//! What people decide about a history: events beside the runs, append-only like them.

use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};
use serde::{Deserialize, Serialize};

use super::moment;

/// One decision about all histories of a gate in this store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// `gate` of gates.yaml.
    pub gate: String,
    /// When it was made.
    #[serde(with = "moment")]
    pub at: Timestamp,
    /// What was decided.
    pub act: Act,
}

/// What was decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// A regression was accepted: a new regime begins.
    Accept(Accept),
    /// The anchor was pinned.
    Pin(Pin),
}

/// `baseline accept`: what is slower now is normal, and the history begins anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accept {
    /// Why.
    pub reason: String,
    /// Who.
    pub author: String,
    /// From this moment on the former regime counts again; `None`: never.
    #[serde(with = "moment::optional", default)]
    pub expires: Option<Timestamp>,
}

/// `baseline pin`: the anchor is the newest ten runs at that time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pin {
    /// What for, `v1.8`.
    pub label: String,
}

impl Accept {
    /// The end of a day that an acceptance still holds on, in UTC; `None` at the end of the calendar.
    pub fn end_of(day: Date) -> Option<Timestamp> {
        TimeZone::UTC.to_timestamp(day.tomorrow().ok()?.at(0, 0, 0, 0)).ok()
    }

    /// The last day that it holds on, `2027-01-31`, in UTC; `None`: it holds for good.
    pub fn last_day(&self) -> Option<String> {
        let last = self.expires?.checked_sub(SignedDuration::from_secs(1)).ok()?;
        Some(last.strftime("%Y-%m-%d").to_string())
    }

    /// Whether it holds at a time, made at `at`: from then on, and before it expires.
    pub(super) fn holds(&self, at: Timestamp, time: Timestamp) -> bool {
        at <= time && self.expires.is_none_or(|end| time < end)
    }
}
