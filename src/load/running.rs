//! The control side of a running phase.

use std::{
    sync::{Arc, Mutex, PoisonError},
    thread::JoinHandle,
    time::Duration,
};

use tokio::{
    sync::mpsc::{self, Receiver, Sender},
    time::{Instant, sleep_until},
};

use super::{
    Job,
    audit::Audit,
    course::Course,
    defect::Defect,
    prepare::PreparedLoad,
    sitting::Crew,
    worker::{Report, Round, WorkerEnd},
};
use crate::measure::{
    Collector, GeneratorHealth, Histogram, Layout, MachineShare, PhaseEnding, PhaseFacts, PhaseMeasurements, Recent,
    Sample, Unanswered,
};

/// Reports that a worker may be ahead of the control side.
const REPORTS_AHEAD: usize = 4;

/// How far back the percentile of progress looks.
const PROGRESS_SPAN: Duration = Duration::from_secs(10);

/// A phase under load. Dropping it stops everything at once and joins every thread.
#[derive(Debug)]
pub struct Running {
    course: Arc<Course>,
    collector: Option<Collector>,
    window_known: bool,
    reports: Receiver<Report>,
    workers: Vec<JoinHandle<()>>,
    ends: Vec<WorkerEnd>,
    /// When the last tick was, and the requests until then.
    last: (Duration, u64),
    audit: Audit,
    /// Every request, where somebody asked for it.
    kept: Option<Arc<Mutex<Vec<Sample>>>>,
}

/// How a phase goes.
#[derive(Debug, Clone, PartialEq)]
pub struct Tick {
    /// Since the phase's origin.
    pub elapsed: Duration,
    /// What the phase is doing.
    pub stage: Stage,
    /// Users at work.
    pub users: u32,
    /// Requests per second that ended since the last tick.
    pub rate: f64,
    /// 95th percentile of latency over the last ten seconds; `None` without a timed request.
    pub p95: Option<Duration>,
    /// Requests that ended since the phase began, login and warm-up included.
    pub requests: u64,
    /// Failures among them.
    pub failures: u64,
    /// Until the end of the window as planned.
    pub left: Duration,
}

/// What a phase is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Users start and log in.
    Ramp,
    /// Load that is not measured.
    Warmup,
    /// The measured window.
    Window,
    /// Requests in flight are awaited.
    Drain,
}

impl Running {
    pub(super) fn start(job: &Job) -> Self {
        let load = Arc::new(PreparedLoad::of(job));
        let Crew { threads, rounds } = Crew::start(&load);
        let mut running = Self::round(job, 0, &rounds);
        running.workers = threads;
        running
    }

    /// A round of the workers that listen here, the so many-th.
    pub(super) fn round(job: &Job, number: u32, rounds: &[Sender<Round>]) -> Self {
        let course = Arc::new(Course::of(job, number));
        let layout = Arc::new(Layout::of(&job.plan, &job.phase));
        let (sender, reports) = mpsc::channel(REPORTS_AHEAD * rounds.len());
        for worker in rounds {
            let round = Round { course: Arc::clone(&course), layout: Arc::clone(&layout), reports: sender.clone() };
            // A worker that is gone has panicked; whoever joins it learns of it.
            let _ = worker.try_send(round);
        }
        Self::of(course, layout, reports, Vec::new())
    }

    pub(super) fn of(
        course: Arc<Course>,
        layout: Arc<Layout>,
        reports: Receiver<Report>,
        workers: Vec<JoinHandle<()>>,
    ) -> Self {
        Self {
            course,
            collector: Some(Collector::new(layout)),
            window_known: false,
            reports,
            workers,
            ends: Vec::new(),
            last: (Duration::ZERO, 0),
            audit: Audit::new(),
            kept: None,
        }
    }

    /// Waits about a second and tells how the phase goes; `None` when everything has ended.
    pub async fn tick(&mut self) -> Option<Tick> {
        let next = self.course.clock.instant(self.last.0 + Duration::from_secs(1)).max(Instant::now());
        loop {
            tokio::select! {
                report = self.report() => self.absorb(report?),
                () = sleep_until(next) => return Some(self.look()),
            }
        }
    }

