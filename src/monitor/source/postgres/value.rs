//! One value by one query, for an item of a checklist.

use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::connect::Address;
use crate::plan::Tls;

/// What a database gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// `postgres at HOST:PORT/NAME`.
    pub from: String,
    /// The value as the database writes it; `None` is NULL.
    pub value: Option<String>,
}

/// Asks the database at `url` on a connection of its own for the one value of one row that `query` gives. It is asked in a
/// transaction that only reads; the server itself ends a statement at 80 % of what is left of `patience` after connecting, and
/// after `patience` the connection is closed.
///
/// # Errors
/// Why there is no such value: out of reach, refused, too late, or another number of rows or values. It names the database and
/// repeats no password.
pub async fn ask_value(url: &str, tls: &Tls, query: &str, patience: Duration) -> Result<Given, String> {
    let address = Address::of(url, tls)?;
    let asked = async {
        let begun = Instant::now();
        let session = address.connect(patience).await?;
        session.value(query, begun + patience).await.map_err(|why| address.say(&why))
    };
    match timeout(patience, asked).await {
        Ok(value) => Ok(Given { value: value?, from: address.name }),
        Err(_) => Err(address.say(&format!("it did not answer within {patience:?}"))),
    }
}

#[cfg(test)]
mod tests {
    use tokio::{io::AsyncWriteExt as _, net::TcpListener};

    use super::{
        super::testing::{let_in, said},
        *,
    };

    const TLS: Tls = Tls { ca: None, verify: true };

    #[tokio::test]
    async fn a_server_that_says_nothing_is_not_waited_for() {
        let mute = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let server = mute.local_addr().expect("bound");
        let url = format!("postgresql://app:s3cret@{server}/shop?sslmode=disable");
        let error = ask_value(&url, &TLS, "SELECT 1", Duration::from_millis(200)).await.expect_err("it is mute");
        assert_eq!(error, format!("postgres at {server}/shop: it did not answer within 200ms"));
    }

    #[tokio::test]
    async fn what_connecting_took_is_off_the_time_of_the_statement() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let url = format!("postgresql://a:b@{}/n?sslmode=disable", listener.local_addr().expect("bound"));
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.expect("it connects");
            said(&mut stream).await;
            tokio::time::sleep(Duration::from_millis(500)).await;
            stream.write_all(&let_in()).await.expect("it listens");
            said(&mut stream).await
        });
        ask_value(&url, &TLS, "SELECT 1", Duration::from_secs(2)).await.expect_err("it goes away");
        let begun = server.await.expect("no panic");
        let limit = begun.split_once("BEGIN READ ONLY; SET LOCAL statement_timeout = ").expect("a limit").1;
        let limit: u64 = limit.trim_end_matches('\0').parse().expect("milliseconds");
        assert!((100..=1200).contains(&limit), "80 % of what is left of 2 s after 0.5 s: {limit}");
    }

    #[tokio::test]
    async fn where_nothing_listens_is_said_without_the_password() {
        let url = "postgresql://app:s3cret@127.0.0.1:1/shop";
        let error = ask_value(url, &TLS, "SELECT 1", Duration::from_secs(5)).await.expect_err("nothing listens");
        assert!(error.starts_with("postgres at 127.0.0.1:1/shop: it cannot be reached"), "{error}");
        assert!(!error.contains("s3cret"), "{error}");
    }
}
