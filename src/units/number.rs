//! Measured values as people read them: `482 ms`, `1.05 s`, `99.2 %`, `1,234`. The only place that formats a number for
//! a sentence or a table.
//!
//! A measured value has three significant digits. A limit is printed as exactly as it was written, and a value beside its
//! limit with as many digits as it takes to read on the side on which it is.

use std::{cmp::Ordering, time::Duration};

/// What stands where nothing was measured.
pub const NOTHING: &str = "-";

/// Significant digits of a measured value.
const MEASURED: usize = 3;

/// Enough digits for any limit that a person writes, few enough to hide the errors of binary fractions.
const WRITTEN: usize = 12;

/// A time in milliseconds: `0.42 ms`, `482 ms`, from a second on `1.05 s`.
pub fn milliseconds(value: f64) -> String {
    time(value, MEASURED)
}

/// A time in seconds: `12.3 s`, `480 ms`.
pub fn seconds(value: f64) -> String {
    time(value * 1000.0, MEASURED)
}

/// A share of 1 in percent. It is `100 %` and `0 %` only if it is exactly that: one failure in a million shows.
pub fn share(value: f64) -> String {
    percent(value, MEASURED)
}

/// A whole number with thousands separators.
pub fn count(value: u64) -> String {
    separated(&value.to_string())
}

/// A number of things in a second: `12.3/s`, `1,234/s`.
pub fn per_second(value: f64) -> String {
    format!("{}/s", digits(value, MEASURED))
}

/// A plain number, such as a gauge's.
pub fn plain(value: f64) -> String {
    digits(value, MEASURED)
}

/// Any of these, or [`NOTHING`].
pub fn or_nothing<T>(value: Option<T>, print: fn(T) -> String) -> String {
    value.map_or_else(|| NOTHING.to_owned(), print)
}

/// A value in a finding's unit: `ms`, `1` (a share), `requests`, `requests/s`, `events`, or a gauge's own.
pub fn in_unit(value: f64, unit: &str) -> String {
    with_digits(value, unit, MEASURED)
}

/// A limit as it was written, in a finding's unit.
pub fn limit(value: f64, unit: &str) -> String {
    with_digits(value, unit, WRITTEN)
}

/// A value beside its limit: as many digits as it takes to read below, above or equal, as it is.
pub fn beside(value: f64, limit: f64, unit: &str) -> String {
    let order = compare(value, limit);
    (MEASURED..WRITTEN)
        .map(|digits| printed(value, unit, digits))
        .find(|printed| compare(printed.value, limit) == order)
        .unwrap_or_else(|| printed(value, unit, WRITTEN))
        .text
}

/// An interval in a finding's unit, its ends beside the limit: `480 ms to 530 ms`.
pub fn interval(ends: [f64; 2], limit: f64, unit: &str) -> String {
    let [low, high] = ends.map(|end| beside(end, limit, unit));
    format!("{low} to {high}")
}

/// A length of time: `412 ms`, `1.05 s`.
pub fn duration(value: Duration) -> String {
    milliseconds(value.as_secs_f64() * 1e3)
}

/// So many things: `1 request`, `1,234 requests`.
pub fn counted(number: u64, thing: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {thing}{plural}", count(number))
}

/// A relative change, worse is positive: `+12.5 %`.
pub fn change(value: f64) -> String {
    let sign = if value > 0.0 { "+" } else { "" };
    format!("{sign}{}", percent(value, MEASURED))
}

/// The difference of two rates, worse is positive, in percentage points: `+1.2 points`.
pub fn points(value: f64) -> String {
    in_points(&change(value))
}

/// A relative change beside its margin: as many digits as it takes to read on the side of it on which it is.
pub fn change_beside(value: f64, margin: f64) -> String {
    let sign = if value > 0.0 { "+" } else { "" };
    format!("{sign}{}", beside(value, margin, "1"))
}

/// The difference of two rates beside its margin, as [`change_beside`].
pub fn points_beside(value: f64, margin: f64) -> String {
    in_points(&change_beside(value, margin))
}

fn in_points(change: &str) -> String {
    let Some(number) = change.strip_suffix(" %") else { return change.to_owned() };
    let thing = if number.trim_start_matches(['+', '-']) == "1" { "point" } else { "points" };
    format!("{number} {thing}")
}

/// A probability: `0.004`; what is smaller than a thousandth is `below 0.001`.
pub fn probability(value: f64) -> String {
    if value < 0.001 { "below 0.001".to_owned() } else { digits(value, 2) }
}

