//! Load goes to loopback and allowed hosts only: any other host is refused before a byte is sent.

use std::{
    io::{Read, Write},
    net::TcpListener,
    thread,
};

use crate::gate_test::{App, GateTest, shared_turn};

#[test]
fn a_target_outside_is_refused_with_exit_2() {
    for url in ["http://staging.example.org", "http://localhost.example.org/", "http://127.0.0.1@example.org/"] {
        let ran = GateTest::on(url)
            .section(&format!("target: {{url: '{url}', allow: ['*.staging.example.com']}}"))
            .gets(&["/"])
            .phase("name: only, users: 1, spawn_rate: 1/s, duration: 1s", &["requests > 0"])
            .run()
            .exits(2);
        assert!(ran.stderr.contains("allow"), "{}", ran.stderr);
    }
}

#[test]
fn a_base_outside_is_refused_with_exit_2_and_nothing_is_sent() {
    let app = App::demo(&[]);
    for base in ["http://staging.example.org", "http://localhost.example.org/", "http://127.0.0.1@example.org/"] {
        let ran = GateTest::on(&app.url)
            .gets(&["/"])
            .phase("name: only, users: 1, spawn_rate: 1/s, duration: 1s", &["requests > 0"])
            .arg("--against")
            .arg(base)
            .run()
            .exits(2);
        let expected = format!("--against {base}: its host is neither loopback nor in target.allow; nothing was sent");
        assert!(ran.stderr.contains(&expected), "{}", ran.stderr);
        assert!(ran.verdict.is_null(), "no verdict without a run");
    }
    assert_eq!(app.ledger()["totals"]["requests"], 0);
}

#[test]
fn a_redirect_to_a_host_outside_is_not_followed() {
    let _turn = shared_turn();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let url = format!("http://{}", listener.local_addr().expect("bound"));
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            thread::spawn(move || {
                let mut bytes = [0; 4096];
                while matches!(stream.read(&mut bytes), Ok(length) if length > 0) {
                    let answer =
                        b"HTTP/1.1 302 Found\r\nLocation: http://elsewhere.example.org/\r\nContent-Length: 0\r\n\r\n";
                    if stream.write_all(answer).is_err() {
                        return;
                    }
                }
            });
        }
    });
    let ran = GateTest::on(&url)
        .section("scenarios: {visitor: {steps: [{get: /, name: home, redirects: follow}], think: 100ms}}")
        .phase("name: only, users: 1, spawn_rate: 10/s, duration: 1s", &["success_rate > 50%"])
        .run()
        .exits(1);
    let home = ran.endpoint("only", "home");
    assert!(home["errors"]["check"].as_u64() > Some(0), "{home:#}");
    assert!(home["examples"].to_string().contains("elsewhere.example.org"), "{home:#}");
}
