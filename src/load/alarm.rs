//! Waking up on time.
//!
//! tokio's timer counts whole milliseconds and rounds up twice, so that a sleeper wakes 1 to 2 ms late: as much as a fast
//! endpoint takes. (Measured in the open model at 200/s on two busy cores: the median latency stands 1.3 ms above the
//! median service time with tokio's timer, 0.07 ms with the kernel's.) Each worker therefore keeps its own sleepers and
//! wakes them by one kernel timer (timerfd), which is exact to some tens of microseconds and needs neither spinning nor a
//! spare core. Where there is none, and under the paused clock of tests, tokio's timer takes its place.

use std::{
    cell::{Cell, RefCell},
    cmp::{Ordering, Reverse},
    collections::BinaryHeap,
    pin::Pin,
    task::{Context, Poll, Waker},
    time::Duration,
};

use tokio::{sync::Notify, time::sleep_until};

use super::clock::Clock;

/// One worker's sleepers.
pub(super) struct Alarm {
    clock: Clock,
    sleepers: RefCell<BinaryHeap<Reverse<Sleeper>>>,
    /// When the timer is set to ring, if it is.
    set: Cell<Option<Duration>>,
    silenced: Cell<bool>,
    /// Counts how often all sleepers were woken.
    generation: Cell<u64>,
    timer: Timer,
}

/// What wakes the sleepers.
enum Timer {
    #[cfg(target_os = "linux")]
    Kernel(kernel::Timer),
    Runtime {
        /// The time to ring has changed.
        changed: Notify,
    },
}

/// How exact an alarm has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Precision {
    /// The kernel's timer, where there is one.
    Exact,
    /// tokio's timer, which follows the paused clock.
    #[cfg(test)]
    Runtime,
}

struct Sleeper {
    at: Duration,
    waker: Waker,
}

impl Alarm {
    /// An alarm on a worker's runtime.
    pub(super) fn new(clock: Clock, precision: Precision) -> Self {
        let runtime = || Timer::Runtime { changed: Notify::new() };
        let timer = match precision {
            #[cfg(target_os = "linux")]
            // A machine without timers or descriptors for one still has tokio's.
            Precision::Exact => kernel::Timer::new().map_or_else(|_| runtime(), Timer::Kernel),
            #[cfg(not(target_os = "linux"))]
            Precision::Exact => runtime(),
            #[cfg(test)]
            Precision::Runtime => runtime(),
        };
        Self {
            clock,
            sleepers: RefCell::new(BinaryHeap::new()),
            set: Cell::new(None),
            silenced: Cell::new(false),
            generation: Cell::new(0),
            timer,
        }
    }

    /// Wakes sleepers as their time comes; runs as long as the worker.
    pub(super) async fn ring(&self) {
        loop {
            match &self.timer {
                #[cfg(target_os = "linux")]
                Timer::Kernel(timer) => timer.rung().await,
                Timer::Runtime { changed } => {
                    let Some(at) = self.set.get() else {
                        changed.notified().await;
                        continue;
                    };
                    tokio::select! {
                        () = sleep_until(self.clock.instant(at)) => {}
                        () = changed.notified() => continue,
                    }
                }
            }
            self.wake_due();
        }
    }

    /// Ends at a time since the phase's origin.
    pub(super) fn sleep_until(&self, at: Duration) -> Sleep<'_> {
        Sleep { alarm: self, at, patient: true, asleep: None }
    }

    /// Ends at a time since the phase's origin, or at once when the alarm is silenced.
    pub(super) fn rest_until(&self, at: Duration) -> Sleep<'_> {
        Sleep { alarm: self, at, patient: false, asleep: None }
    }

    /// Ends all rests, those to come included: no one starts anything any more.
    pub(super) fn silence(&self) {
        if self.silenced.replace(true) {
            return;
        }
        self.generation.set(self.generation.get() + 1);
        let sleepers = self.sleepers.take();
        for Reverse(sleeper) in sleepers {
            sleeper.waker.wake();
        }
    }

    fn wake_due(&self) {
        self.set.set(None);
        let now = self.clock.now();
        let mut sleepers = self.sleepers.borrow_mut();
        while let Some(Reverse(next)) = sleepers.peek() {
            if next.at > now {
                self.set(next.at);
                break;
            }
            if let Some(Reverse(due)) = sleepers.pop() {
                due.waker.wake();
            }
        }
    }

    fn add(&self, sleeper: Sleeper) {
        let at = sleeper.at;
        self.sleepers.borrow_mut().push(Reverse(sleeper));
        if self.set.get().is_none_or(|set| at < set) {
            self.set(at);
        }
    }

    fn set(&self, at: Duration) {
        self.set.set(Some(at));
        match &self.timer {
            #[cfg(target_os = "linux")]
            Timer::Kernel(timer) => timer.set(at.saturating_sub(self.clock.now())),
            Timer::Runtime { changed } => changed.notify_one(),
        }
    }
}

/// A wait of one task.
pub(super) struct Sleep<'a> {
    alarm: &'a Alarm,
    at: Duration,
    patient: bool,
    /// The generation in which it was added to the sleepers.
    asleep: Option<u64>,
}

