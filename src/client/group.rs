//! A command in a process group of its own, which ends in time with all that it started.

use std::{
    io,
    process::{ExitStatus, Stdio},
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::{
    io::{AsyncRead, AsyncReadExt},
    process::{Child, Command},
    time::timeout,
};

use crate::config::GITHUB_TOKEN;

/// A process that the command left behind may hold its output open; it is not waited for.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// What came of a command.
#[derive(Debug)]
pub struct Ended {
    /// How it ended; `None` when it had to be ended after its time.
    pub status: Option<io::Result<ExitStatus>>,
    /// The beginning of its standard output.
    pub said: Vec<u8>,
    /// The beginning of its standard error.
    pub complained: Vec<u8>,
}

/// Runs program and arguments without a shell and without input, and keeps so many bytes of each output. After `limit`
/// the command and its children are ended.
///
/// # Errors
/// It does not start; the sentence says why.
pub async fn run_group(arguments: &[String], limit: Duration, kept: usize) -> Result<Ended, String> {
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
        let reading = async { tokio::join!(keep(out, &mut said, kept), keep(err, &mut complained, kept)) };
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
    Ok(Ended { status: ended.ok(), said, complained })
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
async fn keep(from: Option<impl AsyncRead + Unpin>, into: &mut Vec<u8>, most: usize) {
    let Some(mut from) = from else { return };
    let mut buffer = vec![0; 4096];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        let room = most - into.len();
        into.extend_from_slice(&buffer[..length.min(room)]);
    }
}
