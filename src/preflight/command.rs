//! A command that must end well.

use std::{process::ExitStatus, time::Duration};

use crate::{
    client::{Ended, run_group},
    config::{Secrets, hidden},
    units::text,
};

/// What is kept of a command's output; a detail shows its first line.
const KEPT: usize = 4096;

/// Runs program and arguments without a shell and without input; exit status 0 holds. After `limit` the command and its
/// children are ended, and it did not hold.
pub(super) async fn run(arguments: &[String], limit: Duration, secrets: &Secrets) -> Result<String, String> {
    let Ended { status, said, complained } = run_group(arguments, limit, KEPT).await?;
    let program = arguments.first().map_or("", String::as_str);
    let Some(status) = status else {
        return Err(format!(
            "{program} had not ended after {limit:?} and was stopped; give the item a longer `timeout`"
        ));
    };
    conclude(program, status, first_line(&said, secrets), first_line(&complained, secrets))
}

fn conclude(
    program: &str,
    status: std::io::Result<ExitStatus>,
    said: String,
    complained: String,
) -> Result<String, String> {
    let status = status.map_err(|error| format!("{program} could not be waited for: {error}"))?;
    if status.success() {
        return Ok(if said.is_empty() {
            format!("{program} ended with status 0")
        } else {
            format!("{program}: {said}")
        });
    }
    let words = if complained.is_empty() { said } else { complained };
    let words = if words.is_empty() { "and said nothing".to_owned() } else { format!("and said: {words}") };
    Err(format!("{program} ended with {status}, expected status 0, {words}; correct what it complains about"))
}

/// The first line with text, shortened to fit a report's line.
fn first_line(output: &[u8], secrets: &Secrets) -> String {
    const LONGEST: usize = 200;
    let said = String::from_utf8_lossy(output);
    let said = hidden(&secrets.mask(&said));
    text::first_line(&said, LONGEST).into_owned()
}

#[cfg(test)]
mod tests {
    use rustix::process::Pid;

    use super::*;

    async fn sh(script: &str, limit: Duration) -> Result<String, String> {
        run(&["sh".to_owned(), "-c".to_owned(), script.to_owned()], limit, &Secrets::default()).await
    }

    const LONG: Duration = Duration::from_secs(20);

    #[tokio::test]
    async fn status_0_holds_and_shows_the_first_line() {
        assert_eq!(sh("echo; echo applied; echo more", LONG).await.as_deref(), Ok("sh: applied"));
        assert_eq!(sh("true", LONG).await.as_deref(), Ok("sh ended with status 0"));
    }

    #[tokio::test]
    async fn what_it_says_of_a_database_holds_no_password() {
        let script = "echo migrating postgresql://shop:s3cret@db/shop with token=ab";
        let shown = "migrating postgresql://shop:***@db/shop with token=***";
        assert_eq!(sh(script, LONG).await, Ok(format!("sh: {shown}")));
        let failed = sh(&format!("{script} >&2; exit 1"), LONG).await.expect_err("status 1");
        assert!(failed.contains(shown) && !failed.contains("s3cret"), "{failed}");
    }

    #[tokio::test]
    async fn another_status_does_not_hold() {
        let detail = sh("echo working; echo '2 unapplied' >&2; exit 3", LONG).await.expect_err("status 3");
        assert!(detail.contains("exit status: 3") && detail.contains("and said: 2 unapplied"), "{detail}");
    }

    #[tokio::test]
    async fn a_program_that_is_not_there_is_a_sentence() {
        let detail =
            run(&["/no/such/program".to_owned()], LONG, &Secrets::default()).await.expect_err("nothing starts");
        assert!(detail.starts_with("/no/such/program does not start"), "{detail}");
        assert!(run(&[], LONG, &Secrets::default()).await.is_err());
    }

    #[tokio::test]
    async fn after_its_timeout_it_is_ended_with_its_children() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let script = format!("sleep 600 & echo $! > {}; wait", file.path().display());
        // The command gets the time to start its child, and then some.
        let detail = sh(&script, Duration::from_secs(1)).await.expect_err("it never ends");
        assert!(detail.contains("had not ended after 1s"), "{detail}");
        let child: i32 = std::fs::read_to_string(file.path()).expect("the id").trim().parse().expect("a number");
        let child = Pid::from_raw(child).expect("an id");
        let asked = std::time::Instant::now();
        while rustix::process::test_kill_process(child).is_ok() && !is_zombie(child) {
            assert!(asked.elapsed() < Duration::from_secs(20), "the child lives on");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Nobody may wait for an orphan in a container without an init process.
    fn is_zombie(child: Pid) -> bool {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", child.as_raw_nonzero())).unwrap_or_default();
        stat.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('Z'))
    }

    #[tokio::test]
    async fn endless_output_is_read_and_not_kept() {
        let detail = sh("head -c 3000000 /dev/zero | tr '\\0' x", LONG).await.expect("it ends");
        assert!(detail.len() < 300, "{}", detail.len());
    }

    #[tokio::test]
    async fn a_process_left_behind_is_not_waited_for() {
        let started = std::time::Instant::now();
        assert!(sh("sleep 5 & echo started", LONG).await.is_ok());
        assert!(started.elapsed() < Duration::from_secs(4), "{:?}", started.elapsed());
    }
}
