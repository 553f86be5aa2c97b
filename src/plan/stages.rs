//! How the load of a phase changes within its window.

use std::{sync::Arc, time::Duration};

/// The stages of a phase's window, one after the other; none for a load that stays as it is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Stages(Arc<[Stage]>);

/// A stage: the load goes from one level to another at an even pace. Levels are users, or iterations per second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stage {
    /// The level at its beginning.
    pub from: f64,
    /// The level at its end.
    pub to: f64,
    /// Its part of the window, a share of 1: a window that is shortened keeps its shape.
    pub share: f64,
}

impl Stages {
    /// The stages of a window; their shares add up to 1. A load that stays as it is has none.
    pub fn of(stages: Vec<Stage>) -> Self {
        let first = stages.first().map(|stage| stage.from);
        let same = |level: f64| first.is_some_and(|first| (first - level).abs() < f64::EPSILON);
        let stays = stages.iter().all(|stage| same(stage.from) && same(stage.to));
        if stays { Self::default() } else { Self(stages.into()) }
    }

    /// Whether the load stays as it is.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// One after the other.
    pub fn iter(&self) -> impl Iterator<Item = &Stage> {
        self.0.iter()
    }

    /// The level at the start of the window; `None` without stages.
    pub fn first(&self) -> Option<f64> {
        self.0.first().map(|stage| stage.from)
    }

    /// The lowest and the highest level; `None` without stages.
    pub fn range(&self) -> Option<[f64; 2]> {
        let levels = || self.0.iter().flat_map(|stage| [stage.from, stage.to]);
        self.first()?;
        Some([levels().fold(f64::INFINITY, f64::min), levels().fold(0.0, f64::max)])
    }

    /// The mean level over the window; `None` without stages.
    pub fn mean(&self) -> Option<f64> {
        self.first()?;
        Some(self.0.iter().map(Stage::amount).sum())
    }

    /// The level after a share of the window; `None` without stages. Behind the window it is the last level.
    pub fn level(&self, share: f64) -> Option<f64> {
        let mut begins = 0.0;
        for stage in self.iter() {
            if share < begins + stage.share {
                return Some(stage.level((share - begins).max(0.0) / stage.share));
            }
            begins += stage.share;
        }
        self.0.last().map(|stage| stage.to)
    }

    /// After which share of the window this amount has come together: the inverse of the integral of the level over the
    /// window, in levels times the window's length. `None` when the window ends before.
    pub fn when_amount(&self, amount: f64) -> Option<f64> {
        let (mut begins, mut left) = (0.0, amount);
        for stage in self.iter() {
            let whole = stage.amount();
            if left < whole {
                return Some(begins + stage.when_amount(left));
            }
            begins += stage.share;
            left -= whole;
        }
        None
    }

    /// After which share of the window the level is at least this for the first time; `None` when it never is.
    pub fn when_level(&self, level: f64) -> Option<f64> {
        let mut begins = 0.0;
        for stage in self.iter() {
            if stage.from >= level {
                return Some(begins);
            }
            if stage.to >= level {
                return Some(begins + stage.share * (level - stage.from) / (stage.to - stage.from));
            }
            begins += stage.share;
        }
        None
    }

    /// The stages with their times in a window of this length.
    pub fn over(&self, window: Duration) -> impl Iterator<Item = (&Stage, Duration)> {
        self.iter().map(move |stage| (stage, window.mul_f64(stage.share)))
    }
}

impl Stage {
    /// The level after a part of the stage.
    fn level(&self, part: f64) -> f64 {
        self.from + (self.to - self.from) * part
    }

    /// What comes together over the stage.
    fn amount(&self) -> f64 {
        f64::midpoint(self.from, self.to) * self.share
    }

