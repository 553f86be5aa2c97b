//! What this machine gives the generator: its CPU time beside what it may use, how long its workers waited for a core, what
//! the hypervisor and a quota took, and how many descriptors and ports there are.
//!
//! Workers look at themselves ([`Effort`]), the control side looks at the process and the machine ([`Audit`]), both in the
//! measured window only. What a system does not say is `None`, and never 0.

mod effort;
mod kernel;
mod limits;

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use self::kernel::{Files, Quota};
use crate::measure::MachineShare;

pub(super) use self::effort::{Effort, Worked};
pub use self::limits::limits;
pub(super) use self::limits::raise_descriptor_limit;

/// Between two looks within a window: they are for a window that is stopped early, whose end is seen a little later.
const BETWEEN: Duration = Duration::from_secs(1);

/// Looks at the process and its machine at the beginning and at the end of a window, and in between.
#[derive(Debug)]
pub(super) struct Audit {
    files: Files,
    /// The cores that the process is bound to.
    bound: Option<Vec<u32>>,
    quotas: Vec<Quota>,
    first: Option<Reading>,
    last: Option<Reading>,
    closed: bool,
}

/// One look; all counts are since some time before.
#[derive(Debug)]
struct Reading {
    at: Duration,
    cpu: Duration,
    /// By quota: its periods, and those in which it ran out.
    periods: Vec<Option<[u64; 2]>>,
    /// Ticks of the cores, and those that were stolen.
    ticks: Option<[u64; 2]>,
}

impl Audit {
    pub(super) fn new() -> Self {
        Self::among(Files::of_this_machine())
    }

    fn among(files: Files) -> Self {
        let (bound, quotas) = (files.bound(), files.quotas());
        Self { files, bound, quotas, first: None, last: None, closed: false }
    }

    /// When the next look is due that must not be missed, of a window from `start` to `end`.
    pub(super) fn next(&self, (start, end): (Duration, Duration)) -> Option<Duration> {
        let next = if self.first.is_none() { start } else { end };
        (!self.closed).then_some(next)
    }

    /// Looks, if it is within the window or its end has not been seen; a second after the last look, or at the end.
    pub(super) fn look(&mut self, now: Duration, (start, end): (Duration, Duration)) {
        if now < start || self.closed {
            return;
        }
        self.closed = now >= end;
        let seen = self.last.as_ref().or(self.first.as_ref()).map(|reading| reading.at);
        if !self.closed && seen.is_some_and(|seen| now < seen + BETWEEN) {
            return;
        }
        let reading = self.read(now);
        if self.first.is_none() {
            self.first = Some(reading);
        } else {
            self.last = Some(reading);
        }
    }

    fn read(&self, at: Duration) -> Reading {
        Reading {
            at,
            cpu: Duration::try_from(clock_gettime(ClockId::ProcessCPUTime)).unwrap_or_default(),
            periods: self.quotas.iter().map(Quota::periods).collect(),
            ticks: self.bound.as_ref().and_then(|bound| self.files.ticks(bound)),
        }
    }

    /// What the machine gave between the first look and the last.
    pub(super) fn share(&self) -> MachineShare {
        let bound = self.bound.as_ref().map(|bound| bound.len() as f64);
        let quota = self.quotas.iter().map(|quota| quota.cores).reduce(f64::min);
        let cores_allowed = bound.map(|bound| quota.map_or(bound, |quota| quota.min(bound)));
        let (Some(first), Some(last)) = (&self.first, &self.last) else {
            return MachineShare { cores_allowed, ..MachineShare::default() };
        };
        let wall = last.at.saturating_sub(first.at).as_secs_f64();
        let used = last.cpu.saturating_sub(first.cpu).as_secs_f64();
        let throttled = first.periods.iter().zip(&last.periods).filter_map(|(before, after)| percent(*before, *after));
        MachineShare {
            cores_used: (wall > 0.0).then(|| used / wall),
            cores_allowed,
            throttled_percent: throttled.reduce(f64::max),
            steal_percent: percent(first.ticks, last.ticks),
        }
    }
}

