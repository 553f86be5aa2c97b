//! Numbers in the sentences of a verdict.

use std::time::Duration;

/// `412 ms`, `0.42 ms`, from a second on `1.05 s`: three significant digits.
pub(super) fn time(milliseconds: f64) -> String {
    if milliseconds.abs() >= 999.5 {
        format!("{} s", digits(milliseconds / 1000.0))
    } else {
        format!("{} ms", digits(milliseconds))
    }
}

/// A length of time.
pub(super) fn duration(duration: Duration) -> String {
    time(duration.as_secs_f64() * 1e3)
}

/// A share of 1 in percent: `8.82 %`. `100 %` and `0 %` only where it is exactly that.
pub(super) fn percent(share: f64) -> String {
    let points = share * 100.0;
    // Near 100 % the interesting digits are those of what is missing.
    let text = if (0.99..1.0).contains(&share) { fixed(points, 3) } else { digits(points) };
    match text.as_str() {
        "100" if share < 1.0 => "99.999 %".to_owned(),
        text => format!("{text} %"),
    }
}

/// `12,345`.
pub(super) fn count(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 request`, `1,234 requests`.
pub(super) fn counted(number: u64, thing: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {thing}{plural}", count(number))
}

/// Three significant digits, or all before the point if these are more; no zeros at the end.
pub(super) fn digits(value: f64) -> String {
    let magnitude = value.abs();
    let decimals = match magnitude {
        0.0 => 0,
        _ if magnitude >= 100.0 => 0,
        _ => 2 - (magnitude.log10().floor().max(-6.0) as i32),
    };
    fixed(value, decimals.max(0) as usize)
}

/// A value in a finding's unit.
pub(super) fn in_unit(value: f64, unit: &str) -> String {
    match unit {
        "ms" => time(value),
        "1" => percent(value),
        "requests/s" => format!("{}/s", digits(value)),
        "requests" | "events" => counted(value.round() as u64, unit.trim_end_matches('s')),
        _ => digits(value),
    }
}

fn fixed(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { grouped(&text) }
}

fn grouped(whole: &str) -> String {
    whole.parse().map_or_else(|_| whole.to_owned(), count)
}

#[cfg(test)]
mod tests {
    use super::{count, counted, digits, percent, time};

    #[test]
    fn reads_as_people_write() {
        assert_eq!([412.4, 0.4213, 1049.0, 999.6, 12.0].map(time), ["412 ms", "0.421 ms", "1.05 s", "1 s", "12 ms"]);
        assert_eq!(
            [0.0882, 1.0, 0.0, 0.999_999_9, 0.9954].map(percent),
            ["8.82 %", "100 %", "0 %", "99.999 %", "99.54 %"]
        );
        assert_eq!([7, 1_234, 1_234_567].map(count), ["7", "1,234", "1,234,567"]);
        assert_eq!((counted(1, "request"), counted(0, "request")), ("1 request".to_owned(), "0 requests".to_owned()));
        assert_eq!([1234.5, -3.25, 83.54].map(digits), ["1,234", "-3.25", "83.5"]);
    }
}
