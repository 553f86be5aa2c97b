//! A panic of ours, stopped where what was done before it can still be kept.

use std::{
    any::Any,
    cell::RefCell,
    fmt::{self, Display, Formatter},
    future::{pending, poll_fn},
    panic::{self, AssertUnwindSafe, PanicHookInfo},
    pin::pin,
};

use tokio::task::{JoinError, JoinSet};

thread_local! {
    /// Where this thread panicked last, as far as [`Defect::remember`] was told.
    static PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// What a panic said, and where it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Defect(String);

impl Display for Defect {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl Defect {
    /// Keeps the place of a panic for whoever stops it: what is passed on with the panic is only its message. For the
    /// panic hook; without it a [`Defect`] has no place.
    pub fn remember(panic: &PanicHookInfo<'_>) {
        let place = panic.location().map(ToString::to_string);
        // A thread at its end may have no place for this any more.
        let _ = PLACE.try_with(|last| last.try_borrow_mut().map(|mut last| *last = place));
    }

    /// A panic that was stopped on the thread on which it happened.
    pub(super) fn of(panic: &(dyn Any + Send)) -> Self {
        Self(match PLACE.with_borrow_mut(Option::take) {
            Some(place) => format!("{} ({place})", words(panic)),
            None => words(panic).to_owned(),
        })
    }

    /// A panic that was the end of another thread.
    pub(super) fn of_thread(panic: &(dyn Any + Send)) -> Self {
        Self(words(panic).to_owned())
    }
}

fn words(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}

/// Does the work up to its end, or to its first panic; then it is dropped. What it works with may be half done: only what
/// was complete before is to be believed.
///
/// # Errors
/// It panicked.
pub async fn caught<T>(work: impl Future<Output = T>) -> Result<T, Defect> {
    let mut work = pin!(work);
    poll_fn(|context| match panic::catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context))) {
        Ok(poll) => poll.map(Ok),
        Err(panic) => Err(Defect::of(&*panic)).into(),
    })
    .await
}

/// The same for what waits for nothing.
///
/// # Errors
/// It panicked.
pub fn attempt<T>(work: impl FnOnce() -> T) -> Result<T, Defect> {
    panic::catch_unwind(AssertUnwindSafe(work)).map_err(|panic| Defect::of(&*panic))
}

/// Passes on a panic of what runs beside the users; without one it waits for ever.
pub(super) async fn unbroken(background: &mut JoinSet<()>) {
    while let Some(ended) = background.join_next().await {
        pass_on(ended);
    }
    pending::<()>().await;
}

/// A task that panicked is a defect of ours: it ends the run.
pub(super) fn pass_on(ended: Result<(), JoinError>) {
    if let Err(panic) = ended.map_err(JoinError::into_panic) {
        panic::resume_unwind(panic);
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::Cell, future::ready};

    use super::*;

    #[tokio::test]
    async fn a_panic_ends_the_work_and_nothing_else() {
        assert_eq!(caught(ready(3)).await, Ok(3));
        let done = Cell::new(0);
        let work = async {
            done.set(1);
            tokio::task::yield_now().await;
            assert!(done.get() > 1, "one is too few");
            done.set(2);
        };
        assert_eq!(caught(work).await.map_err(|defect| defect.to_string()), Err("one is too few".to_owned()));
        assert_eq!(done.get(), 1);
        let number = 7;
        assert_eq!(attempt(|| panic!("no {number}")), Err::<(), _>(Defect("no 7".to_owned())));
        assert_eq!(attempt(|| panic::panic_any(7)), Err::<(), _>(Defect("no message".to_owned())));
    }
}