    /// Keeps every request from here on, in the order in which they are handed over; complete once the phase has ended.
    /// This takes memory for each request, so it is for short phases with few users.
    pub fn keep_requests(&mut self) -> Arc<Mutex<Vec<Sample>>> {
        Arc::clone(self.kept.get_or_insert_default())
    }

    /// The instant that all times of this phase count from.
    pub fn origin_instant(&self) -> Instant {
        self.course.clock.origin()
    }

    /// Start and end of the measured window since the phase's origin, once the ramp has ended; the end is the planned
    /// one, or where the phase was stopped.
    pub fn window(&self) -> Option<(Duration, Duration)> {
        self.course.window_start().zip(self.course.end())
    }

    /// What happened to requests intended in `from..to` since the phase's origin (whole seconds), login excluded. The
    /// workers report once a second, so the last second is not complete yet.
    pub fn recent(&self, from: Duration, to: Duration) -> Recent {
        self.collector.as_ref().map_or_else(Recent::default, |collector| collector.recent(from, to))
    }

    /// How it stands with the target's answers now.
    pub fn unanswered(&self) -> Unanswered {
        let now = self.course.clock.now();
        self.collector.as_ref().map_or_else(Unanswered::default, |collector| collector.unanswered(now))
    }

    /// Ends the phase: no new requests. Those in flight are awaited up to their timeouts; when interrupted at most 2 s,
    /// then they are dropped.
    pub fn stop(&self, ending: PhaseEnding) {
        self.course.stop(ending);
    }

    /// When it has to be decided whether the window is extended, since the phase's origin; `None` while that is not known,
    /// and where [`Job::extends`] excludes it.
    pub fn decision(&self) -> Option<Duration> {
        self.course.decision()
    }

    /// Extends the measured window to twice its length; the same users go on. False when it is too late.
    pub fn extend(&mut self) -> bool {
        let extended = self.course.extend();
        if let (true, Some(collector)) = (extended, &mut self.collector) {
            collector.extend();
        }
        extended
    }

    /// Whether the window was extended.
    pub fn extended(&self) -> bool {
        self.course.extended()
    }

    /// What is measured so far: counts by span only.
    pub fn interim(&self) -> Option<PhaseMeasurements> {
        self.collector.as_ref().map(|collector| collector.interim(self.facts(self.course.measured())))
    }

    /// What is measured so far, histograms included, of the part of the window that has passed.
    pub fn so_far(&self) -> Option<PhaseMeasurements> {
        let since = self.course.window_start().map(|start| self.course.clock.now().saturating_sub(start));
        let measured = self.course.measured().min(since.unwrap_or_default());
        self.collector.as_ref().map(|collector| collector.so_far(self.facts(measured)))
    }

    fn facts(&self, measured: Duration) -> PhaseFacts {
        PhaseFacts {
            ramp: self.course.ramp(),
            measured,
            ending: self.course.ending(),
            generator: GeneratorHealth::default(),
        }
    }

    /// Requests that are not in [`Self::interim`] because they had not ended when the workers handed over last.
    pub fn in_flight(&self) -> u64 {
        self.collector.as_ref().map_or(0, Collector::in_flight)
    }

    /// How long a request has been under way at least, that which has been longest, to the second: zero without any.
    pub fn longest_under_way(&self) -> Duration {
        let since = self.course.under_way_since();
        since.map_or(Duration::ZERO, |since| self.course.clock.now().saturating_sub(since))
    }

    /// Waits for the end, and gives the defect that was the end of a worker, if one was: what was handed over before is
    /// measured.
    pub async fn settle(&mut self) -> Option<Defect> {
        while let Some(report) = self.report().await {
            self.absorb(report);
        }
        // They have dropped their channels, so they are at their ends.
        let dead = self.workers.drain(..).filter_map(|worker| worker.join().err());
        let dead: Vec<_> = dead.map(|panic| Defect::of_thread(&*panic)).collect();
        let told: Vec<_> = self.ends.iter_mut().filter_map(|end| end.defect.take()).collect();
        told.into_iter().chain(dead).next()
    }

