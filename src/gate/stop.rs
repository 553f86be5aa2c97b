//! What ends a run before its time: a signal, or the deadline.

use std::{io, process, thread};

use tokio::{
    runtime,
    signal::unix::{Signal, SignalKind, signal},
    sync::watch,
    time::Instant,
};

use crate::judge::Interruption;

/// Tells whether a run is to end. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Stop {
    asked: watch::Receiver<Option<Interruption>>,
    deadline: Option<Instant>,
}

/// Ends a run from inside the process.
#[derive(Debug)]
pub struct StopSwitch(watch::Sender<Option<Interruption>>);

impl StopSwitch {
    /// Asks for the end; the first reason counts.
    pub fn stop(&self, why: Interruption) {
        self.0.send_if_modified(|asked| {
            let first = asked.is_none();
            if first {
                *asked = Some(why);
            }
            first
        });
    }
}

impl Stop {
    /// A run that ends when the switch is pressed. Once the switch is gone nothing stops it any more.
    pub fn new() -> (StopSwitch, Self) {
        let (sender, asked) = watch::channel(None);
        (StopSwitch(sender), Self { asked, deadline: None })
    }

    /// A run that SIGINT, SIGTERM and SIGHUP end, in order and with its reports. A second signal ends the process at once,
    /// with 128 and the signal's number as its exit code.
    ///
    /// A thread of its own waits for signals: the second one has to work even when the gate itself is stuck.
    ///
    /// # Errors
    /// The system refuses to watch signals.
    pub fn on_signals() -> io::Result<Self> {
        let (switch, stop) = Self::new();
        let runtime = runtime::Builder::new_current_thread().enable_io().build()?;
        let mut signals = {
            let _entered = runtime.enter();
            Signals::watch()?
        };
        thread::Builder::new().name("signals".to_owned()).spawn(move || {
            runtime.block_on(async {
                let (first, _) = signals.next().await;
                switch.stop(first);
                let (_, code) = signals.next().await;
                process::exit(code);
            });
        })?;
        Ok(stop)
    }

    /// Whether a signal, or the switch, has asked for the end: whoever sent it may not wait for long.
    pub fn is_asked(&self) -> bool {
        self.asked.borrow().is_some()
    }

    /// The same, and ended when the deadline has come.
    pub(super) fn by(self, deadline: Option<Instant>) -> Self {
        Self { deadline, ..self }
    }

    /// Waits until the run is to end.
    pub async fn asked(&self) -> Interruption {
        let mut asked = self.asked.clone();
        let signal = async {
            match asked.wait_for(Option::is_some).await.map(|why| why.clone()) {
                Ok(Some(why)) => why,
                // The switch is gone, so nobody can ask any more.
                _ => std::future::pending().await,
            }
        };
        let deadline = async {
            match self.deadline {
                Some(deadline) => tokio::time::sleep_until(deadline).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            why = signal => why,
            () = deadline => Interruption::Deadline,
        }
    }

    /// Does the work, unless the run is to end before it is done; then the work is dropped.
    pub(super) async fn or<T>(&self, work: impl Future<Output = T>) -> Result<T, Interruption> {
        tokio::select! {
            biased;
            why = self.asked() => Err(why),
            done = work => Ok(done),
        }
    }
}

struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hang_up: Signal,
}

impl Signals {
    fn watch() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    /// The next signal, and the exit code of a process that it ends. A lost terminal ends a run like SIGTERM.
    async fn next(&mut self) -> (Interruption, i32) {
        tokio::select! {
            _ = self.interrupt.recv() => (Interruption::Interrupt, 130),
            _ = self.terminate.recv() => (Interruption::Terminate, 143),
            _ = self.hang_up.recv() => (Interruption::Terminate, 129),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{future::pending, time::Duration};

    use super::*;

    #[tokio::test]
    async fn the_first_reason_counts() {
        let (switch, stop) = Stop::new();
        assert_eq!(stop.or(async { 1 }).await, Ok(1));
        assert!(!stop.is_asked());
        switch.stop(Interruption::Interrupt);
        switch.stop(Interruption::Terminate);
        assert!(stop.is_asked());
        assert_eq!(stop.asked().await, Interruption::Interrupt);
        assert_eq!(stop.or(pending::<()>()).await, Err(Interruption::Interrupt));
    }

    #[tokio::test(start_paused = true)]
    async fn the_deadline_ends_a_run_that_nobody_stops() {
        let (switch, stop) = Stop::new();
        drop(switch);
        let begun = Instant::now();
        let stop = stop.by(Some(begun + Duration::from_secs(1800)));
        assert_eq!(stop.asked().await, Interruption::Deadline);
        assert!(!stop.is_asked(), "nobody is in a hurry");
        assert_eq!(begun.elapsed().as_secs(), 1800);
    }
}
