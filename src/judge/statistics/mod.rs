//! Statistics of a decision: plain functions of counts, each with its source (docs/decisions.md).

mod beta;
pub(super) mod exact;
mod proportion;
mod share;
mod spread;
pub(super) mod student;
pub(super) mod wager;

pub(super) use proportion::{Look, Proportion, Tally, groups};
pub(super) use share::Allowed;
pub(super) use spread::half_width;

/// Error rate on each side of an interval (docs/decisions.md section 3).
pub(super) const ERROR: f64 = 0.05;
