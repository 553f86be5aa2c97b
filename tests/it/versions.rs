//! TLS and the versions of HTTP against Debian's nginx, which has a certificate of an authority of its own. nginx logs the
//! version of each request that it answers, and its count must be the gate's.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;
use tempfile::TempDir;

use crate::{
    gate_test::{GateTest, Ran, shared_turn},
    proxies::proxy_of,
};

/// nginx on three loopback ports, for as long as the test lasts.
struct Nginx {
    child: Child,
    folder: TempDir,
    /// The authority that signed its certificate, in PEM.
    authority: String,
    /// Over TLS, with HTTP/2 or HTTP/1.1 as the client likes.
    secure: String,
    /// Over TLS with HTTP/1.1 only.
    old: String,
    /// Over plain TCP with HTTP/2 only.
    plain: String,
}

fn authority() -> (String, rcgen::Issuer<'static, rcgen::KeyPair>) {
    let key = rcgen::KeyPair::generate().expect("a key");
    let mut params = rcgen::CertificateParams::new(Vec::new()).expect("parameters");
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let pem = params.self_signed(&key).expect("a certificate").pem();
    (pem, rcgen::Issuer::new(params, key))
}

impl Nginx {
    fn start() -> Self {
        Self::keeping(50)
    }

    /// Ends each connection after so many requests.
    fn keeping(requests: u32) -> Self {
        let folder = TempDir::new().expect("a temporary folder can be made");
        let (authority, issuer) = authority();
        let key = rcgen::KeyPair::generate().expect("a key");
        let names = vec!["127.0.0.1".to_owned(), "app.staging.example.com".to_owned()];
        let params = rcgen::CertificateParams::new(names).expect("parameters");
        let certificate = params.signed_by(&key, &issuer).expect("a certificate");
        let free = [(); 3].map(|()| TcpListener::bind("127.0.0.1:0").expect("a port is free"));
        let [secure, old, plain] = free.each_ref().map(|free| free.local_addr().expect("bound").port());
        drop(free);
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("room for a file");
        write("key.pem", &key.serialize_pem());
        write("certificate.pem", &certificate.pem());
        let at = folder.path().display();
        write(
            "nginx.conf",
            &format!(
                "daemon off; master_process off; pid {at}/nginx.pid; error_log {at}/error.log;
events {{ worker_connections 256; }}
http {{
  log_format versions '$server_protocol $request_method $request_uri $connection';
  access_log {at}/access.log versions;
  client_body_temp_path {at}/body; proxy_temp_path {at}/proxy; fastcgi_temp_path {at}/fastcgi;
  uwsgi_temp_path {at}/uwsgi; scgi_temp_path {at}/scgi;
  ssl_certificate {at}/certificate.pem; ssl_certificate_key {at}/key.pem;
  keepalive_requests {requests};
  server {{
    listen 127.0.0.1:{secure} ssl http2; listen 127.0.0.1:{plain} http2; listen 127.0.0.1:{old} ssl;
    location / {{ return 200 'nginx answers'; }}
    location /missing {{ return 404; }}
    location /compressed {{ gzip on; gzip_min_length 1; gzip_types text/plain; return 200 'nginx answers nginx answers'; }}
  }}
}}
"
            ),
        );
        let child = Command::new("/usr/sbin/nginx")
            .arg("-c")
            .arg(folder.path().join("nginx.conf"))
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("./test installs nginx-light");
        let url = |scheme: &str, port: u16| format!("{scheme}://127.0.0.1:{port}");
        let [secure, old, plain] = [url("https", secure), url("https", old), url("http", plain)];
        let nginx = Self { child, folder, authority, secure, old, plain };
        let begun = Instant::now();
        while TcpStream::connect(nginx.plain.trim_start_matches("http://")).is_err() {
            let said = fs::read_to_string(nginx.folder.path().join("error.log")).unwrap_or_default();
            assert!(begun.elapsed() < Duration::from_secs(20), "nginx never listened: {said}");
            thread::sleep(Duration::from_millis(20));
        }
        nginx
    }

    /// The lines that it has logged since the last look.
    fn logged(&self) -> Vec<String> {
        let log = self.folder.path().join("access.log");
        let text = fs::read_to_string(&log).expect("nginx writes its log");
        // nginx appends, so that it goes on at the start of the emptied file.
        fs::write(&log, "").expect("the log can be emptied");
        text.lines().map(str::to_owned).collect()
    }

