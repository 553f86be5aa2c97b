//! When the slots of the open model are.
//!
//! The slots are the events of a process with one event per unit of work, in the mean; the work that is due by a moment
//! is the integral of the rate. With constant arrivals the events are the whole numbers, so that a slot's time follows
//! from its number alone and nothing drifts. With Poisson arrivals the distances between events are drawn, exponential
//! with mean 1, from the seed (a process of any rate is the one of rate 1 on another time axis: Cinlar 1975). Each worker
//! goes through all slots and takes its own, slot i of K workers being worker i modulo K's: the slots do not depend on
//! how many workers there are, and none of them is ever kept.

use std::time::Duration;

use fastrand::Rng;

use super::draws;
use crate::plan::Stages;

/// The slots of a phase. Slot 0 is the first of the window; those of the warm-up come before it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Slots {
    /// Per second: in the warm-up, and in the window unless it has stages.
    pub(super) rate: f64,
    /// How the rate changes within the window.
    pub(super) stages: Stages,
    /// The seed of Poisson arrivals; `None` for constant ones.
    pub(super) seed: Option<u64>,
    /// Start of the window since the phase's origin.
    pub(super) window_start: Duration,
    /// Before it.
    pub(super) warmup: Duration,
    /// After it.
    pub(super) duration: Duration,
}

impl Slots {
    /// When so much work is due, since the phase's origin; negative in the warm-up. `None` behind the window.
    fn time(&self, work: f64) -> Option<Duration> {
        if work < 0.0 {
            return Some(self.window_start.saturating_sub(seconds(-work / self.rate)));
        }
        let offset = if self.stages.is_empty() {
            seconds(work / self.rate)
        } else {
            self.duration.mul_f64(self.stages.when_amount(work / self.duration.as_secs_f64())?)
        };
        (offset < self.duration).then(|| self.window_start.saturating_add(offset))
    }

    /// The work of the warm-up.
    fn before(&self) -> f64 {
        self.warmup.as_secs_f64() * self.rate
    }
}

/// One worker's way along its slots.
#[derive(Debug, Clone)]
pub(super) struct Way {
    slots: Slots,
    worker: i64,
    workers: i64,
    /// Of the next slot; those of the warm-up are counted apart.
    number: i64,
    /// The work that is due by it.
    work: f64,
    process: Process,
    /// The next slot, if there is one.
    next: Option<Duration>,
    /// Slots of the window that are behind.
    passed: u64,
}

/// Where the events are.
#[derive(Debug, Clone)]
enum Process {
    /// At whole numbers, those of the warm-up negative.
    Constant,
    /// Drawn, in the warm-up and in the window apart: the window is the same whatever came before it.
    Poisson { seed: u64, random: Rng, within: bool },
}

impl Way {
    /// At the first slot of a worker (from 0) of several.
    pub(super) fn of(slots: Slots, worker: u32, workers: u32) -> Self {
        let (worker, workers) = (i64::from(worker), i64::from(workers));
        let first = -(slots.before().floor() as i64);
        let (number, work, process) = match slots.seed {
            None => (first, first as f64, Process::Constant),
            Some(seed) => {
                let random = draws::arrivals(seed, draws::Part::Warmup);
                (-1, -slots.before(), Process::Poisson { seed, random, within: false })
            }
        };
        let mut way = Self { slots, worker, workers, number, work, process, next: None, passed: 0 };
        match way.process {
            Process::Constant => way.number += (worker - first).rem_euclid(workers),
            Process::Poisson { .. } => way.draw_own(),
        }
        way.look();
        way
    }

    /// When this worker's next slot is, since the phase's origin; `None` behind the window.
    pub(super) fn next(&self) -> Option<Duration> {
        self.next
    }

    /// The slots of the window that this worker has left behind.
    pub(super) fn passed(&self) -> u64 {
        self.passed
    }

    /// Whether the next slot lies in the window.
    pub(super) fn is_within(&self) -> bool {
        self.next.is_some_and(|at| at >= self.slots.window_start)
    }

    /// Goes on to the slot after the next one.
    pub(super) fn advance(&mut self) {
        self.passed += u64::from(self.is_within());
        match self.process {
            Process::Constant => self.number += self.workers,
            Process::Poisson { .. } => self.draw_own(),
        }
        self.look();
    }

    /// The window is longer than was said; earlier slots stay as they are. False when it is as was said.
    pub(super) fn extend(&mut self, duration: Duration) -> bool {
        let longer = self.slots.duration < duration;
        if longer {
            self.slots.duration = duration;
            self.look();
        }
        longer
    }

    fn look(&mut self) {
        if matches!(self.process, Process::Constant) {
            self.work = self.number as f64;
        }
        self.next = self.slots.time(self.work);
    }

    /// Draws slots up to the next one of this worker.
    fn draw_own(&mut self) {
        loop {
            self.draw();
            if self.number.rem_euclid(self.workers) == self.worker {
                return;
            }
        }
    }

    fn draw(&mut self) {
        let Process::Poisson { seed, random, within } = &mut self.process else { return };
        self.work += distance(random);
        self.number += 1;
        if !*within && self.work >= 0.0 {
            (*within, *random) = (true, draws::arrivals(*seed, draws::Part::Window));
            (self.number, self.work) = (0, distance(random));
        }
    }
}

/// Exponential with mean 1.
fn distance(random: &mut Rng) -> f64 {
    // From 0 to below 1, so that the logarithm is of more than 0.
    -(1.0 - random.f64()).ln()
}

fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
}

#[cfg(test)]
mod tests;
