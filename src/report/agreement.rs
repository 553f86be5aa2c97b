//! Exit code, outcome, headline, `JUnit`, the list of troubles and the comment's reader say the same of every run, whatever
//! came together in it.

use proptest::{prelude::*, sample::select};

use super::{Publishable, fixtures, junit, trouble};
use crate::{
    config,
    judge::{
        Ending, Extent, Finding, Interruption, Lacked, Level, Outcome, PhaseVerdict, Regression, RunEvidence, Totals,
        Verdict, Waived, conclude,
    },
    plan::{self, Choice, Plan},
};

fn plan(missing: &str, uncertain: &str) -> Plan {
    let text = format!(
        "version: 1\ngate: g\ntarget: {{url: demo}}\nscenarios: {{a: {{steps: [{{get: /}}]}}}}\nregression: {{missing: {missing}}}\n\
         policy: {{uncertain_regression: {uncertain}}}\nphases: [{{name: p, users: 1, duration: 9s, criteria: [no errors]}}]\n"
    );
    let choice = Choice::default();
    let (config, problems) = config::read("gates.yaml", text.as_bytes(), &choice.environment);
    plan::build(&config.unwrap_or_else(|| panic!("{problems}")), &choice).unwrap_or_else(|why| panic!("{why}"))
}

/// A phase that came out so, as `judge` gives it: as bad as its worst finding, which says why.
fn phase(of: &PhaseVerdict, outcome: Outcome, level: Level) -> PhaseVerdict {
    let mut phase = PhaseVerdict { outcome, ..of.clone() };
    let finding = &mut phase.findings[0];
    let undecided = |finding: &mut Finding| (finding.outcome, finding.certain) = (Outcome::Inconclusive, false);
    match outcome {
        Outcome::NotRun => phase.findings.iter_mut().for_each(|one| one.outcome = Outcome::NotRun),
        Outcome::Failed => finding.outcome = Outcome::Failed,
        // By a criterion at level warn, or by one that blocks and a policy that only warns.
        Outcome::Warned if level == Level::Warn => (finding.outcome, finding.level) = (Outcome::Failed, level),
        Outcome::Warned | Outcome::Inconclusive => undecided(finding),
        Outcome::Invalid => {
            // What was seen in it does not count.
            finding.outcome = if level == Level::Warn { Outcome::Passed } else { Outcome::Failed };
            let generator = phase.generator.as_mut().expect("it was measured");
            (generator.saturated, generator.lacked) = (true, Some(Lacked::OwnCpu));
            phase.because.push("The generator was saturated.".to_owned());
        }
        _ => {}
    }
    let weighs = |one: &&Finding| !matches!(one.outcome, Outcome::Passed | Outcome::NotRun);
    let said = |one: &Finding| format!("{}: {}", one.criterion, one.because);
    phase.because.extend(phase.findings.iter().filter(weighs).map(said).collect::<Vec<_>>());
    phase
}

/// A ladder: what ends it is followed by phases that were not run.
fn ladder(outcomes: &[(Outcome, Level)]) -> Vec<PhaseVerdict> {
    let mut over = false;
    let of = |(of, (outcome, level)): (&PhaseVerdict, &(Outcome, Level))| {
        let now = phase(of, if over { Outcome::NotRun } else { *outcome }, *level);
        over |= matches!(outcome, Outcome::Failed | Outcome::Inconclusive | Outcome::Invalid);
        now
    };
    fixtures::passed().phases.iter().zip(outcomes).map(of).collect()
}

fn comparisons(outcomes: &[(Outcome, bool)], phases: &[PhaseVerdict]) -> Vec<Regression> {
    let one = |(at, (outcome, is_waived)): (usize, &(Outcome, bool))| {
        let waived = Waived {
            ceiling: 0.5,
            reason: "known".to_owned(),
            owner: "ada".to_owned(),
            expires: "2027-01-31".to_owned(),
        };
        Regression {
            phase: phases[at % phases.len()].name.clone(),
            cell: format!("p{}", 50 + at),
            outcome: *outcome,
            anchor: None,
            creep: None,
            waived: Some(waived).filter(|_| *is_waived && *outcome == Outcome::Failed),
            ..fixtures::regressed().regressions[0].clone()
        }
    };
    outcomes.iter().enumerate().map(one).collect()
}

fn outcomes() -> impl Strategy<Value = Vec<(Outcome, Level)>> {
    use Outcome::{Failed, Inconclusive, Invalid, Passed, Warned};
    let outcome = select(vec![Passed, Passed, Passed, Passed, Passed, Warned, Failed, Inconclusive, Invalid]);
    prop::collection::vec((outcome, select(vec![Level::Block, Level::Warn])), 1..=3)
}

