//! How full the pool was in the last second.

use std::collections::VecDeque;
use std::time::Duration;

/// The span of an average, and how many whole ones are looked back on.
const SPAN: Duration = Duration::from_millis(250);
const SPANS: usize = 4;

/// Connections in use over time. Every time is given as the time since the pool was made, and never runs backwards.
#[derive(Debug)]
pub(super) struct Occupancy {
    in_use: usize,
    until: Duration,
    /// The whole spans, oldest first, and the one that is running.
    spans: VecDeque<Span>,
}

#[derive(Clone, Copy, Debug)]
struct Span {
    /// Connections times nanoseconds.
    area: u128,
    peak: usize,
}

impl Occupancy {
    pub(super) fn new() -> Self {
        Self { in_use: 0, until: Duration::ZERO, spans: VecDeque::from([Span { area: 0, peak: 0 }]) }
    }

    pub(super) fn in_use(&self) -> usize {
        self.in_use
    }

    /// A connection was taken.
    pub(super) fn taken(&mut self, now: Duration) {
        self.advance(now);
        self.in_use += 1;
        let in_use = self.in_use;
        let running = self.running();
        running.peak = running.peak.max(in_use);
    }

    /// A connection was given back.
    pub(super) fn given_back(&mut self, now: Duration) {
        self.advance(now);
        self.in_use -= 1;
    }

    /// The fullest quarter of the last second: the largest average over a whole span. An average, because a hiccup of the
    /// machine that lets a few dozen requests arrive together is no full pool; the largest, because a pool that was full
    /// for a quarter of a second was full.
    pub(super) fn fullest_quarter(&mut self, now: Duration) -> f64 {
        self.advance(now);
        let whole = self.spans.iter().take(self.spans.len() - 1);
        whole.map(|span| span.area as f64 / SPAN.as_nanos() as f64).fold(0.0, f64::max)
    }

    /// The most at one time in about a second.
    pub(super) fn peak(&mut self, now: Duration) -> usize {
        self.advance(now);
        self.spans.iter().map(|span| span.peak).max().unwrap_or(0)
    }

    fn advance(&mut self, now: Duration) {
        // What lies further back than all spans is forgotten at once, however long nobody looked.
        self.until = self.until.max(now.saturating_sub(SPAN * (SPANS as u32 + 2)));
        while self.until < now {
            let into_span = Duration::from_nanos((self.until.as_nanos() % SPAN.as_nanos()) as u64);
            let end = (self.until + SPAN.saturating_sub(into_span)).min(now);
            let held = self.in_use as u128 * end.saturating_sub(self.until).as_nanos();
            self.running().area += held;
            self.until = end;
            if end.as_nanos().is_multiple_of(SPAN.as_nanos()) {
                self.begin_span();
            }
        }
    }

    fn begin_span(&mut self) {
        if self.spans.len() > SPANS {
            self.spans.pop_front();
        }
        self.spans.push_back(Span { area: 0, peak: self.in_use });
    }

    fn running(&mut self) -> &mut Span {
        self.spans.back_mut().expect("there is always a running span")
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Occupancy;

    const fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn a_short_burst_is_a_peak_but_no_full_pool() {
        let mut pool = Occupancy::new();
        (0..100).for_each(|_| pool.taken(ms(300)));
        (0..100).for_each(|_| pool.given_back(ms(315)));
        assert!((pool.fullest_quarter(ms(500)) - 6.0).abs() < 1e-9);
        assert_eq!(pool.peak(ms(500)), 100);
    }

    #[test]
    fn a_pool_that_stays_full_is_full() {
        let mut pool = Occupancy::new();
        (0..7).for_each(|_| pool.taken(ms(0)));
        assert!((pool.fullest_quarter(ms(250)) - 7.0).abs() < 1e-9);
        assert!((pool.fullest_quarter(ms(3_600_000)) - 7.0).abs() < 1e-9);
        assert_eq!((pool.peak(ms(3_600_001)), pool.in_use()), (7, 7));
    }

    #[test]
    fn what_was_is_forgotten_after_a_second() {
        let mut pool = Occupancy::new();
        pool.taken(ms(0));
        pool.given_back(ms(250));
        assert!((pool.fullest_quarter(ms(1_249)) - 1.0).abs() < 1e-9);
        assert!(pool.fullest_quarter(ms(1_250)) < 1e-9);
        assert_eq!(pool.peak(ms(1_250)), 1, "it was in use until the second span began");
        assert_eq!(pool.peak(ms(1_500)), 0);
    }
}
