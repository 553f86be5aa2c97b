//! Exchanges step by step: of checklist items that did not hold or are doubted, and of `run --dry-run`.

use std::time::Duration;

use super::{
    Colour, Mask, clean, curl,
    terminal::{Tint, without_commands, wrap},
};
use crate::units::number;
use crate::units::text::shortened;
use crate::{
    gate::Rehearsed,
    load::{Doubt, Exchange, Quote, Rehearsal},
};

/// The most lines of a head that are shown.
const HEAD_LINES: usize = 40;

/// The most lines of a body that are shown without `-v`, and with it.
const BODY_LINES: (usize, usize) = (6, 40);

/// The most characters of a line of a body that are shown without `-v`, and with it.
const LINE_LENGTH: (usize, usize) = (200, 2000);

/// How much is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// A line for what passed, and evidence for what failed or is doubted.
    Failures,
    /// `-v`: evidence for everything.
    Everything,
}

/// Every pass, in order; `mask` takes secrets out.
pub fn rehearsals(passes: &[Rehearsed], detail: Detail, mask: &Mask<'_>, colour: Colour) -> String {
    let mut lines = Vec::new();
    for Rehearsed { title, rehearsal } in passes {
        let (tint, word) = match &rehearsal.doubt {
            _ if !rehearsal.passed() => (Tint::Bad, "failed"),
            Some(_) => (Tint::Warn, "warned"),
            None => (Tint::Good, "passed"),
        };
        lines.push(format!("{}: {}", clean(&mask(title)), colour.paint(tint, word)));
        lines.extend(told(rehearsal, detail, mask));
        lines.push(String::new());
    }
    without_commands(&lines.join("\n"))
}

fn told(rehearsal: &Rehearsal, detail: Detail, mask: &Mask<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    for (exchange, at) in rehearsal.exchanges.iter().zip(0..) {
        lines.extend(exchanged(exchange, mask));
        let doubt = rehearsal.doubt.as_ref().filter(|doubt| doubt.exchange == at);
        let doubted = doubt.map(|Doubt { cause, expect, .. }| format!("warning: it passed, but {cause}. {expect}"));
        lines.extend(doubted.iter().flat_map(|warning| wrap(&clean(&mask(warning)), 4)));
        if detail == Detail::Everything || exchange.failure.is_some() || doubt.is_some() {
            lines.extend(quoted('>', &exchange.sent, detail, mask));
            lines.extend(quoted('<', &exchange.received, detail, mask));
        }
        if exchange.failure.is_some() {
            lines.extend(curl::command(exchange, mask));
        }
    }
    lines.extend(rehearsal.broken_off.iter().flat_map(|why| wrap(&clean(&mask(&format!("broken off: {why}"))), 2)));
    lines
}

/// `200 GET /dashboard/ (dashboard), 12 ms`, and why it failed.
fn exchanged(exchange: &Exchange, mask: &Mask<'_>) -> Vec<String> {
    let Exchange { step, method, url, status, duration, failure, advice, causes, .. } = exchange;
    let status = status.map_or_else(|| number::NOTHING.to_owned(), |status| status.to_string());
    let method = method.as_ref().map(|method| format!(" {method}")).unwrap_or_default();
    let url = url.as_ref().map(|url| format!(" {url}")).unwrap_or_default();
    let time = number::milliseconds(milliseconds(*duration));
    let mut lines = wrap(&clean(&mask(&format!("{status}{method}{url} ({step}), {time}"))), 2);
    lines.extend(failure.iter().flat_map(|why| wrap(&clean(&mask(&format!("failed: {why}"))), 4)));
    if causes.is_empty() {
        lines.extend(advice.iter().flat_map(|advice| wrap(&clean(&mask(&format!("likely: {advice}."))), 4)));
        return lines;
    }
    lines.push("    the likeliest causes, in the order of what speaks for them:".to_owned());
    for (cause, place) in causes.iter().zip(1..) {
        lines.extend(wrap(&clean(&mask(&format!("{place}. {cause}."))), 6));
    }
    lines
}

