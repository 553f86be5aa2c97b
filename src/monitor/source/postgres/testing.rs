//! A server that speaks as much of the protocol of `PostgreSQL` as a test needs.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU32, Ordering},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

/// A server that lets everyone in.
pub(in crate::monitor) struct Server {
    /// Where it is, with a user, a password and a database.
    pub(in crate::monitor) url: String,
    /// How many connections it took.
    pub(in crate::monitor) connections: Arc<AtomicU32>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Starts one whose n-th answer (from 0) is what `answer` says; `None` hangs.
    pub(in crate::monitor) async fn start(answer: fn(usize) -> Option<Vec<u8>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let server = Self {
            url: format!("postgresql://a:b@{}/n?sslmode=disable", listener.local_addr().expect("bound")),
            connections: Arc::default(),
            asked: Arc::default(),
        };
        let (connections, asked) = (Arc::clone(&server.connections), Arc::clone(&server.asked));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                connections.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(stream, answer, Arc::clone(&asked)));
            }
        });
        server
    }

    /// What it was asked, in order.
    pub(in crate::monitor) fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("nobody panicked").clone()
    }
}

async fn serve(mut stream: TcpStream, answer: fn(usize) -> Option<Vec<u8>>, asked: Arc<Mutex<Vec<String>>>) {
    said(&mut stream).await;
    let _ = stream.write_all(&let_in()).await;
    loop {
        let question = said(&mut stream).await;
        if question.is_empty() {
            return;
        }
        let number = {
            let mut asked = asked.lock().expect("nobody panicked");
            asked.push(question);
            asked.len() - 1
        };
        if let Some(answer) = answer(number) {
            let _ = stream.write_all(&answer).await;
        }
    }
}

/// A message of the protocol.
pub(in crate::monitor) fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 4).expect("it is short");
    [&[kind], &length.to_be_bytes()[..], body].concat()
}

/// Reads what a client sends until there is nothing more for now; nothing when it has gone.
pub(in crate::monitor) async fn said(stream: &mut TcpStream) -> String {
    let mut bytes = vec![0; 16384];
    let length = stream.read(&mut bytes).await.unwrap_or_default();
    String::from_utf8_lossy(&bytes[..length]).into_owned()
}

/// The client may go on without a password.
pub(in crate::monitor) fn let_in() -> Vec<u8> {
    [message(b'R', &[0; 4]), message(b'Z', b"I")].concat()
}

/// The answer to a statement: one row.
pub(in crate::monitor) fn row(columns: &[(&str, &str)]) -> Vec<u8> {
    let count = u16::try_from(columns.len()).expect("a few").to_be_bytes();
    let (mut names, mut values) = (count.to_vec(), count.to_vec());
    for (name, value) in columns {
        names.extend([name.as_bytes(), &[0; 19]].concat());
        values.extend(u32::try_from(value.len()).expect("it is short").to_be_bytes());
        values.extend(value.as_bytes());
    }
    let answer = [message(b'T', &names), message(b'D', &values), message(b'C', b"SELECT 1\0"), message(b'Z', b"I")];
    answer.concat()
}
