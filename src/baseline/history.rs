//! Which of the stored runs count, and what became of the others.

use std::{collections::BTreeSet, ops::Range};

use jiff::Timestamp;

use super::{Accept, Act, Damaged, Event, Key, Pin, Run};

/// Runs of an anchor.
pub const ANCHOR_RUNS: usize = 10;

/// Which history is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The key of the run that is to be compared.
    pub key: &'a Key,
    /// The branch whose runs say what is normal.
    pub branch: &'a str,
    /// The current time; acceptances expire by it.
    pub now: Timestamp,
}

/// What normal was, for one key and branch.
#[derive(Debug, Clone, PartialEq)]
pub struct History {
    /// Every comparable run of the base branch in the current regime, oldest first. How many of the newest count is
    /// `regression.history` of gates.yaml.
    pub runs: Vec<Run>,
    anchor: Range<usize>,
    /// The regime that they belong to.
    pub regime: Regime,
    /// Comparable runs of the base branch that belong to other regimes.
    pub other_regimes: usize,
    /// Runs with the same key of other branches.
    pub other_branches: usize,
    /// Runs with another key, a line for each key.
    pub not_comparable: Vec<NotComparable>,
    /// Files that were left out.
    pub damaged: Vec<Damaged>,
}

/// Stored runs of another key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotComparable {
    /// So many.
    pub runs: usize,
    /// What differs, in words: `other runner class: 4 cores, was 2 cores`.
    pub because: Vec<String>,
}

/// The time since which runs are taken for the same normal.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Regime {
    /// The acceptance that began it, and when; `None` for the first regime of the store.
    pub accepted: Option<(Timestamp, Accept)>,
    /// The newest acceptance that expired, and when it was made: runs stored while it held are left out, and the regime
    /// before it counts again.
    pub expired: Option<(Timestamp, Accept)>,
    /// The pin that says where the anchor lies, and when it was made; `None`: it is the first ten runs.
    pub pinned: Option<(Timestamp, Pin)>,
}

impl History {
    /// The anchor, oldest first: the newest ten runs at the pin, else the first ten of the regime. Empty before there
    /// are ten.
    pub fn anchor(&self) -> &[Run] {
        &self.runs[self.anchor.clone()]
    }

    /// The position in `runs` of the first run after the anchor; 0 before there is one.
    pub fn after_anchor(&self) -> usize {
        self.anchor.end
    }

    /// The ids of the anchor's runs and of the regime's first ten.
    pub(super) fn indispensable(&self) -> BTreeSet<String> {
        self.anchor().iter().chain(self.runs.iter().take(ANCHOR_RUNS)).map(|run| run.id.clone()).collect()
    }

    /// Sorts out what a store holds. `runs` have the wanted key; `events` are those of all gates.
    pub(super) fn of(wanted: &Wanted<'_>, runs: Vec<Run>, events: &[Event], rest: Rest) -> Self {
        let decisions = Decisions::of(&wanted.key.gate, events);
        let regime = decisions.accepted_at(wanted.now);
        let (mut other_branches, mut other_regimes) = (0, 0);
        let mut kept = Vec::new();
        for run in runs {
            if run.branch != wanted.branch {
                other_branches += 1;
            } else if decisions.accepted_at(run.finished_at) != regime {
                other_regimes += 1;
            } else {
                kept.push(run);
            }
        }
        kept.sort_by(|a, b| a.finished_at.cmp(&b.finished_at).then_with(|| a.id.cmp(&b.id)));
        let pinned = decisions.pinned(regime, wanted.now);
        let anchor = anchor(&kept, pinned.map(|(at, _)| *at));
        Self {
            runs: kept,
            anchor,
            regime: Regime {
                accepted: regime.cloned(),
                expired: decisions.expired(wanted.now).cloned(),
                pinned: pinned.cloned(),
            },
            other_regimes,
            other_branches,
            not_comparable: rest.not_comparable,
            damaged: rest.damaged,
        }
    }
}

/// What a store holds besides the comparable runs.
#[derive(Debug, Default)]
pub(super) struct Rest {
    pub(super) not_comparable: Vec<NotComparable>,
    pub(super) damaged: Vec<Damaged>,
}

impl Regime {
    /// Since when and why, as a sentence without its full stop.
    pub fn sentence(&self) -> String {
        let began = match &self.accepted {
            None => "the regime began with the store".to_owned(),
            Some((at, accept)) => {
                let until = accept.last_day().map(|last| format!(", until {last}")).unwrap_or_default();
                format!("the regime began on {}: {} ({}{until})", day(*at), accept.reason, accept.author)
            }
        };
        let Some((at, accept)) = &self.expired else { return began };
        let Accept { reason, author, expires: _ } = accept;
        format!(
            "{began}; what {author} accepted on {} ({reason}) has expired, and the regime before it counts again",
            day(*at)
        )
    }
}

fn day(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d").to_string()
}

/// The decisions about one gate, oldest first.
struct Decisions {
    accepts: Vec<(Timestamp, Accept)>,
    pins: Vec<(Timestamp, Pin)>,
}

impl Decisions {
    fn of(gate: &str, events: &[Event]) -> Self {
        let mut found = Self { accepts: Vec::new(), pins: Vec::new() };
        for event in events.iter().filter(|event| event.gate == gate) {
            match &event.act {
                Act::Accept(accept) => found.accepts.push((event.at, accept.clone())),
                Act::Pin(pin) => found.pins.push((event.at, pin.clone())),
            }
        }
        found.accepts.sort_by_key(|(at, _)| *at);
        found.pins.sort_by_key(|(at, _)| *at);
        found
    }

    /// The acceptance in force at a time: the newest that holds.
    fn accepted_at(&self, time: Timestamp) -> Option<&(Timestamp, Accept)> {
        self.accepts.iter().rev().find(|(at, accept)| accept.holds(*at, time))
    }

    /// The newest acceptance, if it has expired; an older one that expired is history.
    fn expired(&self, now: Timestamp) -> Option<&(Timestamp, Accept)> {
        let newest = self.accepts.iter().rev().find(|(at, _)| *at <= now)?;
        (!newest.1.holds(newest.0, now)).then_some(newest)
    }

    /// The newest pin that was made in this regime.
    fn pinned(&self, regime: Option<&(Timestamp, Accept)>, now: Timestamp) -> Option<&(Timestamp, Pin)> {
        self.pins.iter().rev().find(|(at, _)| *at <= now && self.accepted_at(*at) == regime)
    }
}

/// The newest ten at the pin; where there were fewer, and without a pin, the first ten.
fn anchor(runs: &[Run], pin: Option<Timestamp>) -> Range<usize> {
    let at_pin = pin.map(|pin| runs.partition_point(|run| run.finished_at <= pin));
    match at_pin {
        Some(end) if end >= ANCHOR_RUNS => end - ANCHOR_RUNS..end,
        _ if runs.len() >= ANCHOR_RUNS => 0..ANCHOR_RUNS,
        _ => 0..0,
    }
}
