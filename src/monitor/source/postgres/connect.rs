//! From an address to an open session.

use std::{
    io,
    path::Path,
    str::FromStr,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, UnixStream},
};
use tokio_postgres::{
    Client, Config, Connection, NoTls,
    config::{Host, SslMode},
    error::SqlState,
};
use url::Url;

use super::{
    session::{Session, limit_for, sentence},
    tls::Secure,
};
use crate::{client::tls, monitor::source::Hidden, plan::Tls};

/// What the monitor is called in `pg_stat_activity`.
const APPLICATION: &str = "stagegate";

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

/// Why a session was not opened.
struct Unopened {
    why: String,
    /// A pooler did not take the settings that came with it.
    by_pooler: bool,
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
            match self.open(self.with_statement_timeout(limit), Some(limit)).await {
                Ok(session) => return Ok(session),
                Err(Unopened { by_pooler: true, .. }) => self.pooled.store(true, Ordering::Relaxed),
                Err(unopened) => return Err(unopened.why),
            }
        }
        self.open(self.config.clone(), None).await.map_err(|unopened| unopened.why)
    }

    async fn open(&self, config: Config, limit: Option<Duration>) -> Result<Session, Unopened> {
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
                    None => self.opened(config.connect_raw(tcp, NoTls).await, limit),
                    Some(tls) => {
                        let secure = Secure { config: tls, host: host.clone() };
                        self.opened(config.connect_raw(tcp, secure).await, limit)
                    }
                }
            }
            Some(Host::Unix(folder)) => {
                let socket = folder.join(format!(".s.PGSQL.{port}"));
                let stream = self.unix(&socket).await?;
                self.opened(config.connect_raw(stream, NoTls).await, limit)
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
        limit: Option<Duration>,
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
        Ok(Session::new(client, connection, limit))
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
