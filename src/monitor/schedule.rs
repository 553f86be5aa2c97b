//! When gauges are read: a pure function of the measured window.

use std::time::Duration;

/// Readings of a window shorter than this many seconds come closer together, so that there are as many of them.
const READINGS: u32 = 20;

/// The moments at which gauges are read within a measured window, on the clock of the load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    start: Duration,
    end: Duration,
    interval: Duration,
    count: u32,
}

impl Schedule {
    /// Every second of the window `from..to`; in windows under 20 s twenty times, evenly. The first reading is at the
    /// start, the last one before the end.
    pub fn of_window(from: Duration, to: Duration) -> Self {
        let length = to.saturating_sub(from);
        let interval = (length / READINGS).min(Duration::from_secs(1));
        let seconds = u32::try_from(length.as_millis().div_ceil(1000)).unwrap_or(u32::MAX);
        let count = if length.is_zero() { 0 } else { seconds.max(READINGS) };
        Self { start: from, end: to, interval, count }
    }

    /// The same with this much time between two readings at least: for a source that must not be asked more often. There
    /// are fewer of them then.
    #[must_use]
    pub fn at_most_every(self, interval: Duration) -> Self {
        if self.interval >= interval || self.count == 0 {
            return self;
        }
        let last = self.interval * (self.count - 1);
        let count = (last.as_nanos() / interval.as_nanos().max(1)) as u32 + 1;
        Self { interval, count, ..self }
    }

    /// The same with the first reading not before a moment, as of a source that was asked just before the window: as many as
    /// still lie in the window. Where none would, it stays as it is.
    #[must_use]
    pub fn not_before(self, moment: Duration) -> Self {
        let left = self.end.saturating_sub(moment);
        if moment <= self.start || left.is_zero() || self.count == 0 {
            return self;
        }
        let fits = left.as_nanos().div_ceil(self.interval.as_nanos().max(1));
        let count = u32::try_from(fits).unwrap_or(u32::MAX).min(self.count);
        Self { start: moment, count, ..self }
    }

    /// How many readings there are.
    pub fn readings(self) -> u32 {
        self.count
    }

    /// The moment of a reading, counted from 0; `None` after the last.
    pub fn moment(self, reading: u32) -> Option<Duration> {
        (reading < self.count).then(|| self.start + self.interval * reading)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moments(from: u64, to: u64) -> Vec<u128> {
        let schedule = Schedule::of_window(Duration::from_millis(from), Duration::from_millis(to));
        (0..).map_while(|reading| schedule.moment(reading)).map(|moment| moment.as_millis()).collect()
    }

    #[test]
    fn every_second_of_a_long_window() {
        let read = moments(1500, 61_500);
        assert_eq!(read.len(), 60);
        assert_eq!((read[0], read[1], read[59]), (1500, 2500, 60_500));
    }

    #[test]
    fn twenty_times_in_a_short_window() {
        assert_eq!(moments(3000, 4000), (0..20).map(|k| 3000 + 50 * k).collect::<Vec<_>>());
        assert_eq!(moments(0, 19_999).len(), 20);
        assert_eq!(moments(0, 20_000).len(), 20);
        assert_eq!(moments(0, 20_001).len(), 21);
    }

    #[test]
    fn a_source_that_must_not_be_asked_more_often_is_read_less() {
        let window = |from, to| Schedule::of_window(Duration::from_millis(from), Duration::from_millis(to));
        let slow = |from, to| {
            let schedule = window(from, to).at_most_every(Duration::from_secs(1));
            let moments = (0..).map_while(|reading| schedule.moment(reading)).map(|moment| moment.as_millis());
            (moments.collect::<Vec<_>>(), schedule.readings())
        };
        assert_eq!(slow(500, 5500), (vec![500, 1500, 2500, 3500, 4500], 5));
        assert_eq!(slow(0, 400), (vec![0], 1));
        assert_eq!(slow(0, 60_000).1, 60);
        assert_eq!(slow(7, 7).1, 0);
        assert_eq!(window(0, 60_000).at_most_every(Duration::from_secs(1)), window(0, 60_000));
    }

    #[test]
    fn a_source_that_was_asked_just_before_is_read_from_its_next_turn_on() {
        let ms = Duration::from_millis;
        let later = |to, moment| {
            let schedule = Schedule::of_window(ms(500), ms(to)).at_most_every(ms(1000)).not_before(ms(moment));
            (0..).map_while(|reading| schedule.moment(reading)).map(|moment| moment.as_millis()).collect::<Vec<_>>()
        };
        assert_eq!(later(3500, 1400), [1400, 2400, 3400]);
        assert_eq!(later(3500, 1500), [1500, 2500]);
        assert_eq!(later(3500, 500), [500, 1500, 2500]);
        assert_eq!(later(3500, 3499), [3499]);
        assert_eq!(later(900, 1400), [500], "it waits for its turn then");
        assert!(later(500, 700).is_empty());
    }

    #[test]
    fn every_reading_lies_within_the_window() {
        for length in [1, 20, 999, 5000, 20_000, 20_500, 300_000] {
            assert!(moments(100, 100 + length).iter().all(|at| *at < u128::from(100 + length)), "{length}");
        }
        assert!(moments(7, 7).is_empty());
    }
}
