//! Dates, as waivers write them.

use std::fmt;

use jiff::civil;

use super::Quantity;

/// A day of the calendar, in UTC: `2027-01-31`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date(civil::Date);

impl Date {
    /// The day on which this moment lies.
    pub fn of(moment: jiff::Timestamp) -> Self {
        Self(jiff::tz::TimeZone::UTC.to_datetime(moment).date())
    }

    /// So many days lie between the two; negative when `other` came first.
    pub fn days_until(self, other: Self) -> i64 {
        self.0.duration_until(other.0).as_hours() / 24
    }
}

impl Quantity for Date {
    const WHAT: &'static str = "a date";
    const FORMS: &'static str = "2027-01-31";

    fn read(text: &str) -> Option<Self> {
        // jiff reads more than the one form: times of day, zones, dates without dashes.
        let plain = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        text.parse().ok().filter(|_| plain).map(Self)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_days_of_the_calendar_and_nothing_else() {
        for text in ["2027-01-31", "2028-02-29"] {
            assert_eq!(Date::parse(text).expect(text).to_string(), text);
        }
        for text in ["2027-02-29", "2027-13-01", "31.01.2027", "20270131", "2027-1-31", "soon", "", "2027-01-31T10:00"]
        {
            let error = Date::parse(text).expect_err(text).to_string();
            assert!(error.ends_with("is not a date; write it like 2027-01-31"), "{error}");
        }
    }

    #[test]
    fn counts_days() {
        let date = |text| Date::parse(text).expect("a date");
        assert_eq!(date("2027-01-31").days_until(date("2027-03-01")), 29);
        assert_eq!(date("2027-01-31").days_until(date("2027-01-31")), 0);
        assert_eq!(date("2027-01-31").days_until(date("2027-01-30")), -1);
    }

    #[test]
    fn a_moment_lies_on_its_day_in_utc() {
        let moment = "2027-01-31T23:59:59Z".parse().expect("a moment");
        assert_eq!(Date::of(moment).to_string(), "2027-01-31");
    }
}
