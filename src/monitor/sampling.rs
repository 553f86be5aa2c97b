//! Reading the gauges again and again while a window is measured.

use std::{
    cmp::Reverse,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
    time::{Instant, sleep_until, timeout},
};

use super::{Gauges, Reading, Readings, Schedule, Unread, gauges::PATIENCE, source::Source};
use crate::{
    client::control::Control,
    measure::{GaugeSample, GaugeSeries, Statement},
};

/// So many missed readings in a row at the end mean that a source stopped answering.
const SILENCE: usize = 3;

/// Anywhere else it is one in so many of all readings, and not fewer than [`SILENCE`]: a source goes quiet just when the
/// app is overloaded, and what it would have said then is not known.
const SILENT_SHARE: usize = 10;

/// Reads all gauges on the clock of the load, in the background. Dropping it ends all readings.
#[derive(Debug)]
pub struct Sampling {
    gauges: Gauges,
    logs: Vec<Arc<Mutex<Log>>>,
    /// Where the reader of each source takes its schedules from.
    schedules: Vec<mpsc::Sender<Schedule>>,
    tasks: JoinSet<()>,
    /// Once the window has ended: until when answers are awaited.
    ended: watch::Sender<Option<Instant>>,
}

/// What the sources gave in a window.
#[derive(Debug, Clone, Default)]
pub struct Watched {
    /// One for each gauge, by gauge id of the plan.
    pub gauges: Vec<GaugeSeries>,
    /// Those that took most of each database's time, the longest first; none where the database does not keep count.
    pub statements: Vec<Statement>,
    /// In a sentence each without a full stop: which database's statements are not known although it keeps count, and why.
    pub unknown: Vec<String>,
}

/// What one source gave.
#[derive(Debug, Default)]
struct Log {
    attempts: Vec<Attempt>,
    /// Readings that the schedule has for the whole window.
    planned: u64,
    /// What was asked at the end of the window; `None` as long as the answer is awaited.
    statements: Option<Result<Vec<Statement>, String>>,
}

/// One moment of the schedule, on the clock of the load.
#[derive(Debug)]
struct Attempt {
    at: Duration,
    /// `None` as long as the answer is awaited.
    readings: Option<Vec<Reading>>,
}

/// What is read, and when.
#[derive(Debug, Clone, Copy)]
pub struct Occasion {
    /// The phase's origin.
    pub origin: Instant,
    /// When its measured window starts and ends, counted from the origin.
    pub window: (Duration, Duration),
    /// What is read in it.
    pub readings: Readings,
}

impl Sampling {
    /// Starts to read.
    pub fn start(gauges: &Gauges, control: &Control, occasion: Occasion) -> Self {
        let (ended, watched) = watch::channel(None);
        let schedule = Schedule::of_window(occasion.window.0, occasion.window.1);
        let (mut tasks, mut schedules, mut logs) = (JoinSet::new(), Vec::new(), Vec::new());
        for source in &gauges.sources {
            source.open(occasion.readings);
            let log = Arc::new(Mutex::new(Log::default()));
            let reader = Reader {
                source: Arc::clone(source),
                log: Arc::clone(&log),
                control: control.clone(),
                origin: occasion.origin,
                patience: control.timeout().min(PATIENCE),
                ended: watched.clone(),
            };
            let (sender, receiver) = mpsc::channel(1);
            tasks.spawn(reader.follow(schedule, receiver));
            schedules.push(sender);
            logs.push(log);
        }
        Self { gauges: gauges.clone(), logs, schedules, tasks, ended }
    }

    /// The window goes on: reads on from its first end to its second, as in a window of its own. The same reader goes on, so
    /// that a reading that still waits counts on.
    pub fn extend(&mut self, window: (Duration, Duration)) {
        let schedule = Schedule::of_window(window.0, window.1);
        for reader in &self.schedules {
            // It has room: a window is extended once.
            let _ = reader.try_send(schedule);
        }
    }

    /// What was read until now, by gauge id of the plan.
    pub fn so_far(&self) -> Vec<GaugeSeries> {
        let mut series: Vec<GaugeSeries> = self.gauges.names.iter().map(|name| unread(name)).collect();
        for (series, reason) in series.iter_mut().zip(&self.gauges.unreadable) {
            series.missing.clone_from(reason);
            series.silent = reason.is_some();
        }
        for (source, log) in self.gauges.sources.iter().zip(&self.logs) {
            let log = log.lock().unwrap_or_else(PoisonError::into_inner);
            for (position, (gauge, _)) in source.formulas().iter().enumerate() {
                log.fill(&mut series[gauge.0 as usize], position);
            }
        }
        series
    }

    /// Starts no further reading, waits at most so long for the answers that are awaited and for what is asked at the end
    /// of a window, and gives all of it.
    pub async fn finish(mut self, patience: Duration) -> Watched {
        self.ended.send_replace(Some(Instant::now() + patience));
        // A source that does not answer in time is in the log as missed already, and keeps no other one waiting.
        let _ = timeout(patience, async { while self.tasks.join_next().await.is_some() {} }).await;
        let mut watched = Watched { gauges: self.so_far(), ..Watched::default() };
        for (source, log) in self.gauges.sources.iter().zip(&self.logs) {
            let closed = log.lock().unwrap_or_else(PoisonError::into_inner).statements.take();
            match closed {
                Some(Ok(statements)) => watched.statements.extend(statements),
                Some(Err(why)) => watched.unknown.push(unknown(source, &why)),
                None if source.counts_statements() => {
                    watched
                        .unknown
                        .push(unknown(source, &format!("it had not answered {patience:?} after the window")));
                }
                None => {}
            }
        }
        watched.statements.sort_by_key(|statement| Reverse(statement.total));
        watched
    }
}

