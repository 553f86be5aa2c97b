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
        self.count() == 0
    }

    pub(super) fn count(&self) -> u64 {
        self.few.len() as u64 + self.many.count()
    }

    /// How many are that long or longer: exact while they are few, else to the histogram's three digits.
    pub(super) fn from(&self, micros: u32) -> u64 {
        let Some(below) = micros.checked_sub(1) else { return self.count() };
        let few = self.few.iter().filter(|time| **time > below).count() as u64;
        few + self.many.count_above(Duration::from_micros(u64::from(below)))
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
    fn few_are_counted_exactly_from_a_time_on_and_many_to_three_digits() {
        let few = of([0, 10, 20, 20, 30]);
        assert_eq!([0, 1, 20, 21, 31].map(|time| few.from(time)), [5, 4, 3, 1, 0]);
        let many = of((0..1_000_000).step_by(10));
        assert_eq!((many.from(0), many.from(1_000_000)), (100_000, 0));
        for time in [1, 250_000, 500_000, 999_000] {
            let exact = (1_000_000 - u64::from(time)) / 10;
            assert!(many.from(time).abs_diff(exact) <= 100, "{time}: {}", many.from(time));
        }
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
