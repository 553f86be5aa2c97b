//! Load takes no way but its own: proxies that the environment names are for other programs.

use std::{
    net::TcpListener,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use crate::gate_test::{App, GateTest, shared_turn};

/// A proxy that takes connections and answers none; it counts them.
fn dead_proxy() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let url = format!("http://{}", listener.local_addr().expect("bound"));
    let taken = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&taken);
    thread::spawn(move || {
        let kept: Vec<_> = listener.incoming().inspect(|_| _ = counted.fetch_add(1, Ordering::SeqCst)).collect();
        drop(kept);
    });
    (url, taken)
}

#[test]
fn neither_load_nor_probes_nor_scrapes_take_a_proxy_of_the_environment() {
    let _turn = shared_turn();
    let (app, (proxy, taken)) = (App::demo(&[]), dead_proxy());
    let mut gate = GateTest::on(&app.url)
        .section(&format!("target: {{url: '{}', timeout: 2s, ready: {{get: /healthz, within: 5s}}}}", app.url))
        .section("preflight: [{name: it answers, get: /healthz, expect: {status: 200}}]")
        .section("monitors: {app: {prometheus: /metrics, read: {cpu: app_cpu_percent}}}")
        .gets(&["/healthz"])
        .phase("name: only, users: 2, spawn_rate: 20/s, duration: 1s", &["success_rate >= 100%"]);
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"] {
        gate = gate.env(name, &proxy);
    }
    let ran = gate.env("NO_PROXY", "").env("no_proxy", "").run().exits(0);
    assert!(ran.phase("only")["monitors"][0]["samples"].as_u64() > Some(0), "{}", ran.stdout);
    assert_eq!(taken.load(Ordering::SeqCst), 0, "the proxy got no connection");
}
