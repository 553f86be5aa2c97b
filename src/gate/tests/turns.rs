//! What is shown of a comparison of two deployments while it goes on.

use super::{
    super::{
        MeasuredPhase,
        turns::{HEAD, Round, Turns},
    },
    confirmations::{of_phase, with_failures},
    *,
};
use crate::{
    load::{Stage, Tick},
    measure::{GaugeSample, GaugeSeries, PhaseMeasurements},
};

const BASE: usize = 0;

fn pair() -> Setup {
    let (setup, _switch) = setup(
        "version: 1\ngate: test\ntarget: {url: 'http://127.0.0.1:1'}\nregression: {}\nagainst: {url: 'http://127.0.0.1:2'}\n\
         monitors: {app: {prometheus: /metrics, read: {queue: gauge}}}\n\
         scenarios: {visitor: {steps: [{get: /, name: home}], think: 20ms}}\nphases:\n  \
         - {name: light, users: 5, spawn_rate: 2/s, duration: 10s, criteria: [error_rate < 2%]}\n  \
         - {name: heavy, users: 5, spawn_rate: 2/s, duration: 10s, criteria: [no errors]}\n",
    );
    setup
}

fn tick(elapsed: Duration, left: Duration) -> Tick {
    Tick { elapsed, stage: Stage::Window, users: 5, rate: 100.0, p95: None, requests: 100, failures: 3, left }
}

#[test]
fn what_is_left_falls_through_all_rounds_of_both_sides() {
    let setup = pair();
    let (plan, phase) = (&setup.plan, &setup.plan.phases[0]);
    let later = plan.outlook(&plan.phases[1]).expected;
    let mut turns = Turns::of(plan, phase, later);
    let blocks = plan.blocks(phase);
    // Users start over 2 s.
    let login = Duration::from_secs(2) + blocks.warmup;
    let slices = (0..blocks.count).flat_map(|_| [(Round::Slice, blocks.slice), (Round::Slice, blocks.slice)]);
    let (mut lefts, mut shares) = (Vec::new(), Vec::new());
    for (round, planned) in [(Round::Login, login), (Round::Login, login)].into_iter().chain(slices) {
        turns.begin(round);
        // Until a round's window is known it counts on a ramp, also where the users are there already.
        for left in [planned + login].into_iter().chain((0..=planned.as_secs()).rev().map(Duration::from_secs)) {
            let progress =
                turns.progress(HEAD, &tick(planned.saturating_sub(left), left), || unreachable!("nobody looks"));
            lefts.push(progress.left);
            shares.push(progress.share);
            assert!(progress.standing.findings.is_empty());
        }
    }
    assert_eq!(lefts.first(), Some(&plan.wall_time().0), "all that the run is planned to take");
    assert_eq!(lefts.last(), Some(&later));
    assert!(lefts.is_sorted_by(|before, after| before >= after), "{lefts:?}");
    assert!(shares.is_sorted() && shares.first() == Some(&0.0) && shares.last() == Some(&1.0), "{shares:?}");
    let mut different = lefts.clone();
    different.dedup();
    assert_eq!(different.len() as u64, plan.wall_time().0.saturating_sub(later).as_secs() + 1, "each second shows");
}

#[test]
fn without_a_base_only_the_heads_window_is_left() {
    let setup = pair();
    let (plan, phase) = (&setup.plan, &setup.plan.phases[0]);
    let mut turns = Turns::of(plan, phase, Duration::ZERO);
    turns.begin(Round::Login);
    turns.begin(Round::Login);
    turns.leave_out_base();
    turns.begin(Round::Slice);
    let progress = turns.progress(HEAD, &tick(Duration::ZERO, phase.duration), || None);
    assert_eq!(progress.left, phase.duration);
}

#[test]
fn criteria_and_gauges_stand_by_all_slices_of_the_head() {
    let setup = pair();
    let (plan, phase) = (&setup.plan, &setup.plan.phases[0]);
    let part = |failures| with_failures(plan, phase, failures);
    let read = |value| {
        vec![GaugeSeries {
            name: "app.queue".to_owned(),
            samples: vec![GaugeSample { at: Duration::from_secs(1), value }],
            attempts: 1,
            planned: 10,
            missing: None,
            silent: false,
        }]
    };
    let ended =
        |measurements: PhaseMeasurements, value| MeasuredPhase { gauges: read(value), ..of_phase(phase, measurements) };
    let now = tick(Duration::from_secs(1), Duration::from_secs(4));
    let mut turns = Turns::of(plan, phase, Duration::ZERO);
    turns.watch();
    let mut stands = |side, round, so_far: Option<(PhaseMeasurements, Vec<GaugeSeries>)>, end: MeasuredPhase| {
        turns.begin(round);
        let progress = turns.progress(side, &now, || so_far);
        turns.ended(side, &end);
        let finding = &progress.standing.findings[0];
        let gauge = progress.standing.gauges[0].value;
        (progress.stage, finding.outcome, finding.samples, finding.observed, gauge, progress.failures)
    };
    // What is sent while users log in and warm up is not measured.
    let login = stands(HEAD, Round::Login, Some((part(500), read(9.0))), ended(part(500), 9.0));
    assert_eq!(login, (Stage::Warmup, Outcome::Inconclusive, 0, None, None, 3));
    let base = stands(BASE, Round::Login, Some((part(900), read(8.0))), ended(part(7), 8.0));
    assert_eq!(base, (Stage::Warmup, Outcome::Inconclusive, 0, None, None, 503));
    let first = stands(HEAD, Round::Slice, Some((part(100), read(1.0))), ended(part(90), 2.0));
    assert_eq!(first, (Stage::Window, Outcome::Failed, 1000, Some(0.1), Some(1.0), 510));
    // The base's own failures say nothing of the head.
    let base = stands(BASE, Round::Slice, Some((part(0), read(8.0))), ended(part(0), 8.0));
    assert_eq!(base, (Stage::Window, Outcome::Failed, 1000, Some(0.09), Some(2.0), 600));
    let second = stands(HEAD, Round::Slice, Some((part(10), read(3.0))), ended(part(0), 4.0));
    assert_eq!(second, (Stage::Window, Outcome::Failed, 2000, Some(0.05), Some(3.0), 600));
    let base = stands(BASE, Round::Slice, None, ended(part(0), 8.0));
    assert_eq!(base, (Stage::Window, Outcome::Failed, 2000, Some(0.045), Some(4.0), 600));
}