fn compared() -> impl Strategy<Value = Vec<(Outcome, bool)>> {
    use Outcome::{Failed, Inconclusive, Invalid, New, NotRun, Passed};
    prop::collection::vec((select(vec![Passed, Failed, Inconclusive, New, Invalid, NotRun]), any::<bool>()), 0..4)
}

fn run(plan: &Plan, phases: Vec<PhaseVerdict>, regressions: Vec<Regression>) -> RunEvidence<'_> {
    let passed = fixtures::passed();
    RunEvidence {
        plan,
        target: passed.target,
        source: None,
        started_at: passed.started_at,
        finished_at: passed.finished_at,
        repeat: passed.repeat,
        notes: Vec::new(),
        extent: Extent::Ladder,
        interruption: None,
        preflight: passed.preflight,
        phases,
        totals: Totals { requests: 2_000, failures: 0 },
        breaking_point: None,
        diagnosis: None,
        outages: Vec::new(),
        comparison: fixtures::regressed().comparison.filter(|_| !regressions.is_empty()),
        regressions,
        recovery: passed.recovery,
        integrity: passed.integrity,
        cleanup: Vec::new(),
    }
}

/// Everything that one part says and another might contradict.
fn agree(verdict: &Verdict) -> Result<(), TestCaseError> {
    let codes: &[u8] = match verdict.outcome {
        Outcome::Passed | Outcome::Warned => &[0],
        Outcome::Failed => &[1],
        Outcome::Invalid => &[3],
        Outcome::Inconclusive => &[4],
        _ => &[70, 130, 143],
    };
    prop_assert!(codes.contains(&verdict.exit_code), "{:?} {}", verdict.outcome, verdict.exit_code);
    let xml = junit::render(&fixtures::publishable(verdict.clone()));
    let red = xml.contains("<failure ") || xml.contains("<error ");
    prop_assert_eq!(red, verdict.exit_code != 0, "{:?}: {}", verdict.outcome, xml);
    let standings: Vec<_> = trouble::of(verdict).iter().map(|one| one.standing).collect();
    let heaviest = match verdict.outcome {
        // An item of the checklist failed, and so the run is invalid.
        _ if verdict.ending == Ending::NotReady => Some(trouble::Standing::Failed),
        Outcome::Failed => Some(trouble::Standing::Failed),
        Outcome::Invalid => Some(trouble::Standing::Invalid),
        Outcome::Inconclusive => Some(trouble::Standing::Inconclusive),
        _ => None,
    };
    if let Some(heaviest) = heaviest {
        prop_assert_eq!(standings.first(), Some(&heaviest), "{}", verdict.headline);
        prop_assert!(!verdict.headline.starts_with("Nothing was measured"), "{}", verdict.headline);
    } else if verdict.exit_code == 0 {
        prop_assert!(standings.iter().all(|one| *one >= trouble::Standing::Inconclusive), "{:?}", standings);
        prop_assert!(verdict.outcome == Outcome::Warned || standings.is_empty(), "{:?}", standings);
    }
    // What a fork's run wrote is read by another run, which refuses what contradicts itself.
    let foreign = Publishable::untrusted(verdict.clone());
    prop_assert!(foreign.is_ok(), "{:?}", foreign.err());
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn every_part_of_a_verdict_says_the_same(
        ladder_of in outcomes(),
        compared in compared(),
        (recovers, intact, ready) in (prop::bool::weighted(0.8), prop::bool::weighted(0.8), prop::bool::weighted(0.9)),
        interrupted in prop::option::weighted(0.1, select(vec![Interruption::Terminate, Interruption::Defect("no message".to_owned())])),
        policies in (select(vec!["warn", "fail"]), select(vec!["warn", "fail"])),
    ) {
        let plan = plan(policies.0, policies.1);
        let phases = ladder(&ladder_of);
        let regressions = comparisons(&compared, &phases);
        let mut evidence = run(&plan, phases, regressions);
        if !recovers && let Some(recovery) = &mut evidence.recovery {
            recovery.outcome = Outcome::Failed;
        }
        if !intact {
            evidence.integrity[0].outcome = Outcome::Failed;
        }
        if !ready {
            evidence.preflight[1].outcome = Outcome::Failed;
            evidence.phases = ladder(&[(Outcome::NotRun, Level::Block)]);
            (evidence.regressions, evidence.comparison, evidence.recovery) = (Vec::new(), None, None);
            evidence.integrity[0].outcome = Outcome::NotRun;
        }
        if let Some(interruption) = interrupted {
            evidence.interruption = Some(interruption);
        }
        agree(&conclude(evidence))?;
    }
}
