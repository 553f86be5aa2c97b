//! An app that repeats every secret it is given, in every place: none of it reaches an output.

use std::{
    fs,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    thread,
};

use crate::gate_test::{GateTest, Ran, shared_turn};

/// With everything that is written differently in a URL, a form, JSON and HTML.
const SECRET: &str = "h&nter 2/\"öx\"<+>";

/// What the app calls its session.
const SESSION: &str = "s3ss10n-0f-u5er";

/// The code with which OAuth sends users back.
const CODE: &str = "SplxlOBeZQQYbYS6WxSbIA";

/// What a part of a form with files holds.
const PART: &str = "k8-in-a-part";

/// A server that answers each request with everything it was sent, in the head and in the body.
fn echo() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("a bound socket has an address");
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || answer_all(stream));
        }
    });
    format!("http://{address}")
}

fn answer_all(mut stream: TcpStream) {
    while let Some(request) = read(&mut stream) {
        let path = request.split(' ').nth(1).unwrap_or("/").to_owned();
        let query = path.split_once('?').map(|(_, query)| query.to_owned()).unwrap_or_default();
        let json = format!("{SECRET:?}");
        let html = SECRET.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&#34;");
        let body =
            format!("{{\"error\": {json}, \"html\": \"{html}\", \"session\": \"{SESSION}\"}}\n{request}\n{SECRET}");
        let status = if path.starts_with("/moved") { "302 Found" } else { "500 Internal Server Error" };
        let long = "x".repeat(115);
        let head = format!(
            "HTTP/1.1 {status}\r\nLocation: /next?{query}&session={SESSION}&code={CODE}&state=xyz\r\nSet-Cookie: sid={SESSION}; Path=/\r\n\
             X-Echo: {SECRET}\r\nX-Long: {long}{SECRET}\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        if stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes())).is_err() {
            return;
        }
    }
}

/// Reads a request with its body; `None` at the end of the connection.
fn read(stream: &mut TcpStream) -> Option<String> {
    let mut seen = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&seen).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length =
                head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                return Some(text);
            }
        }
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => return None,
            Ok(length) => seen.extend_from_slice(&buffer[..length]),
        }
    }
}

fn gate(url: &str) -> GateTest {
    GateTest::on(url)
        .env("PASSWORD", SECRET)
        .env("TINY", "abc")
        .section("secrets: [PASSWORD, TINY]")
        .section(&format!("target: {{url: \"{url}\", timeout: 5s, headers: {{X-Mine: '${{PASSWORD}}'}}}}"))
        .section(
            "scenarios:\n  visitor:\n    think: 0s\n    steps:\n      \
             - {post: '/form', name: form, form: {password: '${PASSWORD}'}, expect: {header: {x-long: other}}}\n      \
             - {post: '/json', name: json, json: {password: '${PASSWORD}'}, expect: {json: {/error: other}}}\n      \
             - {get: '/moved', name: moved, query: {password: '${PASSWORD}'}, redirects: follow, expect: {status: 200}}\n      \
             - {get: '/moved', name: sent back, expect: {status: 302, header: {location: other}}}\n      \
             - {post: '/files', name: files, headers: {Content-Type: 'multipart/form-data; boundary=x7'}, \
                body: \"--x7\\r\\nContent-Disposition: form-data; name=\\\"passphrase\\\"\\r\\n\\r\\nk8-in-a-part\\r\\n--x7--\\r\\n\"}\n      \
             - {get: '/cookie', name: cookie, expect: {status: 500, header: {set-cookie: other}}}\n      \
             - {get: '/long', name: long, expect: {status: 500, header: {x-long: other}}}",
        )
        .phase("name: only, users: 2, spawn_rate: 10/s, duration: 2s", &["success_rate > 50%"])
}

/// Every spelling that must not be found.
fn spellings() -> Vec<String> {
    let json = serde_json::to_string(SECRET).expect("a string is JSON");
    let form: String = url::form_urlencoded::byte_serialize(SECRET.as_bytes()).collect();
    vec![
        SECRET.to_owned(),
        json.trim_matches('"').to_owned(),
        form.replace('+', "%20"),
        form,
        "h&amp;nter".to_owned(),
        "h&nter".to_owned(),
        "h%26nter".to_owned(),
        SESSION.to_owned(),
        CODE.to_owned(),
        PART.to_owned(),
    ]
}

