//! Servers that monitors read, as the tests see them: the truth that the monitors are held against.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

use tokio::runtime::Handle;
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

use crate::{gate_test::App, started::free_port};

/// The database as the tests see it: the truth that the monitor is held against.
pub(crate) struct Database {
    handle: Handle,
    pub(crate) url: String,
}

impl Database {
    pub(crate) fn at(url: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let handle = runtime.handle().clone();
        thread::spawn(move || runtime.block_on(std::future::pending::<()>()));
        Self { handle, url: url.to_owned() }
    }

    fn wait<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> T {
        let (done, result) = mpsc::channel();
        self.handle.spawn(async move { done.send(work.await) });
        result.recv_timeout(Duration::from_secs(20)).expect("the database answers")
    }

    pub(crate) fn connect(&self) -> Arc<Client> {
        let config: tokio_postgres::Config = self.url.parse().expect("a URL");
        let address = server(&self.url);
        self.wait(async move {
            let tcp = tokio::net::TcpStream::connect(address).await.expect("PostgreSQL listens");
            let (client, connection) = config.connect_raw(tcp, NoTls).await.expect("it lets us in");
            tokio::spawn(connection);
            Arc::new(client)
        })
    }

    pub(crate) fn run(&self, client: &Arc<Client>, statement: &'static str) {
        let client = Arc::clone(client);
        self.wait(async move { client.batch_execute(statement).await }).expect(statement);
    }

    /// Starts a statement and does not wait for its end.
    pub(crate) fn begin(&self, client: Arc<Client>, statement: &'static str) -> tokio::task::JoinHandle<()> {
        self.handle.spawn(async move {
            let _ = client.batch_execute(statement).await;
        })
    }

    pub(crate) fn number(&self, client: &Arc<Client>, query: &'static str) -> f64 {
        let client = Arc::clone(client);
        let rows = self.wait(async move { client.simple_query(query).await }).expect(query);
        let row = rows.iter().find_map(|row| if let SimpleQueryMessage::Row(row) = row { Some(row) } else { None });
        row.and_then(|row| row.get(0)).map_or(0.0, |text| text.parse().expect("a number"))
    }

    /// The same once it no longer changes: connections of the test before may be about to close.
    pub(crate) fn settled(&self, client: &Arc<Client>, query: &'static str) -> f64 {
        settled(|| self.number(client, query))
    }
}

/// A client of Redis, by whole lines.
pub(crate) struct Keys(TcpStream);

impl Keys {
    pub(crate) fn at(url: &str) -> Self {
        let address = url.trim_start_matches("redis://").split('/').next().expect("host and port");
        let stream = TcpStream::connect(address).expect("Redis listens");
        stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a timeout can be set");
        Self(stream)
    }

    /// Sends commands in one piece and reads answers until one has these words.
    pub(crate) fn ask(&mut self, commands: &str, until: &str) -> String {
        self.0.write_all(commands.as_bytes()).expect("the commands go out");
        let (mut answers, mut bytes) = (String::new(), [0; 4096]);
        while !answers.contains(until) {
            let length = self.0.read(&mut bytes).expect("Redis answers");
            answers.push_str(&String::from_utf8_lossy(&bytes[..length]));
        }
        answers
    }

    /// Nine keys that are there and one that is not.
    pub(crate) fn look_up(&mut self) {
        self.ask(&format!("{}GET nothing\r\nPING\r\n", "GET something\r\n".repeat(9)), "+PONG");
    }

    /// Clients that are connected, this one included, once connections that are about to close have closed.
    pub(crate) fn settled_clients(&mut self) -> u32 {
        settled(|| self.clients())
    }

    /// Clients that are connected, this one included.
    fn clients(&mut self) -> u32 {
        let info = self.ask("INFO clients\r\nPING\r\n", "+PONG");
        let line = info.lines().find_map(|line| line.strip_prefix("connected_clients:"));
        line.and_then(|count| count.trim().parse().ok()).expect("a number of clients")
    }
}

/// A number that two readings 200 ms apart agree on.
fn settled<T: PartialEq>(mut read: impl FnMut() -> T) -> T {
    let begun = Instant::now();
    let mut before = read();
    loop {
        thread::sleep(Duration::from_millis(200));
        let now = read();
        if now == before {
            return now;
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "it changes all the time");
        before = now;
    }
}

/// A Redis that asks for a password as long as this is there, also where the test fails meanwhile.
pub(crate) struct Locked(Keys);

impl Locked {
    pub(crate) fn with(url: &str, password: &str) -> Self {
        let mut keys = Keys::at(url);
        keys.ask(&format!("CONFIG SET requirepass {password}\r\n"), "+OK");
        Self(keys)
    }
}

impl Drop for Locked {
    fn drop(&mut self) {
        // A second panic would hide the first one. The answer says that it is done.
        let _ = self.0.0.write_all(b"CONFIG SET requirepass \"\"\r\n");
        let _ = self.0.0.read(&mut [0; 64]);
    }
}

/// `HOST:PORT` of an address with user and password.
pub(crate) fn server(url: &str) -> String {
    url.split(['@', '/']).nth(3).expect("host and port").to_owned()
}

/// A way to a server that stops to forward anything, in both directions, without closing.
pub(crate) struct Stalling {
    pub(crate) address: String,
    pub(crate) stalled: Arc<AtomicBool>,
}

impl Stalling {
    pub(crate) fn before(server: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let address = listener.local_addr().expect("bound").to_string();
        let stalled = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&stalled);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let Ok(upstream) = TcpStream::connect(&server) else { return };
                let pairs = [(client.try_clone(), upstream.try_clone()), (upstream.try_clone(), client.try_clone())];
                for pair in pairs {
                    let (Ok(from), Ok(to)) = pair else { return };
                    let stop = Arc::clone(&stop);
                    thread::spawn(move || forward(from, to, &stop));
                }
            }
        });
        Self { address, stalled }
    }
}

fn forward(mut from: TcpStream, mut to: TcpStream, stop: &AtomicBool) {
    let mut bytes = [0; 4096];
    while let Ok(length @ 1..) = from.read(&mut bytes) {
        while stop.load(Ordering::SeqCst) {
            thread::sleep(Duration::from_millis(20));
        }
        if to.write_all(&bytes[..length]).is_err() {
            return;
        }
    }
}

/// Debian's node exporter on a loopback port; it ends with the test, and with the tests when they are killed.
pub(crate) struct NodeExporter {
    child: Child,
    pub(crate) url: String,
}

/// Runs a program until standard input closes.
const UNTIL_INPUT_CLOSES: &str = r#""$@" & read -r _; kill $!; wait"#;

impl NodeExporter {
    pub(crate) fn start() -> Self {
        // Somebody else may take the port before it does; its page says who it is.
        (0..3).find_map(|_| Self::on_a_free_port()).expect("./test installs prometheus-node-exporter")
    }

    fn on_a_free_port() -> Option<Self> {
        let free = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let mut command = Command::new("sh");
        command
            .args(["-c", UNTIL_INPUT_CLOSES, "sh", "prometheus-node-exporter"])
            .arg(format!("--web.listen-address={free}"))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let child = command.spawn().expect("there is a shell");
        let exporter = Self { child, url: format!("http://{free}/metrics") };
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(10) {
            if TcpStream::connect(free).is_ok() {
                let (_, page) = App::ask(&free.to_string(), "GET", "/metrics", "");
                return page.contains("\nnode_").then_some(exporter);
            }
            thread::sleep(Duration::from_millis(20));
        }
        None
    }
}

impl Drop for NodeExporter {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}
