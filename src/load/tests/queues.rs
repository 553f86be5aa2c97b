//! The truth of latency: in front of a single queue it is what queueing theory says.
//!
//! Arrivals are Poisson, the app is one server, in virtual time. Half of its time it is busy. What a request waits is then
//! known in closed form, and none of that knowledge is in the load: the slots, the pool, the clock of latency and the
//! histogram have to give it back. Requests stand in line in the app, which a pool of many users shows; or in the load, whose
//! only user is busy when their slots are due, and then latency alone knows of the wait.

use std::{
    pin::Pin,
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use fastrand::Rng;
use http::Request;
use tokio::time::Instant;

use super::{NO_PAUSE, get, in_memory, job, millis, phase, plan, run_here, scenario, seconds};
use crate::{
    client::testing::{App, Reply, text},
    plan::{Arrivals, Load, Phase},
};

/// Where requests stand in line.
struct Line {
    /// Mean time that the server works on a request.
    work: Duration,
    users: u32,
    /// Requests: the mean of 75,000 waits in M/M/1, each like the ones before it, has a standard error of 2 %.
    requests: u32,
}

const IN_THE_APP: Line = Line { work: millis(40), users: 100, requests: 75_000 };

/// Virtual time goes in whole milliseconds, so that slots wake up to 2 ms late. Latency counts that, as it should; beside so
/// much work it is little.
const IN_THE_LOAD: Line = Line { work: millis(60), users: 1, requests: 52_000 };

impl Line {
    /// Requests per second of a server that is busy half of its time.
    fn rate(&self) -> f64 {
        0.5 / self.work.as_secs_f64()
    }

    fn window(&self) -> Duration {
        self.work * 2 * self.requests
    }
}

/// What a time may be off.
const TOLERANCE: f64 = 0.05;

/// An app that works on one request at a time, in the order of their arrival.
struct SingleServer {
    work: Box<dyn Fn(&mut Rng) -> Duration + Send + Sync>,
    state: Mutex<State>,
}

struct State {
    random: Rng,
    free: Instant,
    requests: u32,
    worked: Duration,
}

impl SingleServer {
    fn of(work: impl Fn(&mut Rng) -> Duration + Send + Sync + 'static) -> Arc<Self> {
        let (random, free) = (Rng::with_seed(17), Instant::now());
        Arc::new(Self {
            work: Box::new(work),
            state: Mutex::new(State { random, free, requests: 0, worked: Duration::ZERO }),
        })
    }

    /// When a request that arrives now will be done.
    fn take(&self) -> Instant {
        let mut state = self.state.lock().expect("no panic");
        let work = (self.work)(&mut state.random);
        state.requests += 1;
        state.worked += work;
        state.free = state.free.max(Instant::now()) + work;
        state.free
    }

    /// Whose work always takes the same.
    fn constant(work: Duration) -> Arc<Self> {
        Self::of(move |_| work)
    }

    /// Whose work is exponential: in whole milliseconds, as tokio's timer would have it, but without its way of rounding up.
    fn exponential(mean: Duration) -> Arc<Self> {
        Self::of(move |random| {
            let millis = mean.as_secs_f64() * 1000.0 * -(1.0 - random.f64()).ln();
            Duration::from_millis(millis.round() as u64)
        })
    }

    fn app(self: &Arc<Self>) -> Arc<dyn App> {
        let server = Arc::clone(self);
        Arc::new(move |_: Request<Bytes>| -> Pin<Box<dyn Future<Output = Reply> + Send>> {
            let done = server.take();
            Box::pin(async move {
                tokio::time::sleep_until(done).await;
                text(200, "done")
            })
        })
    }

    fn mean_work(&self) -> Duration {
        let state = self.state.lock().expect("no panic");
        state.worked / state.requests
    }
}

/// What was measured at half load, in units of the mean work.
struct Seen {
    /// The share of its time that the server is busy, as the seed has drawn it: close to a half.
    load: f64,
    /// Mean time in the system: in line, and at work.
    mean: f64,
    /// Its quantiles, at [`SHARES`].
    quantiles: [f64; 4],
    /// Mean service time.
    service: f64,
}

const SHARES: [f64; 4] = [0.6, 0.75, 0.9, 0.95];

/// Poisson arrivals at half load.
async fn measure(line: Line, server: Arc<SingleServer>) -> Seen {
    let plan = plan(vec![scenario(Vec::new(), vec![get(0, "/")], NO_PAUSE)]);
    let load = Load::Open { rate: line.rate(), users: line.users, spawn_rate: line.rate() };
    let half = Phase { arrivals: Arrivals::Poisson, ..phase(load, seconds(60), line.window()) };
    let measured = run_here(job(plan, half, in_memory(server.app())), |_, _| {}).await;
    let endpoint = &measured.endpoints[0];
    assert!(endpoint.requests > 50_000, "{} requests", endpoint.requests);
    assert_eq!((endpoint.failures(), measured.generator.slots_missed), (0, 0));
    let work = server.mean_work().as_secs_f64();
    let load = endpoint.requests as f64 * work / line.window().as_secs_f64();
    assert!((load - 0.5).abs() < 0.01, "the load is {load}");
    let in_work = |time: Option<Duration>| time.expect("measured").as_secs_f64() / work;
    Seen {
        load,
        mean: in_work(endpoint.latency.mean()),
        quantiles: SHARES.map(|share| in_work(endpoint.latency.quantile(share))),
        service: in_work(endpoint.service.mean()),
    }
}

#[track_caller]
fn near(what: &str, seen: f64, truth: f64) {
    assert!((seen / truth - 1.0).abs() < TOLERANCE, "{what} is {seen} times the work, the truth is {truth}");
}

/// What theory says of a load, in units of the mean work.
struct Theory {
    /// Mean time in line.
    waiting: f64,
    /// Quantiles of the time in the system, at [`SHARES`].
    quantiles: [f64; 4],
}

/// Pollaczek and Khinchine, and Erlang.
fn m_d_1(load: f64) -> Theory {
    let waiting = load / (2.0 * (1.0 - load));
    Theory { waiting, quantiles: SHARES.map(|share| 1.0 + erlang_quantile(load, share)) }
}

/// The time in the system is exponential.
fn m_m_1(load: f64) -> Theory {
    Theory { waiting: load / (1.0 - load), quantiles: SHARES.map(|share| -(1.0 - share).ln() / (1.0 - load)) }
}

/// With the line in the app, service time is the time in the system, and what stands between latency and it is how late
/// slots woke: of that the theory knows nothing.
async fn with_the_line_in_the_app(server: Arc<SingleServer>, theory: fn(f64) -> Theory) {
    let seen = measure(IN_THE_APP, server).await;
    let late = seen.mean - seen.service;
    assert!((0.0..0.05).contains(&late), "slots woke {late} times the work late");
    let theory = theory(seen.load);
    near("the mean time in line", seen.mean - late - 1.0, theory.waiting);
    for (share, (seen, truth)) in SHARES.into_iter().zip(seen.quantiles.into_iter().zip(theory.quantiles)) {
        near(&format!("quantile {share}"), seen - late, truth);
    }
}

/// With the line in the load, service time is the work, and latency the time in the system as it stands there.
async fn with_the_line_in_the_load(server: Arc<SingleServer>, theory: fn(f64) -> Theory) {
    let seen = measure(IN_THE_LOAD, server).await;
    assert!((0.99..1.02).contains(&seen.service), "service time is {} times the work", seen.service);
    let theory = theory(seen.load);
    near("the mean time in the system", seen.mean, 1.0 + theory.waiting);
    for (share, (seen, truth)) in SHARES.into_iter().zip(seen.quantiles.into_iter().zip(theory.quantiles)) {
        near(&format!("quantile {share}"), seen, truth);
    }
}

#[tokio::test(start_paused = true)]
async fn with_constant_work_in_an_app_with_a_line_latency_is_that_of_m_d_1() {
    with_the_line_in_the_app(SingleServer::constant(IN_THE_APP.work), m_d_1).await;
}

#[tokio::test(start_paused = true)]
async fn with_exponential_work_in_an_app_with_a_line_latency_is_that_of_m_m_1() {
    with_the_line_in_the_app(SingleServer::exponential(IN_THE_APP.work), m_m_1).await;
}

#[tokio::test(start_paused = true)]
async fn slots_that_wait_for_a_busy_user_have_the_latency_of_m_d_1() {
    with_the_line_in_the_load(SingleServer::constant(IN_THE_LOAD.work), m_d_1).await;
}

#[tokio::test(start_paused = true)]
async fn slots_that_wait_for_a_busy_user_have_the_latency_of_m_m_1() {
    with_the_line_in_the_load(SingleServer::exponential(IN_THE_LOAD.work), m_m_1).await;
}

/// The quantile of the waiting time in M/D/1, in units of work (Erlang 1909):
/// `P(W <= t) = (1 - load) sum over k <= t of (load (k - t))^k / k! e^(-load (k - t))`.
fn erlang_quantile(load: f64, share: f64) -> f64 {
    let within = |time: f64| {
        let (mut sum, mut factorial) = (0.0, 1.0);
        for k in 0..=time.floor() as i32 {
            factorial *= f64::from(k.max(1));
            let off = load * (f64::from(k) - time);
            sum += off.powi(k) / factorial * (-off).exp();
        }
        (1.0 - load) * sum
    };
    let (mut low, mut high) = (0.0, 20.0);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if within(middle) < share { low = middle } else { high = middle }
    }
    high
}