/// A text, and the value that a reader takes from it, in the same unit as the value that was printed.
struct Printed {
    text: String,
    value: f64,
}

impl Printed {
    /// A number of `suffix`, each of which is `size`.
    fn new(number: &str, size: f64, suffix: &str) -> Self {
        let value = number.replace(',', "").parse().map_or(f64::NAN, |number: f64| number * size);
        Self { text: format!("{number}{suffix}"), value }
    }
}

fn with_digits(value: f64, unit: &str, significant: usize) -> String {
    printed(value, unit, significant).text
}

fn printed(value: f64, unit: &str, significant: usize) -> Printed {
    let plain = digits(value, significant);
    match unit {
        "ms" => printed_time(value, significant),
        "1" => printed_percent(value, significant),
        "requests/s" => Printed::new(&plain, 1.0, "/s"),
        "" => Printed::new(&plain, 1.0, ""),
        "requests" | "events" if plain == "1" => Printed::new(&plain, 1.0, &format!(" {}", unit.trim_end_matches('s'))),
        _ => Printed::new(&plain, 1.0, &format!(" {unit}")),
    }
}

/// The order of two values; what differs by the error of binary fractions only is equal.
fn compare(value: f64, limit: f64) -> Option<Ordering> {
    let same = (value - limit).abs() <= 1e-12 * value.abs().max(limit.abs());
    if same { Some(Ordering::Equal) } else { value.partial_cmp(&limit) }
}

fn time(milliseconds: f64, significant: usize) -> String {
    printed_time(milliseconds, significant).text
}

fn printed_time(milliseconds: f64, significant: usize) -> Printed {
    let text = digits(milliseconds, significant);
    let whole_second = milliseconds.abs() >= 1000.0 || text.trim_start_matches('-') == "1,000";
    match milliseconds {
        unknown if !unknown.is_finite() => Printed::new(NOTHING, 1.0, ""),
        _ if whole_second => Printed::new(&digits(milliseconds / 1000.0, significant), 1000.0, " s"),
        _ => Printed::new(&text, 1.0, " ms"),
    }
}

fn percent(share: f64, significant: usize) -> String {
    printed_percent(share, significant).text
}

fn printed_percent(share: f64, significant: usize) -> Printed {
    if !share.is_finite() {
        return Printed::new(NOTHING, 1.0, "");
    }
    let hundredfold = share * 100.0;
    // Close to 100 % the interesting digits are those of what is missing.
    let nearly_all = (0.99..1.0).contains(&share);
    let text = if nearly_all {
        let missing = 100.0 - hundredfold;
        let decimals = decimals(missing, significant.saturating_sub(2)).min(6);
        let text = fixed(hundredfold, decimals);
        if text == "100" { "99.999999".to_owned() } else { text }
    } else {
        digits(hundredfold, significant)
    };
    Printed::new(&text, 0.01, " %")
}

/// So many significant digits, or all digits before the point if these are more; no zeros at the end.
fn digits(value: f64, significant: usize) -> String {
    if !value.is_finite() {
        return NOTHING.to_owned();
    }
    fixed(value, decimals(value, significant))
}

/// The decimals that show so many significant digits of a value.
fn decimals(value: f64, significant: usize) -> usize {
    let magnitude = if value == 0.0 { 0.0 } else { value.abs().log10().floor() };
    (significant as f64 - 1.0 - magnitude).clamp(0.0, 12.0) as usize
}

fn fixed(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    separated(if text == "-0" { "0" } else { text })
}

