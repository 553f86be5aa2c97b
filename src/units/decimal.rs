//! Decimal numbers, read and shifted without the rounding errors of a multiplication.

/// Reads an unsigned decimal number (`12`, `1.5`), times ten to the power of `shift`, correctly rounded.
///
/// Signs, exponents, `inf` and `NaN` are not numbers that a person writes in gates.yaml: they are `None`.
pub(super) fn read(text: &str, shift: i32) -> Option<f64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || text.len() > 40 {
        return None;
    }
    format!("{text}e{shift}").parse().ok()
}

/// `value` times a hundred, as the shortest decimal text that reads back exactly. The point moves in the text, because
/// a multiplication would round: 0.07 is 7, not 7.000000000000001.
pub(super) fn print_hundredfold(value: f64) -> String {
    let text = value.to_string();
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let (moved, rest) = fraction.split_at(fraction.len().min(2));
    let digits = format!("{whole}{moved:0<2}");
    let digits = digits.trim_start_matches('0');
    let whole = if digits.is_empty() { "0" } else { digits };
    if rest.is_empty() { whole.to_owned() } else { format!("{whole}.{rest}") }
}

/// Splits `12.5ms` into `12.5` and `ms`.
pub(super) fn split_unit(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    (number, unit.trim_start())
}
