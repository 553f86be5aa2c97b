//! From an address to an open session.

use std::{
    error::Error,
    io,
    path::Path,
    str::FromStr,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, UnixStream},
    task::AbortHandle,
    time::Instant,
};
use tokio_postgres::{
    Client, Config, Connection, NoTls, SimpleQueryMessage,
    config::{Host, SslMode},
    error::SqlState,
};
use url::Url;

use super::{
    query::{Known, LIMIT, Row},
    tls::Secure,
};
use crate::{client::tls, monitor::source::Hidden, plan::Tls};

/// What the monitor is called in `pg_stat_activity`.
const APPLICATION: &str = "stagegate";

/// The server itself ends a statement of the monitor after this share of the time that an answer is awaited: so the session
/// goes on, and no second one is opened beside a statement that nobody waits for any more.
const STATEMENT_SHARE: f64 = 0.8;

/// Where less than this share of the time is left besides the session's own limit, a statement has a shorter one.
const WAY_SHARE: f64 = 0.1;

const PORT: u16 = 5432;

/// Where a database is, and as whom it is asked.
#[derive(Debug)]
pub(super) struct Address {
    config: Config,
    tls: Tls,
    hidden: Hidden,
    /// `postgres at HOST:PORT/NAME`.
    pub(super) name: String,
    /// Whether a pooler stands before the server, which takes no settings with a new connection. It may also give each
    /// statement another session, so that none may be left with a setting.
    pooled: AtomicBool,
}

/// A statement that the server refused.
#[derive(Debug)]
pub(super) struct Refused {
    /// The server's words.
    pub(super) words: String,
    /// Whether the server ended it because it took too long.
    pub(super) took_too_long: bool,
}

/// Why a session was not opened.
struct Unopened {
    why: String,
    /// A pooler did not take the settings that came with it.
    by_pooler: bool,
}

/// An open session; dropping it closes the connection at once.
#[derive(Debug)]
pub(super) struct Session {
    client: Client,
    driver: AbortHandle,
    /// After so long the server ends a statement; `None` where that has to be said with each.
    limit: Option<Duration>,
    /// What is known about the server.
    pub(super) known: Known,
}

impl Address {
    /// Reads `postgresql://user:password@host:port/name?sslmode=..`.
    ///
    /// # Errors
    /// What is wrong with it, without repeating it.
    pub(super) fn of(url: &str, tls: &Tls) -> Result<Self, String> {
        let wrong = |why: &str| format!("the address of postgres cannot be read: {why}");
        Url::parse(url).map_err(|error| wrong(&error.to_string()))?;
        let hidden = Hidden::of(url);
        let config = Config::from_str(&verified_is_required(url));
        let mut config = config.map_err(|error| wrong(&hidden.mask(&sentence(&error))))?;
        config.application_name(APPLICATION);
        let host = match config.get_hosts().first() {
            Some(Host::Tcp(host)) => host.clone(),
            Some(Host::Unix(path)) => path.display().to_string(),
            None => return Err(wrong("it names no host")),
        };
        let port = config.get_ports().first().copied().unwrap_or(PORT);
        let name = format!("postgres at {host}:{port}/{}", config.get_dbname().unwrap_or_default());
        Ok(Self { config, tls: tls.clone(), hidden, name, pooled: AtomicBool::new(false) })
    }

    /// Opens a session with the first host, for statements whose answers are awaited so long.
    ///
    /// # Errors
    /// Why there is none.
    pub(super) async fn connect(&self, patience: Duration) -> Result<Session, String> {
        if !self.pooled.load(Ordering::Relaxed) {
            let limit = limit_for(patience);
            match self.open(self.with_statement_timeout(limit)).await {
                Ok(mut session) => {
                    session.limit = Some(limit);
                    return Ok(session);
                }
                Err(Unopened { by_pooler: true, .. }) => self.pooled.store(true, Ordering::Relaxed),
                Err(unopened) => return Err(unopened.why),
            }
        }
        self.open(self.config.clone()).await.map_err(|unopened| unopened.why)
    }

