//! Bodies that all users keep at once are bounded: what does not fit says nothing of the app.

use bytes::Bytes;
use http::Response;
use tokio::net::TcpListener;
use url::Url;

use super::{get, plan_target};
use crate::{
    client::{
        Agent, Keep, Origin, Request, Trouble,
        room::Room,
        testing::{self, Server, app, text},
    },
    plan::Http,
};

/// What the app answers with.
const LONG: usize = 1024 * 1024;

/// An app that answers with a long body over HTTP/2, until the test ends.
async fn over_http2() -> Origin {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let url = format!("http://{}/", listener.local_addr().expect("bound"));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let Ok(mut connection) = h2::server::handshake(stream).await else { return };
                while let Some(Ok((_, mut answer))) = connection.accept().await {
                    let mut body = answer.send_response(Response::new(()), false).expect("it is the first");
                    body.send_data(Bytes::from(vec![b'x'; LONG]), true).expect("it is the whole body");
                }
            });
        }
    });
    let target = plan_target(|target| target.http = Http::H2);
    Origin::new(&target, &Url::parse(&url).expect("a URL")).expect("loopback is allowed")
}

/// The body is refused where it does not fit, and the memory of a user who had it is there for the next one.
async fn is_bounded(mut origin: Origin) {
    origin.room = Room::of_parts(1);
    let (mut agent, request) = (Agent::new(), get(&origin, "/"));
    let Err(Trouble::Exhausted(words)) = agent.exchange(&origin, &request).await else { panic!("1 MiB does not fit") };
    assert!(words.contains("512 MiB"), "{words}");
    let unkept = Request { keep: Keep::Nothing, ..request.clone() };
    assert_eq!(agent.exchange(&origin, &unkept).await.expect("nothing is kept").size, LONG as u64);
    origin.room = Room::of_parts(8);
    for _ in 0..3 {
        let answer = agent.exchange(&origin, &request).await.expect("it fits, one after the other");
        assert_eq!(answer.body.len(), LONG);
    }
}

#[tokio::test]
async fn bodies_over_http1_are_bounded_together() {
    let server = Server::start(app(|_| text(200, &"x".repeat(LONG))), None);
    is_bounded(testing::origin(&server.url())).await;
}

#[tokio::test]
async fn bodies_over_http2_are_bounded_together() {
    is_bounded(over_http2().await).await;
}
