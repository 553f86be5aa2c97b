//! What the app costs its machine: descriptors, processor, memory.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::time::{ClockId, clock_gettime};

/// How often the meter is read, and how many readings make the span that its percentages speak of: one second.
pub(super) const METER_PERIOD: Duration = Duration::from_millis(250);
const READINGS: usize = 4;

/// The disk time that one saved detail is taken to cost: the app keeps its details in memory, and says so in HELP.
const DISK_TIME_OF_A_WRITE: Duration = Duration::from_micros(200);

/// Raises the limit of open descriptors as far as the system lets this process: a connection is one. A refusal is no
/// error; a low limit then shows when connections are accepted late.
pub(super) fn raise_descriptor_limit() {
    let limit = getrlimit(Resource::Nofile);
    let _refused = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
}

/// The memory of this process as a share of the machine's, in percent; absent where the system does not tell (no `/proc`).
pub(super) fn memory_percent() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let machine = std::fs::read_to_string("/proc/meminfo").ok()?;
    Some(100.0 * kilobytes(&status, "VmRSS:")? / kilobytes(&machine, "MemTotal:")?)
}

fn kilobytes(text: &str, key: &str) -> Option<f64> {
    let line = text.lines().find_map(|line| line.strip_prefix(key))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Processor and disk over the last second. It reads the processor time of the thread that it is read on: the app's only
/// one.
#[derive(Debug, Default)]
pub(super) struct Meter {
    readings: VecDeque<Reading>,
}

#[derive(Clone, Copy, Debug)]
struct Reading {
    at: Instant,
    processor: Duration,
    writes: usize,
}

/// Shares of time, in percent.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Busy {
    pub(super) processor: f64,
    pub(super) disk: f64,
}

impl Meter {
    /// Takes a reading; called every [`METER_PERIOD`].
    pub(super) fn read(&mut self, writes: usize) {
        if self.readings.len() > READINGS {
            self.readings.pop_front();
        }
        self.readings.push_back(Reading::now(writes));
    }

    /// The shares since about a second ago; zero before the first reading.
    pub(super) fn busy(&self, writes: usize) -> Busy {
        let Some(then) = self.readings.front() else {
            return Busy::default();
        };
        let now = Reading::now(writes);
        let span = now.at.duration_since(then.at).as_secs_f64().max(1e-3);
        let written = now.writes.saturating_sub(then.writes) as f64 * DISK_TIME_OF_A_WRITE.as_secs_f64();
        let processor = now.processor.saturating_sub(then.processor).as_secs_f64();
        let percent = |busy: f64| (100.0 * busy / span).min(100.0);
        Busy { processor: percent(processor), disk: percent(written) }
    }
}

impl Reading {
    fn now(writes: usize) -> Self {
        let time = clock_gettime(ClockId::ThreadCPUTime);
        let processor = Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0));
        Self { at: Instant::now(), processor, writes }
    }
}

#[cfg(test)]
mod tests {
    use super::{Meter, memory_percent};

    #[test]
    fn memory_is_a_share_of_the_machine() {
        if cfg!(target_os = "linux") {
            let percent = memory_percent().expect("Linux has /proc");
            assert!(percent > 0.0 && percent < 100.0, "{percent}");
        }
    }

    #[test]
    fn disk_time_follows_writes_and_is_capped() {
        let mut meter = Meter::default();
        assert!(meter.busy(0).disk < f64::EPSILON);
        meter.read(0);
        assert!(meter.busy(1_000_000_000).disk > 99.9);
        assert!(meter.busy(0).processor <= 100.0);
    }
}
