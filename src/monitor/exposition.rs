//! Prometheus text, as far as gauges need it.

use std::{collections::HashMap, fmt};

/// The samples of one scrape. Lines that are not understood are left out: an app may expose what this version does not
/// know, and the gauges that need such a line are missing then, with its name as the reason.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Exposition {
    series: HashMap<String, Vec<Series>>,
}

/// One line: a label set and its value.
#[derive(Debug, Clone, PartialEq)]
struct Series {
    labels: Vec<(String, String)>,
    value: f64,
}

/// What an expression asks for: a name, and labels that a series must carry.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Selector {
    /// The metric's name.
    pub name: String,
    /// Labels with their values; empty for a bare name.
    pub labels: Vec<(String, String)>,
}

impl fmt::Display for Selector {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.name)?;
        if self.labels.is_empty() {
            return Ok(());
        }
        let labels: Vec<String> = self.labels.iter().map(|(label, value)| format!("{label}={value:?}")).collect();
        write!(out, "{{{}}}", labels.join(","))
    }
}

impl Exposition {
    /// Reads the text format (`name{label="value"} number [timestamp]`), comments and types left out.
    pub fn parse(text: &str) -> Self {
        let mut exposition = Self::default();
        for line in text.lines() {
            if let Some((name, series)) = parse_line(line.trim()) {
                exposition.series.entry(name.to_owned()).or_default().push(series);
            }
        }
        exposition
    }

    /// The sum over the series that the selector names, those with more labels included; `None` when there is none.
    /// NaN and infinities pass through as they are written.
    pub fn sum(&self, selector: &Selector) -> Option<f64> {
        let series = self.series.get(&selector.name)?;
        let carries = |series: &&Series| selector.labels.iter().all(|label| series.labels.contains(label));
        series.iter().filter(carries).map(|series| series.value).reduce(|sum, value| sum + value)
    }

    /// Whether not one sample was understood: the answer was no Prometheus text.
    pub fn is_empty(&self) -> bool {
        self.series.is_empty()
    }
}

fn parse_line(line: &str) -> Option<(&str, Series)> {
    let (name, rest) = split_name(line)?;
    let (labels, rest) = match rest.strip_prefix('{') {
        Some(inside) => parse_labels(inside)?,
        None => (Vec::new(), rest),
    };
    let value = rest.split_whitespace().next()?.parse().ok()?;
    Some((name, Series { labels, value }))
}

/// Splits a metric name off; names start with a letter, an underscore or a colon.
pub(super) fn split_name(text: &str) -> Option<(&str, &str)> {
    let starts = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_' || c == ':');
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == ':')).unwrap_or(text.len());
    starts.then(|| text.split_at(end))
}

/// Reads `label="value",...}` and gives what follows the brace.
pub(super) fn parse_labels(mut text: &str) -> Option<(Vec<(String, String)>, &str)> {
    let mut labels = Vec::new();
    loop {
        text = text.trim_start();
        if let Some(rest) = text.strip_prefix('}') {
            return Some((labels, rest));
        }
        let (label, rest) = split_name(text)?;
        let quoted = rest.trim_start().strip_prefix('=')?.trim_start().strip_prefix('"')?;
        let (value, rest) = unquote(quoted)?;
        labels.push((label.to_owned(), value));
        let rest = rest.trim_start();
        text = rest.strip_prefix(',').unwrap_or(rest);
    }
}

/// Reads to the closing quote; `\\`, `\"` and `\n` are the format's escapes.
fn unquote(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Some((value, &text[at + 1..])),
            '\\' => match letters.next()?.1 {
                'n' => value.push('\n'),
                other => value.push(other),
            },
            other => value.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"
# HELP db_connections Connections in use.
# TYPE db_connections gauge
db_connections 7
requests_total{method="GET",path="/a\"b,}"} 3 1700000000000
requests_total{method="POST",} 4.5
requests_total{ method = "GET" } 1e1
job:load:rate5m +Inf
broken{label="open 3
broken nothing
1starts_with_a_digit 4
"#;

    fn select(name: &str, labels: &[(&str, &str)]) -> Selector {
        let labels = labels.iter().map(|(label, value)| ((*label).to_owned(), (*value).to_owned())).collect();
        Selector { name: name.to_owned(), labels }
    }

    #[test]
    fn a_bare_name_is_the_sum_over_its_label_sets() {
        let read = Exposition::parse(TEXT);
        assert_eq!(read.sum(&select("db_connections", &[])), Some(7.0));
        assert_eq!(read.sum(&select("requests_total", &[])), Some(17.5));
        assert_eq!(read.sum(&select("job:load:rate5m", &[])), Some(f64::INFINITY));
    }

    #[test]
    fn labels_narrow_it_down() {
        let read = Exposition::parse(TEXT);
        assert_eq!(read.sum(&select("requests_total", &[("method", "GET")])), Some(13.0));
        assert_eq!(read.sum(&select("requests_total", &[("path", "/a\"b,}")])), Some(3.0));
        assert_eq!(read.sum(&select("requests_total", &[("method", "PUT")])), None);
    }

    #[test]
    fn what_is_not_there_is_none_never_zero() {
        let read = Exposition::parse(TEXT);
        for name in ["broken", "starts_with_a_digit", "HELP", ""] {
            assert_eq!(read.sum(&select(name, &[])), None, "{name}");
        }
        assert!(Exposition::parse("<html>it works</html>").is_empty());
        assert!(Exposition::parse("{\"error\": 1}").is_empty());
    }

    #[test]
    fn a_selector_prints_as_it_is_written() {
        assert_eq!(select("a", &[]).to_string(), "a");
        assert_eq!(select("a", &[("b", "c"), ("d", "e\"f")]).to_string(), r#"a{b="c",d="e\"f"}"#);
    }
}
