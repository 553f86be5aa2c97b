//! An app that the gate starts for the time of a run, with everything that the app starts itself.

use std::{
    io::{self, pipe},
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf, absolute},
    process::{Child, Command, Stdio},
    sync::Arc,
    thread,
    time::Duration,
};

use rustix::{
    io::Errno,
    process::{Pid, Signal, WaitId, WaitIdOptions, WaitIdStatus, kill_process_group, test_kill_process_group, waitid},
};
use tokio::{
    sync::watch,
    time::{Instant, sleep, timeout},
};
use url::Url;

use super::output::Output;
use crate::{
    config::{GITHUB_TOKEN, Secrets, command_line},
    plan::Start,
    preflight,
    units::text::shortened,
};

/// How long an answer is awaited that tells that somebody else listens at the address already.
const OCCUPIED: Duration = Duration::from_secs(1);

/// What was sent SIGKILL is gone within this.
const KILLED: Duration = Duration::from_secs(1);

/// Ends the group when its own input closes, which the system sees to however the gate ends: in a shell, because nothing
/// in the gate itself outlives a SIGKILL. `$1` is the group.
const GUARD: &str = "read -r _
kill -s TERM -- \"-$1\" || exit
for _ in 1 2 3 4 5; do sleep 1; kill -s 0 -- \"-$1\" || exit; done
kill -s KILL -- \"-$1\"";

/// The files in the output directory that hold what started apps said: of the target, and of the base.
pub const LOGS: [&str; 2] = ["app.log", "against.log"];

/// Which of the two deployments of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// `target`.
    Target,
    /// `against`.
    Base,
}

impl Side {
    /// In a sentence.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Target => "the app",
            Self::Base => "the base",
        }
    }

    /// Where gates.yaml says how it is started.
    fn key(self) -> &'static str {
        match self {
            Self::Target => "target.start",
            Self::Base => "against.start",
        }
    }

    /// The file in the output directory that holds what it said.
    fn log(self) -> &'static str {
        match self {
            Self::Target => LOGS[0],
            Self::Base => LOGS[1],
        }
    }
}

/// What is needed to start one.
pub(super) struct Launch<'a> {
    pub(super) side: Side,
    pub(super) start: &'a Start,
    pub(super) url: &'a Url,
    /// The commit that it is told to be, as `STAGEGATE_COMMIT`; `None` where nobody knows it.
    pub(super) commit: Option<&'a str>,
    /// The folder of its log; `None` keeps nothing of its output.
    pub(super) logs: Option<&'a Path>,
    pub(super) secrets: &'a Arc<Secrets>,
}

/// A started app. However the gate ends, the app's process group ends with it.
#[derive(Debug)]
pub(super) struct Started {
    side: Side,
    command: String,
    log: Option<PathBuf>,
    child: Child,
    group: Pid,
    guard: Child,
    output: Output,
    end: watch::Receiver<Option<End>>,
}

/// How an app ended, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct End {
    /// `status 1`, `signal 9`.
    how: String,
    after: Duration,
}

impl Started {
    /// Starts it, unless something listens at its address already: that would be measured in its place.
    ///
    /// # Errors
    /// It did not start: one sentence with what to do.
    pub(super) async fn start(launch: &Launch<'_>) -> Result<Self, String> {
        let Launch { side, start, url, .. } = launch;
        let key = side.key();
        if preflight::reach(url, None, OCCUPIED).await.is_ok() {
            let port = url.port_or_known_default().unwrap_or(80);
            return Err(format!(
                "something listens on port {port} already and would be measured in its place, so nothing was started; \
                 stop it, or remove `{key}`"
            ));
        }
        if !start.folder.as_os_str().is_empty() && !start.folder.is_dir() {
            return Err(format!("there is no folder {}; correct `{key}.folder`", start.folder.display()));
        }
        let log = launch.logs.map(|logs| logs.join(side.log()));
        Self::spawn(launch, log).map_err(|(what, error)| {
            format!("{what}: {error}; correct `{key}`, or start the app yourself and remove it")
        })
    }

    fn spawn(launch: &Launch<'_>, log: Option<PathBuf>) -> Result<Self, (String, io::Error)> {
        let shown = shown(&launch.start.command);
        let no_pipe = |error| ("its output cannot be read".to_owned(), error);
        let (from, to) = pipe().map_err(no_pipe)?;
        let output = Output::keep(from, log.as_deref(), Arc::clone(launch.secrets))
            .map_err(|error| ("its output cannot be kept".to_owned(), error))?;
        let mut command = command(launch).map_err(|error| (format!("`{shown}` has no place"), error))?;
        command.stdout(to.try_clone().map_err(no_pipe)?).stderr(to);
        let child = command.spawn().map_err(|error| (format!("`{shown}` does not start"), error))?;
        // It holds the writing end of the pipe, which is to close when the app has ended.
        drop(command);
        let group = Pid::from_child(&child);
        let (side, end) = (launch.side, watch_end(group));
        match guard(group) {
            Ok(guard) => Ok(Self { side, command: shown, log, child, group, guard, output, end }),
            Err(error) => {
                // Nobody has waited for the app yet, so the group is its own, if it is there at all.
                let _ = kill_process_group(group, Signal::KILL);
                Err(("sh does not start, which ends the app when the gate is killed".to_owned(), error))
            }
        }
    }

    /// One line for people, when it was started.
    pub(super) fn announcement(&self) -> String {
        let kept = self.log.as_ref().map(|log| format!("; its output is in {}", log.display())).unwrap_or_default();
        format!("`{}` was started for this run{kept}", self.command)
    }

