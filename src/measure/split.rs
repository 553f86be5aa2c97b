//! Where the time of requests went.

use std::{num::NonZero, time::Duration};

use crate::plan::EndpointId;

/// The time of one answer before and after its first byte, to the microsecond: in eight bytes, because there is one for each
/// request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Split {
    /// At least one.
    first_byte: NonZero<u32>,
    body: u32,
}

impl Split {
    /// From the request to the first byte of its answer, and from there to the last. The longest time is more than an hour.
    pub fn of(first_byte: Duration, body: Duration) -> Self {
        Self { first_byte: NonZero::new(micros(first_byte)).unwrap_or(NonZero::<u32>::MIN), body: micros(body) }
    }

    /// From the request to the first byte of its answer.
    pub fn first_byte(self) -> Duration {
        Duration::from_micros(u64::from(self.first_byte.get()))
    }

    /// From the first byte to the last.
    pub fn body(self) -> Duration {
        Duration::from_micros(u64::from(self.body))
    }
}

/// To the nearest microsecond, so that sums of many are not too small.
fn micros(time: Duration) -> u32 {
    u32::try_from((time.as_nanos() + 500) / 1000).unwrap_or(u32::MAX)
}

/// How long it took to open one connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opened {
    /// Until the addresses of its name were known; `None` when they were known already.
    pub dns: Option<Duration>,
    /// From there until the server had accepted.
    pub connect: Duration,
    /// The TLS handshake; `None` without TLS.
    pub tls: Option<Duration>,
}

/// A connection on its way to the control thread, with the request that opened it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Connected {
    pub(super) endpoint: EndpointId,
    /// When the request was meant to start, since the phase's origin.
    pub(super) intended: Duration,
    pub(super) opened: Opened,
}

/// One part of the time of an endpoint's requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Part {
    /// How often it was measured.
    pub count: u64,
    /// All of them together.
    pub sum: Duration,
    /// The longest.
    pub max: Duration,
}

impl Part {
    fn add(&mut self, time: Duration) {
        self.merge(Self { count: 1, sum: time, max: time });
    }

    fn merge(&mut self, more: Self) {
        self.count += more.count;
        self.sum = self.sum.saturating_add(more.sum);
        self.max = self.max.max(more.max);
    }

    /// `None` where it was never measured.
    pub fn mean(self) -> Option<Duration> {
        (self.count > 0).then(|| self.sum.div_f64(self.count as f64))
    }
}

/// Where the time of an endpoint's requests went. Of a request that opened a connection the parts are its service time
/// together; of another one its first byte and its body are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TimeSplit {
    /// Until the addresses of a name were known, of connections that had to wait for it.
    pub dns: Part,
    /// Until a server had accepted; one for each connection that was opened, whatever became of its request.
    pub connect: Part,
    /// TLS handshakes.
    pub tls: Part,
    /// From the request to the first byte of its answer, of successes.
    pub first_byte: Part,
    /// From the first byte to the last, of successes.
    pub body: Part,
}

impl TimeSplit {
    pub(super) fn answered(&mut self, split: Split) {
        self.first_byte.add(split.first_byte());
        self.body.add(split.body());
    }

    pub(super) fn opened(&mut self, Opened { dns, connect, tls }: Opened) {
        self.connect.add(connect);
        for (part, time) in [(&mut self.dns, dns), (&mut self.tls, tls)] {
            if let Some(time) = time {
                part.add(time);
            }
        }
    }

    /// Adds what was measured elsewhere.
    pub fn merge(&mut self, more: &Self) {
        let Self { dns, connect, tls, first_byte, body } = *more;
        self.dns.merge(dns);
        self.connect.merge(connect);
        self.tls.merge(tls);
        self.first_byte.merge(first_byte);
        self.body.merge(body);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_split_takes_eight_bytes_and_is_true_to_the_microsecond() {
        assert_eq!(size_of::<Option<Split>>(), 8);
        let split = Split::of(Duration::from_nanos(1_234_567), Duration::from_nanos(499));
        assert_eq!((split.first_byte(), split.body()), (Duration::from_micros(1_235), Duration::ZERO));
        let longest = Split::of(Duration::MAX, Duration::MAX);
        assert!(longest.body() > Duration::from_hours(1) && longest.first_byte() > Duration::from_hours(1));
    }

    #[test]
    fn parts_are_counted_where_they_were_measured() {
        let ms = Duration::from_millis;
        let mut split = TimeSplit::default();
        split.opened(Opened { dns: None, connect: ms(4), tls: Some(ms(10)) });
        split.opened(Opened { dns: Some(ms(20)), connect: ms(2), tls: None });
        split.answered(Split::of(ms(30), ms(5)));
        let mut whole = TimeSplit::default();
        whole.merge(&split);
        whole.merge(&TimeSplit::default());
        let means = [whole.dns, whole.connect, whole.tls, whole.first_byte, whole.body].map(Part::mean);
        assert_eq!(means, [Some(ms(20)), Some(ms(3)), Some(ms(10)), Some(ms(30)), Some(ms(5))]);
        assert_eq!((whole.connect.count, whole.connect.max, TimeSplit::default().dns.mean()), (2, ms(4), None));
    }
}
