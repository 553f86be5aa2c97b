//! Requests that a server refuses, or passes over because it ends their connection (RFC 9113 sections 6.8 and 8.7), against
//! servers that speak in bare frames.

use std::{
    io::{Read, Write},
    net::TcpStream,
    rc::Rc,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread::sleep,
    time::Duration,
};

use tokio::task::{JoinSet, LocalSet};

use super::{
    failed, get,
    shared::{futures, users},
    versions::origin,
};
use crate::client::{Agent, Request, Shared, testing::raw};
use crate::plan::FailureKind;

const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;

/// Both flags of a HEADERS frame that is all of an answer: `END_STREAM` and `END_HEADERS`.
const WHOLE: u8 = 5;

/// `:status: 200` in HPACK.
const OK: [u8; 1] = [0x88];

const NO_ERROR: u32 = 0;
const REFUSED_STREAM: u32 = 7;
const ENHANCE_YOUR_CALM: u32 = 11;

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("it is short").to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

fn answer(stream: u32) -> Vec<u8> {
    frame(HEADERS, WHOLE, stream, &OK)
}

fn refuse(stream: u32) -> Vec<u8> {
    frame(RST_STREAM, 0, stream, &REFUSED_STREAM.to_be_bytes())
}

fn go_away(last: u32) -> Vec<u8> {
    end(last, NO_ERROR)
}

fn end(last: u32, reason: u32) -> Vec<u8> {
    frame(GOAWAY, 0, 0, &[last.to_be_bytes(), reason.to_be_bytes()].concat())
}

/// A server that has too much to do and says so to the whole connection.
fn calm_down(_stream: u32) -> Vec<u8> {
    end(0, ENHANCE_YOUR_CALM)
}

/// What a server has heard.
#[derive(Default)]
struct Heard {
    connections: AtomicUsize,
    requests: AtomicUsize,
    answered: AtomicUsize,
}

impl Heard {
    fn counts(&self) -> [usize; 3] {
        [&self.connections, &self.requests, &self.answered].map(|count| count.load(Ordering::SeqCst))
    }
}

/// One frame that a server has received: on which connection (from 1), its kind, its stream, and how many of this kind came
/// on this connection, with it.
struct Received {
    connection: usize,
    kind: u8,
    stream: u32,
    number: usize,
}

/// A server that says something for each frame of a stream.
fn serve(say: impl Fn(&Received) -> Vec<u8> + Send + Sync + 'static) -> (String, Arc<Heard>) {
    let heard = Arc::new(Heard::default());
    let counted = Arc::clone(&heard);
    let url = raw(move |stream| {
        let _ = talk(stream, &counted, &say);
    });
    (url, heard)
}

fn talk(mut stream: TcpStream, heard: &Heard, say: &dyn Fn(&Received) -> Vec<u8>) -> std::io::Result<()> {
    let connection = heard.connections.fetch_add(1, Ordering::SeqCst) + 1;
    stream.read_exact(&mut [0; 24])?;
    stream.write_all(&frame(SETTINGS, 0, 0, &[]))?;
    let mut numbers = [0; 256];
    loop {
        let mut first = [0; 9];
        stream.read_exact(&mut first)?;
        let [a, b, c, kind, flags, id @ ..] = first;
        let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
        stream.read_exact(&mut payload)?;
        match kind {
            SETTINGS if flags == 0 => stream.write_all(&frame(SETTINGS, 1, 0, &[]))?,
            HEADERS | RST_STREAM => {
                numbers[usize::from(kind)] += 1;
                let (stream_id, number) = (u32::from_be_bytes(id), numbers[usize::from(kind)]);
                heard.requests.fetch_add(usize::from(kind == HEADERS), Ordering::SeqCst);
                let said = say(&Received { connection, kind, stream: stream_id, number });
                heard.answered.fetch_add(usize::from(said == answer(stream_id)), Ordering::SeqCst);
                stream.write_all(&said)?;
            }
            _ => {}
        }
    }
}

#[tokio::test]
async fn a_request_behind_the_last_one_of_a_connection_is_sent_again_on_another() {
    let (url, heard) = serve(|received| match received.connection {
        1 => go_away(0),
        _ => answer(received.stream),
    });
    let (origin, mut agent) = (origin(&url), Agent::new());
    for _ in 0..2 {
        assert_eq!(agent.exchange(&origin, &get(&origin, "/")).await.expect("it answers").status, 200);
    }
    assert_eq!(heard.counts(), [2, 3, 2], "the second connection is kept");
}

#[tokio::test]
async fn a_server_that_refuses_each_first_try_fails_every_other_request() {
    for (said, words) in [
        (refuse as fn(u32) -> Vec<u8>, "the server reset the request: REFUSED_STREAM"),
        (calm_down as fn(u32) -> Vec<u8>, "the server ended the connection: GOAWAY with ENHANCE_YOUR_CALM"),
    ] {
        LocalSet::new()
            .run_until(async {
                for user in [Agent::new(), users(1).remove(0)] {
                    let tries = AtomicUsize::new(0);
                    let (url, heard) = serve(move |received| match tries.fetch_add(1, Ordering::SeqCst) % 2 {
                        0 => said(received.stream),
                        _ => answer(received.stream),
                    });
                    let (origin, mut user) = (origin(&url), user);
                    for _ in 0..2 {
                        let failure = failed(user.exchange(&origin, &get(&origin, "/")).await);
                        assert_eq!((failure.kind, &*failure.description), (FailureKind::Reset, words));
                        assert_eq!(user.exchange(&origin, &get(&origin, "/")).await.expect("it answers").status, 200);
                    }
                    let [_, requests, answered] = heard.counts();
                    assert_eq!((requests, answered), (4, 2), "each was sent once");
                }
            })
            .await;
    }
}

