//! Points in time as files name them.

use std::time::Duration;

use jiff::Timestamp;

/// A point in time: nanoseconds since 1970 in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(i64);

impl Moment {
    /// 1970, for what never began.
    pub(super) const EPOCH: Self = Self(0);

    /// Reads RFC 3339; `None` for anything else, and for a year that nobody measures in.
    pub fn read(text: &str) -> Option<Self> {
        let at: Timestamp = text.trim().parse().ok()?;
        i64::try_from(at.as_nanosecond()).ok().map(Self)
    }

    /// Milliseconds since 1970; `None` when it is no number of a possible time.
    pub fn of_milliseconds(milliseconds: f64) -> Option<Self> {
        // Later than the year 2200, or before 1970, it is no time of a test.
        const LATEST: f64 = 7_258_118_400_000.0;
        let possible = milliseconds.is_finite() && (0.0..LATEST).contains(&milliseconds);
        // Whole milliseconds first: a 64-bit float holds them exactly, and their nanoseconds not.
        possible.then(|| {
            let whole = milliseconds.trunc();
            Self(whole as i64 * 1_000_000 + ((milliseconds - whole) * 1e6).round() as i64)
        })
    }

    /// So much later.
    #[must_use]
    pub fn after(self, time: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(time.as_nanos()).unwrap_or(i64::MAX)))
    }

    /// So much earlier.
    #[must_use]
    pub fn before(self, time: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(time.as_nanos()).unwrap_or(i64::MAX)))
    }

    /// The time since an earlier moment; zero since a later one.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or_default())
    }

    /// As a timestamp of the calendar; `None` beyond it.
    pub fn timestamp(self) -> Option<Timestamp> {
        Timestamp::from_nanosecond(i128::from(self.0)).ok()
    }
}