    /// Waits until it has ended by itself.
    pub(super) async fn ended(&self) -> End {
        let mut end = self.end.clone();
        match end.wait_for(Option::is_some).await.map(|end| end.clone()) {
            Ok(Some(end)) => end,
            // Nobody can tell any more.
            _ => std::future::pending().await,
        }
    }

    /// Waits until it has ended by itself; gives what is to be said of one that was not ready by then.
    pub(super) async fn gave_up(&self) -> String {
        let End { how, after } = self.ended().await;
        let (command, key) = (&self.command, self.side.key());
        let kept =
            self.log.as_ref().map(|log| format!("; all of its output is in {}", log.display())).unwrap_or_default();
        let seconds = after.as_secs_f64();
        format!(
            "`{command}` ended with {how} after {seconds:.1} s, before it was ready, {}; correct `{key}`, which must not \
             send the app into the background{kept}",
            self.said().await
        )
    }

    async fn said(&self) -> String {
        let words = self.output.last_words().await;
        if words.is_empty() { "and said nothing".to_owned() } else { format!("its last lines: {words}") }
    }

    /// Ends the whole group: asks first, and after `patience` does not ask. Gives what the reports are to say about it.
    pub(super) async fn stop(mut self, patience: Duration) -> Vec<String> {
        let mut notes = Vec::new();
        let by_itself = self.end.borrow().clone();
        if let Some(End { how, after }) = by_itself {
            let (word, seconds) = (self.side.word(), after.as_secs_f64());
            notes.push(format!("{word} ended by itself with {how} after {seconds:.1} s, {}", self.said().await));
        }
        // Nobody has waited for the app yet, so that its number cannot have gone to another process.
        let _ = kill_process_group(self.group, Signal::TERM);
        if timeout(patience, self.gone()).await.is_err() {
            let _ = kill_process_group(self.group, Signal::KILL);
            let word = self.side.word();
            notes.push(format!("{word} did not end within {patience:?} of SIGTERM and was killed"));
            let _ = timeout(KILLED, self.gone()).await;
        }
        // Both may have ended this very moment; then there is nothing to end.
        let _ = self.guard.kill();
        let _ = self.guard.wait();
        if let Some(trouble) = self.output.trouble() {
            notes.push(format!("{} does not hold all that was said: {trouble}", self.side.log()));
        }
        notes
    }

    /// Waits until neither the app nor anything that it started in its group is left.
    async fn gone(&mut self) {
        self.ended().await;
        // From here on the number is free as soon as the group is empty.
        let _ = self.child.try_wait();
        while test_kill_process_group(self.group) != Err(Errno::SRCH) {
            sleep(Duration::from_millis(10)).await;
        }
    }
}

/// A command as reports show it, without the secrets that variables put there.
fn shown(command: &[String]) -> String {
    const LONGEST: usize = 100;
    shortened(&command_line(command), LONGEST).into_owned()
}

/// The command, in a group of its own: what it starts ends with it, and Ctrl-C reaches the gate only.
fn command(launch: &Launch<'_>) -> io::Result<Command> {
    let Start { command, env, folder } = launch.start;
    let program = command.first().map(String::as_str).unwrap_or_default();
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    // Which folder a relative path of a program is looked up from would depend on the system.
    let program = if program.contains('/') { absolute(folder.join(program))? } else { PathBuf::from(program) };
    let mut made = Command::new(program);
    made.args(&command[1..]).current_dir(folder).stdin(Stdio::null()).process_group(0);
    match launch.commit {
        Some(commit) => made.env("STAGEGATE_COMMIT", commit),
        None => made.env_remove("STAGEGATE_COMMIT"),
    };
    // The gate's own right to write is nothing for the code that it tests, unless gates.yaml names it.
    made.env_remove(GITHUB_TOKEN);
    made.envs(env.iter().map(|(name, value)| (name, value)));
    Ok(made)
}

/// Tells when the process has ended, and leaves it to be waited for: until then its number is not given away.
fn watch_end(process: Pid) -> watch::Receiver<Option<End>> {
    let (sender, end) = watch::channel(None);
    let begun = Instant::now();
    let wait = move || {
        let status = loop {
            match waitid(WaitId::Pid(process), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT) {
                Err(Errno::INTR) => {}
                status => break status.ok().flatten(),
            }
        };
        let exit = status.as_ref().and_then(WaitIdStatus::exit_status).map(|code| format!("status {code}"));
        let signal = status.as_ref().and_then(WaitIdStatus::terminating_signal);
        let how = exit.or(signal.map(|signal| format!("signal {signal}"))).unwrap_or("no status".to_owned());
        sender.send_replace(Some(End { how, after: begun.elapsed() }));
    };
    // Without it the app never seems to end, and is killed at the end of the run.
    let _unwatched = thread::Builder::new().name("app end".to_owned()).spawn(wait);
    end
}

/// A process beside the group, which ends it when the gate is gone.
fn guard(group: Pid) -> io::Result<Child> {
    let mut command = Command::new("sh");
    command.args(["-c", GUARD, "sh", &group.as_raw_nonzero().to_string()]).process_group(0);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_named_without_what_variables_put_there() {
        let command = ["serve", "--db-password", "s3cret", "--dsn=redis://:s3cret@h"].map(str::to_owned);
        assert_eq!(shown(&command), "serve --db-password *** --dsn=redis://:***@h");
        let long = shown(&["serve".to_owned(), "x".repeat(200)]);
        assert!(long.chars().count() == 100 && long.ends_with('…'), "{long}");
    }
}
