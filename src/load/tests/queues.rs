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
    measure::PhaseMeasurements,
    plan::{Arrivals, Load, Phase},
};

/// Mean time that the server works on a request.
const WORK: Duration = millis(40);

/// Requests per second of an app that is busy half of its time.
const RATE: f64 = 12.5;

/// About 100,000 requests: the mean of 50,000 waits in M/M/1, each like the ones before it, has a standard error of 2.4 %.
const WINDOW: Duration = seconds(8_000);

/// What a time may be off.
const TOLERANCE: f64 = 0.05;

/// An app that works on one request at a time, in the order of their arrival.
fn single_server(mut work: impl FnMut() -> Duration + Send + 'static) -> Arc<dyn App> {
    let queue = Mutex::new((Instant::now(), move || work()));
    Arc::new(move |_: Request<Bytes>| -> Pin<Box<dyn Future<Output = Reply> + Send>> {
        let done = {
            let (free, work) = &mut *queue.lock().expect("no panic");
            *free = (*free).max(Instant::now()) + work();
            *free
        };
        Box::pin(async move {
            tokio::time::sleep_until(done).await;
            text(200, "done")
        })
    })
}

/// Poisson arrivals at half load.
async fn measured(app: Arc<dyn App>) -> PhaseMeasurements {
    let plan = plan(vec![scenario(Vec::new(), vec![get(0, "/")], NO_PAUSE)]);
    let load = Load::Open { rate: RATE, users: 100, spawn_rate: RATE };
    let half = Phase { arrivals: Arrivals::Poisson, ..phase(load, seconds(60), WINDOW) };
    let measured = run_here(job(plan, half, in_memory(app)), |_, _| {}).await;
    let endpoint = &measured.endpoints[0];
    let planned = RATE * WINDOW.as_secs_f64();
    assert!((endpoint.requests as f64 - planned).abs() < 5.0 * planned.sqrt(), "{} requests", endpoint.requests);
    assert_eq!((endpoint.failures(), measured.generator.slots_missed), (0, 0));
    measured
}

/// Mean time in the queue, and quantiles of the time in the system, in units of [`WORK`].
///
/// Virtual time goes in whole milliseconds, so that slots wake up to 2 ms late. Latency counts that, as it should; it is
/// what stands between latency and service time here, and the queue knows nothing of it.
#[track_caller]
fn near_truth(measured: &PhaseMeasurements, waiting: f64, quantiles: [(f64, f64); 4]) {
    let endpoint = &measured.endpoints[0];
    let seconds = |time: Option<Duration>| time.expect("measured").as_secs_f64();
    let late = seconds(endpoint.latency.mean()) - seconds(endpoint.service.mean());
    assert!((0.0..0.002).contains(&late), "slots woke {late} s late");
    let in_work = |time: Option<Duration>| (seconds(time) - late) / WORK.as_secs_f64();
    let mean = in_work(endpoint.latency.mean()) - 1.0;
    assert!((mean / waiting - 1.0).abs() < TOLERANCE, "mean time in the queue: {mean}, not {waiting}");
    for (share, truth) in quantiles {
        let seen = in_work(endpoint.latency.quantile(share));
        assert!((seen / truth - 1.0).abs() < TOLERANCE, "quantile {share}: {seen}, not {truth}");
    }
    eprintln!("{mean} {waiting} {late} {:?}", quantiles.map(|(s, t)| (in_work(endpoint.latency.quantile(s)), t)));
}

#[tokio::test(start_paused = true)]
async fn with_constant_work_latency_is_that_of_m_d_1() {
    let measured = measured(single_server(|| WORK)).await;
    // Pollaczek-Khinchine: load / (2 (1 - load)) times the work. Quantiles: Erlang's formula for the waiting time.
    near_truth(&measured, 0.5, [0.6, 0.75, 0.9, 0.95].map(|share| (share, 1.0 + erlang_quantile(share))));
}

#[tokio::test(start_paused = true)]
async fn with_exponential_work_latency_is_that_of_m_m_1() {
    let mut random = Rng::with_seed(17);
    let work = move || {
        let time = WORK.mul_f64(-(1.0 - random.f64()).ln());
        // In whole milliseconds, as tokio's timer would have it, but without its way of rounding up.
        Duration::from_millis((time.as_secs_f64() * 1000.0).round() as u64)
    };
    let measured = measured(single_server(work)).await;
    // The queue is load / (1 - load) times the work long; time in the system is exponential with mean work / (1 - load).
    near_truth(&measured, 1.0, [0.5, 0.75, 0.9, 0.95].map(|share: f64| (share, -2.0 * (1.0 - share).ln())));
}

/// The quantile of the waiting time in M/D/1 at half load, in units of work (Erlang 1909):
/// `P(W <= t) = (1 - load) sum over k <= t of (load (k - t))^k / k! e^(-load (k - t))`.
fn erlang_quantile(share: f64) -> f64 {
    const LOAD: f64 = 0.5;
    let within = |time: f64| {
        let (mut sum, mut factorial) = (0.0, 1.0);
        for k in 0..=time.floor() as i32 {
            factorial *= f64::from(k.max(1));
            let off = LOAD * (f64::from(k) - time);
            sum += off.powi(k) / factorial * (-off).exp();
        }
        (1.0 - LOAD) * sum
    };
    let (mut low, mut high) = (0.0, 20.0);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if within(middle) < share { low = middle } else { high = middle }
    }
    high
}
