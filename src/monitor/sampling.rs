//! Reading the gauges again and again while a window is measured.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    sync::watch,
    task::JoinSet,
    time::{Instant, sleep_until, timeout},
};

use super::{Gauges, Reading, Schedule, gauges::Scraped};
use crate::{
    client::control::Control,
    measure::{GaugeSample, GaugeSeries},
};

/// The longest that one reading may take, if the target's timeout is not shorter.
const PATIENCE: Duration = Duration::from_secs(5);

/// So many readings of one source may wait for their answers at the same time. A busy app answers late; the schedule
/// goes on meanwhile, but an app that answers nothing must not be buried under scrapes.
const MOST_WAITING: usize = 8;

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
    tasks: JoinSet<()>,
    ended: watch::Sender<bool>,
}

/// What one source gave.
#[derive(Debug, Default)]
struct Log {
    attempts: Vec<Attempt>,
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
            let reader = Reader::of((source, log), control, origin);
            tasks.spawn(reader.follow(schedule, watched.clone()));
        }
        Self { gauges: gauges.clone(), logs, tasks, ended }
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
            for (position, (gauge, _)) in source.formulas.iter().enumerate() {
                log.fill(&mut series[gauge.0 as usize], position);
            }
        }
        series
    }

    /// Starts no further reading, waits at most so long for the answers that are awaited, and gives the series by gauge
    /// id of the plan.
    pub async fn finish(mut self, patience: Duration) -> Vec<GaugeSeries> {
        self.ended.send_replace(true);
        // A source that does not answer in time is in the log as missed already.
        let _ = timeout(patience, async { while self.tasks.join_next().await.is_some() {} }).await;
        self.so_far()
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
        for attempt in attempts {
            series.attempts += 1;
            let reading = attempt.readings.as_ref().and_then(|readings| readings.get(position));
            match reading.map(|reading| &reading.value) {
                Some(Ok(value)) => {
                    series.samples.push(GaugeSample { at: attempt.at, value: *value });
                    missed = 0;
                    continue;
                }
                Some(Err(reason)) => series.missing = Some(reason.clone()),
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
    source: Arc<Scraped>,
    log: Arc<Mutex<Log>>,
    control: Control,
    origin: Instant,
    patience: Duration,
}

impl Reader {
    fn of((source, log): (&Arc<Scraped>, &Arc<Mutex<Log>>), control: &Control, origin: Instant) -> Self {
        Self {
            source: Arc::clone(source),
            log: Arc::clone(log),
            control: control.clone(),
            origin,
            patience: control.timeout().min(PATIENCE),
        }
    }

    async fn follow(self, schedule: Schedule, mut ended: watch::Receiver<bool>) {
        let reader = Arc::new(self);
        let mut waiting = JoinSet::new();
        for moment in (0..).map_while(|reading| schedule.moment(reading)) {
            tokio::select! {
                () = sleep_until(reader.origin + moment) => {}
                _ = ended.wait_for(|ended| *ended) => break,
            }
            while waiting.try_join_next().is_some() {}
            let attempt = reader.begin();
            if waiting.len() < MOST_WAITING {
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

    /// Notes an attempt and gives its number.
    fn begin(&self) -> usize {
        let at = Instant::now().saturating_duration_since(self.origin);
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.attempts.push(Attempt { at, readings: None });
        log.attempts.len() - 1
    }

    fn answered(&self, attempt: usize, readings: Vec<Reading>) {
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.attempts[attempt].readings = Some(readings);
    }

    fn too_slow(&self) -> Vec<Reading> {
        let url = &self.source.url;
        let reason = format!("GET {url} was left out because {MOST_WAITING} earlier readings still wait for an answer");
        let missed = |gauge| Reading { gauge, value: Err(reason.clone()) };
        self.source.formulas.iter().map(|(gauge, _)| missed(*gauge)).collect()
    }
}

#[cfg(test)]
mod tests;
