//! What a request costs beside the HTTP library and the kernel: `cargo bench --bench hot_path`.
//!
//! What it costs as a whole, beside other load generators, is measured by `benches/peers/measure.py`.

use std::{hint::black_box, sync::Arc, time::Duration};

use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use http::{HeaderMap, HeaderValue, Method, header};
use stagegate::{
    client::{Agent, Keep, Origin, Request},
    measure::{Clock, Collector, Layout, Recorder, SPANS, Sample, Split, Threshold},
    plan::{Connections, EndpointId, Http, Target, Tls},
};
use url::Url;

#[path = "../tests/allocations/server.rs"]
mod server;

/// Requests of one batch.
const BATCH: u32 = 2048;

const PAGE: EndpointId = EndpointId(0);

fn layout() -> Layout {
    let limit = |clock| Threshold { endpoint: PAGE, clock, limit: Duration::from_millis(5), at_limit_exceeds: true };
    Layout {
        logins: vec![false],
        thresholds: vec![limit(Clock::Latency), limit(Clock::Service)],
        ramp: Duration::ZERO,
        duration: Duration::from_secs(3600),
        spans: SPANS,
    }
}

/// A request every 20 us, with think time: recorded by a worker, handed over and counted.
fn recording(criterion: &mut Criterion) {
    let layout = Arc::new(layout());
    let mut recorder = Recorder::new(Arc::clone(&layout)).of_users(64);
    let mut collector = Collector::new(layout);
    recorder.open_window(Duration::ZERO);
    collector.open_window(Duration::ZERO);
    let mut at = Duration::ZERO;
    let mut group = criterion.benchmark_group("measure");
    group.throughput(Throughput::Elements(BATCH.into()));
    group.bench_function("record and count a batch", |bencher| {
        bencher.iter(|| {
            for number in 0..BATCH {
                at += Duration::from_micros(20);
                recorder.sending();
                recorder.started(PAGE, at);
                let service = Duration::from_micros(300 + u64::from(number % 100));
                let latency = service + Duration::from_micros(1);
                recorder.record(&Sample {
                    endpoint: PAGE,
                    intended: at,
                    latency,
                    service,
                    status: Some(200),
                    failure: None,
                    split: Some(Split::of(service, Duration::from_micros(10))),
                });
            }
            collector.absorb(recorder.take());
        });
    });
    group.finish();
    black_box(collector.totals());
}

/// One user's exchange over loopback with a server that does nothing else.
fn exchange(criterion: &mut Criterion) {
    let url = Url::parse(&format!("http://127.0.0.1:{}/", server::start())).expect("a URL");
    let target = Target {
        url: None,
        allow: Vec::new(),
        timeout: Duration::from_secs(5),
        headers: Vec::new(),
        http: Http::H1,
        connections: Connections::Keep,
        resolve: Vec::new(),
        proxy: None,
        trace: false,
        tls: Tls { ca: None, verify: true },
        ready: None,
        start: None,
    };
    let origin = Origin::new(&target, &url).expect("loopback is allowed");
    let mut headers = HeaderMap::new();
    headers.insert(header::ACCEPT, HeaderValue::from_static("*/*"));
    let request = Request {
        method: Method::GET,
        address: origin.address("/answer").expect("a path"),
        headers,
        body: Bytes::new(),
        timeout: Duration::from_secs(5),
        keep: Keep::Nothing,
        max_size: None,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let mut agent = Agent::new();
    criterion.bench_function("client/exchange over loopback", |bencher| {
        bencher.iter(|| {
            let answer = runtime.block_on(agent.exchange(&origin, &request)).expect("an answer");
            agent.give_back(black_box(answer));
        });
    });
}

criterion_group!(hot_path, recording, exchange);
criterion_main!(hot_path);