/// By how much the second of two counts grew as a part of what the first grew by; `None` when that did not grow.
fn percent(before: Option<[u64; 2]>, after: Option<[u64; 2]>) -> Option<f64> {
    let (before, after) = (before?, after?);
    let [all, part] = [0, 1].map(|at| after[at].saturating_sub(before[at]) as f64);
    (all > 0.0).then(|| 100.0 * part / all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_window_is_looked_at_from_its_start_to_its_end_and_not_behind_it() {
        let folder = tempfile::tempdir().expect("a folder");
        Files::write(
            folder.path(),
            [
                ("proc/self/status", "Name:\tgate\nCpus_allowed_list:\t1-2\n"),
                ("proc/self/cgroup", "0::/job/gate\n"),
                (
                    "proc/stat",
                    "cpu 0 0 0 0 0 0 0 0 0 0\ncpu0 9 9 9 9 9 9 9 900 0 0\ncpu1 10 0 0 80 0 0 0 10 0 0\ncpu2 100 0 0 0 0 0 0 0 0 0\n",
                ),
                ("cgroup/job/cpu.max", "100000 100000\n"),
                ("cgroup/job/cpu.stat", "usage_usec 5\nnr_periods 100\nnr_throttled 10\n"),
                ("cgroup/job/gate/cpu.max", "50000 100000\n"),
                ("cgroup/job/gate/cpu.stat", "nr_periods 100\nnr_throttled 0\n"),
            ],
        );
        let mut audit = Audit::among(Files::below(folder.path()));
        let window = (seconds(2), seconds(12));
        assert_eq!(audit.next(window), Some(seconds(2)));
        audit.look(seconds(1), window);
        assert_eq!(audit.share().cores_used, None, "the ramp does not count");
        audit.look(seconds(2), window);
        assert_eq!(audit.next(window), Some(seconds(12)));
        Files::write(
            folder.path(),
            [
                ("proc/stat", "cpu0 9 9 9 9 9 9 9 999 0 0\ncpu1 10 0 0 140 0 0 0 50 0 0\ncpu2 200 0 0 0 0 0 0 0 0 0\n"),
                ("cgroup/job/cpu.stat", "usage_usec 5\nnr_periods 200\nnr_throttled 35\n"),
                ("cgroup/job/gate/cpu.stat", "nr_periods 200\nnr_throttled 3\n"),
            ],
        );
        audit.look(seconds(12), window);
        assert_eq!(audit.next(window), None);
        Files::write(folder.path(), [("cgroup/job/cpu.stat", "nr_periods 900\nnr_throttled 900\n")]);
        audit.look(seconds(13), window);
        let share = audit.share();
        assert_eq!(share.cores_allowed, Some(0.5), "the tightest quota above it");
        assert_eq!(share.throttled_percent, Some(25.0), "of the quota above it that others use too");
        assert_eq!(share.steal_percent, Some(20.0), "of the cores that it may use");
        assert!(share.cores_used.is_some_and(|used| used < 1.0), "{share:?}");
    }

    #[test]
    fn between_two_looks_passes_a_second_but_before_the_last() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut audit = Audit::among(Files::below(folder.path()));
        let window = (seconds(2), seconds(12));
        let mut looked_at = |now| {
            audit.look(Duration::from_millis(now), window);
            audit.last.as_ref().map(|reading| reading.at.as_millis())
        };
        let looks = [2_000, 2_010, 2_990, 3_000, 3_500, 11_900, 12_000, 12_500].map(&mut looked_at);
        let wanted = [None, None, None, Some(3_000), Some(3_000), Some(11_900), Some(12_000), Some(12_000)];
        assert_eq!(looks, wanted);
    }

    #[test]
    fn what_cannot_be_read_is_unknown() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut audit = Audit::among(Files::below(folder.path()));
        for at in [0, 10] {
            audit.look(seconds(at), (seconds(0), seconds(10)));
        }
        let MachineShare { cores_used, cores_allowed, throttled_percent, steal_percent } = audit.share();
        assert!(cores_used.is_some(), "that is asked of the system itself");
        assert_eq!((cores_allowed, throttled_percent, steal_percent), (None, None, None));
    }
}
