//! When other work on this machine disturbs the generator, the gate says so and has measured nothing; then a run may be
//! repeated. A change that saturates the generator now and then would hide behind that, so repeats are counted. And
//! patience with what another process is about to do.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    thread,
    time::{Duration, Instant},
};

/// The most repeats that one test may ask for.
const MOST_OF_ONE: u32 = 2;

/// The most that all tests of this binary may ask for together because of other machines and other work on this one: an
/// idle machine needs none, and nothing in the gate can cause them.
static FOR_OTHERS: Repeats = Repeats(AtomicU32::new(20));

/// The most because of the generator's own work, and of what nothing explains.
static FOR_ITSELF: Repeats = Repeats(AtomicU32::new(4));

/// Repeats that may still be asked for.
struct Repeats(AtomicU32);

impl Repeats {
    /// Takes one; without one left the test fails.
    #[track_caller]
    fn take(&self, said: &str) {
        let taken = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        assert!(
            taken.is_ok(),
            "the generator was saturated too often for a machine that is only busy; either it is far too busy to \
             measure, or a change saturates the generator:\n{said}"
        );
    }
}

/// Gives a run's result and what it printed; makes the run again when the gate itself says that its generator was
/// disturbed.
#[track_caller]
pub(crate) fn undisturbed<T>(run: impl FnMut() -> (T, String)) -> T {
    undisturbed_with([&FOR_OTHERS, &FOR_ITSELF], run)
}

#[track_caller]
fn undisturbed_with<T>([for_others, for_itself]: [&Repeats; 2], mut run: impl FnMut() -> (T, String)) -> T {
    let (mut result, mut said) = run();
    for _ in 0..MOST_OF_ONE {
        match disturbed(&said) {
            None => break,
            Some(Disturbance::Others) => for_others.take(&said),
            Some(Disturbance::Itself) => for_itself.take(&said),
        }
        eprintln!("the machine was too busy to measure; once more");
        (result, said) = run();
    }
    result
}

/// Waits for what another process is about to do.
#[track_caller]
pub(crate) fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(20), "not within 20 s: {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// Who disturbed the generator.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Disturbance {
    /// Other machines on this one's hardware, or other work on it.
    Others,
    /// Its own work, or nothing that is known.
    Itself,
}

/// Whether the gate says that the generator was too late, and by whose doing. Descriptors that ran out and slots that were
/// missed are no disturbance.
pub(crate) fn disturbed(said: &str) -> Option<Disturbance> {
    // A terminal's lines are broken anywhere.
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    let says = |words: &str| said.contains(words);
    if says("The generator was saturated") {
        return Some(Disturbance::Itself);
    }
    says("The generator was held up").then(|| {
        let others = says("to other machines (steal)") || says("other work on this machine");
        if others { Disturbance::Others } else { Disturbance::Itself }
    })
}

const SATURATED: &str = "The generator was saturated: 1 % of";
const HELD_UP: &str = "The generator was held\n   up: 1 % of its requests, and for 9 % of the time one waited for a core that \
                       other\n work on this machine had.";
const STOOD_STILL: &str = "The generator was held up: 1 % of, and no worker waited for a core";

/// Runs of which the first ones end so; gives how many were made.
fn made(allowed: [u32; 2], disturbed: u32, said: &'static str) -> u32 {
    let [for_others, for_itself] = allowed.map(|allowed| Repeats(AtomicU32::new(allowed)));
    let mut made = 0;
    undisturbed_with([&for_others, &for_itself], || {
        made += 1;
        ((), if made <= disturbed { said } else { "passed" }.to_owned())
    });
    made
}

#[test]
fn a_run_is_repeated_while_it_was_disturbed_and_at_most_twice() {
    assert_eq!([0, 1, 2, 3].map(|disturbed| made([0, 4], disturbed, SATURATED)), [1, 2, 3, 3]);
    assert_eq!([0, 1, 2, 3].map(|disturbed| made([0, 4], disturbed, STOOD_STILL)), [1, 2, 3, 3]);
    assert_eq!([0, 1, 2, 3].map(|disturbed| made([4, 0], disturbed, HELD_UP)), [1, 2, 3, 3]);
}

#[test]
#[should_panic(expected = "too often")]
fn too_many_repeats_fail() {
    made([4, 1], 2, STOOD_STILL);
}
