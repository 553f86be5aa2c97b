//! The HTTP library by itself: one connection, the same request again and again, and nothing looked at.

use std::{
    future::poll_fn,
    pin::{Pin, pin},
    task::Poll,
};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Uri, header};
use http_body_util::Full;
use hyper::{body::Body, client::conn::http1};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// Requests that are counted.
const COUNTED: u64 = 5000;

/// Allocations a request once all that is kept has been filled. The headers of an answer serve the next request, so that this
/// is the least that the library can do with.
pub(crate) async fn allocations_a_request(port: u16) -> f64 {
    let tcp = TcpStream::connect(("127.0.0.1", port)).await.expect("the server is there");
    tcp.set_nodelay(true).expect("a TCP socket");
    let (mut sender, mut connection) =
        http1::Builder::new().writev(false).handshake::<_, Full<Bytes>>(TokioIo::new(tcp)).await.expect("a connection");
    let uri = Uri::from_static("/answer");
    let host = HeaderValue::try_from(format!("127.0.0.1:{port}")).expect("a header");
    let mut headers = HeaderMap::new();
    let mut before = 0;
    for number in 0..COUNTED + 500 {
        if number == 500 {
            before = crate::allocations();
        }
        headers.clear();
        headers.append(header::ACCEPT, HeaderValue::from_static("*/*"));
        headers.append(header::USER_AGENT, HeaderValue::from_static("bare"));
        headers.append(header::HOST, host.clone());
        headers.append(header::COOKIE, HeaderValue::from_static("session=0123456789abcdef"));
        let mut request = Request::new(Full::new(Bytes::new()));
        *request.uri_mut() = uri.clone();
        *request.headers_mut() = headers;
        poll_fn(|cx| {
            let _ = Pin::new(&mut connection).poll(cx);
            sender.poll_ready(cx)
        })
        .await
        .expect("the connection is ready");
        let mut answer = pin!(sender.try_send_request(request));
        let answer = poll_fn(|cx| {
            let _ = Pin::new(&mut connection).poll(cx);
            answer.as_mut().poll(cx)
        });
        let (head, mut body) = answer.await.unwrap_or_else(|_| panic!("an answer")).into_parts();
        let mut frame = |cx: &mut std::task::Context<'_>| {
            if let Poll::Ready(frame) = Pin::new(&mut body).poll_frame(cx) {
                return Poll::Ready(frame);
            }
            let _ = Pin::new(&mut connection).poll(cx);
            Pin::new(&mut body).poll_frame(cx)
        };
        while let Some(data) = poll_fn(&mut frame).await {
            data.expect("the body comes whole");
        }
        headers = head.headers;
    }
    (crate::allocations() - before) as f64 / COUNTED as f64
}