#[track_caller]
fn holds_nothing_secret(name: &str, text: &str) {
    for spelling in spellings() {
        let found = text.lines().find(|line| line.contains(&spelling));
        assert!(found.is_none(), "{name} has {spelling} in: {}", found.unwrap_or_default());
    }
}

#[track_caller]
fn nothing_secret(ran: &Ran) -> usize {
    holds_nothing_secret("standard output", &ran.stdout);
    holds_nothing_secret("standard error", &ran.stderr);
    let files = files_below(&ran.out);
    for file in &files {
        holds_nothing_secret(&file.display().to_string(), &String::from_utf8_lossy(&fs::read(file).expect("a file")));
    }
    files.len()
}

fn files_below(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(folder).expect("the folder can be read").flatten().map(|entry| entry.path());
    entries.flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] }).collect()
}

#[test]
fn none_is_in_the_exchanges_of_a_dry_run() {
    let ran = gate(&echo()).arg("--dry-run").arg("-v").run().exits(3);
    assert!(ran.stdout.contains("> POST /form HTTP/1.1"), "{}", ran.stdout);
    assert!(ran.stdout.contains("> password=***"), "{}", ran.stdout);
    assert!(ran.stdout.contains("> cookie: sid=***"), "{}", ran.stdout);
    assert!(ran.stdout.contains("< set-cookie: sid=***; Path=/"), "{}", ran.stdout);
    assert!(ran.stdout.contains("< x-echo: ***"), "{}", ran.stdout);
    assert!(ran.stdout.contains("&session=***&code=***&state=xyz"), "{}", ran.stdout);
    assert!(ran.stdout.contains("name=\"passphrase\""), "{}", ran.stdout);
    nothing_secret(&ran);
}

#[test]
fn none_is_in_any_report_of_a_run() {
    let _turn = shared_turn();
    let ran = gate(&echo()).arg("-v").run().exits(1);
    assert!(nothing_secret(&ran) >= 6, "every report was written");
    let examples = ran.endpoint("only", "form")["examples"].to_string();
    assert!(examples.contains("status 500"), "{examples}");
    let sent_back = ran.endpoint("only", "sent back")["examples"].to_string();
    assert!(sent_back.contains("&code=***&state=xyz"), "{sent_back}");
    let cut = ran.endpoint("only", "long")["examples"].to_string();
    assert!(cut.contains("***…"), "the beginning of a secret that was cut is masked too: {cut}");
}

#[test]
fn one_that_is_too_short_to_be_masked_is_named_in_one_line() {
    let ran = gate(&echo()).arg("--dry-run").rehearse().exits(3);
    let line = "Not masked in any output, because the value is under 6 characters: TINY.";
    assert!(ran.stderr.lines().any(|said| said.contains(line)), "{}", ran.stderr);
    assert!(ran.verdict["notes"].to_string().contains(line), "{}", ran.verdict["notes"]);
}

#[test]
fn a_failed_item_shows_what_was_sent_and_received() {
    let url = echo();
    let ran = gate(&url).section("preflight: [{name: users log in, scenario: visitor}]").run().exits(3);
    let shown =
        ["preflight: users log in: failed", "> POST /form HTTP/1.1", "< HTTP/1.1 500 Internal Server Error", "likely:"];
    for words in shown {
        assert!(ran.stdout.contains(words), "{words}\n{}", ran.stdout);
    }
    nothing_secret(&ran);
    let detail = ran.verdict["preflight"].to_string();
    assert!(detail.contains("look into its log"), "{detail}");
}

#[test]
fn a_path_in_the_targets_address_stands_before_every_path() {
    let url = echo();
    let ran = GateTest::on(&format!("{url}/base/"))
        .section("preflight: [{name: probe, get: '/probe', expect: {status: 500}}]")
        .section("scenarios: {visitor: {steps: [{get: '/step?a=b', name: step}]}}")
        .phase("name: only, users: 1, duration: 1s", &["success_rate > 50%"])
        .arg("--dry-run")
        .run()
        .exits(3);
    assert!(ran.stdout.contains("> GET /base/step?a=b HTTP/1.1"), "{}", ran.stdout);
    assert!(ran.stdout.contains(&format!("{url}/base/step?a=b")), "{}", ran.stdout);
}
