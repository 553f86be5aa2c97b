//! The kinds of failure that need more than a wrong answer: an app that closes in the middle of a run, a certificate
//! that nobody vouches for, and users that are all waiting when a slot is due.

use std::{
    io::Write as _,
    net::{TcpListener, TcpStream},
    sync::Arc,
    thread,
};

use rustls::{ServerConfig, ServerConnection, StreamOwned, crypto::ring, pki_types::PrivatePkcs8KeyDer};
use serde_json::Value;

use crate::{
    gate_test::{App, GateTest, Ran, afresh, shared_turn},
    hostile_targets::read_head,
};

/// How often the endpoint failed in this way.
fn errors(endpoint: &Value, kind: &str) -> u64 {
    endpoint["errors"][kind].as_u64().unwrap_or(0)
}

#[test]
fn an_app_that_closes_in_the_middle_of_a_run_is_connect() {
    let _turn = shared_turn();
    let (ran, _) = afresh(|| {
        let app = App::demo(&["--refuse", "20"]);
        let ran = GateTest::on(&app.url)
            .section("scenarios: {visitor: {steps: [{get: /healthz, name: health}], think: 20ms}}")
            .phase("name: only, users: 2, spawn_rate: 10/s, duration: 2s", &["no connect", "success_rate > 99%"])
            .run_once();
        (ran, app)
    });
    let ran = ran.exits(1);
    assert_eq!(ran.finding("only", "no connect")["outcome"], "failed");
    let health = ran.endpoint("only", "health");
    assert!(health["statuses"]["200"].as_u64().is_some_and(|answers| (1..=20).contains(&answers)), "{health:#}");
    let (connect, reset) = (errors(health, "connect"), errors(health, "reset"));
    assert!(connect > 10 && reset <= 2, "{health:#}");
    assert_eq!(health["failures"], connect + reset, "{health:#}");
    assert!(health["examples"].to_string().contains("refused"), "{health:#}");
}

/// A server with a certificate for loopback, and the authority that signed it.
fn secure() -> (String, String) {
    let authority_key = rcgen::KeyPair::generate().expect("a key");
    let mut params = rcgen::CertificateParams::new(Vec::new()).expect("parameters");
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let authority = params.self_signed(&authority_key).expect("a certificate");
    let issuer = rcgen::Issuer::new(params, authority_key);
    let key = rcgen::KeyPair::generate().expect("a key");
    let params = rcgen::CertificateParams::new(vec!["127.0.0.1".to_owned()]).expect("parameters");
    let certificate = params.signed_by(&key, &issuer).expect("a certificate");
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring speaks TLS")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], PrivatePkcs8KeyDer::from(key.serialize_der()).into())
        .expect("a certificate and its key");
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let url = format!("https://{}", listener.local_addr().expect("a bound socket has an address"));
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let config = Arc::clone(&config);
            thread::spawn(move || answer(config, stream));
        }
    });
    (url, authority.pem())
}

/// Answers each request until the other side leaves, which it does at once where it does not trust the certificate.
fn answer(config: Arc<ServerConfig>, stream: TcpStream) {
    let mut stream = StreamOwned::new(ServerConnection::new(config).expect("the configuration is good"), stream);
    while read_head(&mut stream) {
        if stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").is_err() {
            return;
        }
    }
}

fn over_tls(url: &str, authority: &str, tls: &str) -> Ran {
    GateTest::on(url)
        .file("authority.pem", authority)
        .section(&format!("target: {{url: \"{url}\", timeout: 5s{tls}}}"))
        .section("scenarios: {visitor: {steps: [{get: /, name: home}], think: 20ms}}")
        .phase("name: only, users: 2, spawn_rate: 10/s, duration: 1s", &["success_rate >= 100%", "no tls"])
        .run()
}

#[test]
fn a_certificate_is_trusted_when_its_authority_is_named_and_is_tls_otherwise() {
    let _turn = shared_turn();
    let (url, authority) = secure();
    let trusted = over_tls(&url, &authority, ", tls: {ca: authority.pem}").exits(0);
    assert!(trusted.endpoint("only", "home")["statuses"]["200"].as_u64() > Some(10), "{}", trusted.stdout);

    let unknown = over_tls(&url, &authority, "").exits(1);
    let home = unknown.endpoint("only", "home");
    assert!(home["requests"].as_u64() > Some(0), "{home:#}");
    assert_eq!(home["requests"], errors(home, "tls"), "{home:#}");
    assert_eq!(unknown.finding("only", "no tls")["outcome"], "failed");
}

#[test]
fn a_slot_that_no_user_was_free_for_is_unsent_and_the_apps_failure() {
    let _turn = shared_turn();
    // 8 users of 500 ms serve 16 of 100 slots/s.
    let app = App::demo(&["--delay", "/healthz=500ms"]);
    let ran = GateTest::on(&app.url)
        .section("scenarios: {visitor: {steps: [{get: /healthz, name: health}]}}")
        .phase("name: open, rate: 100/s, duration: 2s, users: 8", &["no unsent"])
        .run()
        .exits(1);
    assert_eq!(ran.phase("open")["outcome"], "failed");
    assert_eq!(ran.finding("open", "no unsent")["outcome"], "failed");
    let health = ran.endpoint("open", "health");
    let unsent = errors(health, "unsent");
    assert!(unsent > 100, "{health:#}");
    assert_eq!((&health["requests"], &health["failures"]), (&200.into(), &unsent.into()), "{health:#}");
    // A slot that was not sent is counted as one, and nothing arrived.
    assert_eq!(app.ledger()["totals"]["requests"], 200 - unsent);
}
