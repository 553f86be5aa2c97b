//! What all workers of a phase and the control side know in common: how far the phase is.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering},
    },
    time::Duration,
};

use super::{Job, clock::Clock, draws, schedule, slots::Slots};
use crate::{
    measure::{PhaseEnding, Ramp},
    plan::{Arrivals, Connections, LOGIN_PATIENCE, Load, Phase, SLOT_GRACE},
};

/// The window starts so long after the last login, warm-up aside, so that every worker knows of it before.
const ANNOUNCEMENT: Duration = Duration::from_millis(30);

/// Once a login has failed the phase is decided; the others' attempts are awaited for so long.
const REMAINING_LOGINS: Duration = Duration::from_secs(5);

/// Requests in flight are awaited for so long where nothing is measured any more.
const LAST_WAIT: Duration = Duration::from_secs(2);

/// Different reasons that are kept why users could not log in.
const MOST_REASONS: usize = 3;

/// An extension is decided so long before the window's planned end, or a twentieth of the window if that is shorter.
const DECISION: Duration = Duration::from_millis(100);

/// The window has its planned length and is not over.
const OPEN: u8 = 0;
/// The window has twice its planned length.
const EXTENDED: u8 = 1;
/// Somebody saw the planned end pass, so that users may have gone home.
const OVER: u8 = 2;

/// A time that is not known yet.
const UNKNOWN: u64 = u64::MAX;

/// The progress of a phase. Workers write it once a user or once a second, and read it before each request.
#[derive(Debug)]
pub(super) struct Course {
    pub(super) clock: Clock,
    /// Users that start before the window.
    users: u32,
    /// Planned, of these.
    last_start: Duration,
    /// Whether each user keeps a connection of its own.
    connection_each: bool,
    phase: Phase,
    /// The seed of Poisson arrivals.
    arrivals: Option<u64>,
    started: AtomicU32,
    logged_in: AtomicU32,
    failed: AtomicU32,
    active: AtomicU32,
    last_login: AtomicU64,
    first_failure: AtomicU64,
    window_start: AtomicU64,
    /// Whether the window may still be extended, was, or is over: [`OPEN`], [`EXTENDED`], [`OVER`].
    window: AtomicU8,
    may_extend: bool,
    stopped: AtomicU64,
    ending: AtomicU8,
    abandoned: AtomicBool,
    requests: AtomicU64,
    failures: AtomicU64,
    /// By worker: when a request had been sent that has not ended.
    under_way_since: Vec<AtomicU64>,
    reasons: Mutex<Vec<String>>,
}

impl Course {
    /// A phase that begins now, or the so many-th window (from 0) of one whose users stay.
    pub(super) fn of(job: &Job, round: u32) -> Self {
        let phase = &job.phase;
        let logins = job.plan.scenarios.iter().any(|scenario| !scenario.login.is_empty());
        let last_start = match phase.load {
            // Without a login there is nothing to spread out: the pool only waits for slots.
            Load::Open { .. } if !logins => Duration::ZERO,
            _ => schedule::user_start(phase.first_users().saturating_sub(1), phase.load.spawn_rate()),
        };
        let seed = || draws::arrivals_seed(job.seed, job.phase_index, round);
        Self {
            clock: Clock::start(),
            users: phase.first_users(),
            last_start,
            connection_each: job.plan.target.connections == Connections::Keep,
            phase: phase.clone(),
            arrivals: (phase.arrivals == Arrivals::Poisson).then(seed),
            started: AtomicU32::new(0),
            logged_in: AtomicU32::new(0),
            failed: AtomicU32::new(0),
            active: AtomicU32::new(0),
            last_login: AtomicU64::new(0),
            first_failure: AtomicU64::new(UNKNOWN),
            window_start: AtomicU64::new(UNKNOWN),
            window: AtomicU8::new(OPEN),
            may_extend: job.extends,
            stopped: AtomicU64::new(UNKNOWN),
            ending: AtomicU8::new(0),
            abandoned: AtomicBool::new(false),
            requests: AtomicU64::new(0),
            failures: AtomicU64::new(0),
            under_way_since: (0..job.workers.max(1)).map(|_| AtomicU64::new(UNKNOWN)).collect(),
            reasons: Mutex::new(Vec::new()),
        }
    }

    /// When the slots of a rate are, once the ramp has ended.
    pub(super) fn slots(&self, rate: f64) -> Option<Slots> {
        let (window_start, duration) = self.window()?;
        let (stages, seed) = (self.phase.stages.clone(), self.arrivals);
        let rate = stages.first().unwrap_or(rate);
        Some(Slots { rate, stages, seed, window_start, warmup: self.phase.warmup, duration })
    }

    /// Users that start before the window.
    pub(super) fn first_users(&self) -> u32 {
        self.users
    }

    /// When a user (from 0) starts that comes within the window; `None` for others, and while the window is not known.
    pub(super) fn joins(&self, user: u32) -> Option<Duration> {
        Some(self.window_start()? + self.phase.joins(user)?)
    }

    /// A user starts.
    pub(super) fn user_started(&self) {
        self.started.fetch_add(1, Ordering::Relaxed);
        self.active.fetch_add(1, Ordering::Relaxed);
    }

