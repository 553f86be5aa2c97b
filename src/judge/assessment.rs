//! What looking at one criterion gave, before policies make a finding of it.

use super::{Finding, Level, Outcome, evidence::Most};
use crate::plan::{self, Criterion, Place, Policy, Reaction, Uncertain};

/// What looking at one criterion gave.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Assessment {
    pub(super) decision: Decision,
    pub(super) observed: Option<f64>,
    pub(super) limit: f64,
    pub(super) unit: &'static str,
    pub(super) interval: Option<[f64; 2]>,
    pub(super) samples: u64,
    pub(super) because: String,
    /// The endpoint with the most of what broke it.
    pub(super) worst: Option<Worst>,
}

/// The endpoint with the most of what broke a criterion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Worst {
    pub(super) name: String,
    /// How many of how many; `None` where it is not about a count.
    pub(super) part: Option<[u64; 2]>,
}

impl From<Most> for Worst {
    fn from(Most { name, count, all }: Most) -> Self {
        Self { name, part: Some([count, all]) }
    }
}

/// How far the evidence goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decision {
    /// There is nothing to decide on: inconclusive, whatever the observed value.
    NoData,
    /// The interval straddles the limit; the observed value holds or breaks it.
    Uncertain(Side),
    /// Decided by the interval, by a count, or by a metric that is judged by its observed value.
    Decided(Side, Sureness),
}

/// On which side of the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Holds,
    Breaks,
}

/// How sure a decision is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sureness {
    /// An interval lies on this side, or chance has no part in it.
    Certain,
    /// There is an interval, and it reaches over the limit.
    Observed,
}

impl Side {
    pub(super) fn of(holds: bool) -> Self {
        if holds { Self::Holds } else { Self::Breaks }
    }

    fn outcome(self) -> Outcome {
        match self {
            Self::Holds => Outcome::Passed,
            Self::Breaks => Outcome::Failed,
        }
    }
}

impl Assessment {
    /// An assessment without data: inconclusive, and why.
    pub(super) fn without_data(limit: f64, unit: &'static str, because: String) -> Self {
        Self {
            decision: Decision::NoData,
            observed: None,
            limit,
            unit,
            interval: None,
            samples: 0,
            because,
            worst: None,
        }
    }

    /// The finding, and what it means for its phase (docs/decisions.md section 1).
    pub(super) fn finding(self, criterion: &Criterion, endpoint: Option<&str>, policy: Policy) -> (Finding, Outcome) {
        let (outcome, certain) = match self.decision {
            Decision::Decided(side, sureness) => (side.outcome(), sureness == Sureness::Certain),
            Decision::Uncertain(side) if policy.uncertain_criterion == Uncertain::Observed => (side.outcome(), false),
            Decision::NoData | Decision::Uncertain(_) => (Outcome::Inconclusive, false),
        };
        let level = level(criterion.level);
        let weight = match (outcome, level) {
            (Outcome::Passed, _) => Outcome::Passed,
            (_, Level::Warn) => Outcome::Warned,
            (Outcome::Inconclusive, Level::Block) => self.decision.undecided(policy),
            (outcome, Level::Block) => outcome,
        };
        let Place { file, line, .. } = &criterion.place;
        let worst = self.worst.filter(|_| outcome != Outcome::Passed);
        let finding = Finding {
            criterion: criterion.text.clone(),
            endpoint: endpoint.map(ToOwned::to_owned),
            level,
            file: file.to_string(),
            line: *line,
            outcome,
            certain,
            observed: self.observed.filter(|value| value.is_finite()),
            limit: self.limit,
            unit: self.unit.to_owned(),
            interval: self.interval,
            samples: self.samples,
            because: self.because,
            worst_part: worst.as_ref().and_then(|worst| worst.part),
            worst_endpoint: worst.map(|worst| worst.name),
        };
        (finding, weight)
    }
}

impl Decision {
    /// What a blocking finding that is inconclusive makes of its phase.
    fn undecided(self, policy: Policy) -> Outcome {
        let fails = match self {
            Self::NoData => policy.no_data == Reaction::Fail,
            _ => policy.uncertain_criterion == Uncertain::Fail,
        };
        if fails { Outcome::Inconclusive } else { Outcome::Warned }
    }
}

/// The level in the verdict's words.
pub(super) fn level(level: plan::Level) -> Level {
    match level {
        plan::Level::Block => Level::Block,
        plan::Level::Warn => Level::Warn,
    }
}
