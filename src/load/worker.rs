//! One worker: a thread with a current-thread runtime, and the users that belong to it.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    sync::Arc,
    time::Duration,
};

use tokio::{
    runtime::{Builder, LocalOptions},
    sync::mpsc::{Receiver, Sender},
    task::JoinSet,
};

use super::{
    alarm::{Alarm, Precision},
    audit::{Effort, Worked},
    course::Course,
    defect::{Defect, caught, pass_on, unbroken},
    ledger::Ledger,
    pool::{Leftover, Pool, Taken},
    prepare::PreparedLoad,
    schedule,
    slots::Way,
    user::{self, Parked},
    walk::Route,
};
use crate::{
    client::{Agent, Shared},
    measure::{Batch, Exhaustion, Histogram, Layout, PhaseEnding},
    plan::{Connections, EndpointId, Load, SLOT_GRACE},
};

/// The heartbeat: how often a worker looks at its own lateness and at the course.
pub(super) const BEAT: Duration = Duration::from_millis(10);

/// Tasks that run between two looks at sockets and timers: with tokio's 61 a slot of a busy worker starts up to 1 ms late.
const TASKS_A_LOOK: u32 = 16;

/// A batch is handed over so long before a decision on an extension.
const HANDING_OVER: Duration = Duration::from_millis(50);

/// Heartbeats between two batches at most.
const BEATS_A_BATCH: u64 = 100;

/// What a worker says to the control side.
#[derive(Debug)]
pub(super) enum Report {
    /// Once a second at least.
    Batch(Batch),
    /// Once, at its end.
    End(Box<WorkerEnd>),
}

/// What a worker knows at its end.
#[derive(Debug, Default)]
pub(super) struct WorkerEnd {
    pub(super) lateness: Histogram,
    pub(super) worked: Worked,
    /// Of the window, up to where it was stopped.
    pub(super) slots: u64,
    /// Those that were not sent although users were idle.
    pub(super) slots_missed: u64,
    /// Requests that were sent and about which nothing is known: dropped in flight, or without room for their answers.
    pub(super) unknown: u64,
    pub(super) exhausted: Option<Exhaustion>,
    /// What ended it before its time.
    pub(super) defect: Option<Defect>,
}

/// What the tasks of one worker share.
pub(super) struct Worker {
    pub(super) load: Arc<PreparedLoad>,
    pub(super) course: Arc<Course>,
    pub(super) alarm: Alarm,
    pub(super) ledger: Ledger,
    pub(super) pool: Pool,
    /// The connections of its users, where they share them.
    shared: Option<Rc<Shared>>,
    index: u32,
    users: RefCell<JoinSet<()>>,
    /// Users that are logged in already and wait for this round.
    arriving: RefCell<Vec<Parked>>,
    /// Users that have done their part of it, for the next one.
    parked: RefCell<Vec<Parked>>,
    /// Every user of this worker has been started, or will not be.
    all_started: Cell<bool>,
    /// Slots of the window, and those that were missed.
    slots: Cell<(u64, u64)>,
    /// Among those slots: taken before their takers knew of a stop, and due behind it.
    slots_behind: Cell<u64>,
    effort: Effort,
    looked_at: Cell<bool>,
}

/// A part of a worker's life with a window of its own. An ordinary phase has one.
#[derive(Debug, Clone)]
pub(super) struct Round {
    pub(super) course: Arc<Course>,
    pub(super) layout: Arc<Layout>,
    pub(super) reports: Sender<Report>,
}

/// Runs a worker on the current thread until there are no more rounds.
pub(super) fn run(index: u32, load: &Arc<PreparedLoad>, mut rounds: Receiver<Round>) {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .event_interval(TASKS_A_LOOK)
        .build_local(LocalOptions::default())
        .expect("a runtime needs a few descriptors, which were there when the load was started");
    runtime.block_on(async {
        let mut parked = Vec::new();
        while let Some(round) = rounds.recv().await {
            work((index, Arc::clone(load)), round, Precision::Exact, &mut parked).await;
        }
    });
    // A name lookup that hangs would hold the runtime's end up, and with it that of an interrupted run.
    runtime.shutdown_background();
}