impl Future for Sleep<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let alarm = self.alarm;
        if alarm.clock.now() >= self.at || (!self.patient && alarm.silenced.get()) {
            return Poll::Ready(());
        }
        // A sleep stays in one task, so the waker that was added first is still the right one.
        let generation = Some(alarm.generation.get());
        if self.asleep != generation {
            self.asleep = generation;
            alarm.add(Sleeper { at: self.at, waker: cx.waker().clone() });
        }
        Poll::Pending
    }
}

impl PartialEq for Sleeper {
    fn eq(&self, other: &Self) -> bool {
        self.at == other.at
    }
}

impl Eq for Sleeper {}

impl PartialOrd for Sleeper {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Sleeper {
    fn cmp(&self, other: &Self) -> Ordering {
        self.at.cmp(&other.at)
    }
}

#[cfg(target_os = "linux")]
mod kernel {
    //! The kernel's timer as a future.

    use std::{io, os::fd::OwnedFd, time::Duration};

    use rustix::time::{
        Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create, timerfd_settime,
    };
    use tokio::io::{Interest, unix::AsyncFd};

    pub(super) struct Timer(AsyncFd<OwnedFd>);

    impl Timer {
        #[expect(
            deprecated,
            reason = "its successor is unsafe, which this crate forbids; an OwnedFd meets the condition of both"
        )]
        pub(super) fn new() -> io::Result<Self> {
            let timer = timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC)?;
            AsyncFd::with_interest(timer, Interest::READABLE).map(Self)
        }

        /// Rings once after this time; replaces what was set before.
        pub(super) fn set(&self, after: Duration) {
            // Zero would switch the timer off.
            let after = after.max(Duration::from_nanos(1));
            let value = Timespec {
                tv_sec: i64::try_from(after.as_secs()).unwrap_or(i64::MAX),
                tv_nsec: after.subsec_nanos().into(),
            };
            let once = Itimerspec { it_interval: Timespec { tv_sec: 0, tv_nsec: 0 }, it_value: value };
            timerfd_settime(self.0.get_ref(), TimerfdTimerFlags::empty(), &once)
                .expect("an own timer takes every time that is not negative");
        }

        /// Waits until it rings.
        pub(super) async fn rung(&self) {
            let mut guard = self.0.readable().await.expect("the runtime outlives its workers' timers");
            let mut count = [0; 8];
            // Setting the timer again takes a ring back; then there is nothing to read, and nothing is due either.
            let _ = rustix::io::read(self.0.get_ref(), &mut count);
            guard.clear_ready();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::RefCell, rc::Rc, time::Duration};

    use tokio::task::LocalSet;

    use super::{Alarm, Clock, Precision};

    fn millis(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    async fn with_alarm<F: Future<Output = ()>>(precision: Precision, test: impl FnOnce(Rc<Alarm>) -> F) {
        LocalSet::new()
            .run_until(async {
                let alarm = Rc::new(Alarm::new(Clock::start(), precision));
                let ringing = Rc::clone(&alarm);
                let ring = tokio::task::spawn_local(async move { ringing.ring().await });
                test(alarm).await;
                ring.abort();
            })
            .await;
    }

    #[tokio::test(start_paused = true)]
    async fn sleepers_wake_in_the_order_of_their_times() {
        with_alarm(Precision::Runtime, |alarm| async move {
            let order = Rc::new(RefCell::new(Vec::new()));
            let sleepers: Vec<_> = [30, 10, 20]
                .map(|at| {
                    let (alarm, order) = (Rc::clone(&alarm), Rc::clone(&order));
                    tokio::task::spawn_local(async move {
                        alarm.sleep_until(millis(at)).await;
                        order.borrow_mut().push((at, alarm.clock.now()));
                    })
                })
                .into();
            for sleeper in sleepers {
                sleeper.await.expect("it does not panic");
            }
            assert_eq!(*order.borrow(), [10, 20, 30].map(|at| (at, millis(at))));
        })
        .await;
    }

    #[tokio::test(start_paused = true)]
    async fn silence_ends_rests_and_no_sleeps() {
        with_alarm(Precision::Runtime, |alarm| async move {
            let silencing = Rc::clone(&alarm);
            tokio::task::spawn_local(async move {
                silencing.sleep_until(millis(5)).await;
                silencing.silence();
            });
            let sleeping = Rc::clone(&alarm);
            let sleep = tokio::task::spawn_local(async move {
                sleeping.sleep_until(millis(50)).await;
                sleeping.clock.now()
            });
            alarm.rest_until(Duration::from_secs(60)).await;
            assert_eq!(alarm.clock.now(), millis(5));
            alarm.rest_until(Duration::from_secs(60)).await;
            assert_eq!(alarm.clock.now(), millis(5));
            assert_eq!(sleep.await.expect("it does not panic"), millis(50));
        })
        .await;
    }

    #[tokio::test]
    async fn the_kernels_timer_wakes_no_one_early_and_every_one_at_last() {
        with_alarm(Precision::Exact, |alarm| async move {
            // From the clock's own origin: this thread may have been held up since.
            let started = alarm.clock.origin();
            for at in [0, 3, 1, 7, 7, 2] {
                alarm.sleep_until(millis(at)).await;
                assert!(started.elapsed() >= millis(at), "woken before {at} ms");
            }
        })
        .await;
    }
}