    /// After which share of the window, since the stage began, this amount has come together: the root of
    /// `from t + (to - from) t^2 / (2 share) = amount`, in the form that cancels no digits and has no special case for a
    /// level that stays.
    fn when_amount(&self, amount: f64) -> f64 {
        let slope = (self.to - self.from) / self.share;
        let root = (self.from * self.from + 2.0 * slope * amount).max(0.0).sqrt();
        // Nothing has come together of a level that begins with 0.
        if amount <= 0.0 { 0.0 } else { (2.0 * amount / (self.from + root)).min(self.share) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn stages(levels: &[(f64, f64, f64)]) -> Stages {
        Stages::of(levels.iter().map(|&(from, to, share)| Stage { from, to, share }).collect())
    }

    #[track_caller]
    fn near(seen: Option<f64>, wanted: f64) {
        assert!(seen.is_some_and(|seen| (seen - wanted).abs() < 1e-12), "{seen:?} is not {wanted}");
    }

    #[test]
    fn a_rise_and_what_follows() {
        let stages = stages(&[(50.0, 500.0, 0.5), (500.0, 500.0, 0.25), (500.0, 0.0, 0.25)]);
        near(stages.first(), 50.0);
        assert_eq!(stages.range(), Some([0.0, 500.0]));
        near(stages.mean(), 137.5 + 125.0 + 62.5);
        for (share, level) in [(0.0, 50.0), (0.25, 275.0), (0.6, 500.0), (0.875, 250.0), (1.0, 0.0), (2.0, 0.0)] {
            near(stages.level(share), level);
        }
        for (amount, share) in [(0.0, 0.0), (137.5, 0.5), (137.5 + 50.0, 0.6), (137.5 + 125.0 + 46.875, 0.875)] {
            near(stages.when_amount(amount), share);
        }
        assert_eq!(stages.when_amount(325.0), None);
        for (level, share) in [(10.0, 0.0), (275.0, 0.25), (500.0, 0.5)] {
            near(stages.when_level(level), share);
        }
        assert_eq!(stages.when_level(500.1), None);
    }

    #[test]
    fn from_nothing_and_in_a_jump() {
        let stages = stages(&[(0.0, 100.0, 0.5), (300.0, 300.0, 0.5)]);
        near(stages.when_amount(0.0), 0.0);
        near(stages.when_amount(25.0 / 4.0), 0.25);
        near(stages.when_level(200.0), 0.5);
    }

    #[test]
    fn a_load_that_stays_has_no_stages() {
        assert!(stages(&[(5.0, 5.0, 0.5), (5.0, 5.0, 0.5)]).is_empty());
        let none = Stages::default();
        assert_eq!((none.first(), none.range(), none.mean(), none.level(0.5)), (None, None, None, None));
        assert_eq!((none.when_amount(0.0), none.when_level(1.0)), (None, None));
    }

    proptest! {
        #[test]
        fn the_amount_until_a_moment_leads_back_to_it(
            levels in proptest::collection::vec((0.0_f64..1000.0, 0.0_f64..1000.0, 1.0_f64..10.0), 1..5),
            part in 0.0_f64..1.0,
        ) {
            let total: f64 = levels.iter().map(|stage| stage.2).sum();
            let shaped: Vec<_> = levels.iter().map(|&(from, to, share)| (from + 1.0, to + 1.0, share / total)).collect();
            let stages = stages(&shaped);
            // A midpoint sum over thin slices knows nothing of the formula. No slice goes over a jump between two stages:
            // there the sum would be wrong by a part of the jump, which behind it, at a low level, is a long time.
            let slices = 1000;
            let (mut begins, mut amount) = (0.0, 0.0);
            for stage in stages.iter() {
                let width = (part - begins).clamp(0.0, stage.share) / f64::from(slices);
                let level = |slice| stages.level(begins + width * (f64::from(slice) + 0.5)).unwrap_or_default();
                amount += (0..slices).map(level).sum::<f64>() * width;
                begins += stage.share;
            }
            let seen = stages.when_amount(amount).unwrap_or(1.0);
            prop_assert!((seen - part).abs() < 1e-9, "{} for {}", seen, part);
        }
    }
}
