//! A server that asks nothing of the allocator once a connection stands.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::atomic::{AtomicU64, Ordering},
    thread,
};

/// Requests so far, logins left out.
pub(crate) static ANSWERED: AtomicU64 = AtomicU64::new(0);

const ANSWER: &[u8] =
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 45\r\nserver: fixed\r\n\r\n\
    {\"status\": \"ok\", \"token\": \"5f2c9a7e41b80d36\"}";
const LOGIN: &[u8] = b"HTTP/1.1 200 OK\r\nset-cookie: session=0123456789abcdef; Path=/\r\ncontent-length: 2\r\n\r\nok";

/// Serves on a free port until the process ends.
pub(crate) fn start() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let port = listener.local_addr().expect("a bound socket has an address").port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || serve(stream));
        }
    });
    port
}

fn serve(mut stream: TcpStream) {
    stream.set_nodelay(true).expect("a TCP socket");
    let mut buffer = [0; 4096];
    let mut filled = 0;
    while let Ok(length @ 1..) = stream.read(&mut buffer[filled..]) {
        filled += length;
        if !buffer[..filled].ends_with(b"\r\n\r\n") {
            continue;
        }
        let login = buffer.starts_with(b"GET /login ");
        let answer = if login { LOGIN } else { ANSWER };
        ANSWERED.fetch_add(u64::from(!login), Ordering::Relaxed);
        filled = 0;
        if stream.write_all(answer).is_err() {
            return;
        }
    }
}
