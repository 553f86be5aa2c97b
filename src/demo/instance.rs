//! The app inside another process: a thread of its own, for tests and for the selftest.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

use super::app::{App, Options};
use super::faults::Faults;
use super::ledger::LedgerReport;
use super::server::{bind, serve_app};

/// A running staging app; dropped, it stops and its thread is joined.
#[derive(Debug)]
pub struct Demo {
    address: SocketAddr,
    app: Arc<App>,
    runtime: Handle,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// Starts an app on a free loopback port, on a thread and a current-thread runtime of its own. It listens when this returns.
///
/// # Errors
/// When the system gives no runtime or no port.
pub fn spawn(options: Options) -> io::Result<Demo> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let listener = {
        let _inside = runtime.enter();
        bind(0)?
    };
    let address = listener.local_addr()?;
    let (stop, stopped) = oneshot::channel();
    let (app, handle) = (App::new(options), runtime.handle().clone());
    let served = Arc::clone(&app);
    let thread = thread::Builder::new().name("demo".into()).spawn(move || {
        let stop = async {
            // A dropped sender stops the app as well.
            let _told_or_dropped = stopped.await;
        };
        runtime.block_on(serve_app(listener, served, stop));
    })?;
    Ok(Demo { address, app, runtime: handle, stop: Some(stop), thread: Some(thread) })
}

impl Demo {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL of a path: `demo.url("/healthz")`.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// What the app did so far. An answer that a client has read to its end is in it.
    pub fn ledger(&self) -> LedgerReport {
        self.on_its_thread(|app| app.ledger.report())
    }

    /// Empties the ledger; the periods of a stall begin with the next request.
    pub fn reset_ledger(&self) {
        self.on_its_thread(App::reset_ledger);
    }

    /// Sets all fault switches anew.
    pub fn set_faults(&self, faults: Faults) {
        self.on_its_thread(move |app| app.set_faults(faults));
    }

    /// Does something between two steps of the app. A client may have an answer's last byte an instant before the ledger
    /// has its entry; on the app's own thread that instant is over.
    fn on_its_thread<T: Send + 'static>(&self, act: impl FnOnce(&App) -> T + Send + 'static) -> T {
        let (sender, receiver) = mpsc::sync_channel(1);
        let app = Arc::clone(&self.app);
        let _detached = self.runtime.spawn(async move {
            // The receiver waits below; it cannot have gone.
            let _received = sender.send(act(&app));
        });
        receiver.recv().expect("the app's thread runs until this value is dropped")
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic of the app has printed itself; a second one while dropping would abort.
            let _panicked = thread.join();
        }
    }
}
