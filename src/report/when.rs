//! Points in time of a run, as reports print them.

use std::time::Duration;

use jiff::Timestamp;

use crate::judge::Verdict;

/// How long the run took; `None` if its times cannot be read.
pub(super) fn took(verdict: &Verdict) -> Option<Duration> {
    let [started, finished] = [&verdict.started_at, &verdict.finished_at].map(|time| time.parse::<Timestamp>().ok());
    Duration::try_from(finished?.duration_since(started?)).ok()
}

/// `2026-11-24 09:00:00 UTC`; what cannot be read stays as it is.
pub(super) fn moment(time: &str) -> String {
    match time.parse::<Timestamp>() {
        Ok(time) => time.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
        Err(_) => time.to_owned(),
    }
}

/// A span in whole seconds: `151 s` is `2 min 31 s`.
pub(super) fn span(span: Duration) -> String {
    let seconds = (span.as_secs_f64() + 0.5) as u64;
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixtures;

    #[test]
    fn prints_moments_and_spans() {
        let verdict = fixtures::passed();
        assert_eq!(took(&verdict), Some(Duration::from_millis(151_500)));
        assert_eq!(moment(&verdict.finished_at), "2026-11-24 09:02:31 UTC");
        assert_eq!(moment("yesterday"), "yesterday");
        for (seconds, printed) in [(0.4, "0 s"), (59.6, "1 min 0 s"), (151.5, "2 min 32 s"), (7_260.0, "2 h 1 min")] {
            assert_eq!(span(Duration::from_secs_f64(seconds)), printed);
        }
    }
}
