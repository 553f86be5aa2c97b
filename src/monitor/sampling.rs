//! Reading the gauges again and again while a window is measured.

use std::{
    cmp::Reverse,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::watch,
    task::JoinSet,
    time::{Instant, sleep_until, timeout},
};

use super::{Gauges, Reading, Schedule, Unread, source::Source};
use crate::{
    client::control::Control,
    measure::{GaugeSample, GaugeSeries, Statement},
};

/// The longest that one reading may take, if the target's timeout is not shorter.
const PATIENCE: Duration = Duration::from_secs(5);

/// So many missed readings in a row at the end mean that a source stopped answering.
const SILENCE: usize = 3;

/// Anywhere else it is one in so many of all readings, and not fewer than [`SILENCE`]: a source goes quiet just when the
/// app is overloaded, and what it would have said then is not known.
const SILENT_SHARE: usize = 10;

/// Reads all gauges on the clock of the load, in the background. Dropping it ends all readings.
#[derive(Debug)]
pub struct Sampling {
    gauges: Gauges,
    control: Control,
    logs: Vec<Arc<Mutex<Log>>>,
    tasks: JoinSet<()>,
    ended: watch::Sender<bool>,
}

/// What the sources gave in a window.
#[derive(Debug, Clone, Default)]
pub struct Watched {
    /// One for each gauge, by gauge id of the plan.
    pub gauges: Vec<GaugeSeries>,
    /// Those that took most of each database's time, the longest first; none where the database does not keep count.
    pub statements: Vec<Statement>,
}

/// What one source gave.
#[derive(Debug, Default)]
struct Log {
    attempts: Vec<Attempt>,
    /// Readings that the schedule has for the whole window.
    planned: u64,
}

/// One moment of the schedule, on the clock of the load.
#[derive(Debug)]
struct Attempt {
    at: Duration,
    /// `None` as long as the answer is awaited.
    readings: Option<Vec<Reading>>,
}

impl Sampling {
    /// Starts to read: `origin` is the phase's origin, `window` when its measured window starts and ends after it.
    pub fn start(gauges: &Gauges, control: &Control, origin: Instant, window: (Duration, Duration)) -> Self {
        let (ended, watched) = watch::channel(false);
        let mut tasks = JoinSet::new();
        let schedule = Schedule::of_window(window.0, window.1);
        let logs: Vec<_> = gauges.sources.iter().map(|_| Arc::new(Mutex::new(Log::default()))).collect();
        for (source, log) in gauges.sources.iter().zip(&logs) {
            source.open();
            let reader = Reader::of((source, log), control, origin);
            tasks.spawn(reader.follow(schedule, watched.clone()));
        }
        Self { gauges: gauges.clone(), control: control.clone(), logs, tasks, ended }
    }

    /// The window goes on: reads on from its first end to its second, as in a window of its own.
    pub fn extend(&mut self, control: &Control, origin: Instant, window: (Duration, Duration)) {
        let schedule = Schedule::of_window(window.0, window.1);
        for (source, log) in self.gauges.sources.iter().zip(&self.logs) {
            let reader = Reader::of((source, log), control, origin);
            self.tasks.spawn(reader.follow(schedule, self.ended.subscribe()));
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
        self.ended.send_replace(true);
        let mut statements = Vec::new();
        // A source that does not answer in time is in the log as missed already.
        let _ = timeout(patience, async {
            while self.tasks.join_next().await.is_some() {}
            let mut closing = JoinSet::new();
            for source in &self.gauges.sources {
                let (source, control) = (Arc::clone(source), self.control.clone());
                closing.spawn(async move { source.close(&control, patience).await });
            }
            while let Some(closed) = closing.join_next().await {
                statements.extend(closed.into_iter().flatten());
            }
        })
        .await;
        statements.sort_by_key(|statement: &Statement| Reverse(statement.total));
        Watched { gauges: self.so_far(), statements }
    }
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
}

impl Reader {
    fn of((source, log): (&Arc<Source>, &Arc<Mutex<Log>>), control: &Control, origin: Instant) -> Self {
        Self {
            source: Arc::clone(source),
            log: Arc::clone(log),
            control: control.clone(),
            origin,
            patience: control.timeout().min(PATIENCE),
        }
    }

    async fn follow(self, schedule: Schedule, mut ended: watch::Receiver<bool>) {
        let schedule = schedule.at_most_every(self.source.interval());
        self.lock().planned += u64::from(schedule.readings());
        let reader = Arc::new(self);
        let mut waiting = JoinSet::new();
        for moment in (0..).map_while(|reading| schedule.moment(reading)) {
            tokio::select! {
                () = sleep_until(reader.origin + moment) => {}
                _ = ended.wait_for(|ended| *ended) => break,
            }
            while waiting.try_join_next().is_some() {}
            let attempt = reader.begin();
            if waiting.len() < reader.source.most_waiting() {
                let reader = Arc::clone(&reader);
                waiting.spawn(async move { reader.read(attempt).await });
            } else {
                reader.answered(attempt, reader.too_slow());
            }
        }
        while waiting.join_next().await.is_some() {}
    }

    async fn read(&self, attempt: usize) {
        let readings = self.source.read(&self.control, self.patience).await;
        self.answered(attempt, readings);
    }

    fn lock(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes an attempt and gives its number.
    fn begin(&self) -> usize {
        let at = Instant::now().saturating_duration_since(self.origin);
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