    /// Waits for the end and gives what was measured.
    ///
    /// # Panics
    ///
    /// When a worker panicked, which is a defect, and [`Self::settle`] did not tell of it.
    pub async fn finish(mut self) -> PhaseMeasurements {
        if let Some(defect) = self.settle().await {
            panic!("{defect}");
        }
        self.announce_window();
        let facts =
            PhaseFacts { generator: health(&self.ends, self.audit.share()), ..self.facts(self.course.measured()) };
        let unknown: u64 = self.ends.iter().map(|end| end.unknown).sum();
        let mut measurements = self.collector.take().expect("it is taken here only").finish(facts);
        // They were sent; nobody knows how they would have ended.
        measurements.sent += unknown;
        measurements
    }

    /// The next report of a worker. The machine is looked at as the window begins and ends, and with the reports in between.
    async fn report(&mut self) -> Option<Report> {
        loop {
            let window = self.window();
            let due = window.and_then(|window| self.audit.next(window)).map(|at| self.course.clock.instant(at));
            tokio::select! {
                report = self.reports.recv() => {
                    self.look_at_machine();
                    return report;
                }
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => self.look_at_machine(),
            }
        }
    }

    fn look_at_machine(&mut self) {
        if let Some(window) = self.window() {
            self.audit.look(self.course.clock.now(), window);
        }
    }

    fn absorb(&mut self, report: Report) {
        self.announce_window();
        match report {
            Report::Batch(batch) => {
                if let Some(kept) = &self.kept {
                    kept.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(batch.samples());
                }
                if let Some(collector) = &mut self.collector {
                    collector.absorb(batch);
                }
            }
            Report::End(end) => self.ends.push(*end),
        }
    }

    fn announce_window(&mut self) {
        if !self.window_known
            && let (Some(start), Some(collector)) = (self.course.window_start(), &mut self.collector)
        {
            collector.open_window(start);
            self.window_known = true;
        }
    }

    fn look(&mut self) -> Tick {
        let elapsed = self.course.clock.now();
        let (requests, failures) = self.course.requests();
        let since = elapsed.saturating_sub(self.last.0).as_secs_f64();
        let rate = if since > 0.0 { requests.saturating_sub(self.last.1) as f64 / since } else { 0.0 };
        self.last = (elapsed, requests);
        let stage = match (self.course.window_start(), self.course.end()) {
            (_, Some(end)) if elapsed >= end => Stage::Drain,
            (Some(start), _) if elapsed >= start => Stage::Window,
            (Some(_), _) => Stage::Warmup,
            (None, _) => Stage::Ramp,
        };
        Tick {
            elapsed,
            stage,
            users: self.course.active(),
            rate,
            p95: self.recent(elapsed.saturating_sub(PROGRESS_SPAN), elapsed).p95,
            requests,
            failures,
            left: self.course.planned_end().saturating_sub(elapsed),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // After its end there is nothing left to give up.
        self.course.abandon();
        self.reports.close();
        for worker in self.workers.drain(..) {
            // A panic while everything is given up has nobody left to hear of it.
            let _ = worker.join();
        }
    }
}

fn health(ends: &[WorkerEnd], machine: MachineShare) -> GeneratorHealth {
    let mut lateness = Histogram::new();
    for end in ends {
        lateness.merge(&end.lateness);
    }
    GeneratorHealth {
        lateness_p99: lateness.quantile(0.99).unwrap_or_default(),
        lateness_max: lateness.max().unwrap_or_default(),
        cpu_percent: ends.iter().map(|end| end.worked.cpu_percent).fold(0.0, f64::max),
        run_queue_percent: ends.iter().filter_map(|end| end.worked.run_queue_percent).reduce(f64::max),
        machine,
        slots: ends.iter().map(|end| end.slots).sum(),
        slots_missed: ends.iter().map(|end| end.slots_missed).sum(),
        exhausted: ends.iter().find_map(|end| end.exhausted.clone()),
    }
}
