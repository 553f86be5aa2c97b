//! How a connection of HTTP/2 is closed.

use std::{io, sync::Arc};

use tokio::{
    net::TcpStream,
    sync::{Notify, mpsc},
};

use super::{
    get,
    versions::{accept, origin, reply},
};
use crate::client::Agent;

/// How the other side of a stream ends.
async fn end_of(stream: &TcpStream) -> io::Result<usize> {
    let mut rest = [0; 1024];
    loop {
        stream.readable().await.expect("a socket");
        match stream.try_read(&mut rest) {
            Ok(length) if length > 0 => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            ended => return ended,
        }
    }
}

/// How the client's side ends when it goes away after an exchange, or in the middle of one. Each side waits for the other's
/// word, so that no machine is too slow for it.
async fn ending(whole: bool) -> io::Result<usize> {
    let (note, mut noted) = mpsc::unbounded_channel();
    let [heard, released] = [(); 2].map(|()| Arc::new(Notify::new()));
    let (hear, release) = (Arc::clone(&heard), Arc::clone(&released));
    let url = accept(move |mut stream| {
        let (note, hear, release) = (note.clone(), Arc::clone(&hear), Arc::clone(&release));
        async move {
            {
                let mut connection = h2::server::handshake(&mut stream).await.expect("a preface");
                let (_request, answer) = connection.accept().await.expect("a request").expect("whole");
                let (answered, unanswered) = if whole { (Some(answer), None) } else { (None, Some(answer)) };
                if let Some(answer) = answered {
                    reply(answer, 200, "ok");
                }
                hear.notify_one();
                tokio::select! {
                    _ = connection.accept() => {}
                    () = release.notified() => {}
                }
                // Dropped, it would be reset.
                std::mem::forget(unanswered);
            }
            note.send(Ok(usize::MAX)).expect("the test waits");
            note.send(end_of(&stream).await).expect("the test waits");
        }
    })
    .await;
    let (origin, mut agent) = (origin(&url), Agent::new());
    let request = get(&origin, "/");
    tokio::select! {
        biased;
        answer = agent.exchange(&origin, &request) => assert!(answer.is_ok() && whole, "{answer:?}"),
        () = heard.notified(), if !whole => {}
    }
    released.notify_one();
    assert_eq!(noted.recv().await.expect("the server goes on").expect("a word"), usize::MAX);
    drop(agent);
    noted.recv().await.expect("the server noted the ending")
}

#[tokio::test]
async fn a_broken_exchange_is_closed_by_a_reset_and_a_whole_one_in_peace() {
    assert_eq!(ending(true).await.expect("in peace"), 0);
    assert_eq!(ending(false).await.expect_err("reset").kind(), io::ErrorKind::ConnectionReset);
}
