//! What to try where a load was not seen as a whole, or another tool made it: more of the gate's own load would not help.

use crate::judge::{Finding, Outcome, PhaseVerdict};

/// When files hold only a part of a phase's window.
const PART: &str = "Let the load go on through the whole window, or judge the part that it covers: correct `duration`, or name \
                    it by `--phase NAME=START..END`.";

/// For a phase as a whole of which something is missing; `None` for any other.
pub(super) fn for_phase(phase: &PhaseVerdict) -> Option<String> {
    let missing = phase.partial || phase.paused_s.is_some();
    missing.then(|| if is_foreign(phase) { PART } else { "Run it once more, to its end." }.to_owned())
}

/// Whether a finding is not decided, or only as observed, for a reason that no longer load would change.
pub(super) fn explains(phase: &PhaseVerdict, finding: &Finding) -> bool {
    let decided = finding.outcome == Outcome::Failed || (finding.outcome == Outcome::Passed && finding.certain);
    // `judge` reads no gauges, and without an interval more requests decide nothing.
    let for_good = finding.unit.is_empty() || finding.samples == 0 || finding.interval.is_none();
    !decided && (phase.partial || (is_foreign(phase) && for_good))
}

/// For a finding that [`explains`]; `None` where its evidence says what to do, or nothing can be done.
pub(super) fn for_finding(phase: &PhaseVerdict, finding: &Finding) -> Option<String> {
    if phase.partial {
        return for_phase(phase);
    }
    let unseen = finding.samples == 0 && !finding.unit.is_empty();
    unseen.then(|| "See whether the load makes such requests, and under which names its files hold them.".to_owned())
}

/// Nothing is known of another tool's generator, and everything of the gate's own.
fn is_foreign(phase: &PhaseVerdict) -> bool {
    phase.generator.is_none() && phase.outcome != Outcome::NotRun
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{advice, fixtures};

    /// A phase of another tool's load with one finding that is not decided.
    fn undecided(change: impl Fn(&mut PhaseVerdict)) -> Option<String> {
        let mut phase = fixtures::passed().phases[1].clone();
        phase.outcome = Outcome::Warned;
        phase.findings.truncate(1);
        let finding = &mut phase.findings[0];
        (finding.outcome, finding.certain, finding.interval) = (Outcome::Inconclusive, false, Some([1.0, 2.0]));
        phase.because = vec![format!("{}: {}", finding.criterion, finding.because)];
        phase.generator = None;
        change(&mut phase);
        advice::for_finding(&phase, &phase.findings[0])
    }

    #[test]
    fn more_requests_are_asked_for_only_where_they_decide() {
        assert!(undecided(|_| ()).is_some_and(|advice| advice.starts_with("A longer duration")));
        assert_eq!(undecided(|phase| phase.findings[0].interval = None), None);
        let unseen = undecided(|phase| phase.findings[0].samples = 0).expect("there is advice");
        assert!(unseen.contains("under which names"), "{unseen}");
    }

    #[test]
    fn a_part_of_a_window_is_no_matter_of_its_length() {
        let part = |phase: &mut PhaseVerdict| {
            (phase.outcome, phase.partial) = (Outcome::Inconclusive, true);
        };
        assert_eq!(undecided(part).as_deref(), Some(PART));
        let own = |phase: &mut PhaseVerdict| {
            part(phase);
            phase.generator = fixtures::passed().phases[1].generator.clone();
        };
        assert_eq!(undecided(own).as_deref(), Some("Run it once more, to its end."));
    }
}
