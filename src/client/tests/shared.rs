//! Connections that several users share.

use std::{
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use h2::Reason;
use tokio::task::LocalSet;

use super::{
    failed, get,
    versions::{accept, origin, reply},
};
use crate::client::{Agent, Answer, Origin, Request, Shared, Trouble};
use crate::plan::FailureKind;

/// What an app has seen.
#[derive(Default)]
struct Seen {
    connections: AtomicUsize,
    requests: AtomicUsize,
    /// Requests under way, and the most of them on one connection.
    most: AtomicUsize,
}

/// An app that takes so many requests at once on a connection and answers each after a while; `/never` is not answered, and
/// `/break` ends its connection with an error, `/leave` in order.
async fn app(at_once: Option<u32>, after: Duration) -> (String, Arc<Seen>) {
    let seen = Arc::new(Seen::default());
    let counted = Arc::clone(&seen);
    let url = accept(move |stream| {
        let seen = Arc::clone(&counted);
        seen.connections.fetch_add(1, Ordering::SeqCst);
        async move {
            let mut builder = h2::server::Builder::new();
            if let Some(at_once) = at_once {
                builder.max_concurrent_streams(at_once);
            }
            let mut connection = builder.handshake(stream).await.expect("a preface");
            let here = Arc::new(AtomicUsize::new(0));
            while let Some(Ok((request, answer))) = connection.accept().await {
                seen.requests.fetch_add(1, Ordering::SeqCst);
                match request.uri().path() {
                    "/break" => connection.abrupt_shutdown(Reason::INTERNAL_ERROR),
                    "/leave" => connection.graceful_shutdown(),
                    _ => {}
                }
                seen.most.fetch_max(here.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                let (never, here) = (request.uri().path() == "/never", Arc::clone(&here));
                tokio::spawn(async move {
                    tokio::time::sleep(if never { Duration::from_secs(60) } else { after }).await;
                    here.fetch_sub(1, Ordering::SeqCst);
                    reply(answer, 200, "ok");
                });
            }
        }
    })
    .await;
    (url, seen)
}

/// Each user sends a request, all at the same time.
async fn all(
    users: &mut [Agent],
    origin: &Origin,
    path: impl Fn(usize) -> &'static str,
) -> Vec<Result<Answer, Trouble>> {
    let requests: Vec<Request> = (0..users.len()).map(|at| get(origin, path(at))).collect();
    let exchanges = users.iter_mut().zip(&requests).map(|(user, request)| user.exchange(origin, request));
    futures(exchanges).await
}

/// Polls all of them until each has ended.
pub(super) async fn futures<F: Future>(each: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut waiting: Vec<_> = each.map(|future| (Box::pin(future), None)).collect();
    std::future::poll_fn(|cx| {
        let mut pending = false;
        for (future, ended) in &mut waiting {
            if ended.is_none() {
                match future.as_mut().poll(cx) {
                    std::task::Poll::Ready(output) => *ended = Some(output),
                    std::task::Poll::Pending => pending = true,
                }
            }
        }
        if pending { std::task::Poll::Pending } else { std::task::Poll::Ready(()) }
    })
    .await;
    waiting.into_iter().filter_map(|(_, ended)| ended).collect()
}

pub(super) fn users(count: usize) -> Vec<Agent> {
    let shared = Rc::new(Shared::new());
    (0..count).map(|_| Agent::of_user(Some(Rc::clone(&shared)), None)).collect()
}

fn counts(seen: &Seen) -> [usize; 3] {
    [&seen.connections, &seen.requests, &seen.most].map(|count| count.load(Ordering::SeqCst))
}

const WHILE: Duration = Duration::from_millis(60);

#[tokio::test]
async fn users_share_one_connection() {
    LocalSet::new()
        .run_until(async {
            let (url, seen) = app(None, WHILE).await;
            let (origin, mut users) = (origin(&url), users(20));
            for round in 1..=3 {
                let answers = all(&mut users, &origin, |_| "/").await;
                assert!(answers.iter().all(|answer| answer.as_ref().is_ok_and(|answer| answer.body == "ok")));
                let opened = users.iter().filter(|user| user.opened().is_some()).count();
                assert_eq!(opened, usize::from(round == 1), "one of them opened it");
                assert_eq!(counts(&seen), [1, 20 * round, 20]);
            }
        })
        .await;
}

#[tokio::test]
async fn another_one_is_opened_when_the_server_takes_no_more_on_it() {
    LocalSet::new()
        .run_until(async {
            let (url, seen) = app(Some(4), WHILE).await;
            let (origin, mut users) = (origin(&url), users(10));
            for round in 1..=2 {
                let answers = all(&mut users, &origin, |_| "/").await;
                assert!(answers.iter().all(Result::is_ok), "none was refused: {answers:?}");
                assert_eq!(counts(&seen), [3, 10 * round, 4]);
            }
        })
        .await;
}

#[tokio::test]
async fn a_broken_connection_fails_what_is_under_way_and_nothing_else() {
    LocalSet::new()
        .run_until(async {
            let (url, seen) = app(None, WHILE).await;
            let (origin, mut users) = (origin(&url), users(5));
            let broken = all(&mut users, &origin, |at| if at == 4 { "/break" } else { "/" }).await;
            for answer in broken {
                // Whether the server's last word or its close is read first.
                assert_eq!(failed(answer).kind, FailureKind::Reset);
            }
            assert_eq!(counts(&seen), [1, 5, 5], "nothing was sent again");
            let answers = all(&mut users, &origin, |_| "/").await;
            assert!(answers.iter().all(Result::is_ok), "{answers:?}");
            assert_eq!(counts(&seen), [2, 10, 5]);
        })
        .await;
}

#[tokio::test]
async fn a_connection_that_the_server_ends_in_order_is_replaced_without_a_failure() {
    LocalSet::new()
        .run_until(async {
            let (url, seen) = app(None, WHILE).await;
            let (origin, mut users) = (origin(&url), users(3));
            for round in 1..=3 {
                let answers = all(&mut users, &origin, |at| if at == 2 { "/leave" } else { "/" }).await;
                assert!(answers.iter().all(Result::is_ok), "{answers:?}");
                assert_eq!(counts(&seen), [round, 3 * round, 3]);
            }
        })
        .await;
}

#[tokio::test]
async fn a_request_that_is_given_up_disturbs_no_other() {
    LocalSet::new()
        .run_until(async {
            let (url, seen) = app(Some(4), WHILE).await;
            let (origin, mut users) = (origin(&url), users(4));
            let (patient, impatient) = users.split_at_mut(2);
            let never = Request { timeout: WHILE / 2, ..get(&origin, "/never") };
            let giving_up = futures(impatient.iter_mut().map(|user| user.exchange(&origin, &never)));
            let (answers, given_up) = tokio::join!(all(patient, &origin, |_| "/"), giving_up);
            assert!(answers.iter().all(Result::is_ok), "{answers:?}");
            for timeout in given_up {
                assert_eq!(failed(timeout).kind, FailureKind::Timeout);
            }
            let answers = all(&mut users, &origin, |_| "/").await;
            assert!(answers.iter().all(Result::is_ok), "their places are free again: {answers:?}");
            assert_eq!(counts(&seen)[..2], [1, 8]);
        })
        .await;
}

#[tokio::test]
async fn each_request_fails_by_itself_where_no_connection_can_be_had() {
    LocalSet::new()
        .run_until(async {
            let (url, seen) = app(Some(0), WHILE).await;
            for (url, kind) in [("http://127.0.0.1:9/", FailureKind::Connect), (&url, FailureKind::Protocol)] {
                let (origin, mut users) = (origin(url), users(3));
                for answer in all(&mut users, &origin, |_| "/").await {
                    assert_eq!(failed(answer).kind, kind);
                }
            }
            assert_eq!(counts(&seen), [3, 0, 0]);
        })
        .await;
}

#[tokio::test]
async fn a_connection_without_a_place_is_closed() {
    LocalSet::new()
        .run_until(async {
            let (url, closed) = closing(0).await;
            let (origin, mut users) = (origin(&url), users(3));
            for _ in 0..2 {
                for answer in all(&mut users, &origin, |_| "/").await {
                    assert_eq!(failed(answer).kind, FailureKind::Protocol);
                }
            }
            for _ in 0..100 {
                if closed.load(Ordering::SeqCst) == 6 {
                    return;
                }
                tokio::time::sleep(WHILE / 6).await;
            }
            panic!("only {} of 6 are closed, while the users live", closed.load(Ordering::SeqCst));
        })
        .await;
}

/// An app that takes so many requests at once on a connection and answers none; counts the connections that were closed.
async fn closing(at_once: u32) -> (String, Arc<AtomicUsize>) {
    let closed = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&closed);
    let url = accept(move |stream| {
        let counted = Arc::clone(&counted);
        async move {
            let handshake =
                h2::server::Builder::new().max_concurrent_streams(at_once).handshake::<_, bytes::Bytes>(stream);
            // It may be closed before the handshake has ended.
            if let Ok(mut connection) = handshake.await {
                while let Some(Ok(_)) = connection.accept().await {}
            }
            counted.fetch_add(1, Ordering::SeqCst);
        }
    })
    .await;
    (url, closed)
}

#[tokio::test]
async fn as_many_connections_are_opened_at_once_as_there_are_users_without_a_place() {
    LocalSet::new()
        .run_until(async {
            let most = Arc::new(AtomicUsize::new(0));
            let (opening, counted) = (Arc::new(AtomicUsize::new(0)), Arc::clone(&most));
            // Each handshake takes a while.
            let url = accept(move |stream| {
                let (opening, most) = (Arc::clone(&opening), Arc::clone(&counted));
                async move {
                    most.fetch_max(opening.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    tokio::time::sleep(WHILE).await;
                    opening.fetch_sub(1, Ordering::SeqCst);
                    let mut builder = h2::server::Builder::new();
                    let mut connection = builder.max_concurrent_streams(2).handshake(stream).await.expect("a preface");
                    while let Some(Ok((_, answer))) = connection.accept().await {
                        tokio::spawn(async move {
                            tokio::time::sleep(WHILE * 5).await;
                            reply(answer, 200, "ok");
                        });
                    }
                }
            })
            .await;
            let (origin, mut users) = (origin(&url), users(12));
            let answers = all(&mut users, &origin, |_| "/").await;
            assert!(answers.iter().all(Result::is_ok), "{answers:?}");
            // The first one says that each takes two.
            assert_eq!(most.load(Ordering::SeqCst), 5);
        })
        .await;
}

#[tokio::test]
async fn a_server_that_is_slow_to_open_does_not_hold_up_another_one() {
    LocalSet::new()
        .run_until(async {
            let (fast, _) = app(None, WHILE / 6).await;
            let slow = accept(|stream| async move {
                let _kept = stream;
                tokio::time::sleep(Duration::from_secs(5)).await;
            })
            .await;
            let (slow, fast) = (origin(&slow), origin(&fast));
            let mut users = users(2);
            let (waiting, quick) = users.split_at_mut(1);
            let stuck = Request { timeout: WHILE * 10, ..get(&slow, "/") };
            let answered = Request { timeout: WHILE * 30, ..get(&fast, "/") };
            let (stuck, answered) =
                tokio::join!(waiting[0].exchange(&slow, &stuck), quick[0].exchange(&fast, &answered));
            assert_eq!(failed(stuck).kind, FailureKind::Timeout);
            assert!(answered.is_ok(), "{answered:?}");
        })
        .await;
}
