//! A Redis: its INFO, over one connection for the whole run. The protocol is written out here, because one command with one
//! answer is all that is spoken.

use std::{
    io,
    sync::{Mutex, PoisonError},
};

use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader},
    net::TcpStream,
};
use url::Url;

use super::{Exposition, Hidden, hidden::decoded, hit_percent, increase, rate};
use crate::{client::tls, monitor::Unread, plan::Tls};

const PORT: u16 = 6379;

/// INFO has some 10 KB; a server that announces more than this is none that we know.
const LONGEST: usize = 1024 * 1024;

/// A connection, plain or secured.
trait Wire: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Wire for T {}
type Connection = BufReader<Box<dyn Wire>>;

/// One server.
pub(in crate::monitor) struct Redis {
    address: Result<Address, String>,
    name: String,
    tls: Tls,
    /// Taken out while it is asked, so that a reading that is given up takes the connection with it.
    connection: Mutex<Option<Connection>>,
}

/// Where it is, and as whom it is asked.
#[derive(Clone)]
struct Address {
    secure: bool,
    host: String,
    port: u16,
    user: Option<String>,
    password: Option<String>,
    hidden: Hidden,
}

impl std::fmt::Debug for Redis {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Redis({})", self.name)
    }
}

impl Redis {
    pub(super) fn new(url: &str, tls: &Tls) -> Self {
        let address = Address::of(url);
        let name =
            address.as_ref().map_or_else(|_| "redis".to_owned(), |at| format!("redis at {}:{}", at.host, at.port));
        Self { address, name, tls: tls.clone(), connection: Mutex::default() }
    }

    /// `redis at HOST:PORT`.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) async fn read(&self) -> Result<Exposition, String> {
        let address = self.address.as_ref().map_err(String::clone)?;
        let say = |why: String| format!("{}: {}", self.name, address.hidden.mask(&why));
        let kept = self.connection.lock().unwrap_or_else(PoisonError::into_inner).take();
        let (connection, info) = self.info(address, kept).await.map_err(say)?;
        *self.connection.lock().unwrap_or_else(PoisonError::into_inner) = Some(connection);
        let given = exposition(&info);
        if given.is_empty() { Err(say("its INFO holds no number".to_owned())) } else { Ok(given) }
    }

    /// Asks over the connection that was kept. A server closes one that was idle for long: then, once, over a new one.
    async fn info(&self, address: &Address, kept: Option<Connection>) -> Result<(Connection, String), String> {
        if let Some(mut connection) = kept {
            match ask(&mut connection, &["INFO"]).await {
                Ok(info) => return Ok((connection, info)),
                Err(Failed::Refused(why)) => return Err(why),
                Err(Failed::Lost(_)) => {}
            }
        }
        let mut connection = self.connect(address).await?;
        let info = ask(&mut connection, &["INFO"]).await.map_err(Failed::why)?;
        Ok((connection, info))
    }

    async fn connect(&self, address: &Address) -> Result<Connection, String> {
        let unreached = |error: io::Error| format!("it cannot be reached: {error}");
        let tcp = TcpStream::connect((address.host.as_str(), address.port)).await.map_err(unreached)?;
        let wire: Box<dyn Wire> = if address.secure {
            let config = tls::config(&self.tls).map_err(|error| error.to_string())?;
            Box::new(tls::secure(config, &address.host, tcp).await.map_err(|error| format!("TLS failed: {error}"))?)
        } else {
            Box::new(tcp)
        };
        let mut connection = BufReader::new(wire);
        if let Some(password) = &address.password {
            let words: Vec<&str> =
                ["AUTH"].into_iter().chain(address.user.as_deref()).chain([password.as_str()]).collect();
            ask(&mut connection, &words).await.map_err(Failed::why)?;
        }
        Ok(connection)
    }
}

