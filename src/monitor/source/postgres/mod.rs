//! A `PostgreSQL` database: one connection for the whole run, one statement a reading.

mod connect;
mod door;
mod query;
mod session;
mod statements;
#[cfg(test)]
pub(in crate::monitor) mod testing;
mod tls;
mod value;
mod words;

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

pub use self::value::{Given, ask_value};
use self::{connect::Address, door::Door, session::Session, statements::Statements};
use super::{Exposition, hit_percent, increase, rate};
use crate::{measure::Statement, monitor::Unread, plan::Tls};

/// One database.
#[derive(Debug)]
pub(in crate::monitor) struct Postgres {
    address: Result<Address, String>,
    name: String,
    pool: Option<u32>,
    /// Taken out while it is asked, so that a reading that is given up takes the connection with it.
    session: Mutex<Option<Session>>,
    statements: Mutex<Statements>,
    door: Mutex<Door>,
}

impl Postgres {
    pub(super) fn new(url: &str, pool: Option<u32>, tls: &Tls) -> Self {
        let address = Address::of(url, tls);
        let name = address.as_ref().map_or_else(|_| "postgres".to_owned(), |address| address.name.clone());
        Self { address, name, pool, session: Mutex::default(), statements: Mutex::default(), door: Mutex::default() }
    }

    /// `postgres at HOST:PORT/NAME`.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// A measured window begins: the next reading also counts what each statement took so far.
    pub(super) fn open(&self) {
        self.statements_now().open(&self.name);
    }

    /// A window begins whose statements nobody wants to know.
    pub(super) fn leave_statements(&self) {
        self.statements_now().leave();
    }

    /// Whether they were counted at the begin of the window.
    pub(super) fn counts_statements(&self) -> bool {
        self.statements_now().has_begun()
    }

    /// The window has ended. Whether a reading is to be made to tell which statements grew in it.
    pub(super) fn close(&self) -> bool {
        let counts = {
            let session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
            session.as_ref().is_some_and(|session| matches!(session.known, query::Known::At { .. }))
        };
        let mut statements = self.statements_now();
        if counts && statements.begins() {
            statements.fail("the window had ended when they were to be read first");
        }
        statements.close()
    }

    /// A reading that was to tell something of the statements was given up.
    pub(super) fn fail_statements(&self, why: &str) {
        self.statements_now().fail(why);
    }

    /// What the statements took between the two readings of them, or why that is not known.
    pub(super) fn statements(&self) -> Result<Vec<Statement>, String> {
        self.statements_now().taken()
    }

    pub(super) async fn read(&self, patience: Duration) -> Result<Exposition, String> {
        let begun = Instant::now();
        let address = self.address.as_ref().map_err(String::clone)?;
        let kept = self.session.lock().unwrap_or_else(PoisonError::into_inner).take();
        let mut session = match kept.filter(Session::is_open) {
            Some(session) => session,
            None => self.connect(address, patience).await?,
        };
        let (text, tells) = {
            let statements = self.statements_now();
            let wanted = statements.wanted();
            (query::text(&session.known, wanted), query::tells(&session.known, wanted))
        };
        let left = patience.saturating_sub(begun.elapsed());
        let answer = session.ask(&text, left).await.map_err(|why| address.say(&why))?;
        let row = match answer {
            Ok(row) => row,
            Err(refused) => {
                // The connection is as good as before: the statement alone was refused.
                let why = address.say(&refused.words);
                if tells {
                    self.statements_now().fail(&why);
                    if !refused.took_too_long {
                        session.known.without_statements();
                    }
                }
                self.keep(session);
                return Err(why);
            }
        };
        session.learn(&row);
        if tells {
            self.statements_now().read(row.text("statements").unwrap_or_default());
        }
        self.keep(session);
        Ok(self.exposition(&row))
    }

    async fn connect(&self, address: &Address, patience: Duration) -> Result<Session, String> {
        let door = || self.door.lock().unwrap_or_else(PoisonError::into_inner);
        door().knock(Instant::now(), patience).map_err(|why| address.say(&why))?;
        let session = address.connect(patience).await;
        door().answered();
        session
    }

    fn exposition(&self, row: &query::Row) -> Exposition {
        let mut given = Exposition::empty();
        for (name, value) in row.numbers() {
            given.give(name, value);
        }
        if given.value("hidden").is_some_and(|hidden| hidden > 0.0) {
            for name in ["active", "waiting", "idle_in_transaction", "oldest_transaction_seconds"] {
                let why = "the role may not see what the sessions of other roles do; grant it pg_monitor".to_owned();
                given.lack(name, Unread::Because(why));
            }
        }
        let (used, of) = match self.pool {
            Some(pool) => (given.value("connections"), Some(f64::from(pool))),
            None => (given.value("all_connections"), given.value("usable_connections")),
        };
        if let (Some(used), Some(of)) = (used, of) {
            given.give("pool_percent", 100.0 * used / of);
        }
        given
    }

    fn keep(&self, session: Session) {
        *self.session.lock().unwrap_or_else(PoisonError::into_inner) = Some(session);
    }