/// One round on a runtime that takes local tasks. `parked` are the users of the round before, and afterwards those of
/// this one: with them nobody starts and logs in again.
pub(super) async fn work(
    (index, load): (u32, Arc<PreparedLoad>),
    Round { course, layout, reports }: Round,
    precision: Precision,
    parked: &mut Vec<Parked>,
) {
    let first = course.first_users();
    let thinking = load.users_of(index).take_while(|user| *user < first).filter(|user| load.thinks(*user)).count();
    let worker = Rc::new(Worker {
        alarm: Alarm::new(course.clock, precision),
        ledger: Ledger::new(Arc::clone(&course), layout, u32::try_from(thinking).unwrap_or(u32::MAX)),
        pool: Pool::new(Arc::clone(&course)),
        shared: (load.origin.connections() == Connections::Shared).then(|| Rc::new(Shared::new())),
        index,
        users: RefCell::new(JoinSet::new()),
        arriving: RefCell::new(std::mem::take(parked)),
        parked: RefCell::new(Vec::new()),
        all_started: Cell::new(false),
        slots: Cell::new((0, 0)),
        slots_behind: Cell::new(0),
        effort: Effort::of_this_thread(),
        looked_at: Cell::new(false),
        load,
        course,
    });
    // What runs beside the users: the alarm that wakes them, their starts, and the slots that are given out.
    let mut background = JoinSet::new();
    let (ringing, starting, giving) = (Rc::clone(&worker), Rc::clone(&worker), Rc::clone(&worker));
    background.spawn_local(async move { ringing.alarm.ring().await });
    background.spawn_local(start_users(starting));
    if matches!(worker.load.load, Load::Open { .. }) {
        background.spawn_local(async move { giving.pool.dispatch(&giving.alarm).await });
    }
    let defect = caught(async {
        tokio::select! {
            biased;
            () = oversee(&worker, &reports) => {}
            () = unbroken(&mut background) => {}
        }
    })
    .await
    .err();
    if defect.is_some() {
        // The other workers end with it: without its share of the load nothing of the phase is what was planned.
        worker.course.stop(PhaseEnding::Interrupted);
        let mut users = worker.users.take();
        users.shutdown().await;
    }
    background.shutdown().await;
    *parked = worker.parked.take();
    // The control side may be gone; then nobody is interested.
    let _ = reports.send(Report::Batch(worker.ledger.take())).await;
    let _ = reports.send(Report::End(Box::new(WorkerEnd { defect, ..worker.end() }))).await;
}

/// Starts the users of this worker as their times come.
async fn start_users(worker: Rc<Worker>) {
    let first = worker.course.first_users();
    let (there, later): (Vec<_>, Vec<_>) = worker.arriving.take().into_iter().partition(|parked| parked.user < first);
    if there.is_empty() {
        start_ramp(&worker, first).await;
    } else {
        for parked in there {
            worker.users.borrow_mut().spawn_local(user::go_on(Rc::clone(&worker), parked));
        }
    }
    if first < worker.load.load.users() {
        start_joining(&worker, first, later).await;
    }
    worker.all_started.set(true);
}

/// Starts the users that come before the window.
async fn start_ramp(worker: &Rc<Worker>, first: u32) {
    let PreparedLoad { load, logins, .. } = &*worker.load;
    let at_once = matches!(load, Load::Open { .. }) && !logins;
    for user in worker.load.users_of(worker.index).take_while(|user| *user < first) {
        let start = if at_once { Duration::ZERO } else { schedule::user_start(user, load.spawn_rate()) };
        worker.alarm.rest_until(start).await;
        if !worker.course.goes_on(start, worker.course.clock.now()) {
            break;
        }
        worker.users.borrow_mut().spawn_local(user::live(Rc::clone(worker), user, start));
    }
}

/// Starts the users that come within the window; `parked` are those of them who are logged in already.
async fn start_joining(worker: &Rc<Worker>, first: u32, mut parked: Vec<Parked>) {
    let Worker { course, alarm, load, .. } = &**worker;
    parked.sort_by_key(|parked| std::cmp::Reverse(parked.user));
    while course.window_start().is_none() && course.stopped_at().is_none() {
        alarm.rest_until(course.clock.now() + BEAT).await;
    }
    for user in load.users_of(worker.index).skip_while(|user| *user < first) {
        let Some(start) = course.joins(user) else { break };
        alarm.rest_until(start).await;
        if !course.goes_on(start, course.clock.now()) {
            break;
        }
        if load.thinks(user) {
            worker.ledger.user_joins();
        }
        let known = parked.pop_if(|parked| parked.user == user);
        let mut users = worker.users.borrow_mut();
        match known {
            Some(parked) => users.spawn_local(user::go_on(Rc::clone(worker), parked)),
            None => users.spawn_local(user::live(Rc::clone(worker), user, start)),
        };
    }
    for parked in parked {
        worker.park(parked);
    }
}

/// The heartbeat of a worker, until there is nothing left to do.
async fn oversee(worker: &Rc<Worker>, reports: &Sender<Report>) {
    for beat in 1_u64.. {
        let due = BEAT * u32::try_from(beat).unwrap_or(u32::MAX);
        worker.alarm.sleep_until(due).await;
        worker.beat(due);
        if (beat % BEATS_A_BATCH == 0 || worker.ledger.is_full() || worker.is_to_be_looked_at())
            && let Ok(permit) = reports.try_reserve()
        {
            // Without room the batch stays here and the next one is larger.
            permit.send(Report::Batch(worker.ledger.take()));
        }
        if worker.course.gives_up() {
            let mut users = worker.users.take();
            users.shutdown().await;
            break;
        }
        // Where no user was left to wait for slots, the pool is still open.
        if worker.is_finished() && !worker.close_pool() {
            break;
        }
    }
    worker.ledger.publish();
}