    /// How often each version was spoken since the last look.
    fn versions(&self) -> BTreeMap<String, u64> {
        let mut counts = BTreeMap::new();
        for line in self.logged() {
            *counts.entry(line.split(' ').next().unwrap_or_default().to_owned()).or_default() += 1;
        }
        counts
    }

    /// A run at one of its ports that trusts its authority.
    fn gate(&self, url: &str, keys: &str) -> GateTest {
        GateTest::on(url)
            .file("authority.pem", &self.authority)
            .section(&format!("target: {{url: '{url}', timeout: 5s, {keys}}}"))
            .section("preflight: [{name: it answers, get: /, expect: {status: 200, body_has: nginx}}]")
            .section(
                "scenarios: {visitor: {steps: [{get: /, name: home, expect: {body_has: nginx}}, \
                 {post: /, name: send, json: {a: 1}}, {get: /missing, name: missing, expect: {status: 404}}], think: 10ms}}",
            )
            .phase("name: only, users: 4, spawn_rate: 20/s, duration: 1s", &["success_rate >= 100%", "no tls"])
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// All that the gate says it has sent.
fn sent(ran: &Ran) -> u64 {
    ran.verdict["totals"]["requests"].as_u64().expect("a number of requests")
}

#[test]
fn each_version_is_spoken_and_counted_exactly_by_both_sides() {
    let _turn = shared_turn();
    let nginx = Nginx::start();
    for (url, http, spoken) in [
        (&nginx.secure, "h1", "HTTP/1.1"),
        (&nginx.secure, "h2", "HTTP/2.0"),
        (&nginx.secure, "auto", "HTTP/2.0"),
        (&nginx.plain, "h2", "HTTP/2.0"),
    ] {
        nginx.versions();
        let ran =
            nginx.gate(url, &format!("http: {http}, tls: {{ca: authority.pem}}")).run_once().exits_unless_disturbed(0);
        let requests = sent(&ran);
        assert!(requests > 200, "several connections of 50 requests: {requests}");
        let expected = BTreeMap::from([(spoken.to_owned(), requests)]);
        assert_eq!(nginx.versions(), expected, "{http} at {url}: {}", ran.stdout);
    }
}

#[test]
fn an_unknown_authority_is_tls_in_every_version() {
    let _turn = shared_turn();
    let nginx = Nginx::start();
    let (other, _) = authority();
    for http in ["h1", "h2", "auto"] {
        let ran = GateTest::on(&nginx.secure)
            .file("other.pem", &other)
            .section(&format!("target: {{url: '{}', http: {http}, tls: {{ca: other.pem}}}}", nginx.secure))
            .section("scenarios: {visitor: {steps: [{get: /, name: home}], think: 20ms}}")
            .phase("name: only, users: 2, spawn_rate: 20/s, duration: 1s", &["no tls"])
            .run_once()
            .exits_unless_disturbed(1);
        let home = ran.endpoint("only", "home");
        assert!(home["requests"].as_u64() > Some(0), "{home:#}");
        assert_eq!(home["requests"], home["errors"]["tls"], "{home:#}");
        assert_eq!(nginx.versions(), BTreeMap::new(), "{http}: nothing was sent");
    }
}

#[test]
fn a_server_without_http_2_is_tls_for_h2_and_http_1_for_auto() {
    let _turn = shared_turn();
    let nginx = Nginx::start();
    let ran = nginx.gate(&nginx.old, "http: auto, tls: {ca: authority.pem}").run_once().exits_unless_disturbed(0);
    assert_eq!(nginx.versions(), BTreeMap::from([("HTTP/1.1".to_owned(), sent(&ran))]), "{}", ran.stdout);
    let ran = GateTest::on(&nginx.old)
        .file("authority.pem", &nginx.authority)
        .section(&format!("target: {{url: '{}', http: h2, tls: {{ca: authority.pem}}}}", nginx.old))
        .section("scenarios: {visitor: {steps: [{get: /, name: home}], think: 20ms}}")
        .phase("name: only, users: 2, spawn_rate: 20/s, duration: 1s", &["no tls"])
        .run_once()
        .exits_unless_disturbed(1);
    let home: &Value = ran.endpoint("only", "home");
    assert!(home["requests"].as_u64() > Some(0), "{home:#}");
    assert_eq!(home["requests"], home["errors"]["tls"], "{home:#}");
    assert_eq!(nginx.versions(), BTreeMap::new(), "nothing was sent");
}

#[test]
fn connections_are_kept_or_opened_for_each_iteration_or_for_each_request() {
    let _turn = shared_turn();
    let nginx = Nginx::start();
    for (url, http) in [(&nginx.plain, "h2"), (&nginx.secure, "h2"), (&nginx.old, "h1")] {
        for connections in ["keep", "iteration", "request"] {
            nginx.logged();
            let keys = format!("http: {http}, connections: {connections}, tls: {{ca: authority.pem}}");
            let ran = nginx.gate(url, &keys).run_once().exits_unless_disturbed(0);
            let log = nginx.logged();
            let opened = log.iter().filter_map(|line| line.rsplit(' ').next()).collect::<BTreeSet<_>>().len() as u64;
            assert_eq!(log.len() as u64, sent(&ran));
            // Each begins with this request; one more is of the checklist, on a connection of its own.
            let begun = log.iter().filter(|line| line.contains(" GET / ")).count() as u64;
            match connections {
                "iteration" => assert_eq!(opened, begun, "{http} at {url}"),
                "request" => assert_eq!(opened, sent(&ran), "{http} at {url}"),
                _ => assert!(opened < 2 + 4 + sent(&ran) / 49, "{http} at {url}: {opened}"),
            }
        }
    }
}

#[test]
fn connections_and_handshakes_of_the_window_are_as_many_as_nginx_has_seen() {
    let _turn = shared_turn();
    let nginx = Nginx::start();
    let ran = GateTest::on(&nginx.secure)
        .file("authority.pem", &nginx.authority)
        .section(&format!(
            "target: {{url: '{}', timeout: 5s, connections: request, tls: {{ca: authority.pem}}}}",
            nginx.secure
        ))
        .section("scenarios: {visitor: {steps: [{get: /, name: home}, {post: /, name: send, json: {a: 1}}]}}")
        .phase("name: only, rate: 40/s, users: 40, duration: 1s", &["success_rate >= 100%"])
        .run_once();
    // Counts are exact on a busy machine too, where the phase may be invalid.
    assert!(matches!(ran.code, Some(0 | 3)), "{}", ran.stdout);
    let log = nginx.logged();
    let opened = log.iter().filter_map(|line| line.rsplit(' ').next()).collect::<BTreeSet<_>>().len() as u64;
    let splits = ["home", "send"].map(|name| &ran.endpoint("only", name)["time_split_ms"]);
    let sum = |key: &str| splits.iter().map(|split| split[key].as_u64().expect("a count")).sum::<u64>();
    assert_eq!([opened, sum("connections"), sum("handshakes")], [80; 3], "{splits:?}");
}

#[test]
fn users_of_a_worker_share_a_connection_and_where_the_time_went_is_told() {
    let _turn = shared_turn();
    let nginx = Nginx::keeping(100_000);
    let ran = nginx
        .gate(&nginx.secure, "http: h2, connections: shared, tls: {ca: authority.pem}")
        .run_once()
        .exits_unless_disturbed(0);
    let log = nginx.logged();
    assert_eq!(log.len() as u64, sent(&ran));
    assert!(log.iter().all(|line| line.starts_with("HTTP/2.0 ")), "{log:?}");
    let opened = log.iter().filter_map(|line| line.rsplit(' ').next()).collect::<BTreeSet<_>>().len() as u64;
    // One is the checklist's; so few users are one worker's on any machine.
    assert_eq!(opened, 1 + 1, "{} requests", sent(&ran));
    for name in ["home", "send", "missing"] {
        let split = &ran.endpoint("only", name)["time_split_ms"];
        assert!(split["first_byte"].as_f64() > Some(0.0) && split["body"].as_f64().is_some(), "{split:?}");
        assert_eq!((split["connections"].as_u64(), split["tls"].as_f64()), (Some(0), None), "that was in the ramp");
    }
}

#[test]
fn shared_connections_that_nginx_ends_in_order_fail_nothing_and_each_request_is_answered_once() {
    let _turn = shared_turn();
    let nginx = Nginx::keeping(50);
    let ran = nginx.gate(&nginx.plain, "http: h2, connections: shared").run_once().exits_unless_disturbed(0);
    assert_eq!(ran.verdict["totals"]["failures"].as_u64(), Some(0), "{}", ran.stdout);
    assert_eq!(nginx.versions(), BTreeMap::from([("HTTP/2.0".to_owned(), sent(&ran))]), "{}", ran.stdout);
    let splits = ["home", "send", "missing"].map(|name| ran.endpoint("only", name));
    let opened: u64 = splits.iter().filter_map(|of| of["time_split_ms"]["connections"].as_u64()).sum();
    let connects: Vec<_> = splits.iter().filter_map(|of| of["time_split_ms"]["connect"].as_f64()).collect();
    assert!(opened >= sent(&ran) / 60 && !connects.is_empty(), "{opened} connections, {connects:?}");
}

#[test]
fn tls_is_spoken_with_the_server_behind_a_proxy() {
    let _turn = shared_turn();
    let nginx = Nginx::start();
    let url = nginx.secure.replace("127.0.0.1", "app.staging.example.com");
    for (http, spoken) in [("h1", "HTTP/1.1"), ("h2, connections: shared", "HTTP/2.0")] {
        let (proxy, lines) = proxy_of(&nginx.secure);
        nginx.versions();
        let ran = nginx
            .gate(
                &url,
                &format!(
                    "allow: [app.staging.example.com], proxy: '{proxy}', http: {http}, tls: {{ca: authority.pem}}"
                ),
            )
            .run_once();
        let failures = ran.verdict["totals"]["failures"].as_u64().expect("a count");
        assert_eq!(nginx.versions(), BTreeMap::from([(spoken.to_owned(), sent(&ran) - failures)]), "{}", ran.stdout);
        let lines = lines.lock().expect("no panic");
        let asked = format!("CONNECT {} HTTP/1.1", url.trim_start_matches("https://"));
        assert!(lines.len() > 1 && lines.iter().all(|line| *line == asked), "{lines:?}");
    }
}

#[test]
fn exchanges_that_are_shown_name_the_version_that_was_spoken() {
    let _turn = shared_turn();
    let nginx = Nginx::start();
    for (url, sent, received) in [
        (&nginx.secure, "> GET / HTTP/2\n", "< HTTP/2 200\n"),
        (&nginx.old, "> GET / HTTP/1.1\n", "< HTTP/1.1 200 OK\n"),
    ] {
        let wrong = "get: /, expect: {body_has: apache}";
        for item in [wrong, "scenario: visitor"] {
            let ran = GateTest::on(url)
                .file("authority.pem", &nginx.authority)
                .section(&format!("target: {{url: '{url}', timeout: 5s, http: auto, tls: {{ca: authority.pem}}}}"))
                .section(&format!("preflight: [{{name: it answers, {item}}}]"))
                .section(&format!("scenarios: {{visitor: {{steps: [{{name: home, {wrong}}}], think: 10ms}}}}"))
                .phase("name: only, users: 1, spawn_rate: 20/s, duration: 1s", &["requests > 0"])
                .run_once()
                .exits(3);
            assert!(ran.stdout.contains(sent) && ran.stdout.contains(received), "{item}: {}", ran.stdout);
        }
    }
}

#[test]
fn a_host_with_an_address_of_its_own_is_reached_under_its_name() {
    let _turn = shared_turn();
    let nginx = Nginx::start();
    let url = nginx.secure.replace("127.0.0.1", "app.staging.example.com");
    let keys = "http: auto, allow: [app.staging.example.com], resolve: {app.staging.example.com: 127.0.0.1}, \
                tls: {ca: authority.pem}";
    let ran = nginx.gate(&url, keys).run_once().exits_unless_disturbed(0);
    assert_eq!(nginx.versions(), BTreeMap::from([("HTTP/2.0".to_owned(), sent(&ran))]), "{}", ran.stdout);
}

#[test]
fn compressed_answers_are_looked_into() {
    let _turn = shared_turn();
    let nginx = Nginx::start();
    for (url, http) in [(&nginx.plain, "h2"), (&nginx.old, "h1")] {
        let check = "get: /compressed, expect: {header: {content-encoding: gzip}, body_has: answers nginx, body_lacks: Traceback}";
        let keys = "http: HTTP, tls: {ca: authority.pem}, headers: {Accept-Encoding: gzip}".replace("HTTP", http);
        GateTest::on(url)
            .file("authority.pem", &nginx.authority)
            .section(&format!("target: {{url: '{url}', timeout: 5s, {keys}}}"))
            .section(&format!("preflight: [{{{check}}}]"))
            .section(&format!(
                "scenarios: {{visitor: {{steps: [{{{check}, name: page, extract: {{word: {{regex: 'n(gin)x'}}}}}}, \
                 {{get: '/{{{{ word }}}}', name: next, expect: {{body_has: nginx}}}}], think: 10ms}}}}"
            ))
            .phase(
                "name: only, users: 2, spawn_rate: 20/s, duration: 1s",
                &["success_rate >= 100%", "requests(next) > 10"],
            )
            .run_once()
            .exits_unless_disturbed(0);
    }
}
