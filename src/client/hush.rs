//! A waker that keeps quiet while its task is at work.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU8, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

/// Nobody is at work: who is ready wakes the task.
const ASLEEP: u8 = 0;
/// The task is at work and looks at everything itself.
const AT_WORK: u8 = 1;
/// As before, and somebody has called meanwhile.
const CALLED: u8 = 2;

/// What the HTTP library is polled with.
///
/// Its connection and its request talk through channels that wake whoever waits at the other end. Here both ends are the
/// same task, which looks at the other end next anyway; woken by itself, it would be polled once more for each request, all
/// the way down and for nothing.
pub(super) struct Hush {
    shared: Arc<Shared>,
    waker: Waker,
    /// The task whose waker is shared now.
    task: Waker,
}

struct Shared {
    state: AtomicU8,
    task: Mutex<Waker>,
}

impl Hush {
    pub(super) fn new() -> Self {
        let task = Waker::noop().clone();
        let shared = Arc::new(Shared { state: AtomicU8::new(ASLEEP), task: Mutex::new(task.clone()) });
        Self { waker: Waker::from(Arc::clone(&shared)), shared, task }
    }

    /// Polls quietly. What was called meanwhile is followed up when there is nothing else to do; after a result the task is
    /// at work still and polls again before it waits, or says that it rests.
    pub(super) fn poll<T>(&mut self, cx: &Context<'_>, poll: impl FnOnce(&mut Context<'_>) -> Poll<T>) -> Poll<T> {
        if !self.task.will_wake(cx.waker()) {
            self.task.clone_from(cx.waker());
            self.shared.lock().clone_from(cx.waker());
        }
        self.shared.state.store(AT_WORK, Ordering::Release);
        let polled = poll(&mut Context::from_waker(&self.waker));
        if polled.is_pending() && self.rest() {
            cx.waker().wake_by_ref();
        }
        polled
    }

    /// From now on whoever calls is heard; says whether somebody has called meanwhile.
    pub(super) fn rest(&self) -> bool {
        self.shared.state.swap(ASLEEP, Ordering::AcqRel) == CALLED
    }
}

impl Shared {
    fn lock(&self) -> std::sync::MutexGuard<'_, Waker> {
        // Nothing in here panics half-way.
        self.task.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wake for Shared {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let called = self.state.compare_exchange(AT_WORK, CALLED, Ordering::AcqRel, Ordering::Acquire);
        if called == Err(ASLEEP) {
            self.lock().wake_by_ref();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU32;

    use super::*;

    #[derive(Default)]
    struct Woken(AtomicU32);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn a_call_while_at_work_wakes_only_a_task_that_has_to_wait() {
        let woken = Arc::new(Woken::default());
        let task = Waker::from(Arc::clone(&woken));
        let cx = Context::from_waker(&task);
        let count = || woken.0.load(Ordering::Relaxed);
        let mut hush = Hush::new();
        let mut kept = None;
        let ready = hush.poll(&cx, |cx| {
            kept = Some(cx.waker().clone());
            cx.waker().wake_by_ref();
            Poll::Ready(())
        });
        assert_eq!((ready, count()), (Poll::Ready(()), 0), "it has its result");
        kept.as_ref().expect("a waker").wake_by_ref();
        assert_eq!(count(), 0, "it is at work still");
        assert_eq!(hush.poll(&cx, |_| Poll::<()>::Pending), Poll::Pending);
        assert_eq!(count(), 0, "nobody called while it looked");
        let pending = hush.poll(&cx, |cx| {
            cx.waker().wake_by_ref();
            cx.waker().wake_by_ref();
            Poll::<()>::Pending
        });
        assert_eq!((pending, count()), (Poll::Pending, 1), "it has to look again, once");
        kept.as_ref().expect("a waker").wake_by_ref();
        assert_eq!(count(), 2, "asleep, it is woken");
        let _ = hush.poll(&cx, |_| Poll::Ready(()));
        assert!(!hush.rest());
        kept.as_ref().expect("a waker").wake_by_ref();
        assert_eq!(count(), 3, "and at rest");
    }
}