#[tokio::test]
async fn a_request_that_is_refused_leaves_a_shared_connection_to_the_others() {
    LocalSet::new()
        .run_until(async {
            let (url, heard) = serve(|received| match received.number {
                2 => refuse(received.stream),
                _ => answer(received.stream),
            });
            let (origin, mut user) = (origin(&url), users(1).remove(0));
            for status in [Some(200), None, Some(200)] {
                let ended = user.exchange(&origin, &get(&origin, "/")).await;
                assert_eq!(ended.ok().map(|answer| answer.status), status);
            }
            assert_eq!(heard.counts(), [1, 3, 2]);
        })
        .await;
}

#[tokio::test]
async fn a_request_that_the_last_word_does_not_exclude_may_still_be_answered_and_is_not_sent_again() {
    let (url, heard) = serve(|received| go_away(received.stream));
    let (origin, mut agent) = (origin(&url), Agent::new());
    let request = Request { timeout: Duration::from_millis(100), ..get(&origin, "/") };
    let failure = failed(agent.exchange(&origin, &request).await);
    assert_eq!(failure.kind, FailureKind::Timeout, "it may still be answered");
    assert_eq!(heard.counts(), [1, 1, 0]);
}

#[tokio::test]
async fn a_server_that_ends_each_connection_before_its_first_answer_is_asked_three_times() {
    const WORDS: &str = "the server ended the connection: GOAWAY with NO_ERROR, each of 3 times";
    let (url, heard) = serve(|_| go_away(0));
    let (origin, mut agent) = (origin(&url), Agent::new());
    let failure = failed(agent.exchange(&origin, &get(&origin, "/")).await);
    assert_eq!((failure.kind, &*failure.description), (FailureKind::Reset, WORDS));
    assert_eq!(heard.counts(), [3, 3, 0]);
    LocalSet::new()
        .run_until(async {
            let failure = failed(users(1)[0].exchange(&origin, &get(&origin, "/")).await);
            assert_eq!(failure.description, WORDS);
            assert_eq!(heard.counts(), [6, 6, 0]);
        })
        .await;
}

#[tokio::test]
async fn all_tries_together_have_the_time_of_one_request() {
    let (url, heard) = serve(|_| {
        sleep(Duration::from_millis(120));
        go_away(0)
    });
    let (origin, mut agent) = (origin(&url), Agent::new());
    let request = Request { timeout: Duration::from_millis(180), ..get(&origin, "/") };
    assert_eq!(failed(agent.exchange(&origin, &request).await).kind, FailureKind::Timeout);
    assert!(heard.counts()[1] <= 2, "{:?}", heard.counts());
}

#[tokio::test]
async fn users_on_a_connection_that_ends_in_order_are_answered_each_once() {
    LocalSet::new()
        .run_until(async {
            // As nginx does: the fifth request is the last one, and those that are on their way are passed over.
            let (url, heard) = serve(|received| match received.number {
                0..5 => answer(received.stream),
                5 => [answer(received.stream), go_away(received.stream)].concat(),
                _ => Vec::new(),
            });
            let (origin, mut users) = (origin(&url), users(9));
            let request = get(&origin, "/");
            for _ in 0..2 {
                let answers = futures(users.iter_mut().map(|user| user.exchange(&origin, &request))).await;
                assert!(answers.iter().all(Result::is_ok), "{answers:?}");
            }
            let [connections, ..] = heard.counts();
            assert_eq!(connections, 4, "18 requests, five to a connection");
        })
        .await;
}

#[tokio::test]
async fn answers_that_come_too_late_do_not_end_the_connection() {
    const LATE: usize = 1100;
    LocalSet::new()
        .run_until(async {
            let late = Mutex::new(Vec::new());
            let (url, heard) = serve(move |received| {
                let mut late = late.lock().expect("no panic");
                match (received.kind, received.number) {
                    (HEADERS, ..=LATE) => {
                        late.push(received.stream);
                        Vec::new()
                    }
                    // The last one is given up.
                    (RST_STREAM, LATE) => late.drain(..).flat_map(answer).collect(),
                    (HEADERS, _) => answer(received.stream),
                    _ => Vec::new(),
                }
            });
            let (origin, shared) = (Rc::new(origin(&url)), Rc::new(Shared::new()));
            let mut given_up = JoinSet::new();
            for _ in 0..LATE {
                let (origin, mut user) = (Rc::clone(&origin), Agent::of_user(Some(Rc::clone(&shared)), None));
                given_up.spawn_local(async move {
                    let request = Request { timeout: Duration::from_secs(2), ..get(&origin, "/") };
                    failed(user.exchange(&origin, &request).await).kind
                });
            }
            while let Some(kind) = given_up.join_next().await {
                assert_eq!(kind.expect("no panic"), FailureKind::Timeout);
            }
            let mut user = Agent::of_user(Some(shared), None);
            for _ in 0..2 {
                user.exchange(&origin, &get(&origin, "/")).await.expect("the connection goes on");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            assert_eq!(heard.counts(), [1, LATE + 2, 2]);
        })
        .await;
}