impl Address {
    /// Reads `redis://user:password@host:port`.
    fn of(url: &str) -> Result<Self, String> {
        let wrong = |why: String| format!("the address of redis cannot be read: {why}");
        let url = Url::parse(url).map_err(|error| wrong(error.to_string()))?;
        let host =
            url.host_str().filter(|host| !host.is_empty()).ok_or_else(|| wrong("it names no host".to_owned()))?;
        Ok(Self {
            secure: url.scheme() == "rediss",
            host: host.trim_start_matches('[').trim_end_matches(']').to_owned(),
            port: url.port().unwrap_or(PORT),
            user: Some(decoded(url.username())).filter(|user| !user.is_empty()),
            password: url.password().filter(|password| !password.is_empty()).map(decoded),
            hidden: Hidden::of(url.as_str()),
        })
    }
}

/// Why a command has no answer.
enum Failed {
    /// The connection ended.
    Lost(String),
    /// The answer is an error, or none that is understood.
    Refused(String),
}

impl Failed {
    fn why(self) -> String {
        let (Self::Lost(why) | Self::Refused(why)) = self;
        why
    }
}

/// Sends a command and reads its answer; an error of the server is an error here.
async fn ask(connection: &mut Connection, words: &[&str]) -> Result<String, Failed> {
    let closed = || Failed::Lost("it closed the connection".to_owned());
    let lost = |error: io::Error| match error.kind() {
        io::ErrorKind::UnexpectedEof => closed(),
        _ => Failed::Lost(format!("the connection failed: {error}")),
    };
    let foreign = || Failed::Refused("it does not speak the protocol of Redis".to_owned());
    let mut command = format!("*{}\r\n", words.len());
    command.extend(words.iter().map(|word| format!("${}\r\n{word}\r\n", word.len())));
    connection.write_all(command.as_bytes()).await.map_err(lost)?;
    connection.flush().await.map_err(lost)?;
    let mut line = Vec::new();
    (&mut *connection).take(1024).read_until(b'\n', &mut line).await.map_err(lost)?;
    let line = String::from_utf8_lossy(&line);
    let line = line.trim_end();
    match (line.chars().next(), line.get(1..)) {
        (Some('+'), Some(word)) => Ok(word.to_owned()),
        (Some('-'), Some(error)) => Err(Failed::Refused(error.trim_end_matches('.').to_owned())),
        (Some('$' | '='), Some(length)) => {
            let length = length.parse().ok().filter(|length| *length <= LONGEST);
            let length = length.ok_or_else(foreign)?;
            let mut bytes = vec![0; length + 2];
            connection.read_exact(&mut bytes).await.map_err(lost)?;
            Ok(String::from_utf8_lossy(&bytes[..length]).into_owned())
        }
        (None, _) => Err(closed()),
        _ => Err(foreign()),
    }
}

/// Every number of INFO under its own name, and what gauges ask for by plainer ones.
fn exposition(info: &str) -> Exposition {
    let mut given = Exposition::empty();
    for (name, value) in info.lines().filter_map(|line| line.trim().split_once(':')) {
        if let Ok(value) = value.parse() {
            given.give(name, value);
        }
    }
    if let Some(used) = given.value("used_memory") {
        given.give("memory_bytes", used);
        let percent = match given.value("maxmemory") {
            Some(most) if most > 0.0 => Ok(100.0 * used / most),
            _ => Err(Unread::Because("the server has no maxmemory that memory could be a share of".to_owned())),
        };
        given.give_or_lack("memory_percent", percent);
    }
    if let Some(connected) = given.value("connected_clients") {
        // This connection is not the app's.
        given.give("clients", (connected - 1.0).max(0.0));
    }
    given
}

