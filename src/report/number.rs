//! Measured values as people read them: `482 ms`, `1.05 s`, `99.2 %`, `1,234`. The only place that formats a number.

/// What stands where nothing was measured.
pub(super) const NOTHING: &str = "-";

/// Significant digits of a measured value.
const MEASURED: usize = 3;

/// Enough digits for any limit that a person writes, few enough to hide the errors of binary fractions.
const WRITTEN: usize = 12;

/// A time in milliseconds: `0.42 ms`, `482 ms`, from a second on `1.05 s`.
pub(super) fn milliseconds(value: f64) -> String {
    time(value, MEASURED)
}

/// A time in seconds: `12.3 s`, `480 ms`.
pub(super) fn seconds(value: f64) -> String {
    time(value * 1000.0, MEASURED)
}

/// A share of 1 in percent. It is `100 %` and `0 %` only if it is exactly that: one failure in a million shows.
pub(super) fn share(value: f64) -> String {
    percent(value, MEASURED)
}

/// A whole number with thousands separators.
pub(super) fn count(value: u64) -> String {
    separated(&value.to_string())
}

/// A number of things in a second: `12.3/s`, `1,234/s`.
pub(super) fn per_second(value: f64) -> String {
    format!("{}/s", digits(value, MEASURED))
}

/// A plain number, such as a gauge's.
pub(super) fn plain(value: f64) -> String {
    digits(value, MEASURED)
}

/// Any of these, or [`NOTHING`].
pub(super) fn or_nothing<T>(value: Option<T>, print: fn(T) -> String) -> String {
    value.map_or_else(|| NOTHING.to_owned(), print)
}

/// A value in a finding's unit: `ms`, `1` (a share), `requests`, `requests/s`, `events`, or a gauge's own.
pub(super) fn in_unit(value: f64, unit: &str) -> String {
    with_digits(value, unit, MEASURED)
}

/// A limit as it was written, in a finding's unit.
pub(super) fn limit(value: f64, unit: &str) -> String {
    with_digits(value, unit, WRITTEN)
}

/// An observed value beside its limit: as many digits as it takes to see that they differ.
pub(super) fn beside(observed: f64, limit_value: f64, unit: &str) -> String {
    let limit = limit(limit_value, unit);
    (MEASURED..WRITTEN)
        .map(|digits| with_digits(observed, unit, digits))
        .find(|text| *text != limit)
        .unwrap_or_else(|| with_digits(observed, unit, WRITTEN))
}

/// An interval in a finding's unit: `480 ms to 530 ms`.
pub(super) fn interval(bounds: [f64; 2], unit: &str) -> String {
    format!("{} to {}", in_unit(bounds[0], unit), in_unit(bounds[1], unit))
}

/// A relative change, worse is positive: `+12.5 %`.
pub(super) fn change(value: f64) -> String {
    let sign = if value > 0.0 { "+" } else { "" };
    format!("{sign}{}", percent(value, MEASURED))
}

fn with_digits(value: f64, unit: &str, significant: usize) -> String {
    match unit {
        "ms" => time(value, significant),
        "1" => percent(value, significant),
        "requests/s" => format!("{}/s", digits(value, significant)),
        "" => digits(value, significant),
        "requests" | "events" if (value - 1.0).abs() < f64::EPSILON => format!("1 {}", unit.trim_end_matches('s')),
        _ => format!("{} {unit}", digits(value, significant)),
    }
}

fn time(milliseconds: f64, significant: usize) -> String {
    if !milliseconds.is_finite() {
        return NOTHING.to_owned();
    }
    let text = digits(milliseconds, significant);
    let whole_second = milliseconds.abs() >= 1000.0 || text.trim_start_matches('-') == "1,000";
    if whole_second { format!("{} s", digits(milliseconds / 1000.0, significant)) } else { format!("{text} ms") }
}

fn percent(share: f64, significant: usize) -> String {
    if !share.is_finite() {
        return NOTHING.to_owned();
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
    format!("{text} %")
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
        assert_eq!(interval([480.0, 530.0], "ms"), "480 ms to 530 ms");
    }

    #[test]
    fn an_observed_value_never_looks_like_the_limit_that_it_missed() {
        assert_eq!(beside(500.004, 500.0, "ms"), "500.004 ms");
        assert_eq!(beside(0.989_96, 0.99, "1"), "98.996 %");
        assert_eq!(beside(612.0, 500.0, "ms"), "612 ms");
        assert_eq!(beside(500.0, 500.0, "ms"), "500 ms");
    }

    proptest! {
        #[test]
        fn a_share_is_all_or_nothing_only_if_it_is(failures in 1u64..1_000_000, more in 1u64..1_000_000) {
            let value = failures as f64 / (failures + more) as f64;
            prop_assert_ne!(share(value), "100 %");
            prop_assert_ne!(share(value), "0 %");
        }
    }
}
