//! The app: its state, and the way of a request through the faults to its page.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use tokio::sync::Notify;
use tokio::time::sleep;

use super::answer::{Answer, Pace};
use super::connection::Interruption;
use super::control;
use super::faults::{ActiveFaults, Faults};
use super::ledger::Ledger;
use super::lock::lock;
use super::machine::Meter;
use super::pages;
use super::pool::Pool;
use super::projects::{self, Prepared};
use super::route::{Party, Route};
use super::session::Sessions;
use super::site;
use super::writes::Details;

/// The largest request body, Django's `DATA_UPLOAD_MAX_MEMORY_SIZE` rounded down.
const MOST_BODY: usize = 2 * 1_024 * 1_024;

/// How the staging app starts.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// What `/version` says; `dev` by default.
    pub commit: String,
    /// The password of every test user; `demo` by default.
    pub password: String,
    /// The connections of the pool, at least 1; 100 by default, `PostgreSQL`'s own.
    pub pool: usize,
    /// The fault switches; none by default.
    pub faults: Faults,
    /// Where tokens and the places of shared faults come from.
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { commit: "dev".into(), password: "demo".into(), pool: 100, faults: Faults::default(), seed: 1 }
    }
}

/// The state of the app.
#[derive(Debug)]
pub(super) struct App {
    pub(super) options: Options,
    pub(super) faults: Mutex<ActiveFaults>,
    pub(super) pool: Pool,
    pub(super) sessions: Mutex<Sessions>,
    pub(super) details: Mutex<Details>,
    pub(super) projects: Vec<Prepared>,
    pub(super) ledger: Arc<Ledger>,
    pub(super) meter: Mutex<Meter>,
    /// Told when a refusal begins.
    pub(super) closing: Notify,
    present: AtomicUsize,
}

impl App {
    pub(super) fn new(options: Options) -> Arc<Self> {
        Arc::new(Self {
            faults: Mutex::new(ActiveFaults::new(options.faults.clone(), options.seed)),
            pool: Pool::new(pool_size(&options, &options.faults)),
            sessions: Mutex::new(Sessions::new(options.seed)),
            details: Mutex::default(),
            projects: projects::prepare(),
            ledger: Arc::default(),
            meter: Mutex::default(),
            closing: Notify::new(),
            present: AtomicUsize::new(0),
            options,
        })
    }

    /// Sets all switches anew: counters, periods and lasting damage of the old ones are gone.
    pub(super) fn set_faults(&self, faults: Faults) {
        self.pool.resize(pool_size(&self.options, &faults));
        *lock(&self.faults) = ActiveFaults::new(faults, self.options.seed);
    }

    /// Empties the ledger; the periods of a stall begin with the next request.
    pub(super) fn reset_ledger(&self) {
        self.ledger.reset();
        lock(&self.faults).anchor_anew();
    }

    /// Takes a request from its head to its answer.
    pub(super) async fn exchange(self: &Arc<Self>, request: Request<Incoming>) -> Result<Answer, Interruption> {
        let (head, body) = request.into_parts();
        let (route, path) = (Route::of(head.uri.path()), head.uri.path());
        if route.party() == Party::Control {
            return Ok(match read(body).await? {
                Some(body) => control::answer(self, route, &head.method, &body),
                None => pages::error(StatusCode::PAYLOAD_TOO_LARGE),
            });
        }
        let present = Present::enter(&self.present);
        if route.party() == Party::Load && self.refuses() {
            // The listener closes and ends this connection with all others.
            self.closing.notify_one();
            return std::future::pending().await;
        }
        self.thaw().await;
        let decision = lock(&self.faults).decide(path, present.crowd());
        if decision.reset {
            return Err(Interruption::Reset);
        }
        let Some(body) = read(body).await? else {
            return Ok(pages::error(StatusCode::PAYLOAD_TOO_LARGE));
        };
        if !decision.delay.is_zero() {
            sleep(decision.delay).await;
        }
        let mut answer = match decision.status {
            Some(status) => pages::error(StatusCode::from_u16(status).expect("the switch took 400 to 599 only")),
            None => site::answer(self, route, &head, &body).await?,
        };
        if let Some(time) = decision.dribble {
            answer.pace = Pace::Over(time);
        }
        self.thaw().await;
        Ok(answer)
    }

    /// How long a refusal lasts; absent: for good.
    pub(super) fn refusal_lasts(&self) -> Option<Duration> {
        lock(&self.faults).switches().refuse.and_then(|refusal| refusal.lasts)
    }

    /// Counts a request of the load in, and says whether it closes the app.
    fn refuses(&self) -> bool {
        let mut faults = lock(&self.faults);
        faults.arrived(Instant::now());
        faults.refuses()
    }

    /// Waits until the app moves.
    async fn thaw(&self) {
        loop {
            let rest = lock(&self.faults).frozen_for(Instant::now());
            if rest.is_zero() {
                return;
            }
            sleep(rest).await;
        }
    }
}

fn pool_size(options: &Options, faults: &Faults) -> usize {
    faults.pool.map_or(options.pool.max(1), std::num::NonZeroUsize::get)
}

/// Reads a body to its end; absent when it is too large.
async fn read(body: Incoming) -> Result<Option<Bytes>, Interruption> {
    match Limited::new(body, MOST_BODY).collect().await {
        Ok(collected) => Ok(Some(collected.to_bytes())),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => Ok(None),
        Err(_) => Err(Interruption::Left),
    }
}

/// One request of the crowd in the app.
struct Present<'a>(&'a AtomicUsize);

impl<'a> Present<'a> {
    fn enter(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }

    fn crowd(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

impl Drop for Present<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
