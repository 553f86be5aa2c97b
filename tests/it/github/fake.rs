//! GitHub on this machine: it keeps comments, check runs, statuses and pull requests, and goes wrong as it is told.

use std::{
    io::Read,
    net::{Shutdown, TcpListener, TcpStream},
    sync::{Arc, Mutex, MutexGuard},
    thread,
    time::Duration,
};

use super::{
    http::{Answer, Request},
    routes,
    trick::{Trick, Tricks},
    world::World,
};

/// The fake; it serves until the tests end.
pub(crate) struct Fake {
    pub url: String,
    shared: Arc<Mutex<Shared>>,
}

#[derive(Default)]
struct Shared {
    world: World,
    tricks: Tricks,
    seen: Vec<Request>,
}

impl Fake {
    /// Serves a repository with the open pull request 7 on a free port.
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        let shared = Arc::new(Mutex::new(Shared::default()));
        let served = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&served);
                thread::spawn(move || serve(stream, &shared));
            }
        });
        Self { url, shared }
    }

    /// Looks at what is kept, or changes it.
    pub(crate) fn world<T>(&self, look: impl FnOnce(&mut World) -> T) -> T {
        look(&mut lock(&self.shared).world)
    }

    /// Goes wrong once, at the next request of this method whose path ends so.
    pub(crate) fn once(&self, method: &'static str, path: &'static str, trick: Trick) {
        self.times(1, method, path, trick);
    }

    /// Goes wrong at each such request.
    pub(crate) fn always(&self, method: &'static str, path: &'static str, trick: Trick) {
        self.times(usize::MAX, method, path, trick);
    }

    pub(crate) fn times(&self, times: usize, method: &'static str, path: &'static str, trick: Trick) {
        lock(&self.shared).tricks.add(times, method, path, trick);
    }

    /// The requests so far.
    pub(crate) fn seen(&self) -> Vec<Request> {
        lock(&self.shared).seen.clone()
    }

    /// How many requests of this method had a path that ends so.
    pub(crate) fn count(&self, method: &str, path: &str) -> usize {
        self.seen().iter().filter(|request| request.method == method && request.path.ends_with(path)).count()
    }
}

fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().expect("no request panics")
}

fn serve(mut stream: TcpStream, shared: &Mutex<Shared>) {
    let Some(request) = Request::read(&stream) else { return };
    let (trick, done) = {
        let mut shared = lock(shared);
        shared.seen.push(request.clone());
        let trick = shared.tricks.take(&request);
        if let Some(Trick::Meanwhile(change)) = &trick {
            change(&mut shared.world);
        }
        let does = matches!(trick, None | Some(Trick::Meanwhile(_) | Trick::DoneBut(_) | Trick::DoneThenBreak));
        (trick, does.then(|| routes::answer(&mut shared.world, &request)))
    };
    match (trick, done) {
        (Some(Trick::Answer(answer) | Trick::DoneBut(answer)), _) => answer.send(&mut stream),
        (Some(Trick::Break | Trick::DoneThenBreak), _) => {
            let _gone = stream.shutdown(Shutdown::Both);
        }
        (Some(Trick::Hang), _) => hang(&mut stream),
        (_, done) => done.unwrap_or_else(|| Answer::message(500, "no answer")).send(&mut stream),
    }
}

/// Says nothing until the other side goes away.
fn hang(stream: &mut TcpStream) {
    let _set = stream.set_read_timeout(Some(Duration::from_secs(30)));
    let _gone = stream.read(&mut [0; 1]);
}
