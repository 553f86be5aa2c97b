//! Pauses in a load that another tool made: seconds in the middle of its window in which nothing started.
//!
//! A load of the gate's own needs none of this: its slots are counted, its silences are filled, and its generator is
//! judged. Of another tool's load only the requests are known, and what it did not send would pass in silence.

use std::{collections::BTreeSet, time::Duration};

use super::PhaseEvidence;
use crate::{foreign, units::number};

/// Chance that a load whose requests start independently of each other is taken for one that paused.
const ERROR: f64 = 1e-4;

/// So many stretches that are at least half as long, at even distances through all of the window and more than one in so many
/// steps from a second with requests to the next, are how this load goes, as where all users sleep together between iterations.
/// An app that stalls again and again lets through more than four seconds each time, or stalls at odd times.
const RHYTHM: (usize, usize) = (5, 4);

/// The pauses of a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Pauses {
    number: u64,
    /// All of them together.
    all: Duration,
    /// When the longest began, since the window did, and how long it took.
    longest: (Duration, Duration),
}

/// Whole seconds without a request between two with some.
#[derive(Debug, Clone, Copy)]
struct Stretch {
    from: u32,
    seconds: u32,
}

impl Stretch {
    /// Whether this is how a load goes that has these stretches, and requests in these seconds.
    fn is_usual(self, empty: &[Self], seconds: &[u32]) -> bool {
        let alike = empty.iter().filter(|other| other.seconds.saturating_mul(2) >= self.seconds);
        let alike: Vec<u32> = alike.map(|other| other.from).collect();
        let steps = seconds.len().saturating_sub(1);
        let often = alike.len() >= RHYTHM.0 && alike.len() * RHYTHM.1 > steps;
        often && seconds.first().zip(seconds.last()).is_some_and(|(first, last)| are_even(&alike, [*first, *last]))
    }
}

/// Whether these seconds, in order, come at even distances all the way between the ends: none is less than half and none more
/// than twice the middle one. Before the first of them and behind the last it may be shorter.
fn are_even(seconds: &[u32], [first, last]: [u32; 2]) -> bool {
    let mut distances: Vec<u32> = seconds.iter().zip(seconds.iter().skip(1)).map(|(one, next)| next - one).collect();
    distances.sort_unstable();
    let Some(middle) = distances.get(distances.len() / 2).copied() else { return false };
    let shortest = distances.first().copied().unwrap_or_default();
    let before = seconds.first().map_or(0, |from| from.saturating_sub(first));
    let behind = seconds.last().map_or(0, |from| last.saturating_sub(*from));
    let longest = distances.into_iter().chain([before, behind]).max().unwrap_or_default();
    shortest * 2 >= middle && longest <= middle * 2
}

impl Pauses {
    /// Those of a phase; none where the gate made the load, or where the files hold no requests.
    ///
    /// A stretch of whole seconds without a request is one when chance does not explain it at the load that the rest of the
    /// window had (with stages, at the load that they plan), and when it is not how this load goes.
    pub(super) fn of(evidence: &PhaseEvidence<'_>) -> Self {
        let PhaseEvidence { plan, phase, measurements, .. } = evidence;
        let (Some(start), true) = (measurements.window_start, plan.foreign.is_some()) else { return Self::default() };
        let end = start.saturating_add(measurements.layout.duration);
        let within =
            |second: u32| f64::from(second) + 1.0 > start.as_secs_f64() && f64::from(second) < end.as_secs_f64();
        let sent = measurements.windows.iter().filter(|window| window.requests > 0 && within(window.second));
        let requests: u64 = sent.clone().map(|window| window.requests).sum();
        let seconds: Vec<u32> = sent.map(|window| window.second).collect::<BTreeSet<_>>().into_iter().collect();
        let steps = seconds.windows(2).filter_map(|pair| Some((*pair.first()?, *pair.last()?)));
        let empty = steps.filter(|(one, next)| next - one > 1);
        let empty: Vec<Stretch> = empty.map(|(one, next)| Stretch { from: one + 1, seconds: next - one - 1 }).collect();
        let load = |second: u32| {
            let since = (f64::from(second) + 0.5 - start.as_secs_f64()).max(0.0);
            phase.load_at(Duration::try_from_secs_f64(since).unwrap_or_default())
        };
        let ends = seconds.first().zip(seconds.last());
        let whole: f64 = ends.map_or(0.0, |(first, last)| (*first..=*last).map(load).sum());
        let surprising = (f64::from(u32::try_from(seconds.len()).unwrap_or(u32::MAX)) / ERROR).ln();
        let unlikely = |one: &&Stretch| {
            let idle: f64 = (one.from..one.from + one.seconds).map(load).sum();
            idle < whole && requests as f64 * idle / (whole - idle) >= surprising
        };
        let mut found = Self::default();
        for one in empty.iter().filter(unlikely).filter(|one| !one.is_usual(&empty, &seconds)) {
            let length = Duration::from_secs(u64::from(one.seconds));
            let from = Duration::from_secs(u64::from(one.from)).saturating_sub(start);
            found.number += 1;
            found.all += length;
            if length > found.longest.1 {
                found.longest = (from, length);
            }
        }
        found
    }

    /// All of them together, in seconds; `None` without any.
    pub(super) fn seconds(&self) -> Option<f64> {
        (!self.all.is_zero()).then_some(self.all.as_secs_f64())
    }

    /// How much of a window is left of what was measured.
    pub(super) fn left_of(&self, measured: Duration) -> Duration {
        measured.saturating_sub(self.all)
    }

    /// Whether so much is missing that the rest is a part of the window only, which decides nothing.
    pub(super) fn leave_a_part(&self, evidence: &PhaseEvidence<'_>) -> bool {
        let measurements = evidence.measurements;
        !self.all.is_zero() && !foreign::is_whole(self.left_of(measurements.measured), measurements.layout.duration)
    }

    /// What is to be said of them; `None` without any.
    pub(super) fn sentence(&self) -> Option<String> {
        let (from, longest) = self.longest;
        let (all, from, longest) = (number::duration(self.all), number::duration(from), number::duration(longest));
        let when = match self.number {
            0 => return None,
            1 => format!("for {all} of the window, from {from} of it on"),
            pauses => format!("for {all} of the window, in {pauses} pauses; the longest was {longest}, from {from} on"),
        };
        Some(format!(
            "No request started {when}: the tool paused, or the app kept all users waiting. What would have been seen \
             meanwhile is missing."
        ))
    }
}
