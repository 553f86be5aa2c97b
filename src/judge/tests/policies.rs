//! The table of docs/decisions.md section 1: what an uncertain finding means for its phase, the run and the exit code.

use super::{runs::run, *};
use crate::judge::{Ending, Outcome, conclude};

/// Of 300 requests so many took 900 ms, where 5 % may: 10 hold the limit and 20 break it, neither for certain.
fn uncertain(slow: u64) -> Case {
    let calm = Case::of(quantile(0.95, Op::Less, 500)).readings(&[10.0; 20]);
    calm.requests(PAGE, 300 - slow, ms(100)).requests(PAGE, slow, ms(900))
}

/// Outcomes of finding, phase and run, and the exit code.
fn chain(case: &Case) -> (Outcome, Outcome, Outcome, u8) {
    let phase = case.judge();
    let (finding, outcome) = (phase.findings[0].clone(), phase.outcome);
    assert!(!finding.certain, "{finding:?}");
    let run = conclude(run(&case.plan, vec![phase]));
    let stopped = matches!(outcome, Outcome::Failed | Outcome::Inconclusive);
    assert_eq!(run.ending, if stopped { Ending::Stopped } else { Ending::Completed });
    (finding.outcome, outcome, run.outcome, run.exit_code)
}

#[test]
fn an_uncertain_finding_is_what_the_policy_says() {
    use Outcome::{Failed, Inconclusive, Passed, Warned};
    for (policy, holds, breaks) in [
        (Uncertain::Observed, (Passed, Passed, Passed, 0), (Failed, Failed, Failed, 1)),
        (Uncertain::Warn, (Inconclusive, Warned, Warned, 0), (Inconclusive, Warned, Warned, 0)),
        (Uncertain::Fail, (Inconclusive, Inconclusive, Inconclusive, 4), (Inconclusive, Inconclusive, Inconclusive, 4)),
    ] {
        assert_eq!(chain(&uncertain(10).policy(policy, Reaction::Fail)), holds, "{policy:?}, as observed it holds");
        assert_eq!(chain(&uncertain(20).policy(policy, Reaction::Fail)), breaks, "{policy:?}, as observed it breaks");
    }
}

#[test]
fn at_level_warn_no_policy_makes_it_more_than_a_warning() {
    use Outcome::{Failed, Inconclusive, Passed, Warned};
    for (policy, holds, breaks) in [
        (Uncertain::Observed, (Passed, Passed, Passed, 0), (Failed, Warned, Warned, 0)),
        (Uncertain::Warn, (Inconclusive, Warned, Warned, 0), (Inconclusive, Warned, Warned, 0)),
        (Uncertain::Fail, (Inconclusive, Warned, Warned, 0), (Inconclusive, Warned, Warned, 0)),
    ] {
        assert_eq!(chain(&uncertain(10).warns().policy(policy, Reaction::Fail)), holds, "{policy:?}");
        assert_eq!(chain(&uncertain(20).warns().policy(policy, Reaction::Fail)), breaks, "{policy:?}");
    }
}

#[test]
fn what_is_certain_is_the_same_under_every_policy() {
    for policy in [Uncertain::Observed, Uncertain::Warn, Uncertain::Fail] {
        for (slow, outcome, code) in [(0, Outcome::Passed, 0), (100, Outcome::Failed, 1)] {
            let case = uncertain(slow).policy(policy, Reaction::Fail);
            let phase = case.judge();
            assert!(phase.findings[0].certain);
            let run = conclude(run(&case.plan, vec![phase]));
            assert_eq!((run.outcome, run.exit_code), (outcome, code), "{policy:?}");
        }
    }
}
