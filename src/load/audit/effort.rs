//! What one worker's thread did, and what it waited for.

use std::{cell::Cell, fs::File, os::unix::fs::FileExt as _, time::Duration};

use rustix::time::{ClockId, clock_gettime};

/// A worker's view of its own thread; it belongs to that thread.
#[derive(Debug)]
pub(in crate::load) struct Effort {
    /// The scheduler's counts of this thread; it stays open, so that a look opens no file.
    counts: Option<File>,
    span: Cell<Option<Span>>,
}

/// What a thread did in a window.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(in crate::load) struct Worked {
    /// CPU time as a share of wall time, in percent.
    pub(in crate::load) cpu_percent: f64,
    /// Time for which it was ready to run and had no core, likewise; `None` where the system does not say.
    pub(in crate::load) run_queue_percent: Option<f64>,
}

#[derive(Debug, Clone, Copy)]
struct Span {
    from: Look,
    to: Look,
}

#[derive(Debug, Clone, Copy)]
struct Look {
    at: Duration,
    cpu: Duration,
    waited: Option<Duration>,
}

impl Effort {
    /// Of the thread that calls this.
    pub(in crate::load) fn of_this_thread() -> Self {
        Self { counts: File::open("/proc/thread-self/schedstat").ok(), span: Cell::new(None) }
    }

    /// Looks, within a window.
    pub(in crate::load) fn look(&self, at: Duration) {
        let cpu = Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap_or_default();
        let to = Look { at, cpu, waited: self.counts.as_ref().and_then(waited) };
        let from = self.span.get().map_or(to, |span| span.from);
        self.span.set(Some(Span { from, to }));
    }

    /// Between the first look and the last; nothing where there were none.
    pub(in crate::load) fn worked(&self) -> Worked {
        let Some(Span { from, to }) = self.span.get() else { return Worked::default() };
        let wall = to.at.saturating_sub(from.at).as_secs_f64();
        if wall == 0.0 {
            return Worked::default();
        }
        let percent = |time: Duration| 100.0 * time.as_secs_f64() / wall;
        let waited = from.waited.zip(to.waited).map(|(before, after)| after.saturating_sub(before));
        Worked { cpu_percent: percent(to.cpu.saturating_sub(from.cpu)), run_queue_percent: waited.map(percent) }
    }
}

/// The run-queue delay so far. A kernel that does not count writes zeros, also for the time on a core.
fn waited(counts: &File) -> Option<Duration> {
    let mut text = [0; 64];
    let length = counts.read_at(&mut text, 0).ok()?;
    parsed(std::str::from_utf8(text.get(..length)?).ok()?)
}

/// Nanoseconds on a core, and nanoseconds of waiting for one, before the number of turns.
fn parsed(counts: &str) -> Option<Duration> {
    let mut counts = counts.split_whitespace().map_while(|word| word.parse::<u64>().ok());
    counts.next().filter(|running| *running > 0)?;
    counts.next().map(Duration::from_nanos)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_kernel_does_not_count_is_unknown() {
        assert_eq!(parsed("551817089 738929 26\n"), Some(Duration::from_nanos(738_929)));
        assert_eq!(parsed("551817089 0 26\n"), Some(Duration::ZERO));
        assert_eq!(parsed("0 0 26\n"), None);
        assert_eq!(parsed(""), None);
    }

    #[test]
    fn the_first_look_is_where_it_begins() {
        let effort = Effort::of_this_thread();
        assert_eq!(effort.worked(), Worked::default());
        effort.look(Duration::from_secs(1));
        assert_eq!(effort.worked(), Worked::default(), "no time has passed");
        let started = std::time::Instant::now();
        while started.elapsed() < Duration::from_millis(20) {}
        effort.look(Duration::from_secs(2));
        let worked = effort.worked();
        assert!(
            worked.cpu_percent > 0.0 && worked.cpu_percent < 10.0,
            "20 ms of what it takes for a second: {worked:?}"
        );
    }
}
