//! Silences: the requests that users who wait for a stalled server did not make (docs/decisions.md section 2).

use std::time::Duration;

use super::{Histogram, recorder::Added};
use crate::plan::EndpointId;

/// A shorter time without a start is never a silence.
const SHORTEST: Duration = Duration::from_millis(50);

/// A silence is longer than so many mean gaps.
const GAPS: u32 = 10;

/// The mean gap counts from this start on.
const FEWEST_STARTS: u64 = 10;

/// At most one start in so many comes after a silence: what happens more often is how the server answers. Without this a
/// worker with a single user, whose every slow answer is a time without a start, would take a bimodal server for a
/// stalled one.
const RARITY: u64 = 20;

/// The smallest spacing of added requests, so that their number is bounded: no worker starts requests faster.
const FINEST: Duration = Duration::from_micros(10);

/// Watches one worker's request starts.
#[derive(Debug, Default)]
pub(super) struct Silences {
    /// The last start, or the end of the last silence.
    last: Option<Duration>,
    /// The mean gap before the window was announced, in force until there are enough starts after it.
    before: Option<Duration>,
    /// Starts and gaps since the window was announced.
    starts: u64,
    gaps: u64,
    gap_sum: Duration,
    /// Silences so far.
    found: u64,
    /// Starts so far, by endpoint: the shares of the added requests.
    shares: Vec<u64>,
    /// What each endpoint is owed of the added requests, in starts.
    owed: Vec<i128>,
    /// When requests ended since the last start: at most one for each user, because a user starts again after it.
    answers: Vec<Duration>,
    /// Requests that are under way.
    in_flight: u64,
    /// The users of this worker who think; `None` takes all of them for waiting.
    users: Option<u32>,
    /// End of the measured window; a silence that lasts until then is filled once.
    window_end: Option<Duration>,
}

impl Silences {
    pub(super) fn new(endpoints: usize, users: Option<u32>) -> Self {
        Self { shares: vec![0; endpoints], owed: vec![0; endpoints], users, ..Self::default() }
    }

    /// The mean gap starts anew, because users were still coming up before.
    pub(super) fn open_window(&mut self, end: Duration) {
        self.before = self.gap();
        (self.starts, self.gaps, self.gap_sum) = (0, 0, Duration::ZERO);
        self.window_end = Some(end);
    }

    /// Whether requests of this endpoint are watched: those of users with think time, as far as any has started.
    pub(super) fn knows(&self, endpoint: EndpointId) -> bool {
        self.shares[endpoint.index()] > 0
    }

    /// There is one user more.
    pub(super) fn user_joins(&mut self) {
        self.users = self.users.map(|users| users + 1);
    }

    /// The window ends later than was announced; nothing changes when it is over.
    pub(super) fn move_end(&mut self, end: Duration) {
        if self.window_end.is_some() {
            self.window_end = Some(end);
        }
    }

    /// A request starts; gives the requests that were not made in the silence before it, if there was one.
    pub(super) fn started(&mut self, endpoint: EndpointId, at: Duration, latencies: &[Histogram]) -> Vec<Added> {
        let added = self.fill(at, latencies);
        // A gap that began before the window was announced is not one of those that are averaged since.
        if let Some(last) = self.last
            && added.is_empty()
            && self.starts > 0
        {
            self.gap_sum += at.saturating_sub(last);
            self.gaps += 1;
        }
        self.last = self.last.max(Some(at));
        self.answers.clear();
        self.in_flight += 1;
        self.starts += 1;
        self.shares[endpoint.index()] += 1;
        added
    }

    /// A request ended. The first end behind the window closes it: users make no requests any more, so what came
    /// after the last start was a silence only up to the window's end.
    pub(super) fn ended(&mut self, at: Duration, latencies: &[Histogram]) -> Vec<Added> {
        self.answers.push(at);
        self.in_flight = self.in_flight.saturating_sub(1);
        match self.window_end {
            Some(end) if at >= end => {
                self.window_end = None;
                let added = self.fill(end, latencies);
                self.answers.clear();
                self.last = self.last.max(Some(end));
                added
            }
            _ => Vec::new(),
        }
    }

    /// The mean gap between starts, silences left out; `None` before the tenth start.
    fn gap(&self) -> Option<Duration> {
        if self.starts < FEWEST_STARTS || self.gaps == 0 {
            return self.before;
        }
        let nanos = self.gap_sum.as_nanos() / u128::from(self.gaps);
        Some(Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX)).max(FINEST))
    }

    /// Fills the time since the last start, as far as it was spent waiting: until the first answer after that start.
    fn fill(&mut self, until: Duration, latencies: &[Histogram]) -> Vec<Added> {
        // Almost every start follows the one before at once, and then nothing has to be worked out.
        let Some(last) = self.last.filter(|last| until.saturating_sub(*last) > SHORTEST) else { return Vec::new() };
        let Some(gap) = self.gap() else { return Vec::new() };
        let first = self.answers.iter().copied().filter(|at| *at >= last).min();
        let stalled_until = first.unwrap_or(until).min(until);
        let silence = stalled_until.saturating_sub(last);
        let spacing = self.spacing(gap, self.in_flight + self.answers.len() as u64);
        if silence <= SHORTEST || silence <= spacing.saturating_mul(GAPS) {
            return Vec::new();
        }
        if (self.found + 1) * RARITY > self.shares.iter().sum() {
            return Vec::new();
        }
        self.found += 1;
        let medians: Vec<Duration> = latencies.iter().map(|times| times.quantile(0.5).unwrap_or_default()).collect();
        let mut added = Vec::new();
        let mut at = last + spacing;
        while at < stalled_until {
            let endpoint = self.next_endpoint();
            added.push(Added {
                endpoint,
                at,
                latency: stalled_until.saturating_sub(at).max(medians[endpoint.index()]),
            });
            at += spacing;
        }
        added
    }

    /// The mean gap of the users who wait: those who think would not have made a request in that time anyway. Without
    /// this every pause between two iterations of several steps, and every request that is slow by nature while the
    /// others think, would read as a stall.
    fn spacing(&self, gap: Duration, waiting: u64) -> Duration {
        match self.users {
            Some(users) if waiting > 0 => gap.mul_f64((f64::from(users) / waiting as f64).max(1.0)),
            _ => gap,
        }
    }

    /// Shares added requests out as the requests so far: each endpoint earns its share, the one that is owed most pays.
    fn next_endpoint(&mut self) -> EndpointId {
        let mut most = 0;
        for index in 0..self.owed.len() {
            self.owed[index] += i128::from(self.shares[index]);
            if self.owed[index] > self.owed[most] {
                most = index;
            }
        }
        self.owed[most] -= i128::from(self.shares.iter().sum::<u64>());
        EndpointId(u32::try_from(most).expect("endpoints are numbered by u32"))
    }
}
