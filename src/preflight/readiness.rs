//! Waiting for a fresh deployment.

use std::{net::IpAddr, time::Duration};

use tokio::{
    net::TcpStream,
    time::{Instant, sleep, timeout},
};
use url::Url;

use super::Sent;
use crate::{client::control::Control, config::hidden};

/// The first pause between two polls; each is twice as long as the one before, up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// A deployment that takes a minute is not asked more often than once a second.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// What came of waiting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Readiness {
    /// What was seen; `Err` when the target did not become ready in time.
    pub outcome: Result<String, String>,
    /// The polls. They count as requests; those before the target was ready are no failures, because waiting is what
    /// they are for.
    pub sent: Sent,
}

/// Opens a connection to the target and closes it again; nothing is sent. With an `address` its name is not looked up.
///
/// # Errors
/// Why none could be opened within `patience`, in one sentence.
pub async fn reach(url: &Url, address: Option<IpAddr>, patience: Duration) -> Result<(), String> {
    let host = url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    let port = url.port_or_known_default().unwrap_or(80);
    let connecting = async {
        match address {
            Some(address) => TcpStream::connect((address, port)).await,
            None => TcpStream::connect((host, port)).await,
        }
    };
    let seen = match timeout(patience, connecting).await {
        Ok(Ok(_)) => return Ok(()),
        Ok(Err(error)) => error.to_string(),
        Err(_) => format!("no connection within {patience:?}"),
    };
    Err(format!("{host} port {port} could not be reached: {seen}; start the app, or correct its address"))
}

/// Opens connections to an app on this machine until one is taken, at most so long; nothing is sent.
pub async fn wait_until_reached(url: &Url, within: Duration) -> Readiness {
    let started = Instant::now();
    let mut pause = FIRST_PAUSE;
    loop {
        let left = within.saturating_sub(started.elapsed()).max(FIRST_PAUSE);
        let outcome = match reach(url, None, left).await {
            Ok(()) => Ok(format!("it took a connection after {:.1} s", started.elapsed().as_secs_f64())),
            Err(seen) if started.elapsed() + pause >= within => Err(format!("within {within:?}: {seen}")),
            Err(_) => {
                sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
                continue;
            }
        };
        return Readiness { outcome, sent: Sent::default() };
    }
}

/// Asks for `path` until it answers with a status of 200 to 399, at most so long (`target.ready`).
pub async fn wait_until_ready(control: &Control, path: &str, within: Duration) -> Readiness {
    let shown = hidden(path);
    let started = Instant::now();
    let deadline = started + within;
    let mut sent = Sent::default();
    let mut pause = FIRST_PAUSE;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        // The last poll gets a little time even when the clock has run out meanwhile.
        let patience = control.timeout().min(left).max(FIRST_PAUSE);
        let seen = match control.get(path, patience).await {
            Ok(answer) if (200..400).contains(&answer.status) => {
                sent.requests += 1;
                let took = started.elapsed().as_secs_f64();
                return Readiness {
                    outcome: Ok(format!("GET {shown} answered {} after {took:.1} s", answer.status)),
                    sent,
                };
            }
            Ok(answer) => {
                sent.requests += 1;
                format!("GET {shown} answered {}", answer.status)
            }
            Err(failure) => {
                sent.requests += u64::from(failure.sent);
                failure.sentence
            }
        };
        if Instant::now() + pause >= deadline {
            let detail = format!(
                "the target was not ready within {within:?}, expected a status of 200 to 399, last seen: {seen}; \
                 start the app, correct its address, or give `ready.within` more time"
            );
            return Readiness { outcome: Err(detail), sent };
        }
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preflight::run::tests::{app, control};

    #[tokio::test]
    async fn it_waits_until_the_app_answers() {
        let (base, _) = app(|number, _| if number < 2 { "503 Starting\r\n\r\n" } else { "302 Found\r\n\r\n" }).await;
        let ready = wait_until_ready(&control(&base), "/healthz", Duration::from_secs(20)).await;
        assert!(ready.outcome.as_ref().is_ok_and(|seen| seen.starts_with("GET /healthz answered 302")), "{ready:?}");
        assert_eq!(ready.sent, Sent { requests: 3, failures: 0 });
    }

    #[tokio::test]
    async fn a_target_that_never_answers_well_is_a_sentence() {
        let (base, _) = app(|_, _| "503 Starting\r\n\r\n").await;
        let ready = wait_until_ready(&control(&base), "/healthz", Duration::from_millis(150)).await;
        let detail = ready.outcome.expect_err("it is not ready");
        assert!(detail.contains("within 150ms") && detail.contains("answered 503"), "{detail}");
        assert!(ready.sent.requests > 0);
    }

    #[tokio::test]
    async fn a_target_that_is_down_is_a_sentence() {
        let base = url::Url::parse("http://127.0.0.1:1").expect("a URL");
        let ready = wait_until_ready(&control(&base), "/", Duration::ZERO).await;
        assert!(ready.outcome.expect_err("nobody listens").contains("could not connect"));
        assert_eq!(ready.sent.requests, 1);
    }
}
