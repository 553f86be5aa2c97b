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

/// The most that all tests of this binary may ask for together: an idle machine needs none.
static LEFT: Repeats = Repeats(AtomicU32::new(4));

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
    undisturbed_with(&LEFT, run)
}

#[track_caller]
fn undisturbed_with<T>(left: &Repeats, mut run: impl FnMut() -> (T, String)) -> T {
    let (mut result, mut said) = run();
    for _ in 0..MOST_OF_ONE {
        if !disturbed(&said) {
            break;
        }
        left.take(&said);
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

/// Whether the gate says that the generator was saturated by something else than its own load: lateness. Descriptors
/// that ran out and slots that were missed are no disturbance.
fn disturbed(said: &str) -> bool {
    ["The generator was saturated", "The generator was held up"].iter().any(|words| said.contains(words))
}

/// Runs that end so one after the other; gives how many were made.
fn made(allowed: u32, disturbed: u32) -> u32 {
    let mut made = 0;
    undisturbed_with(&Repeats(AtomicU32::new(allowed)), || {
        made += 1;
        ((), if made <= disturbed { "The generator was saturated: 1 % of" } else { "passed" }.to_owned())
    });
    made
}

#[test]
fn a_run_is_repeated_while_it_was_disturbed_and_at_most_twice() {
    assert_eq!([made(4, 0), made(4, 1), made(4, 2), made(4, 3)], [1, 2, 3, 3]);
}

#[test]
#[should_panic(expected = "too often")]
fn too_many_repeats_fail() {
    made(1, 2);
}