/// A request or an answer as a terminal's HTTP client shows it: the head, an empty line, the first lines of the body.
/// The body is masked as a whole, because a secret may have a line break in it.
fn quoted(sign: char, quote: &Quote, detail: Detail, mask: &Mask<'_>) -> Vec<String> {
    if quote.head.is_empty() {
        return Vec::new();
    }
    let (body_lines, length) = match detail {
        Detail::Failures => (BODY_LINES.0, LINE_LENGTH.0),
        Detail::Everything => (BODY_LINES.1, LINE_LENGTH.1),
    };
    let mut lines: Vec<String> = quote.head.iter().take(HEAD_LINES).map(|line| mask(line).into_owned()).collect();
    if quote.head.len() > HEAD_LINES {
        lines.push(format!("… and {} more headers", quote.head.len() - HEAD_LINES));
    }
    let body = mask(&quote.body);
    let mut of_body = body.lines().filter(|line| !line.trim().is_empty());
    let shown: Vec<String> =
        of_body.by_ref().take(body_lines).map(|line| shortened(line, length).into_owned()).collect();
    if !shown.is_empty() {
        lines.push(String::new());
        lines.extend(shown);
    }
    let left = of_body.count();
    if left > 0 {
        lines.push(format!("… and {left} more lines"));
    }
    let wrapped = |line: String| if line.is_empty() { vec![line] } else { wrap(&clean(&line), 6) };
    lines
        .into_iter()
        .flat_map(wrapped)
        .map(|line| format!("    {sign} {}", line.trim_start()).trim_end().to_owned())
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
            advice: failure.map(|_| "the app failed: look into its log at this request".to_owned()),
            causes: Vec::new(),
            login: false,
            sent: Quote {
                head: vec!["GET /?key=hunter2 HTTP/1.1".to_owned(), "accept: */*".to_owned()],
                body: String::new(),
            },
            received: Quote {
                head: vec!["HTTP/1.1 500 Internal Server Error".to_owned(), "content-type: text/html".to_owned()],
                body: format!("<p>hunter2\u{1b}[2J</p>\n::error::forged\n{}", "line\n".repeat(20)),
            },
        };
        let rehearsal = Rehearsal {
            exchanges: vec![
                exchange("login page", 200, None),
                exchange("dashboard", 500, Some("status 500, expected 200")),
            ],
            requests: 2,
            failures: 1,
            broken_off: Some("a step needs a value that no earlier step extracted".to_owned()),
            doubt: None,
        };
        vec![Rehearsed { title: "scenario estimator, one user".to_owned(), rehearsal }]
    }

    #[test]
    fn tells_each_exchange_and_quotes_what_failed() {
        let mask: &Mask<'_> = &|text| Cow::Owned(text.replace("hunter2", "***"));
        let text = rehearsals(&passes(), Detail::Failures, mask, Colour::Off);
        insta::assert_snapshot!("rehearsal", text);
        assert!(!text.contains("hunter2"), "{text}");
    }

    #[test]
    fn with_v_what_passed_is_quoted_too() {
        let mask: &Mask<'_> = &|text| Cow::Owned(text.replace("hunter2", "***"));
        let mut passes = passes();
        passes[0].rehearsal.exchanges.truncate(1);
        let said = |detail| rehearsals(&passes, detail, mask, Colour::Off);
        let (everything, failures) = (said(Detail::Everything), said(Detail::Failures));
        for part in [
            "    > GET /?key=*** HTTP/1.1\n    > accept: */*\n",
            "    < HTTP/1.1 500 Internal Server Error\n",
            "    < line\n",
        ] {
            assert!(everything.contains(part), "{part}\n{everything}");
        }
        assert!(!failures.contains("\n    >") && !failures.contains("\n    <"), "{failures}");
        // All twenty lines of the body, of which six are shown of a failed step without `-v`.
        assert_eq!(everything.matches("< line\n").count(), 20, "{everything}");
        assert!(!everything.contains("hunter2") && !everything.contains("curl"), "{everything}");
    }

    #[test]
    fn a_login_that_does_not_work_has_its_causes_in_order() {
        let mut passes = passes();
        passes[0].rehearsal.exchanges[1].causes = ["first", "second", "less likely: third"].map(str::to_owned).to_vec();
        let text = rehearsals(&passes, Detail::Failures, &|text| Cow::Borrowed(text), Colour::Off);
        let causes = "    the likeliest causes, in the order of what speaks for them:\n      1. first.\n      2. second.\n      \
                      3. less likely: third.\n";
        assert!(text.contains(causes), "{text}");
        assert!(!text.contains("likely: the app failed"), "the advice is the first cause: {text}");
    }

    #[test]
    fn what_passed_and_is_doubted_says_so_with_its_evidence() {
        let mut passes = passes();
        let rehearsal = &mut passes[0].rehearsal;
        rehearsal.exchanges.pop();
        (rehearsal.failures, rehearsal.broken_off) = (0, None);
        rehearsal.exchanges[0].received.head[0] = "HTTP/1.1 200 OK".to_owned();
        let cause = "the answer is the login page again".to_owned();
        rehearsal.doubt = Some(Doubt { exchange: 0, cause, expect: "Say so in `expect`." });
        let text = rehearsals(&passes, Detail::Failures, &|text| Cow::Borrowed(text), Colour::Off);
        assert!(text.starts_with("scenario estimator, one user: warned\n"), "{text}");
        let warning = "    warning: it passed, but the answer is the login page again. Say so in\n    `expect`.\n";
        assert!(text.contains(warning) && text.contains("    < HTTP/1.1 200 OK\n"), "{text}");
    }
}