    /// A user's task ended.
    pub(super) fn user_ended(&self) {
        self.active.fetch_sub(1, Ordering::Relaxed);
    }

    /// A user has logged in; the last one of those that start before the window ends the ramp.
    pub(super) fn user_logged_in(&self) {
        let now = self.clock.now();
        self.last_login.fetch_max(nanos(now), Ordering::Relaxed);
        if self.logged_in.fetch_add(1, Ordering::AcqRel) + 1 == self.users && self.stopped_at().is_none() {
            self.window_start.store(nanos(now + ANNOUNCEMENT + self.phase.warmup), Ordering::Release);
        }
    }

    /// A user could not log in.
    pub(super) fn user_failed(&self, reason: &str) {
        self.add_reason(reason);
        self.first_failure.fetch_min(nanos(self.clock.now()), Ordering::Relaxed);
        self.failed.fetch_add(1, Ordering::AcqRel);
    }

    /// Ends a ramp that has failed: when every user has tried, a while after the first failure, or when patience ends.
    pub(super) fn watch_ramp(&self) {
        if self.window_start().is_some() || self.stopped_at().is_some() {
            return;
        }
        let now = self.clock.now();
        let failed = self.failed.load(Ordering::Acquire);
        let all_tried = failed > 0 && failed + self.logged_in.load(Ordering::Acquire) == self.users;
        let decided = known(&self.first_failure).is_some_and(|first| now >= first + REMAINING_LOGINS);
        let impatient = now >= self.last_start + LOGIN_PATIENCE;
        if impatient {
            self.add_reason(&format!("still logging in {} s after the last user's start", LOGIN_PATIENCE.as_secs()));
        }
        if all_tried || decided || impatient {
            self.stop(PhaseEnding::RampFailed);
        }
    }

    /// Start of the measured window, once the ramp has ended.
    pub(super) fn window_start(&self) -> Option<Duration> {
        known(&self.window_start)
    }

    /// Start and length of the measured window, once the ramp has ended.
    pub(super) fn window(&self) -> Option<(Duration, Duration)> {
        self.window_start().map(|start| (start, self.length()))
    }

    /// End of the measured window as planned, or as it was extended.
    pub(super) fn window_end(&self) -> Option<Duration> {
        self.window_start().map(|start| start + self.length())
    }

    /// Whether the window was extended.
    pub(super) fn extended(&self) -> bool {
        self.window.load(Ordering::Acquire) == EXTENDED
    }

