//! One value by one query, for an item of a checklist.

use std::time::Duration;

use tokio::time::timeout;

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
/// transaction that only reads; the server itself ends a statement at 80 % of `patience`, and after `patience` the connection is
/// closed.
///
/// # Errors
/// Why there is no such value: out of reach, refused, too late, or another number of rows or values. It names the database and
/// repeats no password.
pub async fn ask_value(url: &str, tls: &Tls, query: &str, patience: Duration) -> Result<Given, String> {
    let address = Address::of(url, tls)?;
    let asked = async {
        let session = address.connect(patience).await?;
        session.value(query, patience).await.map_err(|why| address.say(&why))
    };
    match timeout(patience, asked).await {
        Ok(value) => Ok(Given { value: value?, from: address.name }),
        Err(_) => Err(address.say(&format!("it did not answer within {patience:?}"))),
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

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
    async fn where_nothing_listens_is_said_without_the_password() {
        let url = "postgresql://app:s3cret@127.0.0.1:1/shop";
        let error = ask_value(url, &TLS, "SELECT 1", Duration::from_secs(5)).await.expect_err("nothing listens");
        assert!(error.starts_with("postgres at 127.0.0.1:1/shop: it cannot be reached"), "{error}");
        assert!(!error.contains("s3cret"), "{error}");
    }
}
