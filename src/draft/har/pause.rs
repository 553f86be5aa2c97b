//! Pauses of the person who was recorded.

use std::time::Duration;

use jiff::Timestamp;

use super::keep::Kept;
use crate::units::DurationRange;

/// A shorter gap is the page's own work.
const SHORTEST: Duration = Duration::from_millis(300);
/// Longer ones were a coffee.
const LONGEST: Duration = Duration::from_secs(30);
const LONGEST_SUM: Duration = Duration::from_secs(120);

/// `think` for an iteration, and where it comes from: all pauses between requests, because the steps of an iteration
/// follow each other without any.
pub(super) fn think(kept: &[Kept<'_>]) -> (String, String) {
    let mut pauses = Vec::new();
    for pair in kept.windows(2) {
        let (Some((_, ended)), Some((begun, _))) = (span(&pair[0]), span(&pair[1])) else { continue };
        let gap = Duration::from_millis(u64::try_from(begun - ended).unwrap_or_default());
        if gap >= SHORTEST {
            pauses.push(gap.min(LONGEST));
        }
    }
    let sum: Duration = pauses.iter().sum::<Duration>().min(LONGEST_SUM);
    if pauses.is_empty() {
        return ("1s..3s".to_owned(), "review: the recording has no pauses, and this one is a guess".to_owned());
    }
    let rounded = |share: f64| Duration::from_millis((sum.as_secs_f64() * share * 10.0).round() as u64 * 100);
    let range = DurationRange { low: rounded(0.7), high: rounded(1.3) };
    let count = pauses.len();
    (range.to_string(), format!("the recording's pauses ({count}) in one, between iterations; give or take 30 %"))
}

/// Begin and end in milliseconds.
fn span(kept: &Kept<'_>) -> Option<(i64, i64)> {
    let begun: Timestamp = kept.entry.started.as_deref()?.parse().ok()?;
    let begun = begun.as_millisecond();
    let took = kept.entry.time.filter(|time| (0.0..86_400_000.0).contains(time)).unwrap_or_default();
    Some((begun, begun + took as i64))
}
