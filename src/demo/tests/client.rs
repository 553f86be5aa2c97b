//! A client that shows everything: one connection, no retry, no following.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::demo::Demo;

/// One keep-alive connection with its cookies.
pub(super) struct Client {
    pub(super) stream: TcpStream,
    pub(super) cookies: BTreeMap<String, String>,
}

/// One answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) body: String,
    pub(super) took: Duration,
}

impl Client {
    pub(super) fn of(demo: &Demo) -> Self {
        let stream = TcpStream::connect(demo.address()).expect("the app accepts");
        stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a timeout can be set");
        Self { stream, cookies: BTreeMap::new() }
    }

    pub(super) fn get(&mut self, path: &str) -> Answer {
        self.send("GET", path, "")
    }

    pub(super) fn send(&mut self, method: &str, path: &str, body: &str) -> Answer {
        self.try_send(method, path, body).expect("an answer")
    }

    pub(super) fn try_send(&mut self, method: &str, path: &str, body: &str) -> io::Result<Answer> {
        let started = Instant::now();
        self.ask(method, path, body)?;
        let head = self.head()?;
        let status = head.split(' ').nth(1).and_then(|word| word.parse().ok()).expect("a status");
        self.keep_cookies(&head);
        let announced = header(&head, "content-length").map_or(0, |length| length.parse().expect("a length"));
        let mut body = vec![0; if method == "HEAD" { 0 } else { announced }];
        self.stream.read_exact(&mut body)?;
        Ok(Answer { status, head, body: String::from_utf8_lossy(&body).into_owned(), took: started.elapsed() })
    }

    /// Sends a request and reads nothing.
    pub(super) fn ask(&mut self, method: &str, path: &str, body: &str) -> io::Result<()> {
        let mut request = format!("{method} {path} HTTP/1.1\r\nHost: demo\r\nContent-Length: {}\r\n", body.len());
        if !self.cookies.is_empty() {
            let pairs: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            write!(request, "Cookie: {}\r\n", pairs.join("; ")).expect("a string takes it");
        }
        write!(request, "\r\n{body}").expect("a string takes it");
        self.stream.write_all(request.as_bytes())
    }

    fn head(&mut self) -> io::Result<String> {
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") {
            if self.stream.read(&mut byte)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            head.push(byte[0]);
        }
        Ok(String::from_utf8_lossy(&head).into_owned())
    }

    fn keep_cookies(&mut self, head: &str) {
        for line in head.lines() {
            let Some((name, value)) = line.split_once(": ") else { continue };
            if let ("set-cookie", Some((name, value))) = (name, value.split(';').next().and_then(|c| c.split_once('=')))
            {
                self.cookies.insert(name.into(), value.into());
            }
        }
    }
}

impl Answer {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        header(&self.head, name)
    }

    pub(super) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).expect("a JSON body")
    }

    /// What stands between two texts of the body.
    pub(super) fn between(&self, before: &str, after: &str) -> &str {
        let (_, rest) = self.body.split_once(before).expect("the text before");
        rest.split_once(after).expect("the text after").0
    }
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines()
        .filter_map(|line| line.split_once(": "))
        .find_map(|(key, value)| key.eq_ignore_ascii_case(name).then_some(value))
}
