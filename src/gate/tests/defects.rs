//! Defects of our own: what was finished before one is kept, and what is left to tidy is tidied.

use super::*;
use crate::load::Stage;

/// Runs a ladder until no phase of it is invalid, as each may be on a busy machine; after such a one there is no other.
async fn undisturbed<F>(mut run: impl FnMut() -> F) -> (Finished, Vec<String>)
where
    F: Future<Output = (Finished, Vec<String>)>,
{
    let mut ran = run().await;
    for _ in 0..20 {
        if ran.0.verdict.phases.iter().all(|phase| phase.outcome != Outcome::Invalid) {
            break;
        }
        ran = run().await;
    }
    ran
}

/// Runs to the end with a listener that panics at the first event of this kind.
async fn broken_at(setup: Setup, here: impl Fn(&Event) -> bool) -> (Finished, Vec<String>) {
    let mut events = Vec::new();
    let mut listen = |event: Event| {
        events.extend(short(&event));
        assert!(!here(&event), "the listener broke");
    };
    let finished = run(setup, &mut listen).await.expect("the target can be used");
    (finished, events)
}

/// What holds of every run that a defect ended in its second phase.
fn is_broken_off(finished: &Finished, because: &str) {
    let verdict = &finished.verdict;
    assert_eq!((verdict.outcome, verdict.ending, verdict.exit_code), (Outcome::Interrupted, Ending::Interrupted, 70));
    let headline = format!("stagegate itself broke in second (3 users), which says nothing of the app: {because}. ");
    assert!(verdict.headline.starts_with(&headline), "{}", verdict.headline);
    assert!(verdict.headline.contains("report this line"), "{}", verdict.headline);
    assert!(verdict.phases[0].requests > 0 && verdict.phases[0].cut_short.is_none(), "the first phase is whole");
    assert_eq!(verdict.phases[1].outcome, Outcome::Inconclusive);
    assert_eq!(verdict.phases[2].outcome, Outcome::NotRun);
    assert_eq!(outcomes(&verdict.integrity), [Outcome::NotRun]);
    assert_eq!(outcomes(&verdict.cleanup), [Outcome::Passed], "cleanup runs then too");
}

const LADDER: &str = "phases:
  - {name: first, users: 1, spawn_rate: 200/s, duration: 500ms, criteria: [requests > 0]}
  - {name: second, users: 3, spawn_rate: 200/s, duration: 20s, criteria: [requests > 0]}
  - {name: third, users: 3, spawn_rate: 200/s, duration: 20s, criteria: [requests > 0]}
";

/// A worker's panic is an end of the phase for all of them.
#[tokio::test]
async fn a_worker_that_panics_ends_the_run_with_what_was_measured() {
    let app = App::start();
    let other = "scenarios:\n  visitor: {weight: 2, steps: [{get: /, name: home}], think: 20ms}\n  \
                 other: {steps: [{get: /, name: home}], think: 1s}\n";
    let text = format!("version: 1\ngate: test\ntarget: {{url: '{}', timeout: 5s}}\n{other}{AROUND}{LADDER}", app.url);
    let broken = || async {
        let (mut setup, _switch) = setup(&text);
        setup.workers = Some(2);
        let plan = Arc::get_mut(&mut setup.plan).expect("nobody else has it");
        // No clock has a moment so late. The only user of the first phase is a visitor, by the weights.
        let other = plan.scenarios.iter_mut().find(|scenario| scenario.name == "other").expect("it is there");
        other.steps[0].timeout = Duration::MAX;
        let begun = Instant::now();
        let ran = walk(setup).await;
        assert!(begun.elapsed() < Duration::from_secs(10), "it took {:?}", begun.elapsed());
        ran
    };
    let (finished, events) = undisturbed(broken).await;
    is_broken_off(&finished, "overflow when adding durations");
    assert!(finished.verdict.phases[1].requests > 0, "what was measured is there");
    assert_eq!(finished.phases.len(), 2);
    assert_eq!(events.last().map(String::as_str), Some("finished"));
}

#[tokio::test]
async fn a_control_side_that_panics_ends_the_load_and_keeps_it() {
    let app = App::start();
    let yaml = format!("{AROUND}{LADDER}");
    let within =
        |event: &Event| matches!(event, Event::Progress(at) if at.phase == "second" && at.stage == Stage::Window);
    let (finished, events) = undisturbed(|| broken_at(app.setup(&yaml).0, within)).await;
    is_broken_off(&finished, "the listener broke");
    assert!(finished.verdict.phases[1].requests > 0, "what was measured is there");
    assert_eq!(finished.phases.len(), 2);
    assert_eq!(events.last().map(String::as_str), Some("phase 2 second"), "who broke is not asked again");
}

#[tokio::test]
async fn a_phase_that_never_comes_to_be_judged_is_inconclusive() {
    let app = App::start();
    let yaml = format!("{AROUND}{LADDER}");
    let begins = |event: &Event| matches!(event, Event::PhaseStarted { number: 2, .. });
    let (finished, _) = undisturbed(|| broken_at(app.setup(&yaml).0, begins)).await;
    is_broken_off(&finished, "the listener broke");
    assert_eq!(finished.phases.len(), 1);
    assert_eq!(finished.verdict.phases[1].because, ["stagegate itself broke, and what it measured is lost."]);
}

#[tokio::test]
async fn a_cleanup_that_breaks_says_what_was_left() {
    let app = App::start();
    let one = "cleanup: [{name: tidy, command: ['true']}, {name: later, command: ['true']}]\n\
               phases: [{name: first, users: 1, spawn_rate: 200/s, duration: 500ms, criteria: [requests > 0]}]\n";
    let (setup, _switch) = app.setup(one);
    let (finished, _) = broken_at(setup, |event| matches!(event, Event::Cleanup(_))).await;
    let verdict = &finished.verdict;
    assert_eq!((verdict.outcome, verdict.exit_code), (Outcome::Interrupted, 70));
    assert!(verdict.headline.starts_with("stagegate itself broke, which"), "{}", verdict.headline);
    assert_eq!(outcomes(&verdict.cleanup), [Outcome::NotRun, Outcome::NotRun]);
    assert!(verdict.phases[0].requests > 0);
}
