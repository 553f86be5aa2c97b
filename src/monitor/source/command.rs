//! A command that prints numbers.

use std::time::Duration;

use super::Exposition;
use crate::{client::run_group, config::hidden, units::text};

/// So much of what it prints is read.
const KEPT: usize = 64 * 1024;

/// What is shown of its words.
const SHOWN: usize = 200;

/// Program and arguments; no shell.
#[derive(Debug)]
pub(in crate::monitor) struct Command {
    arguments: Vec<String>,
    name: String,
}

impl Command {
    pub(super) fn new(arguments: &[String]) -> Self {
        let name = arguments.first().cloned().unwrap_or_default();
        Self { arguments: arguments.to_vec(), name }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Runs it once. After `patience` it is ended with all that it started.
    pub(super) async fn read(&self, patience: Duration) -> Result<Exposition, String> {
        let name = &self.name;
        let ended = run_group(&self.arguments, patience, KEPT + 1).await?;
        let status = match ended.status {
            None => return Err(format!("{name} had not ended after {patience:?} and was stopped")),
            Some(Err(error)) => return Err(format!("{name} could not be waited for: {error}")),
            Some(Ok(status)) => status,
        };
        if !status.success() {
            let words = if ended.complained.is_empty() { &ended.said } else { &ended.complained };
            return Err(format!("{name} ended with {status}, expected status 0, and said: {}", quoted(words)));
        }
        if ended.said.len() > KEPT {
            return Err(format!("{name} printed more than 64 KiB, which is too much for a reading"));
        }
        let said = String::from_utf8_lossy(&ended.said);
        if let Ok(value) = said.trim().parse() {
            let mut exposition = Exposition::empty();
            exposition.give("value", value);
            return Ok(exposition);
        }
        let exposition = Exposition::parse(&said);
        if exposition.is_empty() {
            let words = quoted(&ended.said);
            return Err(format!("{name} printed neither a number nor lines of a name and a number: {words}"));
        }
        Ok(exposition)
    }
}

/// The first line with text, shortened.
fn quoted(output: &[u8]) -> String {
    let said = String::from_utf8_lossy(output);
    let said = hidden(&said);
    let line = text::first_line(&said, SHOWN);
    if line.is_empty() { "nothing".to_owned() } else { line.into_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(20);

    async fn sh(script: &str, patience: Duration) -> Result<Exposition, String> {
        Command::new(&["sh", "-c", script].map(str::to_owned)).read(patience).await
    }

    #[tokio::test]
    async fn a_number_is_the_value_and_lines_are_names() {
        assert_eq!(sh("echo 12.5", LONG).await.expect("a number").value("value"), Some(12.5));
        let read = sh("echo 'depth 3'; echo 'queue_age{name=\"a\"} 7'", LONG).await.expect("names");
        assert_eq!((read.value("depth"), read.value("queue_age"), read.value("value")), (Some(3.0), Some(7.0), None));
    }

    #[tokio::test]
    async fn whatever_else_it_does_is_a_reason() {
        for (script, reason) in [
            ("exit 3", "exit status: 3"),
            ("echo 'no queue' >&2; exit 1", "said: no queue"),
            ("echo no redis://:s3cret@queue >&2; exit 1", "said: no redis://:***@queue"),
            ("echo 5; exit 1", "expected status 0"),
            ("true", "nothing"),
            ("echo many", "printed neither a number nor lines"),
            ("head -c 70000 /dev/zero | tr '\\0' 1", "more than 64 KiB"),
        ] {
            let error = sh(script, LONG).await.expect_err(script);
            assert!(error.contains(reason), "{script}: {error}");
        }
        let error = Command::new(&["/no/such/program".to_owned()]).read(LONG).await.expect_err("nothing starts");
        assert!(error.starts_with("/no/such/program does not start"), "{error}");
    }

    #[tokio::test]
    async fn a_command_that_hangs_is_stopped() {
        let begun = std::time::Instant::now();
        let error = sh("sleep 600 & wait", Duration::from_millis(200)).await.expect_err("it hangs");
        assert!(error.contains("had not ended after 200ms"), "{error}");
        assert!(begun.elapsed() < Duration::from_secs(10));
    }
}