    /// Extends the window to twice its length; false when it is over, stopped, or was extended before. Whoever sees the
    /// planned end pass closes the window first, so all workers agree.
    pub(super) fn extend(&self) -> bool {
        let runs = self.window_end().is_some_and(|end| self.clock.now() < end) && self.stopped_at().is_none();
        runs && self.may_extend
            && self.window.compare_exchange(OPEN, EXTENDED, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }

    /// When it has to be decided whether the window is extended: shortly before its planned end, so that the load goes on
    /// without a gap. `None` while that is not known, and where it may not be.
    pub(super) fn decision(&self) -> Option<Duration> {
        let before = DECISION.min(self.phase.duration / 20);
        self.window_start()
            .filter(|_| self.may_extend)
            .map(|start| (start + self.phase.duration).saturating_sub(before))
    }

    /// Closes the window when its planned end has passed without an extension.
    pub(super) fn close_window(&self, now: Duration) {
        if self.window.load(Ordering::Acquire) == OPEN && self.window_end().is_some_and(|end| now >= end) {
            // Somebody else closed or extended it in this very moment; then that counts.
            let _ = self.window.compare_exchange(OPEN, OVER, Ordering::AcqRel, Ordering::Acquire);
        }
    }

    fn length(&self) -> Duration {
        if self.extended() { self.phase.duration * 2 } else { self.phase.duration }
    }

    /// No request is intended from here on; `None` while that is not known.
    pub(super) fn end(&self) -> Option<Duration> {
        match (self.window_end(), self.stopped_at()) {
            (Some(end), Some(stopped)) => Some(end.min(stopped)),
            (end, stopped) => end.or(stopped),
        }
    }

    /// Whether a request that is intended then may still come to be sent: as long as the window may be extended, nobody
    /// goes home before its end.
    pub(super) fn may_go_on(&self, intended: Duration, now: Duration) -> bool {
        self.close_window(now);
        let undecided = self.may_extend && self.window.load(Ordering::Acquire) == OPEN && self.stopped_at().is_none();
        match self.window_end() {
            Some(end) if undecided => intended < end + self.phase.duration,
            _ => self.goes_on(intended, now),
        }
    }

    /// Whether a request that is intended then is still to be sent at `now`.
    pub(super) fn goes_on(&self, intended: Duration, now: Duration) -> bool {
        self.close_window(now);
        match self.end() {
            None => true,
            Some(end) => intended < end && self.stopped_at().is_none() && now < end + SLOT_GRACE,
        }
    }

    /// Whether what is still in flight is to be dropped.
    pub(super) fn gives_up(&self) -> bool {
        let nothing_measured = matches!(self.ending(), PhaseEnding::Interrupted | PhaseEnding::RampFailed);
        self.abandoned.load(Ordering::Acquire)
            || (nothing_measured && self.stopped_at().is_some_and(|at| self.clock.now() >= at + LAST_WAIT))
    }

    /// Ends the phase now; the first reason counts, an interruption always does. Behind the window's end nothing is left to
    /// stop but an interruption's wait.
    pub(super) fn stop(&self, ending: PhaseEnding) {
        let now = self.clock.now();
        let over = self.window_end().is_some_and(|end| now >= end);
        let code = match ending {
            PhaseEnding::RampFailed | PhaseEnding::StoppedAnswering | PhaseEnding::FailedEarly if over => return,
            PhaseEnding::Completed => return,
            PhaseEnding::RampFailed => 1,
            PhaseEnding::StoppedAnswering => 2,
            PhaseEnding::Interrupted => 3,
            PhaseEnding::FailedEarly => 4,
        };
        if self.ending.compare_exchange(0, code, Ordering::AcqRel, Ordering::Acquire).is_ok() {
            self.stopped.store(nanos(now), Ordering::Release);
        } else if ending == PhaseEnding::Interrupted {
            self.ending.store(code, Ordering::Release);
            self.stopped.fetch_min(nanos(now), Ordering::AcqRel);
        }
    }

    /// When the phase was stopped before its end.
    pub(super) fn stopped_at(&self) -> Option<Duration> {
        known(&self.stopped)
    }

    /// How the phase ends as far as it is known.
    pub(super) fn ending(&self) -> PhaseEnding {
        match self.ending.load(Ordering::Acquire) {
            1 => PhaseEnding::RampFailed,
            2 => PhaseEnding::StoppedAnswering,
            3 => PhaseEnding::Interrupted,
            4 => PhaseEnding::FailedEarly,
            _ => PhaseEnding::Completed,
        }
    }

    /// Drops everything at once: nobody will look at the measurements.
    pub(super) fn abandon(&self) {
        self.stop(PhaseEnding::Interrupted);
        self.abandoned.store(true, Ordering::Release);
    }

    /// Adds what a worker has seen since it last said so.
    pub(super) fn add_requests(&self, requests: u64, failures: u64) {
        self.requests.fetch_add(requests, Ordering::Relaxed);
        self.failures.fetch_add(failures, Ordering::Relaxed);
    }

    /// Requests that ended and failures among them, login and warm-up included.
    pub(super) fn requests(&self) -> (u64, u64) {
        (self.requests.load(Ordering::Relaxed), self.failures.load(Ordering::Relaxed))
    }

    /// A worker says since when one of its requests is under way.
    pub(super) fn set_under_way_since(&self, worker: u32, since: Option<Duration>) {
        if let Some(known) = self.under_way_since.get(worker as usize) {
            known.store(since.map_or(UNKNOWN, nanos), Ordering::Relaxed);
        }
    }

    /// Since when the request is under way that has been longest, to the second and never too early; `None` without any.
    pub(super) fn under_way_since(&self) -> Option<Duration> {
        self.under_way_since.iter().filter_map(known).min()
    }

    /// Users at work.
    pub(super) fn active(&self) -> u32 {
        self.active.load(Ordering::Relaxed)
    }

    /// Users that are at work besides the one who asks, where each needs a connection of its own at all times.
    pub(super) fn others_at_work(&self) -> Option<u32> {
        let each = self.connection_each && matches!(self.phase.load, Load::Closed { .. });
        each.then(|| self.active().saturating_sub(1))
    }

    /// How the users came up so far.
    pub(super) fn ramp(&self) -> Ramp {
        Ramp {
            started: self.started.load(Ordering::Relaxed),
            logged_in: self.logged_in.load(Ordering::Acquire),
            took: Duration::from_nanos(self.last_login.load(Ordering::Relaxed)),
            reasons: self.reasons.lock().map(|reasons| reasons.clone()).unwrap_or_default(),
        }
    }

    /// The end of the phase as planned, as far as it is known: logins are expected to take no time.
    pub(super) fn planned_end(&self) -> Duration {
        self.window_end()
            .unwrap_or_else(|| self.last_start.max(self.clock.now()) + self.phase.warmup + self.phase.duration)
    }

    /// How much of the window is measured by the end.
    pub(super) fn measured(&self) -> Duration {
        self.end().zip(self.window_start()).map_or(Duration::ZERO, |(end, start)| end.saturating_sub(start))
    }

    fn add_reason(&self, reason: &str) {
        // A worker that panics ends the run anyway, so a poisoned lock may lose a reason.
        if let Ok(mut reasons) = self.reasons.lock()
            && reasons.len() < MOST_REASONS
            && !reasons.iter().any(|known| known == reason)
        {
            reasons.push(reason.to_owned());
        }
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(UNKNOWN - 1)
}

fn known(time: &AtomicU64) -> Option<Duration> {
    match time.load(Ordering::Acquire) {
        UNKNOWN => None,
        nanos => Some(Duration::from_nanos(nanos)),
    }
}