impl Worker {
    /// What its users walk on.
    pub(super) fn route(&self) -> Route<'_, Ledger> {
        Route { origin: &self.load.origin, clock: self.course.clock, witness: &self.ledger }
    }

    /// What a new user (from 0) sends with; trace ids come from this source, if requests carry any.
    pub(super) fn agent(&self, user: u32, traces: Option<fastrand::Rng>) -> Agent {
        Agent::of_user(self.shared.clone(), traces).numbered(user)
    }

    /// Keeps a user for the next round.
    pub(super) fn park(&self, parked: Parked) {
        self.parked.borrow_mut().push(parked);
    }

    fn beat(self: &Rc<Self>, due: Duration) {
        let now = self.course.clock.now();
        self.ledger.late(due, now);
        self.ledger.publish();
        self.course.set_under_way_since(self.index, self.ledger.under_way_since());
        self.ledger.open_window();
        self.course.watch_ramp();
        self.reap_users();
        self.watch_effort(now);
        if let (Load::Open { rate, .. }, Some((_, duration))) = (&self.load.load, self.course.window()) {
            if let Some(slots) = self.course.slots(*rate).filter(|_| !self.pool.is_open()) {
                self.pool.open(Way::of(slots, self.index, self.load.workers));
            }
            self.pool.extend(duration);
        }
        self.course.close_window(now);
        if let Some(end) = self.course.end()
            && now >= end
        {
            self.alarm.silence();
            if self.pool.is_done() || self.course.stopped_at().is_some() || now >= end + SLOT_GRACE {
                self.close_pool();
            }
        }
    }

    fn reap_users(&self) {
        while let Some(ended) = self.users.borrow_mut().try_join_next() {
            pass_on(ended);
        }
    }

    /// Whether the control side is about to decide on an extension, so that it needs what was recorded; once.
    fn is_to_be_looked_at(&self) -> bool {
        let soon = self.course.decision().is_some_and(|at| self.course.clock.now() + HANDING_OVER >= at);
        soon && !self.looked_at.replace(true)
    }

    /// The window is over, and so are its users.
    fn is_finished(&self) -> bool {
        let now = self.course.clock.now();
        self.course.close_window(now);
        let over = self.course.end().is_some_and(|end| now >= end);
        over && self.all_started.get() && self.users.borrow().is_empty()
    }

    /// Closes the pool behind the end; true when what is left over is still to be recorded.
    fn close_pool(self: &Rc<Self>) -> bool {
        let Some(mut leftover) = self.course.end().and_then(|end| self.pool.close(end)) else { return false };
        let (_, missed) = self.slots.get();
        self.slots.set((leftover.passed(), missed));
        if leftover.users_idle {
            let unsent = leftover.by_ref().count() as u64;
            self.slots.set((leftover.passed(), missed + unsent));
            return false;
        }
        self.users.borrow_mut().spawn_local(Rc::clone(self).leave_all(leftover));
        true
    }

    /// No user took these slots, so they are shared out over the scenarios as users are. They can be as many as an hour
    /// has at thousands per second, so that they are recorded no faster than they are handed over. Each is counted with
    /// its recording, because an interruption may drop this before its end.
    async fn leave_all(self: Rc<Self>, mut slots: Leftover) {
        for scenario in self.load.of_user.iter().cycle() {
            let Some(time) = slots.next() else { break };
            if let Some(step) = self.load.scenarios[scenario.0 as usize].steps.first() {
                self.ledger.room().await;
                self.ledger.unsent(step.endpoint, time);
            }
            let (_, missed) = self.slots.get();
            self.slots.set((slots.passed(), missed));
        }
    }

    /// A user took a slot, and the phase was over before its request was sent: it counts as if no one had taken it.
    pub(super) fn leave(&self, Taken { time, awaited }: Taken, endpoint: EndpointId) {
        let Some((start, end)) = self.course.window_start().zip(self.course.end()) else { return };
        if time < start {
            return;
        }
        if time >= end {
            self.slots_behind.set(self.slots_behind.get() + 1);
        } else if awaited {
            let (slots, missed) = self.slots.get();
            self.slots.set((slots, missed + 1));
        } else {
            self.ledger.unsent(endpoint, time);
        }
    }

    fn watch_effort(&self, now: Duration) {
        let window = self.course.window();
        if window.is_some_and(|(start, duration)| now >= start && now < start + duration) {
            self.effort.look(now);
        }
    }

    fn end(&self) -> WorkerEnd {
        let (slots, slots_missed) = self.slots.get();
        WorkerEnd {
            lateness: self.ledger.take_lateness(),
            worked: self.effort.worked(),
            slots: slots.saturating_sub(self.slots_behind.get()),
            slots_missed,
            unknown: self.ledger.unknown(),
            exhausted: self.ledger.take_exhausted(),
            defect: None,
        }
    }
}
