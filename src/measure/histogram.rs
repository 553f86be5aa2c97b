//! The latency histogram: the one place that names the histogram crate.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hdrhistogram::serialization::{Deserializer, Serializer as _, V2DeflateSerializer};

/// Longer times count as this long: an hour, in microseconds.
const LONGEST: u64 = 3_600_000_000;

/// Times in microseconds with three significant digits; longer than an hour counts as an hour.
///
/// Mean and maximum are exact to the microsecond, quantiles to three digits. An empty histogram takes no memory.
#[derive(Debug, Clone, Default)]
pub struct Histogram {
    counts: Option<Box<hdrhistogram::Histogram<u32>>>,
    sum: u64,
    longest: u64,
}

/// An encoded histogram that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum HistogramError {
    /// The text is not base64.
    #[error("the histogram is not base64: {0}")]
    Text(#[from] base64::DecodeError),
    /// The bytes are not an HDR histogram, version 2, compressed.
    #[error("the histogram is not in the HDR V2 compressed format: {0}")]
    Format(#[from] hdrhistogram::serialization::DeserializeError),
}

impl Histogram {
    /// An empty histogram.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one time.
    pub fn record(&mut self, time: Duration) {
        self.record_micros(micros(time));
    }

    /// Adds one time that is already in whole microseconds, as [`micros`] gives it.
    pub(super) fn record_micros(&mut self, micros: u32) {
        let value = u64::from(micros).clamp(1, LONGEST);
        self.counts.get_or_insert_with(|| Box::new(fresh())).record(value).expect("the histogram resizes itself");
        self.sum += value;
        self.longest = self.longest.max(value);
    }

    /// Number of times recorded.
    pub fn count(&self) -> u64 {
        self.counts.as_ref().map_or(0, |counts| counts.len())
    }

    /// Adds the other's times to these.
    #[expect(clippy::missing_panics_doc, reason = "a histogram that resizes itself takes every other")]
    pub fn merge(&mut self, other: &Self) {
        let Some(theirs) = &other.counts else { return };
        match &mut self.counts {
            Some(ours) => ours.add(&**theirs).expect("the histogram resizes itself"),
            empty => *empty = Some(theirs.clone()),
        }
        // What somebody else wrote may count more than any load.
        self.sum = self.sum.saturating_add(other.sum);
        self.longest = self.longest.max(other.longest);
    }

    /// The smallest time that at least the share `q` of the recorded times do not exceed, at most 0.1 % above the exact
    /// one and never above [`Self::max`]. `None` without times.
    pub fn quantile(&self, q: f64) -> Option<Duration> {
        let value = self.counts.as_ref()?.value_at_quantile(q);
        Some(Duration::from_micros(value.min(self.longest)))
    }

    /// The worse, that is the longer, of the quantile with and without the requests that were added for silences:
    /// the percentile of every report and criterion (docs/decisions.md section 2). `None` without measured times.
    pub fn worse_quantile(&self, added: &Self, q: f64) -> Option<Duration> {
        let without = self.quantile(q)?;
        if added.count() == 0 {
            return Some(without);
        }
        let mut with = self.clone();
        with.merge(added);
        with.quantile(q).max(Some(without))
    }

    /// How many of the recorded times are longer than `time`, to the histogram's precision.
    pub fn count_above(&self, time: Duration) -> u64 {
        let Some(counts) = &self.counts else { return 0 };
        let limit = u64::from(micros(time)).max(1);
        counts.len() - counts.count_between(0, limit)
    }

    /// The mean. `None` without times.
    pub fn mean(&self) -> Option<Duration> {
        Some(Duration::from_secs_f64(self.sum as f64 / 1e6 / self.some_count()?))
    }

    /// The longest time. `None` without times.
    pub fn max(&self) -> Option<Duration> {
        self.some_count().map(|_| Duration::from_micros(self.longest))
    }

    /// HDR V2 compressed, base64: the form of measurements.json, which other tools read. Empty without times.
    #[expect(clippy::missing_panics_doc, reason = "writing to memory does not fail")]
    pub fn encode(&self) -> String {
        let Some(counts) = &self.counts else { return String::new() };
        let mut bytes = Vec::new();
        V2DeflateSerializer::new().serialize(counts, &mut bytes).expect("writing to memory does not fail");
        STANDARD.encode(bytes)
    }

    /// Reads what [`Self::encode`] wrote. Mean and maximum then have the precision of quantiles.
    ///
    /// # Errors
    ///
    /// When the text is not base64 or the bytes are not an HDR histogram.
    pub fn decode(text: &str) -> Result<Self, HistogramError> {
        if text.is_empty() {
            return Ok(Self::new());
        }
        let bytes = STANDARD.decode(text)?;
        let mut counts: hdrhistogram::Histogram<u32> = Deserializer::new().deserialize(&mut bytes.as_slice())?;
        counts.auto(true);
        let (sum, longest) = (counts.mean() * counts.len() as f64, counts.max());
        let counts = (!counts.is_empty()).then(|| Box::new(counts));
        Ok(Self { counts, sum: sum.round() as u64, longest })
    }

    fn some_count(&self) -> Option<f64> {
        self.counts.as_ref().map(|counts| counts.len() as f64)
    }
}

/// A time in whole microseconds, at most an hour's.
pub(super) fn micros(time: Duration) -> u32 {
    u64::try_from(time.as_micros())
        .map_or(LONGEST, |micros| micros.min(LONGEST))
        .try_into()
        .expect("an hour of microseconds fits")
}

fn fresh() -> hdrhistogram::Histogram<u32> {
    hdrhistogram::Histogram::new(3).expect("three digits are within the crate's range")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::Histogram;

    fn of(times: &[u64]) -> Histogram {
        let mut histogram = Histogram::new();
        for time in times {
            histogram.record(Duration::from_micros(*time));
        }
        histogram
    }

    fn merged(parts: &[&Histogram]) -> Histogram {
        let mut whole = Histogram::new();
        for part in parts {
            whole.merge(part);
        }
        whole
    }

    const QUANTILES: [f64; 6] = [0.001, 0.5, 0.9, 0.95, 0.99, 1.0];

    fn same(one: &Histogram, other: &Histogram) -> bool {
        one.count() == other.count()
            && one.mean() == other.mean()
            && one.max() == other.max()
            && QUANTILES.iter().all(|q| one.quantile(*q) == other.quantile(*q))
    }

    proptest! {
        #[test]
        fn merging_is_associative_and_commutative_and_loses_nothing(
            a in prop::collection::vec(1_u64..4_000_000_000, 0..40),
            b in prop::collection::vec(1_u64..3_000_000, 0..40),
            c in prop::collection::vec(1_u64..5_000, 0..40),
        ) {
            let (x, y, z) = (of(&a), of(&b), of(&c));
            let whole = merged(&[&x, &y, &z]);
            prop_assert_eq!(whole.count(), (a.len() + b.len() + c.len()) as u64);
            prop_assert!(same(&whole, &merged(&[&z, &merged(&[&y, &x])])));
            prop_assert!(same(&whole, &of(&[a, b, c].concat())));
        }

        #[test]
        fn a_quantile_is_within_a_thousandth_of_the_exact_one(
            mut times in prop::collection::vec(1_u64..100_000_000, 1..300),
            q in 0.0_f64..=1.0,
        ) {
            let histogram = of(&times);
            times.sort_unstable();
            let rank = ((q * times.len() as f64).ceil() as usize).clamp(1, times.len());
            let exact = times[rank - 1];
            let read = histogram.quantile(q).expect("there are times").as_micros() as u64;
            if q > 0.0 {
                prop_assert!(read >= exact && read <= exact + exact / 1000 + 1, "{read} for {exact}");
            }
            prop_assert_eq!(histogram.max(), Some(Duration::from_micros(times[times.len() - 1])));
        }

        #[test]
        fn what_is_encoded_reads_back(times in prop::collection::vec(1_u64..3_600_000_000, 0..200)) {
            let histogram = of(&times);
            let read = Histogram::decode(&histogram.encode()).expect("it reads back");
            prop_assert_eq!(read.count(), histogram.count());
            for q in QUANTILES {
                let (ours, theirs) = (histogram.quantile(q), read.quantile(q));
                prop_assert!(ours.zip(theirs).is_none_or(|(a, b)| b.abs_diff(a) <= a / 500 + Duration::from_micros(1)));
                prop_assert_eq!(ours.is_none(), theirs.is_none());
            }
        }
    }

    #[test]
    fn an_empty_histogram_says_nothing() {
        let empty = Histogram::new();
        assert_eq!((empty.quantile(0.5), empty.mean(), empty.max()), (None, None, None));
        assert_eq!(empty.encode(), "");
        assert_eq!(empty.worse_quantile(&of(&[5]), 0.5), None, "added requests alone are no data");
    }

    #[test]
    fn a_percentile_is_the_worse_of_the_one_with_and_without_added_requests() {
        let measured = of(&[10, 20, 30, 40]);
        assert_eq!(measured.worse_quantile(&of(&[1, 1, 1, 1, 1]), 0.5), Some(Duration::from_micros(20)));
        assert_eq!(measured.worse_quantile(&of(&[90, 91, 92, 93, 94]), 0.5), Some(Duration::from_micros(90)));
    }

    #[test]
    fn garbage_is_an_error() {
        assert!(Histogram::decode("%").is_err());
        assert!(Histogram::decode("AAAA").is_err());
    }
}