fn unknown(source: &Source, why: &str) -> String {
    format!("which statements took most of the time of {} is not known: {why}", source.name())
}

fn unread(name: &str) -> GaugeSeries {
    GaugeSeries { name: name.to_owned(), ..GaugeSeries::default() }
}

impl Log {
    /// Puts the readings of one of the source's gauges into its series, in order of time.
    fn fill(&self, series: &mut GaugeSeries, position: usize) {
        let mut attempts: Vec<&Attempt> = self.attempts.iter().collect();
        attempts.sort_by_key(|attempt| attempt.at);
        let (mut missed, mut longest) = (0, 0);
        series.planned = self.planned;
        for attempt in attempts {
            let reading = attempt.readings.as_ref().and_then(|readings| readings.get(position));
            let value = reading.map(|reading| &reading.value);
            if matches!(value, Some(Err(Unread::NotYet))) {
                continue;
            }
            series.attempts += 1;
            match value {
                Some(Ok(value)) => {
                    series.samples.push(GaugeSample { at: attempt.at, value: *value });
                    missed = 0;
                    continue;
                }
                Some(Err(reason)) => series.missing = Some(reason.to_string()),
                None => series.missing = Some("the source had not answered when the window ended".to_owned()),
            }
            missed += 1;
            longest = longest.max(missed);
        }
        let silence = SILENCE.max(self.attempts.len().div_ceil(SILENT_SHARE));
        let at_the_end = missed >= SILENCE || (missed > 0 && series.samples.is_empty());
        series.silent = at_the_end || longest >= silence;
    }
}

/// Reads one source.
struct Reader {
    source: Arc<Source>,
    log: Arc<Mutex<Log>>,
    control: Control,
    origin: Instant,
    patience: Duration,
    ended: watch::Receiver<Option<Instant>>,
}

impl Reader {
    /// Reads by one schedule after the other until the window has ended, and asks what is asked at its end.
    async fn follow(self, first: Schedule, mut more: mpsc::Receiver<Schedule>) {
        let mut ended = self.ended.clone();
        let reader = Arc::new(self);
        let mut waiting = JoinSet::new();
        let mut next = Some(first);
        while let Some(schedule) = next {
            reader.keep(schedule, &mut waiting, &mut ended).await;
            next = tokio::select! {
                biased;
                _ = ended.wait_for(Option::is_some) => None,
                schedule = more.recv() => schedule,
            };
        }
        while waiting.join_next().await.is_some() {}
        let until = (*reader.ended.borrow()).unwrap_or_else(Instant::now);
        let closed = reader.source.close(&reader.control, until, reader.patience).await;
        reader.lock().statements = Some(closed);
    }

    /// Starts the readings of a schedule until the window has ended.
    async fn keep(
        self: &Arc<Self>,
        schedule: Schedule,
        waiting: &mut JoinSet<()>,
        ended: &mut watch::Receiver<Option<Instant>>,
    ) {
        let free = self.source.free().map(|free| free.saturating_duration_since(self.origin));
        let schedule = schedule.at_most_every(self.source.interval()).not_before(free.unwrap_or_default());
        self.lock().planned += u64::from(schedule.readings());
        for moment in (0..).map_while(|reading| schedule.moment(reading)) {
            tokio::select! {
                () = sleep_until(self.origin + moment) => {}
                _ = ended.wait_for(Option::is_some) => return,
            }
            while waiting.try_join_next().is_some() {}
            let attempt = self.begin();
            if waiting.len() < self.source.most_waiting() {
                let reader = Arc::clone(self);
                waiting.spawn(async move { reader.read(attempt).await });
            } else {
                self.answered(attempt, self.too_slow());
            }
        }
    }

    async fn read(&self, attempt: usize) {
        self.source.turn().await;
        let at = self.now();
        self.lock().attempts[attempt].at = at;
        // One whose turn came after the window has less time: nobody waits for it longer.
        let left = self.ended.borrow().map(|until| until.saturating_duration_since(Instant::now()));
        let patience = left.map_or(self.patience, |left| left.min(self.patience));
        let readings = self.source.read_now(&self.control, patience).await;
        self.answered(attempt, readings);
    }

    fn now(&self) -> Duration {
        Instant::now().saturating_duration_since(self.origin)
    }

    fn lock(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes an attempt and gives its number.
    fn begin(&self) -> usize {
        let at = self.now();
        let mut log = self.lock();
        log.attempts.push(Attempt { at, readings: None });
        log.attempts.len() - 1
    }

    fn answered(&self, attempt: usize, readings: Vec<Reading>) {
        self.lock().attempts[attempt].readings = Some(readings);
    }

    fn too_slow(&self) -> Vec<Reading> {
        let (name, waiting) = (self.source.name(), self.source.most_waiting());
        let earlier = if waiting == 1 { "the earlier reading still waits" } else { "earlier readings still wait" };
        self.source.missed(&format!("{name} was left out because {earlier} for an answer"))
    }
}

#[cfg(test)]
mod tests;
