//! The listener: accepting, refusing, ending.

use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket};
use tokio::task::JoinSet;
use tokio::time::{interval, sleep};

use super::app::{App, Options};
use super::connection;
use super::lock::lock;
use super::machine::{METER_PERIOD, raise_descriptor_limit};

/// Connections that the kernel may hold before they are accepted: a thousand users may arrive in one second.
const BACKLOG: u32 = 4_096;

/// Between two attempts to accept or to listen after one that failed, so that a full table of descriptors is no busy loop.
const BREATHER: Duration = Duration::from_millis(20);

/// Listens on the loopback interface; port 0 takes a free one. Needs a running tokio runtime.
///
/// # Errors
/// When the port is in use or may not be taken.
pub fn bind(port: u16) -> io::Result<TcpListener> {
    listen(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
}

/// Serves the app until `stop`, then ends every connection at once.
///
/// It is meant for a current-thread runtime: its processor gauge speaks of the thread that it runs on.
pub async fn serve(listener: TcpListener, options: Options, stop: impl Future<Output = ()>) {
    serve_app(listener, App::new(options), stop).await;
}

pub(super) async fn serve_app(listener: TcpListener, app: Arc<App>, stop: impl Future<Output = ()>) {
    raise_descriptor_limit();
    tokio::select! {
        biased;
        () = pin!(stop) => {}
        () = open_and_close(listener, app) => {}
    }
}

/// Serves, refuses for as long as the switch says, and serves again.
async fn open_and_close(mut listener: TcpListener, app: Arc<App>) {
    let Ok(address) = listener.local_addr() else {
        return;
    };
    loop {
        serve_until_closing(listener, &app).await;
        match app.refusal_lasts() {
            Some(time) => sleep(time).await,
            None => std::future::pending().await,
        }
        listener = listen_again(address).await;
    }
}

/// Accepts and serves connections until a refusal begins; then the listener and all connections close.
async fn serve_until_closing(listener: TcpListener, app: &Arc<App>) {
    let mut connections = JoinSet::new();
    let mut meter = interval(METER_PERIOD);
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(connection::serve(stream, Arc::clone(app)));
                }
                Err(_) => sleep(BREATHER).await,
            },
            Some(_ended) = connections.join_next() => {}
            _ = meter.tick() => {
                let writes = lock(&app.details).acknowledged();
                lock(&app.meter).read(writes);
            }
            () = app.closing.notified() => return,
        }
    }
}

/// Takes the same port again; another process may hold it for a moment.
async fn listen_again(address: SocketAddr) -> TcpListener {
    loop {
        match listen(address) {
            Ok(listener) => return listener,
            Err(_) => sleep(BREATHER).await,
        }
    }
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    // Connections of the last app that are still closing must not keep the port.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}