    async fn open(&self, config: Config) -> Result<Session, Unopened> {
        let port = self.config.get_ports().first().copied().unwrap_or(PORT);
        match self.config.get_hosts().first() {
            Some(Host::Tcp(host)) => {
                let tcp = TcpStream::connect((host.as_str(), port)).await.map_err(|error| self.unreached(&error))?;
                let secure = match self.config.get_ssl_mode() {
                    SslMode::Disable => None,
                    // As everywhere: encrypted where the server can, and nobody's certificate is looked at.
                    SslMode::Prefer => Some(tls::unverified()),
                    _ => Some(tls::config(&self.tls).map_err(|error| Unopened::because(self.say(&error.to_string())))?),
                };
                match secure {
                    None => self.opened(config.connect_raw(tcp, NoTls).await),
                    Some(tls) => {
                        let secure = Secure { config: tls, host: host.clone() };
                        self.opened(config.connect_raw(tcp, secure).await)
                    }
                }
            }
            Some(Host::Unix(folder)) => {
                let socket = folder.join(format!(".s.PGSQL.{port}"));
                let stream = self.unix(&socket).await?;
                self.opened(config.connect_raw(stream, NoTls).await)
            }
            None => Err(Unopened::because(self.say("the address names no host"))),
        }
    }

    fn with_statement_timeout(&self, limit: Duration) -> Config {
        let own = self.config.get_options().map_or(String::new(), |own| format!("{own} "));
        let mut config = self.config.clone();
        config.options(format!("{own}-c statement_timeout={}", limit.as_millis()));
        config
    }

    async fn unix(&self, socket: &Path) -> Result<UnixStream, Unopened> {
        UnixStream::connect(socket).await.map_err(|error| self.unreached(&error))
    }

    fn opened<S, T>(
        &self,
        connected: Result<(Client, Connection<S, T>), tokio_postgres::Error>,
    ) -> Result<Session, Unopened>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
        T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (client, connection) = connected.map_err(|error| Unopened {
            why: self.say(&sentence(&error)),
            by_pooler: error.as_db_error().is_some_and(|refused| {
                *refused.code() == SqlState::PROTOCOL_VIOLATION && refused.message().contains("startup parameter")
            }),
        })?;
        // What the connection ended with is told by the reading that waits for it.
        let driver = tokio::spawn(async move { drop(connection.await) }).abort_handle();
        Ok(Session { client, driver, limit: None, known: Known::default() })
    }

    fn unreached(&self, error: &io::Error) -> Unopened {
        Unopened::because(self.say(&format!("it cannot be reached: {error}")))
    }

    /// A reason with the place it is about; no password is in it.
    pub(super) fn say(&self, why: &str) -> String {
        format!("{}: {}", self.name, self.hidden.mask(why))
    }
}

impl Unopened {
    fn because(why: String) -> Self {
        Self { why, by_pooler: false }
    }
}

impl Session {
    /// Whether it can still be asked.
    pub(super) fn is_open(&self) -> bool {
        !self.client.is_closed()
    }

    /// Takes from the first row of a connection what is to be known about the server, and whether it keeps to the limit that
    /// came with the connection: a pooler may have taken that and passed nothing on.
    pub(super) fn learn(&mut self, row: &Row) {
        if self.known == Known::Nothing {
            let kept = row.text(LIMIT).and_then(|ms| ms.parse().ok()).map(Duration::from_millis);
            self.limit = self.limit.filter(|limit| kept == Some(*limit));
        }
        self.known.learn(row);
    }

