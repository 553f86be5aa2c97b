//! What one user's pass through each scenario did, for `run --dry-run`.

use std::time::Duration;

use super::{
    Colour, Mask, clean,
    terminal::{Tint, without_commands, wrap},
};
use crate::units::number;
use crate::{
    gate::Rehearsed,
    load::{Exchange, Rehearsal},
};

/// So many lines of a request or an answer are quoted with `-v`.
const QUOTED_LINES: usize = 12;

/// How much is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// A line for what passed, and evidence for what failed.
    Failures,
    /// `-v`: evidence for everything.
    Everything,
}

/// Every pass, in order; `mask` takes secrets out.
pub fn rehearsals(passes: &[Rehearsed], detail: Detail, mask: &Mask<'_>, colour: Colour) -> String {
    let mut lines = Vec::new();
    for Rehearsed { scenario, rehearsal } in passes {
        let (tint, word) = if rehearsal.passed() { (Tint::Good, "passed") } else { (Tint::Bad, "failed") };
        let title = format!("scenario {}, one user: ", clean(&mask(scenario)));
        lines.push(format!("{title}{}", colour.paint(tint, word)));
        lines.extend(told(rehearsal, detail, mask));
        lines.push(String::new());
    }
    without_commands(&lines.join("\n"))
}

fn told(rehearsal: &Rehearsal, detail: Detail, mask: &Mask<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    for exchange in &rehearsal.exchanges {
        lines.extend(exchanged(exchange, mask));
        if detail == Detail::Everything || exchange.failure.is_some() {
            lines.extend(quoted('>', &exchange.sent, mask));
            lines.extend(quoted('<', &exchange.received, mask));
        }
    }
    lines.extend(rehearsal.broken_off.iter().flat_map(|why| wrap(&clean(&mask(&format!("broken off: {why}"))), 2)));
    lines
}

/// `200 GET /dashboard/ (dashboard), 12 ms`, and why it failed.
fn exchanged(exchange: &Exchange, mask: &Mask<'_>) -> Vec<String> {
    let Exchange { step, method, url, status, duration, failure, .. } = exchange;
    let status = status.map_or_else(|| number::NOTHING.to_owned(), |status| status.to_string());
    let method = method.as_ref().map(|method| format!(" {method}")).unwrap_or_default();
    let url = url.as_ref().map(|url| format!(" {url}")).unwrap_or_default();
    let time = number::milliseconds(milliseconds(*duration));
    let mut lines = wrap(&clean(&mask(&format!("{status}{method}{url} ({step}), {time}"))), 2);
    lines.extend(failure.iter().flat_map(|why| wrap(&clean(&mask(&format!("failed: {why}"))), 4)));
    lines
}

/// The first lines of a request or an answer. Masked as a whole, because a secret may have a line break in it.
fn quoted(sign: char, text: &str, mask: &Mask<'_>) -> Vec<String> {
    let masked = mask(text);
    let lines = masked.lines().filter(|line| !line.trim().is_empty());
    lines
        .take(QUOTED_LINES)
        .flat_map(|line| wrap(&clean(line), 8))
        .map(|line| format!("    {sign}   {}", line.trim_start()))
        .collect()
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use http::Method;

    use super::*;

    fn passes() -> Vec<Rehearsed> {
        let exchange = |step: &str, status, failure: Option<&str>| Exchange {
            step: step.to_owned(),
            method: Some(Method::GET),
            url: Some("http://127.0.0.1:1/?key=hunter2".to_owned()),
            status: Some(status),
            duration: Duration::from_micros(12_340),
            failure: failure.map(str::to_owned),
            sent: String::new(),
            received: "content-type: text/html\n\n<p>hunter2\u{1b}[2J</p>\n::error::forged".to_owned(),
        };
        let rehearsal = Rehearsal {
            exchanges: vec![
                exchange("login page", 200, None),
                exchange("dashboard", 500, Some("status 500, expected 200")),
            ],
            requests: 2,
            failures: 1,
            broken_off: Some("a step needs a value that no earlier step extracted".to_owned()),
        };
        vec![Rehearsed { scenario: "estimator".to_owned(), rehearsal }]
    }

    #[test]
    fn tells_each_exchange_and_quotes_what_failed() {
        let mask: &Mask<'_> = &|text| Cow::Owned(text.replace("hunter2", "***"));
        let text = rehearsals(&passes(), Detail::Failures, mask, Colour::Off);
        insta::assert_snapshot!("rehearsal", text);
        assert!(rehearsals(&passes(), Detail::Everything, mask, Colour::Off).len() > text.len());
    }
}