/// Puts a comma between groups of three digits before the point.
fn separated(text: &str) -> String {
    let (sign, rest) = text.strip_prefix('-').map_or(("", text), |rest| ("-", rest));
    let (whole, fraction) = rest.find('.').map_or((rest, ""), |point| rest.split_at(point));
    let mut grouped = String::with_capacity(text.len() + whole.len() / 3);
    for (position, digit) in whole.chars().enumerate() {
        if position > 0 && (whole.len() - position).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{sign}{grouped}{fraction}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn prints_times() {
        for (value, printed) in [
            (0.0, "0 ms"),
            (0.4171, "0.417 ms"),
            (4.2, "4.2 ms"),
            (42.04, "42 ms"),
            (482.4, "482 ms"),
            (999.4, "999 ms"),
            (999.6, "1 s"),
            (1_049.0, "1.05 s"),
            (12_340.0, "12.3 s"),
            (3_600_000.0, "3,600 s"),
            (f64::NAN, "-"),
        ] {
            assert_eq!(milliseconds(value), printed, "{value}");
        }
        assert_eq!(seconds(7.5), "7.5 s");
    }

    #[test]
    fn prints_shares_without_hiding_a_failure() {
        for (value, printed) in [
            (1.0, "100 %"),
            (0.0, "0 %"),
            (0.992, "99.2 %"),
            (0.999, "99.9 %"),
            (0.999_96, "99.996 %"),
            (0.999_999, "99.9999 %"),
            (0.999_999_999_9, "99.999999 %"),
            (0.95, "95 %"),
            (0.07, "7 %"),
            (0.012_34, "1.23 %"),
            (0.000_01, "0.001 %"),
        ] {
            assert_eq!(share(value), printed, "{value}");
        }
        assert_eq!(change(0.125), "+12.5 %");
        assert_eq!(change(-0.02), "-2 %");
    }

    #[test]
    fn prints_counts_and_rates() {
        for (value, printed) in [(0, "0"), (999, "999"), (1_234, "1,234"), (12_345_678, "12,345,678")] {
            assert_eq!(count(value), printed);
        }
        assert_eq!(per_second(1_234.4), "1,234/s");
        assert_eq!(per_second(12.34), "12.3/s");
        assert_eq!(plain(-1_234.0), "-1,234");
        assert_eq!(or_nothing(None, milliseconds), "-");
    }

    #[test]
    fn prints_values_in_the_unit_of_a_finding() {
        for (value, unit, printed) in [
            (482.0, "ms", "482 ms"),
            (0.983, "1", "98.3 %"),
            (1.0, "events", "1 event"),
            (12.0, "events", "12 events"),
            (1_200.0, "requests", "1,200 requests"),
            (31.5, "requests/s", "31.5/s"),
            (93.4, "", "93.4"),
        ] {
            assert_eq!(in_unit(value, unit), printed);
        }
        assert_eq!(limit(1_049.0, "ms"), "1.049 s");
        assert_eq!(limit(0.999_5, "1"), "99.95 %");
        assert_eq!(interval([480.0, 530.0], 500.0, "ms"), "480 ms to 530 ms");
        assert_eq!(interval([499.9, 500.2], 500.0, "ms"), "499.9 ms to 500.2 ms");
        assert_eq!((counted(1, "request"), counted(0, "request")), ("1 request".to_owned(), "0 requests".to_owned()));
    }

    #[test]
    fn an_observed_value_never_looks_like_the_limit_that_it_missed() {
        assert_eq!(beside(500.004, 500.0, "ms"), "500.004 ms");
        assert_eq!(beside(0.989_96, 0.99, "1"), "98.996 %");
        assert_eq!(beside(612.0, 500.0, "ms"), "612 ms");
        assert_eq!(beside(1234.4, 1234.0, "ms"), "1.2344 s", "1.23 s would read as below 1.234 s");
        assert_eq!(beside(1233.6, 1234.0, "ms"), "1.23 s", "which reads as below");
        assert_eq!(beside(1234.4, 1229.0, "ms"), "1.23 s", "and here as above");
        assert_eq!(beside(1234.0, 1234.0, "ms"), "1.234 s");
        assert_eq!(beside(1.0, 0.0, "events"), "1 event");
        assert_eq!(beside(0.05, 0.050_000_000_000_000_04, "1"), "5 %");
        assert_eq!(beside(500.0, 500.0, "ms"), "500 ms");
    }

    proptest! {
        #[test]
        fn a_value_reads_on_the_side_of_its_limit(limit_ms in 1_u32..100_000, off in -2_000_i32..2_000, tenths in 0_i32..3) {
            let limit_value = f64::from(limit_ms) / 10_f64.powi(tenths);
            let observed = (limit_value + f64::from(off) / 1_000.0).max(0.0);
            let read = |text: &str| {
                let (number, unit) = text.split_once(' ').expect("a time has a unit");
                let number: f64 = number.replace(',', "").parse().expect("a number");
                number * if unit == "s" { 1_000.0 } else { 1.0 }
            };
            let (value, bound) = (read(&beside(observed, limit_value, "ms")), read(&limit(limit_value, "ms")));
            prop_assert_eq!(compare(value, bound), compare(observed, limit_value), "{} {}", value, bound);
        }

        #[test]
        fn a_share_is_all_or_nothing_only_if_it_is(failures in 1u64..1_000_000, more in 1u64..1_000_000) {
            let value = failures as f64 / (failures + more) as f64;
            prop_assert_ne!(share(value), "100 %");
            prop_assert_ne!(share(value), "0 %");
        }
    }
}
