//! Times of one second: as they are while they are few, as a histogram once they are many.

use std::time::Duration;

use super::Histogram;

/// So many times take as much memory as a histogram of them does.
const FEW: usize = 1024;

/// Times in microseconds. Their memory is bounded, whatever the rate of requests.
#[derive(Debug, Default)]
pub(super) struct Times {
    few: Vec<u32>,
    many: Histogram,
}

impl Times {
    pub(super) fn push(&mut self, micros: u32) {
        if self.few.len() < FEW && self.many.count() == 0 {
            self.few.push(micros);
            return;
        }
        for micros in std::mem::take(&mut self.few) {
            self.many.record_micros(micros);
        }
        self.many.record_micros(micros);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.few.is_empty() && self.many.count() == 0
    }

    /// Adds them to a histogram.
    pub(super) fn add_to(&self, histogram: &mut Histogram) {
        histogram.merge(&self.many);
        for micros in &self.few {
            histogram.record_micros(*micros);
        }
    }

    /// The shortest time that so many percent of all do not exceed: exact while each second has few, else to the
    /// histogram's three digits. `None` without times.
    pub(super) fn quantiles<const N: usize>(all: &[&Self], percents: [usize; N]) -> [Option<Duration>; N] {
        if all.iter().any(|times| times.many.count() > 0) {
            let mut whole = Histogram::new();
            for times in all {
                times.add_to(&mut whole);
            }
            return percents.map(|percent| whole.quantile(percent as f64 / 100.0));
        }
        let mut few: Vec<u32> = all.iter().flat_map(|times| &times.few).copied().collect();
        percents.map(|percent| {
            let rank = (few.len() * percent).div_ceil(100).checked_sub(1)?;
            let (_, value, _) = few.select_nth_unstable(rank);
            Some(Duration::from_micros(u64::from(*value)))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(times: impl IntoIterator<Item = u32>) -> Times {
        let mut all = Times::default();
        for time in times {
            all.push(time);
        }
        all
    }

    #[test]
    fn many_times_take_no_more_memory_than_a_histogram_and_lose_none() {
        let many = of((0..100_000).map(|time| 1000 + time % 1000));
        assert!(many.few.is_empty() && many.few.capacity() == 0);
        let mut whole = Histogram::new();
        many.add_to(&mut whole);
        of([5000, 6000]).add_to(&mut whole);
        assert_eq!((whole.count(), whole.max()), (100_002, Some(Duration::from_micros(6000))));
    }

    #[test]
    fn quantiles_are_exact_for_few_and_to_three_digits_for_many() {
        let (few, none) = (of(1..=100), Times::default());
        let exact = [Some(Duration::from_micros(50)), Some(Duration::from_micros(95))];
        assert_eq!(Times::quantiles(&[&few, &none], [50, 95]), exact);
        assert_eq!(Times::quantiles(&[&none], [50]), [None]);
        let many = of((1..=100).cycle().take(50_000).map(|time| time * 1000));
        let [middle, high] = Times::quantiles(&[&many, &few], [50, 95]).map(|time| time.expect("there are times"));
        assert!(middle.abs_diff(Duration::from_millis(50)) <= Duration::from_micros(50), "{middle:?}");
        assert!(high.abs_diff(Duration::from_millis(95)) <= Duration::from_micros(95), "{high:?}");
    }
}