    /// Asks one query for its one value, which is awaited until then; `None` is NULL. The transaction only reads. Nothing else
    /// goes through: the server takes one statement to declare a cursor with, and only one that reads. However many rows there
    /// are, two are fetched at most. Each statement has a limit of its own, by the time that those before it left.
    ///
    /// # Errors
    /// The server refused it, it gave another number of rows or values, or the session is lost.
    pub(super) async fn value(&self, query: &str, until: Instant) -> Result<Option<String>, String> {
        let client = &self.client;
        let refused = |error| sentence(&error);
        let limit = || set_limit(until.saturating_duration_since(Instant::now()));
        client.simple_query(&format!("BEGIN READ ONLY; {}", limit())).await.map_err(refused)?;
        client.execute(&format!("DECLARE stagegate CURSOR FOR {query}"), &[]).await.map_err(refused)?;
        let fetch = format!("{}; FETCH 2 FROM stagegate", limit());
        let messages = client.simple_query(&fetch).await.map_err(refused)?;
        let rows = messages.iter().filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(row),
            _ => None,
        });
        match rows.collect::<Vec<_>>()[..] {
            [row] if row.len() == 1 => Ok(row.get(0).map(str::to_owned)),
            [row] => Err(format!("the statement gave {} values in its row, expected one", row.len())),
            [] => Err("the statement gave no row, expected one".to_owned()),
            _ => Err("the statement gave more than one row, expected one".to_owned()),
        }
    }

    /// Asks one statement that gives one row, and awaits the answer so long: the server ends it a little before. The inner
    /// error is a statement that the server refused; the session goes on then.
    ///
    /// # Errors
    /// The session is lost.
    pub(super) async fn ask(&mut self, statement: &str, patience: Duration) -> Result<Result<Row, Refused>, String> {
        // With the first statement of a connection it is not known yet whether the limit came through with it.
        let limit = self.limit.filter(|_| self.known != Known::Nothing);
        let messages = match self.client.simple_query(&limited(statement, limit, patience)).await {
            Ok(messages) => messages,
            Err(error) => match error.as_db_error() {
                Some(refused) if self.is_open() => {
                    let took_too_long = *refused.code() == SqlState::QUERY_CANCELED;
                    return Ok(Err(Refused { words: sentence(&error), took_too_long }));
                }
                _ => return Err(sentence(&error)),
            },
        };
        let row = messages.into_iter().find_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(row),
            _ => None,
        });
        let Some(row) = row else {
            return Ok(Err(Refused { words: "it gave no row".to_owned(), took_too_long: false }));
        };
        let columns = row.columns().iter().enumerate();
        let columns = columns.map(|(at, column)| (column.name().to_owned(), row.get(at).map(str::to_owned)));
        Ok(Ok(Row::new(columns)))
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

/// The statement with a limit of its own, where the session has none or connecting took of the time. Both go in one message,
/// which is a transaction, and the limit ends with it.
fn limited(statement: &str, session: Option<Duration>, patience: Duration) -> String {
    if session.is_some_and(|limit| limit + patience.mul_f64(WAY_SHARE) <= patience) {
        return statement.to_owned();
    }
    format!("{}; {statement}", set_limit(patience))
}

/// A limit for the statements of one transaction whose answers are awaited so long.
fn set_limit(patience: Duration) -> String {
    format!("SET LOCAL statement_timeout = {}", limit_for(patience).as_millis())
}

/// After so many whole milliseconds the server ends a statement whose answer is awaited so long.
fn limit_for(patience: Duration) -> Duration {
    let millis = patience.mul_f64(STATEMENT_SHARE).as_millis().max(1);
    Duration::from_millis(u64::try_from(millis).unwrap_or(u64::MAX))
}

/// A server's words, or the error with its causes.
fn sentence(error: &tokio_postgres::Error) -> String {
    if let Some(refused) = error.as_db_error() {
        return refused.message().to_owned();
    }
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        let more = next.to_string();
        if !words.contains(&more) {
            words = format!("{words}: {more}");
        }
        cause = next.source();
    }
    words
}

/// `sslmode=verify-full` and `verify-ca` are what `require` is here: with a certificate that is verified, as `target.tls`
/// says.
fn verified_is_required(url: &str) -> String {
    url.replace("sslmode=verify-full", "sslmode=require").replace("sslmode=verify-ca", "sslmode=require")
}