/// What happened since the reading before.
pub(super) fn derive(now: &mut Exposition, before: Option<&Exposition>) {
    let hits = increase("keyspace_hits", now, before);
    let misses = increase("keyspace_misses", now, before);
    let derived = [
        ("hit_percent", hits.and_then(|hits| Ok(hit_percent(hits, misses?)))),
        ("evictions", increase("evicted_keys", now, before)),
        ("commands_per_second", rate("total_commands_processed", now, before)),
    ];
    for (name, value) in derived {
        now.give_or_lack(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INFO: &str = "# Clients\r\nconnected_clients:4\r\nblocked_clients:1\r\n# Memory\r\nused_memory:1000\r\nused_memory_human:1K\r\n\
                        maxmemory:4000\r\n# Stats\r\nevicted_keys:5\r\nkeyspace_hits:30\r\nkeyspace_misses:10\r\ntotal_commands_processed:70\r\n";

    #[test]
    fn what_info_gives() {
        let mut read = exposition(INFO);
        derive(&mut read, None);
        let value = |name| read.value(name);
        assert_eq!((value("clients"), value("blocked_clients")), (Some(3.0), Some(1.0)));
        assert_eq!((value("memory_bytes"), value("memory_percent")), (Some(1000.0), Some(25.0)));
        assert_eq!((value("keyspace_hits"), value("hit_percent"), value("evictions")), (Some(30.0), None, None));
        let unlimited = exposition(&INFO.replace("maxmemory:4000", "maxmemory:0"));
        assert_eq!(unlimited.value("memory_percent"), None, "a share of nothing is missing, not nought");
    }

    #[test]
    fn hits_and_evictions_are_those_since_the_reading_before() {
        let before = exposition(INFO);
        std::thread::sleep(std::time::Duration::from_millis(1));
        let later = INFO.replace("hits:30", "hits:39").replace("misses:10", "misses:11").replace("keys:5", "keys:7");
        let mut now = exposition(&later);
        derive(&mut now, Some(&before));
        assert_eq!((now.value("hit_percent"), now.value("evictions")), (Some(90.0), Some(2.0)));
    }

    #[tokio::test]
    async fn a_connection_that_was_closed_while_idle_is_opened_again() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let url = format!("redis://{}", listener.local_addr().expect("bound"));
        let served = tokio::spawn(async move {
            for _ in 0..2 {
                let (mut stream, _) = listener.accept().await.expect("it connects");
                let mut command = [0; 256];
                let _ = stream.read(&mut command).await;
                let info = "connected_clients:4\r\n";
                let _ = stream.write_all(format!("${}\r\n{info}\r\n", info.len()).as_bytes()).await;
            }
            let _ = listener.accept().await;
        });
        let redis = Redis::new(&url, &Tls { ca: None, verify: true });
        for _ in 0..2 {
            assert_eq!(redis.read().await.expect("it answers").value("clients"), Some(3.0));
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        served.abort();
        let _ = served.await;
        let error = redis.read().await.expect_err("nobody listens any more");
        assert!(error.contains("it cannot be reached"), "{error}");
    }

    #[tokio::test]
    async fn a_server_of_another_kind_is_a_reason() {
        for (answer, reason) in [
            ("HTTP/1.1 400 Bad Request\r\n\r\n", "does not speak the protocol"),
            ("$99999999999\r\n", "does not speak the protocol"),
            ("-NOAUTH Authentication required.\r\n", "NOAUTH"),
            ("-ERR unknown command `AUTH` with args s3cret\r\n", "with args ***"),
            ("", "closed the connection"),
            ("$20\r\nhalf", "closed the connection"),
            ("$4\r\nword\r\n", "no number"),
        ] {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
            let url = format!("redis://:s3cret@{}", listener.local_addr().expect("bound"));
            let asked = tokio::spawn(async move { Redis::new(&url, &Tls { ca: None, verify: true }).read().await });
            let (mut stream, _) = listener.accept().await.expect("it connects");
            let mut command = [0; 256];
            let _ = stream.read(&mut command).await;
            if answer.starts_with('$') {
                let _ = stream.write_all(b"+OK\r\n").await;
                let _ = stream.read(&mut command).await;
            }
            let _ = stream.write_all(answer.as_bytes()).await;
            drop(stream);
            let error = asked.await.expect("no panic").expect_err(answer);
            assert!(error.starts_with("redis at 127.0.0.1:") && error.contains(reason), "{answer}: {error}");
        }
    }
}
