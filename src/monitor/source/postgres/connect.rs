//! From an address to an open session.

use std::{error::Error, io, path::Path, str::FromStr, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, UnixStream},
    task::AbortHandle,
};
use tokio_postgres::{
    Client, Config, Connection, NoTls, SimpleQueryMessage,
    config::{Host, SslMode},
};
use url::Url;

use super::{
    query::{Known, Row},
    tls::Secure,
};
use crate::{client::tls, monitor::source::Hidden, plan::Tls};

/// What the monitor is called in `pg_stat_activity`.
const APPLICATION: &str = "stagegate";

/// The server itself ends a statement of the monitor after this share of the time that an answer is awaited: so the session
/// goes on, and no second one is opened beside a statement that nobody waits for any more.
const STATEMENT_SHARE: f64 = 0.8;

const PORT: u16 = 5432;

/// Where a database is, and as whom it is asked.
#[derive(Debug)]
pub(super) struct Address {
    config: Config,
    tls: Tls,
    hidden: Hidden,
    /// `postgres at HOST:PORT/NAME`.
    pub(super) name: String,
}

/// An open session; dropping it closes the connection at once.
#[derive(Debug)]
pub(super) struct Session {
    client: Client,
    driver: AbortHandle,
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
        let hidden = Hidden::of(&Url::parse(url).map_err(|error| wrong(&error.to_string()))?);
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
        Ok(Self { config, tls: tls.clone(), hidden, name })
    }

    /// Opens a session with the first host.
    ///
    /// # Errors
    /// Why there is none.
    pub(super) async fn connect(&self, patience: Duration) -> Result<Session, String> {
        let config = self.with_statement_timeout(patience.mul_f64(STATEMENT_SHARE));
        let port = self.config.get_ports().first().copied().unwrap_or(PORT);
        match self.config.get_hosts().first() {
            Some(Host::Tcp(host)) => {
                let tcp = TcpStream::connect((host.as_str(), port)).await.map_err(|error| self.unreached(&error))?;
                let secure = match self.config.get_ssl_mode() {
                    SslMode::Disable => None,
                    // As everywhere: encrypted where the server can, and nobody's certificate is looked at.
                    SslMode::Prefer => Some(tls::unverified()),
                    _ => Some(tls::config(&self.tls).map_err(|error| self.say(&error.to_string()))?),
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
            None => Err(self.say("the address names no host")),
        }
    }

    fn with_statement_timeout(&self, limit: Duration) -> Config {
        let own = self.config.get_options().map_or(String::new(), |own| format!("{own} "));
        let mut config = self.config.clone();
        config.options(format!("{own}-c statement_timeout={}", limit.as_millis().max(1)));
        config
    }

    async fn unix(&self, socket: &Path) -> Result<UnixStream, String> {
        UnixStream::connect(socket).await.map_err(|error| self.unreached(&error))
    }

    fn opened<S, T>(
        &self,
        connected: Result<(Client, Connection<S, T>), tokio_postgres::Error>,
    ) -> Result<Session, String>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
        T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (client, connection) = connected.map_err(|error| self.say(&sentence(&error)))?;
        // What the connection ended with is told by the reading that waits for it.
        let driver = tokio::spawn(async move { drop(connection.await) }).abort_handle();
        Ok(Session { client, driver, known: Known::default() })
    }

    fn unreached(&self, error: &io::Error) -> String {
        self.say(&format!("it cannot be reached: {error}"))
    }

    /// A reason with the place it is about; no password is in it.
    pub(super) fn say(&self, why: &str) -> String {
        format!("{}: {}", self.name, self.hidden.mask(why))
    }
}

impl Session {
    /// Whether it can still be asked.
    pub(super) fn is_open(&self) -> bool {
        !self.client.is_closed()
    }

    /// Asks one query for its one value; `None` is NULL. The transaction only reads. Nothing else goes through: the server takes
    /// one statement to declare a cursor with, and only one that reads. However many rows there are, two are fetched at most.
    ///
    /// # Errors
    /// The server refused it, it gave another number of rows or values, or the session is lost.
    pub(super) async fn value(&self, query: &str) -> Result<Option<String>, String> {
        let client = &self.client;
        let refused = |error| sentence(&error);
        client.simple_query("BEGIN READ ONLY").await.map_err(refused)?;
        client.execute(&format!("DECLARE stagegate CURSOR FOR {query}"), &[]).await.map_err(refused)?;
        let messages = client.simple_query("FETCH 2 FROM stagegate").await.map_err(refused)?;
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

    /// Asks one statement that gives one row. The inner error is a statement that the server refused; the session goes on
    /// then.
    ///
    /// # Errors
    /// The session is lost.
    pub(super) async fn ask(&mut self, statement: &str) -> Result<Result<Row, String>, String> {
        let messages = match self.client.simple_query(statement).await {
            Ok(messages) => messages,
            Err(error) if error.as_db_error().is_some() && self.is_open() => return Ok(Err(sentence(&error))),
            Err(error) => return Err(sentence(&error)),
        };
        let row = messages.into_iter().find_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(row),
            _ => None,
        });
        let Some(row) = row else { return Ok(Err("it gave no row".to_owned())) };
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
    use super::*;

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
    fn an_address_that_cannot_be_read_is_not_repeated() {
        for url in ["postgresql://a:s3cret@h/n?colour=red", "postgresql://a:s3cret@h:99999/n", "postgresql:///n"] {
            let error = Address::of(url, &TLS).expect_err(url);
            assert!(error.starts_with("the address of postgres cannot be read: "), "{error}");
            assert!(!error.contains("s3cret"), "{error}");
        }
    }
}