    fn statements_now(&self) -> MutexGuard<'_, Statements> {
        self.statements.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What happened since the reading before, in the whole database.
pub(super) fn derive(now: &mut Exposition, before: Option<&Exposition>) {
    let hits = increase("blocks_hit_total", now, before);
    let reads = increase("blocks_read_total", now, before);
    let derived = [
        ("cache_hit_percent", hits.and_then(|hits| Ok(hit_percent(hits, reads?)))),
        ("commits_per_second", rate("commits_total", now, before)),
        ("rollbacks_per_second", rate("rollbacks_total", now, before)),
        ("deadlocks", increase("deadlocks_total", now, before)),
    ];
    for (name, value) in derived {
        now.give_or_lack(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::{
        testing::{Server, row},
        *,
    };

    const TLS: Tls = Tls { ca: None, verify: true };

    #[tokio::test]
    async fn a_limit_that_a_pooler_kept_for_itself_is_said_with_each_statement() {
        let seconds = Duration::from_secs(5);
        for (kept, expected) in [("0", true), ("4000", false)] {
            let answer = match kept {
                "0" => |_| Some(row(&[("connections", "3"), ("limit_ms", "0")])),
                _ => |_| Some(row(&[("connections", "3"), ("limit_ms", "4000")])),
            };
            let server = Server::start(answer).await;
            let postgres = Postgres::new(&server.url, None, &TLS);
            for _ in 0..2 {
                postgres.read(seconds).await.expect("it answers");
            }
            let said =
                server.asked().iter().map(|asked| asked.contains("SET LOCAL statement_timeout")).collect::<Vec<_>>();
            assert_eq!(said, [true, expected], "{kept}: the first goes before it is known");
        }
    }

    #[tokio::test]
    async fn a_database_that_lets_nobody_in_is_not_asked_again_at_once() {
        let mute = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let url = format!("postgresql://a:b@{}/n?sslmode=disable", mute.local_addr().expect("bound"));
        let postgres = Postgres::new(&url, None, &TLS);
        let patience = Duration::from_millis(200);
        let first = tokio::time::timeout(patience, postgres.read(patience)).await;
        assert!(first.is_err(), "{first:?}");
        let (taken, _) = mute.accept().await.expect("it was asked");
        drop(taken);
        let second = tokio::time::timeout(patience, postgres.read(patience)).await.expect("it says so at once");
        let why = second.expect_err("nobody is let in");
        assert!(why.contains("it did not answer within 200ms, and is tried again in 5s"), "{why}");
        let more = tokio::time::timeout(patience, mute.accept()).await;
        assert!(more.is_err(), "no second connection");
    }

    fn counters(hit: f64, read: f64) -> Exposition {
        let mut given = Exposition::empty();
        for (name, value) in
            [("blocks_hit_total", hit), ("blocks_read_total", read), ("commits_total", hit), ("rollbacks_total", 0.0)]
        {
            given.give(name, value);
        }
        given.give("deadlocks_total", 2.0);
        given
    }

    #[test]
    fn what_happened_is_known_from_the_second_reading_on() {
        let mut first = counters(100.0, 50.0);
        derive(&mut first, None);
        assert_eq!(first.value("cache_hit_percent"), None);
        let why = first.sum(&crate::plan::Selector { name: "deadlocks".to_owned(), labels: Vec::new() });
        assert_eq!(why, Err(Unread::NotYet));
        std::thread::sleep(std::time::Duration::from_millis(1));
        let mut second = counters(190.0, 60.0);
        derive(&mut second, Some(&first));
        assert_eq!(second.value("cache_hit_percent"), Some(90.0));
        assert_eq!(second.value("deadlocks"), Some(0.0));
        assert!(second.value("commits_per_second").is_some_and(|rate| rate > 0.0));
        let mut idle = counters(190.0, 60.0);
        derive(&mut idle, Some(&second));
        assert_eq!(idle.value("cache_hit_percent"), Some(100.0), "nothing was asked for, so nothing was missed");
    }

    #[test]
    fn what_other_roles_hide_is_missing_and_not_nought() {
        let postgres = Postgres::new("postgresql://u:p@127.0.0.1:1/n", Some(50), &TLS);
        let row = |hidden: &str| {
            query::Row::of([("connections", "20"), ("active", "3"), ("hidden", hidden), ("max_connections", "100")])
        };
        let seen = postgres.exposition(&row("0"));
        assert_eq!((seen.value("active"), seen.value("pool_percent")), (Some(3.0), Some(40.0)));
        let hidden = postgres.exposition(&row("17"));
        assert_eq!((hidden.value("active"), hidden.value("connections")), (None, Some(20.0)));
    }

    #[test]
    fn a_server_is_as_full_as_the_sessions_of_all_its_databases_make_it() {
        let postgres = Postgres::new("postgresql://u:p@127.0.0.1:1/n", None, &TLS);
        let row = query::Row::of([
            ("connections", "20"),
            ("all_connections", "97"),
            ("max_connections", "100"),
            ("usable_connections", "97"),
        ]);
        assert_eq!(postgres.exposition(&row).value("pool_percent"), Some(100.0));
    }
}
