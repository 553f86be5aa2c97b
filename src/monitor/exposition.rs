//! What a source gave: names with their values, and Prometheus text as far as gauges need it.

use std::collections::HashMap;

use tokio::time::Instant;

use super::Unread;
use crate::plan::{Selector, parse_labels, split_name};

/// What one reading of a source gave. Lines of Prometheus text that are not understood are left out: an app may expose
/// what this version does not know, and the gauges that need such a line are missing then, with its name as the reason.
#[derive(Debug, Clone, PartialEq)]
pub struct Exposition {
    /// When it was read.
    at: Instant,
    series: HashMap<String, Vec<Series>>,
    /// Names that the source knows and could not give, with the reason.
    absent: HashMap<String, Unread>,
}

/// One line: a label set and its value.
#[derive(Debug, Clone, PartialEq)]
struct Series {
    labels: Vec<(String, String)>,
    value: f64,
}

impl Series {
    fn carries(&self, selector: &Selector) -> bool {
        selector.labels.iter().all(|label| self.labels.contains(label))
    }
}

impl Exposition {
    /// Nothing yet, read now.
    pub(super) fn empty() -> Self {
        Self { at: Instant::now(), series: HashMap::new(), absent: HashMap::new() }
    }

    /// Reads the text format (`name{label="value"} number [timestamp]`), comments and types left out.
    pub fn parse(text: &str) -> Self {
        let mut exposition = Self::empty();
        for line in text.lines() {
            if let Some((name, series)) = parse_line(line.trim()) {
                exposition.series.entry(name.to_owned()).or_default().push(series);
            }
        }
        exposition
    }

    /// Gives a name its value.
    pub(super) fn give(&mut self, name: &str, value: f64) {
        self.series.insert(name.to_owned(), vec![Series { labels: Vec::new(), value }]);
    }

    /// Gives a name one more value, with a label.
    pub(super) fn give_labelled(&mut self, name: &str, (label, text): (&str, String), value: f64) {
        let series = Series { labels: vec![(label.to_owned(), text)], value };
        self.series.entry(name.to_owned()).or_default().push(series);
    }

    /// Whether a name has a value.
    pub(super) fn has(&self, name: &str) -> bool {
        self.series.contains_key(name)
    }

    /// Says why a name has no value, also where it had one.
    pub(super) fn lack(&mut self, name: &str, why: Unread) {
        self.series.remove(name);
        self.absent.insert(name.to_owned(), why);
    }

    /// A value, or why there is none.
    pub(super) fn give_or_lack(&mut self, name: &str, value: Result<f64, Unread>) {
        match value {
            Ok(value) => self.give(name, value),
            Err(why) => self.lack(name, why),
        }
    }

    /// The sum over the series that the selector names, those with more labels included. NaN and infinities pass through
    /// as they are written.
    ///
    /// # Errors
    /// Why there is none.
    pub fn sum(&self, selector: &Selector) -> Result<f64, Unread> {
        let series = self.series.get(&selector.name).map(Vec::as_slice).unwrap_or_default();
        let kept = series.iter().filter(|series| series.carries(selector)).map(|series| series.value);
        kept.reduce(|sum, value| sum + value).ok_or_else(|| self.why_not(selector))
    }

    /// The value of a bare name, or why there is none.
    pub(super) fn bare(&self, name: &str) -> Result<f64, Unread> {
        self.sum(&Selector { name: name.to_owned(), labels: Vec::new() })
    }

    /// The value of a bare name.
    pub(super) fn value(&self, name: &str) -> Option<f64> {
        self.bare(name).ok()
    }

    /// The increase a second since an earlier reading, summed over the series that the selector names. A series that fell
    /// was started anew, and counts from 0; one that was not there before counts from the next reading on.
    ///
    /// # Errors
    /// Why there is none: without an earlier reading it is only known from the next one on.
    pub fn rate(&self, selector: &Selector, before: Option<&Self>) -> Result<f64, Unread> {
        let now = self.series.get(&selector.name).map(Vec::as_slice).unwrap_or_default();
        let mut now = now.iter().filter(|series| series.carries(selector)).peekable();
        if now.peek().is_none() {
            return Err(self.why_not(selector));
        }
        let Some(before) = before.filter(|before| before.series.contains_key(&selector.name)) else {
            return Err(Unread::NotYet);
        };
        let seconds = self.seconds_since(before)?;
        let earlier = &before.series[&selector.name];
        let increase = now.filter_map(|series| {
            let was = earlier.iter().find(|was| was.labels == series.labels)?.value;
            Some(increase(was, series.value))
        });
        Ok(increase.sum::<f64>() / seconds)
    }

