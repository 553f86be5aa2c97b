//! A command that must end well.

use std::{
    process::{ExitStatus, Stdio},
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::{
    io::{AsyncRead, AsyncReadExt},
    process::{Child, Command},
    time::timeout,
};

use crate::config::{GITHUB_TOKEN, Secrets};

/// What is kept of a command's output; a detail shows its first line.
const KEPT: usize = 4096;

/// A process that the command left behind may hold its output open; it is not waited for.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// Runs program and arguments without a shell and without input; exit status 0 holds. After `limit` the command and its
/// children are ended, and it did not hold.
pub(super) async fn run(arguments: &[String], limit: Duration, secrets: &Secrets) -> Result<String, String> {
    let Some((program, rest)) = arguments.split_first() else {
        return Err("the command is empty; give program and arguments as a list".to_owned());
    };
    let mut command = Command::new(program);
    command.args(rest).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    // A group of its own, so that what it starts ends with it, and so that Ctrl-C reaches the gate first.
    command.process_group(0).kill_on_drop(true);
    // The gate's own right to write is nothing for code of the repository.
    command.env_remove(GITHUB_TOKEN);
    let mut child = match command.spawn() {
        Ok(child) => Group(child),
        Err(error) => return Err(format!("{program} does not start: {error}; correct the command or install it")),
    };
    let (out, err) = (child.0.stdout.take(), child.0.stderr.take());
    let (mut said, mut complained) = (Vec::new(), Vec::new());
    let ended = {
        let reading = async { tokio::join!(keep(out, &mut said), keep(err, &mut complained)) };
        let mut reading = std::pin::pin!(reading);
        let mut read = false;
        let ended = timeout(limit, async {
            loop {
                tokio::select! {
                    status = child.0.wait() => return status,
                    _ = &mut reading, if !read => read = true,
                }
            }
        })
        .await;
        if !read && ended.is_ok() {
            let _ = timeout(LAST_WORDS, reading).await;
        }
        ended
    };
    let Ok(status) = ended else {
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

/// The child and its process group; the group ends when this is dropped before the child has ended.
struct Group(Child);

impl Drop for Group {
    fn drop(&mut self) {
        // Once the child was waited for it has no id any more, and its group is left alone.
        let id = self.0.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        if let Some(id) = id {
            // It may have ended this very moment; then there is nothing to end.
            let _ = kill_process_group(id, Signal::KILL);
        }
    }
}

/// Reads to the end, so that the command never waits for a reader, and keeps the beginning.
async fn keep(from: Option<impl AsyncRead + Unpin>, kept: &mut Vec<u8>) {
    let Some(mut from) = from else { return };
    let mut buffer = vec![0; KEPT];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        let room = KEPT - kept.len();
        kept.extend_from_slice(&buffer[..length.min(room)]);
    }
}

/// The first line with text, shortened to fit a report's line.
fn first_line(output: &[u8], secrets: &Secrets) -> String {
    const LONGEST: usize = 200;
    let text = String::from_utf8_lossy(output);
    let text = secrets.mask(&text);
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
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
