//! The truth of latency: in front of a single queue it is what queueing theory says.
//!
//! Arrivals are Poisson, the app is one server with a queue, in virtual time. Half of its time it is busy. What a request
//! waits is then known in closed form, and none of that knowledge is in the load: the slots, the pool, the clock of
//! latency and the histogram have to give it back.

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

/// Mean time that the server works on a request.
const WORK: Duration = millis(40);

/// Requests per second of an app that is busy half of its time.
const RATE: f64 = 12.5;

/// About 75,000 requests: the mean of so many waits in M/M/1, each like the ones before it, has a standard error of 2 %.
const WINDOW: Duration = seconds(6_000);

/// What a time may be off.
const TOLERANCE: f64 = 0.05;

/// An app that works on one request at a time, in the order of their arrival.
struct SingleServer {
    work: fn(&mut Rng) -> Duration,
    state: Mutex<State>,
}

struct State {
    random: Rng,
    free: Instant,
    requests: u32,
    worked: Duration,
}

impl SingleServer {
    fn of(work: fn(&mut Rng) -> Duration) -> Arc<Self> {
        let (random, free) = (Rng::with_seed(17), Instant::now());
        Arc::new(Self { work, state: Mutex::new(State { random, free, requests: 0, worked: Duration::ZERO }) })
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
    /// Mean time in the queue.
    waiting: f64,
    /// Quantiles of the time in the system, at [`SHARES`].
    quantiles: [f64; 4],
}

const SHARES: [f64; 4] = [0.6, 0.75, 0.9, 0.95];

/// Poisson arrivals at half load.
///
/// Virtual time goes in whole milliseconds, so that slots wake up to 2 ms late. Latency counts that, as it should; it is
/// what stands between latency and service time here, and the queue knows nothing of it.
async fn measure(server: Arc<SingleServer>) -> Seen {
    let plan = plan(vec![scenario(Vec::new(), vec![get(0, "/")], NO_PAUSE)]);
    let load = Load::Open { rate: RATE, users: 100, spawn_rate: RATE };
    let half = Phase { arrivals: Arrivals::Poisson, ..phase(load, seconds(60), WINDOW) };
    let measured = run_here(job(plan, half, in_memory(server.app())), |_, _| {}).await;
    let endpoint = &measured.endpoints[0];
    assert!(endpoint.requests > 50_000, "{} requests", endpoint.requests);
    assert_eq!((endpoint.failures(), measured.generator.slots_missed), (0, 0));
    let work = server.mean_work().as_secs_f64();
    let load = endpoint.requests as f64 * work / WINDOW.as_secs_f64();
    assert!((load - 0.5).abs() < 0.01, "the load is {load}");
    let seconds = |time: Option<Duration>| time.expect("measured").as_secs_f64();
    let late = seconds(endpoint.latency.mean()) - seconds(endpoint.service.mean());
    assert!((0.0..0.002).contains(&late), "slots woke {late} s late");
    let in_work = |time: Option<Duration>| (seconds(time) - late) / work;
    Seen {
        load,
        waiting: in_work(endpoint.latency.mean()) - 1.0,
        quantiles: SHARES.map(|share| in_work(endpoint.latency.quantile(share))),
    }
}

#[track_caller]
fn near(what: &str, seen: f64, truth: f64) {
    assert!((seen / truth - 1.0).abs() < TOLERANCE, "{what} is {seen} times the work, the truth is {truth}");
}

#[tokio::test(start_paused = true)]
async fn with_constant_work_latency_is_that_of_m_d_1() {
    let Seen { load, waiting, quantiles } = measure(SingleServer::of(|_| WORK)).await;
    // Pollaczek and Khinchine.
    near("the mean time in the queue", waiting, load / (2.0 * (1.0 - load)));
    for (share, seen) in SHARES.into_iter().zip(quantiles) {
        near(&format!("quantile {share}"), seen, 1.0 + erlang_quantile(load, share));
    }
}

#[tokio::test(start_paused = true)]
async fn with_exponential_work_latency_is_that_of_m_m_1() {
    // In whole milliseconds, as tokio's timer would have it, but without its way of rounding up.
    let work = |random: &mut Rng| {
        let millis = WORK.as_secs_f64() * 1000.0 * -(1.0 - random.f64()).ln();
        Duration::from_millis(millis.round() as u64)
    };
    let Seen { load, waiting, quantiles } = measure(SingleServer::of(work)).await;
    near("the mean time in the queue", waiting, load / (1.0 - load));
    for (share, seen) in SHARES.into_iter().zip(quantiles) {
        // The time in the system is exponential.
        near(&format!("quantile {share}"), seen, -(1.0 - share).ln() / (1.0 - load));
    }
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
