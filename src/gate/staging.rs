//! The built-in staging app as a child process.

use std::{path::Path, process::Stdio, time::Duration};

use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, ChildStdin, ChildStdout, Command},
    task::JoinHandle,
    time::timeout,
};
use url::Url;

/// It listens within milliseconds; a machine under load may take longer.
const START: Duration = Duration::from_secs(10);

/// After its input was closed it ends by itself within this time, or is ended.
const END: Duration = Duration::from_millis(500);

/// What the first line of its output begins with.
const ANNOUNCEMENT: &str = "listening on ";

/// The built-in staging app. It ends when the pipe to its input closes, however the gate itself ends.
#[derive(Debug)]
pub(super) struct Staging {
    child: Child,
    input: ChildStdin,
    output: JoinHandle<()>,
    url: Url,
}

impl Staging {
    /// Starts it on a free port.
    ///
    /// # Errors
    /// It did not come up: one sentence with what to do.
    pub(super) async fn start(binary: &Path, commit: &str) -> Result<Self, String> {
        let name = binary.display();
        let mut command = Command::new(binary);
        command.args(["demo", "--port", "0", "--until-stdin-closes"]).env("STAGEGATE_COMMIT", commit);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        // In a group of its own, so that Ctrl-C reaches the gate only, and the app answers until the run has ended.
        command.process_group(0);
        let mut child = command.spawn().map_err(|error| {
            format!("the built-in staging app ({name} demo) does not start: {error}; set `target.url`")
        })?;
        let input = child.stdin.take().expect("its input is piped");
        let mut output = BufReader::new(child.stdout.take().expect("its output is piped"));
        let url = match timeout(START, announced(&mut output)).await {
            Ok(url) => url?,
            Err(_) => {
                return Err(format!(
                    "the built-in staging app ({name} demo) did not listen within {START:?}; set `target.url`, or look \
                     why this machine is slow"
                ));
            }
        };
        // Read to its end, so that the app never waits for a reader.
        let output = tokio::spawn(async move {
            let _ = tokio::io::copy(&mut output, &mut tokio::io::sink()).await;
        });
        Ok(Self { child, input, output, url })
    }

    pub(super) fn url(&self) -> &Url {
        &self.url
    }

    /// Ends it.
    pub(super) async fn stop(self) {
        let Self { mut child, input, output, .. } = self;
        drop(input);
        if timeout(END, child.wait()).await.is_err() {
            // It may have ended this very moment; then there is nothing to end.
            let _ = child.kill().await;
        }
        output.abort();
    }
}

async fn announced(output: &mut BufReader<ChildStdout>) -> Result<Url, String> {
    let mut line = String::new();
    let read = output.read_line(&mut line).await;
    let url = line.trim().strip_prefix(ANNOUNCEMENT).and_then(|url| Url::parse(url).ok());
    match (read, url) {
        (Ok(_), Some(url)) => Ok(url),
        (Err(error), _) => Err(format!("the built-in staging app cannot be read: {error}; set `target.url`")),
        (Ok(_), None) => Err(format!(
            "the built-in staging app ended or said {:?} in the place of its address; look at its message above, or set \
             `target.url`",
            line.trim()
        )),
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, process};

    use super::*;

    /// A program in the place of the binary. A shell writes it: a file that this process has open for writing cannot be
    /// run, and another test may start a process this very moment, which inherits what is open.
    fn program(script: &str) -> tempfile::TempPath {
        let path = tempfile::NamedTempFile::new().expect("a file").into_temp_path();
        let write = "printf '#!/bin/sh\n%s\n' \"$1\" > \"$0\" && chmod 700 \"$0\"";
        let written = process::Command::new("sh").args(["-c", write]).arg(&path).arg(script).status();
        assert!(written.expect("there is a shell").success());
        path
    }

    #[tokio::test]
    async fn its_first_line_says_where_it_listens() {
        let binary = program("echo listening on http://127.0.0.1:1; echo $STAGEGATE_COMMIT $* > $0.seen; cat");
        let staging = Staging::start(&binary, "abc").await.expect("it comes up");
        assert_eq!(staging.url().as_str(), "http://127.0.0.1:1/");
        staging.stop().await;
        let seen = format!("{}.seen", binary.display());
        assert_eq!(fs::read_to_string(&seen).expect("it was started").trim(), "abc demo --port 0 --until-stdin-closes");
        fs::remove_file(seen).expect("it can be removed");
    }

    #[tokio::test]
    async fn one_that_does_not_come_up_is_a_sentence() {
        let sentence = Staging::start(&program("exit 2"), "abc").await.expect_err("it ends at once");
        assert!(sentence.contains("ended or said \"\""), "{sentence}");
        let sentence = Staging::start(&program("echo hello; cat"), "abc").await.expect_err("it says something else");
        assert!(sentence.contains("said \"hello\""), "{sentence}");
        let sentence = Staging::start(Path::new("/no/such/binary"), "abc").await.expect_err("there is nothing");
        assert!(sentence.contains("does not start"), "{sentence}");
    }
}
