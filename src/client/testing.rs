//! What the tests of this room and of the load share: targets without a config, pipes in the place of sockets.

use std::{
    fmt,
    io::{self, Read, Write as _},
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    thread,
    time::Duration,
};

use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use http::{HeaderValue, Request, Response, header::CONTENT_ENCODING};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use tokio::{io::DuplexStream, sync::oneshot};
use url::Url;

use super::{Origin, room::Room};
use crate::plan::{Connections, Http, Target, Tls};

/// A dial of connections in memory.
#[derive(Clone)]
pub(crate) struct Dial(Arc<dyn Fn() -> io::Result<DuplexStream> + Send + Sync>);

impl Dial {
    pub(super) fn call(&self) -> io::Result<DuplexStream> {
        (self.0)()
    }
}

impl fmt::Debug for Dial {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Dial")
    }
}

/// A target without hosts to allow.
pub(crate) fn target() -> Target {
    Target {
        url: None,
        allow: Vec::new(),
        timeout: Duration::from_secs(5),
        headers: Vec::new(),
        http: Http::H1,
        connections: Connections::Keep,
        resolve: Vec::new(),
        proxy: None,
        trace: false,
        tls: Tls { ca: None, verify: true },
        ready: None,
        start: None,
    }
}

/// An origin at an address of this machine.
pub(crate) fn origin(url: &str) -> Origin {
    Origin::new(&target(), &Url::parse(url).expect("a URL")).expect("loopback is allowed")
}

/// An origin whose connections are dialled in memory.
pub(crate) fn origin_in_memory(dial: impl Fn() -> io::Result<DuplexStream> + Send + Sync + 'static) -> Origin {
    let mut origin = origin("http://localhost/");
    origin.memory = Some(Dial(Arc::new(dial)));
    origin
}

/// The same where no body larger than a read is kept.
pub(crate) fn without_room(mut origin: Origin) -> Origin {
    origin.room = Room::of_parts(0);
    origin
}

/// A server over HTTP for as long as it lives.
pub(crate) struct Server {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

/// What a test's app answers.
pub(crate) type Reply = Response<Full<Bytes>>;

/// An app: from a request and its body to an answer.
pub(crate) trait App:
    Fn(Request<Bytes>) -> Pin<Box<dyn Future<Output = Reply> + Send>> + Send + Sync + 'static
{
}

impl<F: Fn(Request<Bytes>) -> Pin<Box<dyn Future<Output = Reply> + Send>> + Send + Sync + 'static> App for F {}

/// An app that answers without waiting.
pub(crate) fn app(answer: impl Fn(Request<Bytes>) -> Reply + Send + Sync + 'static) -> Arc<dyn App> {
    Arc::new(move |request| -> Pin<Box<dyn Future<Output = Reply> + Send>> {
        Box::pin(std::future::ready(answer(request)))
    })
}

/// An app that answers after a while on its runtime's clock.
pub(crate) fn app_after(delay: impl Fn(&str) -> Duration + Send + Sync + 'static) -> Arc<dyn App> {
    Arc::new(move |request: Request<Bytes>| -> Pin<Box<dyn Future<Output = Reply> + Send>> {
        let delay = delay(request.uri().path());
        Box::pin(async move {
            tokio::time::sleep(delay).await;
            text(200, "late")
        })
    })
}

/// An answer with a status and a text.
pub(crate) fn text(status: u16, text: &str) -> Reply {
    let mut reply = Response::new(Full::new(Bytes::copy_from_slice(text.as_bytes())));
    *reply.status_mut() = http::StatusCode::from_u16(status).expect("a status");
    reply
}

/// An answer with a status and a text, compressed.
pub(crate) fn gzipped(status: u16, said: &str) -> Reply {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(said.as_bytes()).expect("memory takes it");
    let mut reply = text(status, "");
    *reply.body_mut() = Full::new(encoder.finish().expect("memory takes it").into());
    reply.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    reply
}

impl Server {
    /// Serves an app on a free port, with TLS where a configuration is given.
    pub(crate) fn start(app: Arc<dyn App>, tls: Option<Arc<rustls::ServerConfig>>) -> Self {
        let (stop, stopped) = oneshot::channel();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free");
        listener.set_nonblocking(true).expect("sockets can be non-blocking");
        let address = listener.local_addr().expect("a bound socket has an address");
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async move {
                let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
                let serving = async {
                    loop {
                        let Ok((stream, _)) = listener.accept().await else { continue };
                        stream.set_nodelay(true).expect("a TCP socket");
                        let (app, tls) = (Arc::clone(&app), tls.clone());
                        tokio::spawn(async move {
                            match tls {
                                None => serve(stream, app).await,
                                Some(tls) => {
                                    if let Ok(stream) = tokio_rustls::TlsAcceptor::from(tls).accept(stream).await {
                                        serve(stream, app).await;
                                    }
                                }
                            }
                        });
                    }
                };
                tokio::select! {
                    () = serving => {}
                    _ = stopped => {}
                }
            });
        });
        Self { address, stop: Some(stop), thread: Some(thread) }
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/", self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            thread.join().expect("the server did not panic");
        }
    }
}

/// Serves an app on one stream until it closes.
pub(crate) async fn serve<S>(stream: S, app: Arc<dyn App>)
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    let service = hyper::service::service_fn(move |request: Request<hyper::body::Incoming>| {
        let app = Arc::clone(&app);
        async move {
            let (head, body) = request.into_parts();
            let body = body.collect().await?.to_bytes();
            Ok::<_, hyper::Error>(app(Request::from_parts(head, body)).await)
        }
    });
    // A client that goes away is part of many tests.
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

/// A server that treats each connection in its own way, byte by byte; its threads end with the test process.
pub(crate) fn raw(treat: impl Fn(std::net::TcpStream) + Send + Sync + 'static) -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("a bound socket has an address");
    let treat = Arc::new(treat);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let treat = Arc::clone(&treat);
            thread::spawn(move || treat(stream));
        }
    });
    format!("http://{address}/")
}

/// Reads the head of a request; false at the end of the connection.
pub(crate) fn read_head(stream: &mut std::net::TcpStream) -> bool {
    let mut seen = Vec::new();
    let mut buffer = [0; 1024];
    while !seen.windows(4).any(|window| window == b"\r\n\r\n") {
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => return false,
            Ok(length) => seen.extend_from_slice(&buffer[..length]),
        }
    }
    true
}
