//! What is asked over an open connection, and for how long.

use std::{error::Error, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncWrite},
    task::AbortHandle,
    time::Instant,
};
use tokio_postgres::{Client, Connection, SimpleQueryMessage, error::SqlState};

use super::query::{Known, LIMIT, Row};

/// The server itself ends a statement of the monitor after this share of the time that an answer is awaited: so the session
/// goes on, and no second one is opened beside a statement that nobody waits for any more.
const STATEMENT_SHARE: f64 = 0.8;

/// Where less than this share of the time is left besides the session's own limit, a statement has a shorter one.
const WAY_SHARE: f64 = 0.1;

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

/// A statement that the server refused.
#[derive(Debug)]
pub(super) struct Refused {
    /// The server's words.
    pub(super) words: String,
    /// Whether the server ended it because it took too long.
    pub(super) took_too_long: bool,
}

impl Session {
    /// Goes on with a connection that was made. The server keeps to the limit that came with it; `None` where none did.
    pub(super) fn new<S, T>(client: Client, connection: Connection<S, T>, limit: Option<Duration>) -> Self
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
        T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        // What the connection ended with is told by the reading that waits for it.
        let driver = tokio::spawn(async move { drop(connection.await) }).abort_handle();
        Self { client, driver, limit, known: Known::default() }
    }

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
pub(super) fn limit_for(patience: Duration) -> Duration {
    let millis = patience.mul_f64(STATEMENT_SHARE).as_millis().max(1);
    Duration::from_millis(u64::try_from(millis).unwrap_or(u64::MAX))
}

/// A server's words, or the error with its causes.
pub(super) fn sentence(error: &tokio_postgres::Error) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_ends_before_nobody_waits_for_it_any_more() {
        let ms = Duration::from_millis;
        assert_eq!(limited("SELECT", Some(ms(4000)), ms(5000)), "SELECT");
        assert_eq!(limited("SELECT", Some(ms(4000)), ms(4300)), "SET LOCAL statement_timeout = 3440; SELECT");
        assert_eq!(limited("SELECT", Some(ms(8000)), ms(5000)), "SET LOCAL statement_timeout = 4000; SELECT");
        assert_eq!(limited("SELECT", None, ms(5000)), "SET LOCAL statement_timeout = 4000; SELECT");
    }
}