#[cfg(test)]
mod tests {
    use tokio::{io::AsyncWriteExt as _, net::TcpListener};

    use super::{
        super::testing::{let_in, message, row, said},
        *,
    };

    const TLS: Tls = Tls { ca: None, verify: true };

    #[test]
    fn a_database_is_named_without_its_password() {
        let address = Address::of("postgresql://app:s3cret%21@db.example.com:6432/shop", &TLS).expect("an address");
        assert_eq!(address.name, "postgres at db.example.com:6432/shop");
        assert_eq!(
            address.say("login with s3cret! failed"),
            "postgres at db.example.com:6432/shop: login with *** failed"
        );
        assert!(!format!("{address:?}").contains("s3cret"), "{address:?}");
    }

    #[test]
    fn the_ways_to_say_how_it_is_secured() {
        for (mode, expected) in [
            ("", SslMode::Prefer),
            ("?sslmode=disable", SslMode::Disable),
            ("?sslmode=require", SslMode::Require),
            ("?sslmode=verify-full", SslMode::Require),
        ] {
            let address = Address::of(&format!("postgresql://a:b@h/n{mode}"), &TLS).expect(mode);
            assert_eq!(address.config.get_ssl_mode(), expected, "{mode}");
        }
    }

    #[test]
    fn a_statement_ends_before_nobody_waits_for_it_any_more() {
        let ms = Duration::from_millis;
        assert_eq!(limited("SELECT", Some(ms(4000)), ms(5000)), "SELECT");
        assert_eq!(limited("SELECT", Some(ms(4000)), ms(4300)), "SET LOCAL statement_timeout = 3440; SELECT");
        assert_eq!(limited("SELECT", Some(ms(8000)), ms(5000)), "SET LOCAL statement_timeout = 4000; SELECT");
        assert_eq!(limited("SELECT", None, ms(5000)), "SET LOCAL statement_timeout = 4000; SELECT");
    }

    #[tokio::test]
    async fn a_pooler_is_asked_without_settings() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let url = format!("postgresql://a:b@{}/n?sslmode=disable", listener.local_addr().expect("bound"));
        let pooler = tokio::spawn(async move {
            let (mut first, _) = listener.accept().await.expect("it connects");
            assert!(said(&mut first).await.contains("statement_timeout"));
            let refused = b"SFATAL\0VFATAL\0C08P01\0Munsupported startup parameter: options\0\0";
            first.write_all(&message(b'E', refused)).await.expect("it listens");
            drop(first);
            let (mut second, _) = listener.accept().await.expect("it tries again");
            assert!(!said(&mut second).await.contains("options"));
            second.write_all(&let_in()).await.expect("it listens");
            let asked = said(&mut second).await;
            let set = message(b'C', b"SET\0");
            second.write_all(&[set, row(&[])].concat()).await.expect("it listens");
            asked
        });
        let address = Address::of(&url, &TLS).expect("an address");
        let mut session = address.connect(Duration::from_secs(5)).await.expect("the second time it is let in");
        let row = session.ask("SELECT 1", Duration::from_secs(5)).await.expect("it answers");
        assert!(row.is_ok(), "{row:?}");
        let asked = pooler.await.expect("no panic");
        assert!(asked.contains("SET LOCAL statement_timeout = 4000; SELECT 1"), "{asked}");
    }

    #[test]
    fn an_address_that_cannot_be_read_is_not_repeated() {
        for url in [
            "postgresql://a:s3cret@h/n?colour=red",
            "postgresql://a@h/n?password=s3cret&colour=red",
            "postgresql://a:s3cret@h:99999/n",
            "postgresql:///n",
        ] {
            let error = Address::of(url, &TLS).expect_err(url);
            assert!(error.starts_with("the address of postgres cannot be read: "), "{error}");
            assert!(!error.contains("s3cret"), "{error}");
        }
    }
}
