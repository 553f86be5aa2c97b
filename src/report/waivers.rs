//! The active waivers: in every report, so that nobody forgets what is not being looked at.

use crate::{judge::Verdict, units::number};

/// What stands above them.
pub(super) const TITLE: &str = "Active waivers";

/// One line for each waiver: cell, ceiling, reason, owner, days left.
pub(super) fn lines(verdict: &Verdict) -> Vec<String> {
    let line = |waiver: &crate::judge::Waiver| {
        let left = match waiver.days_left {
            0 => "ends today".to_owned(),
            days => format!("{} left", number::counted(days.unsigned_abs(), "day")),
        };
        format!("{} below {}, {}, {}, {left}", waiver.cell, waiver.ceiling_in_words(), waiver.reason, waiver.owner)
    };
    verdict.waivers.iter().map(line).collect()
}