    /// The increase a second of the label set that rose most.
    pub(super) fn highest_rate(&self, name: &str, before: Option<&Self>) -> Result<f64, Unread> {
        let rates = self.series.get(name).map(Vec::as_slice).unwrap_or_default().iter().map(|series| {
            let selector = Selector { name: name.to_owned(), labels: series.labels.clone() };
            self.rate(&selector, before)
        });
        rates.reduce(|one, other| Ok(one?.max(other?))).unwrap_or(Err(Unread::NotYet))
    }

    /// Seconds since an earlier reading.
    pub(super) fn seconds_since(&self, before: &Self) -> Result<f64, Unread> {
        match self.at.checked_duration_since(before.at) {
            Some(since) if !since.is_zero() => Ok(since.as_secs_f64()),
            _ => Err(Unread::Because("a later reading was answered before this one".to_owned())),
        }
    }

    /// Whether not one name was understood: the answer was no Prometheus text.
    pub fn is_empty(&self) -> bool {
        self.series.is_empty()
    }

    fn why_not(&self, selector: &Selector) -> Unread {
        let unknown = || Unread::Because(format!("`{selector}` is not among what the source gives"));
        self.absent.get(&selector.name).cloned().unwrap_or_else(unknown)
    }
}

/// How much a counter rose; one that fell was started anew at 0.
pub(super) fn increase(was: f64, is: f64) -> f64 {
    if is < was { is } else { is - was }
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

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
        assert_eq!(read.sum(&select("db_connections", &[])), Ok(7.0));
        assert_eq!(read.sum(&select("requests_total", &[])), Ok(17.5));
        assert_eq!(read.sum(&select("job:load:rate5m", &[])), Ok(f64::INFINITY));
    }

    #[test]
    fn labels_narrow_it_down() {
        let read = Exposition::parse(TEXT);
        assert_eq!(read.sum(&select("requests_total", &[("method", "GET")])), Ok(13.0));
        assert_eq!(read.sum(&select("requests_total", &[("path", "/a\"b,}")])), Ok(3.0));
        assert!(read.sum(&select("requests_total", &[("method", "PUT")])).is_err());
    }

    #[test]
    fn what_is_not_there_is_none_never_zero() {
        let read = Exposition::parse(TEXT);
        for name in ["broken", "starts_with_a_digit", "HELP", ""] {
            assert!(read.sum(&select(name, &[])).is_err(), "{name}");
        }
        assert!(Exposition::parse("<html>it works</html>").is_empty());
        assert!(Exposition::parse("{\"error\": 1}").is_empty());
    }

    #[test]
    fn a_name_that_could_not_be_given_says_why() {
        let mut read = Exposition::empty();
        read.lack("disk", Unread::Because("no disk".to_owned()));
        assert_eq!(read.sum(&select("disk", &[])), Err(Unread::Because("no disk".to_owned())));
    }

    #[test]
    fn a_rate_is_the_increase_a_second_series_by_series() {
        let before = Exposition::parse(
            "c{core=\"0\",mode=\"idle\"} 10\nc{core=\"1\",mode=\"idle\"} 500\nc{core=\"0\",mode=\"user\"} 7\n",
        );
        let mut now = Exposition::parse(
            "c{core=\"0\",mode=\"idle\"} 16\nc{core=\"1\",mode=\"idle\"} 4\nc{core=\"2\",mode=\"idle\"} 900\nc{core=\"0\",mode=\"user\"} 9\n",
        );
        now.at = before.at + Duration::from_secs(2);
        let idle = select("c", &[("mode", "idle")]);
        assert_eq!(now.rate(&idle, Some(&before)), Ok(5.0), "6 of core 0, 4 of core 1 since it was started anew");
        assert_eq!(now.rate(&idle, None), Err(Unread::NotYet));
        assert!(matches!(now.rate(&select("d", &[]), Some(&before)), Err(Unread::Because(_))));
        assert!(matches!(before.rate(&idle, Some(&now)), Err(Unread::Because(_))), "never over a negative time");
    }
}
