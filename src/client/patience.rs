//! How long a user waits for an answer.

use std::{
    pin::Pin,
    task::{Context, Poll, Waker, ready},
};

use tokio::{
    task::unconstrained,
    time::{Instant, Sleep, sleep_until},
};

/// One timer for all requests of a user.
///
/// Almost every request ends long before its deadline, and to enter the runtime's timers and leave them again, each time
/// behind a lock, costs more than to look at the answer. The timer therefore stays as it was set for an earlier request, and
/// is set anew when it rings: once in a timeout at most.
#[derive(Debug, Default)]
pub(super) struct Patience {
    timer: Option<Pin<Box<Sleep>>>,
    /// The task that the timer wakes as it is set.
    wakes: Option<Waker>,
}

impl Patience {
    /// Ready from the deadline on.
    pub(super) fn poll(&mut self, deadline: Instant, cx: &mut Context<'_>) -> Poll<()> {
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        if timer.deadline() > deadline {
            timer.as_mut().reset(deadline);
            self.wakes = None;
        }
        if !timer.is_elapsed() && self.wakes.as_ref().is_some_and(|task| task.will_wake(cx.waker())) {
            return Poll::Pending;
        }
        self.wakes = Some(cx.waker().clone());
        loop {
            // A flood of bytes uses up what a task may do at once; the deadline holds all the same.
            ready!(Pin::new(&mut unconstrained(timer.as_mut())).poll(cx));
            if timer.deadline() >= deadline {
                return Poll::Ready(());
            }
            timer.as_mut().reset(deadline);
        }
    }
}
