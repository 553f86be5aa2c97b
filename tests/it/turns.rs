//! Which tests run beside each other: another run on this machine changes what one measures, and most of a test is waiting.

use std::{
    sync::{
        Condvar, Mutex, MutexGuard, PoisonError,
        mpsc::{self, RecvTimeoutError},
    },
    thread,
    time::Duration,
};

/// Waits for a turn alone: for tests of what was measured.
pub(crate) fn turn() -> Turn {
    TURNS.wait(Beside::Nobody)
}

/// Waits for a turn beside others that are as quiet: for tests of what was measured with some hundred requests a second at
/// most, which leave a core to another one.
pub(crate) fn quiet_turn() -> Turn {
    TURNS.wait(Beside::Quiet)
}

/// Waits for a turn beside others that share theirs: for tests of what is done and said, with light load.
pub(crate) fn shared_turn() -> Turn {
    TURNS.wait(Beside::Any)
}

static TURNS: Turns = Turns::new();

/// Beside which others a test may run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Beside {
    Nobody,
    Quiet,
    Any,
}

/// Turns are taken in the order in which they were asked for, so that nobody waits for ever.
struct Turns {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    /// So many asked for a turn,
    asked: u64,
    /// and so many of them were given it.
    given: u64,
    /// Those whose turn it is,
    running: u32,
    /// which are all of this kind.
    beside: Beside,
}

/// A turn; it ends when this is dropped.
pub(crate) struct Turn(&'static Turns);

impl Turns {
    const fn new() -> Self {
        let state = State { asked: 0, given: 0, running: 0, beside: Beside::Nobody };
        Self { state: Mutex::new(state), changed: Condvar::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait(&'static self, beside: Beside) -> Turn {
        let mut state = self.state();
        let ticket = state.asked;
        state.asked += 1;
        let is_held_up = |state: &mut State| {
            let alone = beside == Beside::Nobody || state.beside != beside;
            state.given != ticket || (state.running > 0 && alone)
        };
        let mut state = self.changed.wait_while(state, is_held_up).unwrap_or_else(PoisonError::into_inner);
        state.given += 1;
        state.running += 1;
        state.beside = beside;
        self.changed.notify_all();
        Turn(self)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.state().running -= 1;
        self.0.changed.notify_all();
    }
}

/// Whether a turn of the second kind comes while one of the first goes on, which is awaited for long where it is to be so;
/// it comes once that has ended.
fn share(first: Beside, second: Beside, is_to_be: bool) -> bool {
    let turns: &'static Turns = Box::leak(Box::new(Turns::new()));
    let held = turns.wait(first);
    let (came, comes) = mpsc::channel();
    thread::spawn(move || {
        let _turn = turns.wait(second);
        came.send(()).expect("somebody waits");
    });
    let at_once = comes.recv_timeout(Duration::from_millis(if is_to_be { 10_000 } else { 100 }));
    drop(held);
    if at_once == Err(RecvTimeoutError::Timeout) {
        comes.recv_timeout(Duration::from_secs(10)).expect("it comes after the first one");
    }
    at_once.is_ok()
}

#[test]
fn a_turn_is_shared_with_those_of_its_kind() {
    for first in [Beside::Nobody, Beside::Quiet, Beside::Any] {
        for second in [Beside::Nobody, Beside::Quiet, Beside::Any] {
            let together = first == second && first != Beside::Nobody;
            assert_eq!(share(first, second, together), together, "{first:?}, then {second:?}");
        }
    }
}
