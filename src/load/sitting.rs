//! Workers, and a sitting: users that log in once and then go through windows of their own, with pauses in between.
//!
//! An interleaved comparison loads two deployments in turn. Each has a sitting; while one is in its round, the users of
//! the other wait, logged in and connected.

use std::{
    sync::Arc,
    thread::{self, JoinHandle},
    time::Duration,
};

use tokio::sync::mpsc::{self, Sender};

use super::{
    Job, Running,
    prepare::PreparedLoad,
    worker::{self, Round},
};

/// The threads of a load, and where they wait for their rounds.
pub(super) struct Crew {
    pub(super) threads: Vec<JoinHandle<()>>,
    pub(super) rounds: Vec<Sender<Round>>,
}

impl Crew {
    /// Starts them; each ends when nobody can give it a round any more.
    pub(super) fn start(load: &Arc<PreparedLoad>) -> Self {
        let mut crew = Self { threads: Vec::new(), rounds: Vec::new() };
        for index in 0..load.workers {
            let (rounds, listening) = mpsc::channel(1);
            let load = Arc::clone(load);
            let thread = thread::Builder::new()
                .name(format!("load-{index}"))
                .spawn(move || worker::run(index, &load, listening))
                .expect("a machine that runs a gate can start a few threads");
            crew.threads.push(thread);
            crew.rounds.push(rounds);
        }
        crew
    }
}

/// The load on one deployment, in rounds.
pub struct Sitting {
    job: Job,
    crew: Crew,
    /// Rounds so far.
    rounds: u32,
}

impl Sitting {
    /// Starts the workers; nothing is sent before the first round.
    ///
    /// # Panics
    ///
    /// When the machine cannot start a thread.
    pub fn start(job: Job) -> Self {
        super::raise_descriptor_limit();
        let load = Arc::new(PreparedLoad::of(&job));
        Self { crew: Crew::start(&load), job, rounds: 0 }
    }

    /// A round: a warm-up and a window. In the first the users start and log in as the phase says; in the later ones they
    /// are there already. A round may begin when the one before has been finished.
    pub fn round(&mut self, warmup: Duration, window: Duration) -> Running {
        self.job.phase.warmup = warmup;
        self.job.phase.duration = window;
        self.rounds += 1;
        Running::round(&self.job, self.rounds - 1, &self.crew.rounds)
    }
}

impl Drop for Sitting {
    fn drop(&mut self) {
        self.crew.rounds.clear();
        for thread in self.crew.threads.drain(..) {
            if let Err(panic) = thread.join()
                && !thread::panicking()
            {
                std::panic::resume_unwind(panic);
            }
        }
    }
}
