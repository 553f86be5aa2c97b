//! One call of git, bounded in time, that never asks anybody anything.

use std::{
    io::{self, BufRead as _, BufReader, Read, Write as _},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process_group};

use crate::config::hidden;

/// The longest that one call may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long the end of standard error is waited for after the end of a call.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// A larger file is none of ours.
const LARGEST_FILE: u64 = 64 * 1024 * 1024;

/// Git in a folder of a repository.
#[derive(Debug, Clone)]
pub(super) struct Git {
    folder: PathBuf,
    index: Option<PathBuf>,
}

/// Git did not do it.
#[derive(Debug)]
pub(super) struct Refused {
    /// What it said, or what became of it.
    pub(super) cause: String,
    kind: Kind,
}

#[derive(Debug, PartialEq, Eq)]
enum Kind {
    /// There is no git.
    Missing,
    /// It did not end.
    TooSlow,
    /// It said no.
    Said,
    /// It failed and said nothing.
    Quiet,
}

impl Refused {
    pub(super) fn new(cause: &str) -> Self {
        Self { cause: cause.to_owned(), kind: Kind::Said }
    }

    /// Whether somebody else changed the same reference meanwhile: in git's words, in English by `LC_ALL`.
    pub(super) fn is_a_race(&self) -> bool {
        const RACES: [&str; 8] = [
            "[rejected]",
            "fetch first",
            "non-fast-forward",
            "cannot lock ref",
            "failed to update ref",
            "incorrect old value",
            "reference already exists",
            "shallow.lock",
        ];
        RACES.iter().any(|words| self.cause.contains(words))
    }

    /// What to do next, where `usual` is that for what git says most often.
    pub(super) fn next(&self, usual: &str) -> String {
        match self.kind {
            Kind::Missing => "install git, or name another store".to_owned(),
            Kind::TooSlow => "is the remote reachable from here?".to_owned(),
            Kind::Said if self.cause.contains("not a git repository") => {
                "run inside the repository, or name another store".to_owned()
            }
            Kind::Said | Kind::Quiet => usual.to_owned(),
        }
    }
}

impl Git {
    pub(super) fn within(folder: PathBuf) -> Self {
        Self { folder, index: None }
    }

    /// The same with an index of its own, so that the user's is left alone.
    pub(super) fn with_index(&self, index: &Path) -> Self {
        Self { folder: self.folder.clone(), index: Some(index.to_owned()) }
    }

    /// What a call prints, without white space around it.
    pub(super) fn text(&self, arguments: &[&str]) -> Result<String, Refused> {
        self.feed(arguments, &[])
    }

    /// The same where failing quietly is an answer.
    pub(super) fn text_or(&self, arguments: &[&str], otherwise: &str) -> Result<String, Refused> {
        match self.text(arguments) {
            Err(refused) if refused.kind == Kind::Quiet => Ok(otherwise.to_owned()),
            answer => answer,
        }
    }

    /// What a call prints that is given something to read.
    pub(super) fn feed(&self, arguments: &[&str], input: &[u8]) -> Result<String, Refused> {
        let mut printed = String::new();
        let read = |output: &mut BufReader<ChildStdout>| output.read_to_string(&mut printed).map(|_| ());
        self.call(arguments, input.to_vec(), read)?;
        Ok(printed.trim().to_owned())
    }

    /// Path and object id of every file of a commit.
    pub(super) fn files(&self, commit: &str) -> Result<Vec<(String, String)>, Refused> {
        let printed = self.text(&["ls-tree", "-r", "-z", "--full-tree", commit])?;
        // `MODE TYPE OBJECT\tPATH`
        let file = |line: &str| {
            let (facts, path) = line.split_once('\t')?;
            Some((path.to_owned(), facts.rsplit(' ').next()?.to_owned()))
        };
        Ok(printed.split('\0').filter_map(file).collect())
    }

    /// The content of these objects, one after the other.
    pub(super) fn blobs(&self, blobs: &[&str], take: &mut dyn FnMut(Vec<u8>)) -> Result<(), Refused> {
        let input = blobs.join("\n") + "\n";
        let read = |output: &mut BufReader<ChildStdout>| {
            for _ in blobs {
                // `OBJECT TYPE SIZE`, or `OBJECT missing`
                let mut head = String::new();
                output.read_line(&mut head)?;
                let size: Option<u64> = head.trim_end().rsplit(' ').next().and_then(|size| size.parse().ok());
                let Some(size) = size.filter(|size| *size <= LARGEST_FILE) else {
                    return Err(io::Error::other(format!("unexpected answer {:?}", head.trim_end())));
                };
                let mut content = vec![0; usize::try_from(size).unwrap_or_default()];
                output.read_exact(&mut content)?;
                output.read_exact(&mut [0])?;
                take(content);
            }
            Ok(())
        };
        if blobs.is_empty() { Ok(()) } else { self.call(&["cat-file", "--batch"], input.into_bytes(), read) }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        use std::os::unix::process::CommandExt as _;
        let mut command = Command::new("git");
        // Hooks of the user's are about the user's commits.
        command.args(["-c", "core.hooksPath=/dev/null", "-c", "core.splitIndex=false", "-c", "gc.auto=0"]);
        command.args(arguments).current_dir(&self.folder);
        command.env("GIT_TERMINAL_PROMPT", "0").env("LC_ALL", "C").env_remove("GIT_INDEX_FILE");
        for role in ["AUTHOR", "COMMITTER"] {
            command
                .env(format!("GIT_{role}_NAME"), "stagegate")
                .env(format!("GIT_{role}_EMAIL"), "stagegate@localhost");
        }
        if let Some(index) = &self.index {
            command.env("GIT_INDEX_FILE", index);
        }
        // A group of its own, so that what git starts ends with it when it takes too long.
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        command
    }

    /// Starts git, feeds it, reads what it prints, and ends it when it takes too long.
    fn call(
        &self,
        arguments: &[&str],
        input: Vec<u8>,
        read: impl FnOnce(&mut BufReader<ChildStdout>) -> io::Result<()>,
    ) -> Result<(), Refused> {
        let name = format!("git {}", arguments.first().copied().unwrap_or_default());
        let missing = |cause: io::Error| Refused { cause: format!("git does not start: {cause}"), kind: Kind::Missing };
        let mut child = self.command(arguments).spawn().map_err(missing)?;
        let watchdog = Watchdog::over(&child);
        if let Some(mut stdin) = child.stdin.take() {
            // A git that ends early reads no more; what it says about that is what counts.
            thread::spawn(move || stdin.write_all(&input));
        }
        let (tell, complaints) = mpsc::channel();
        if let Some(mut stderr) = child.stderr.take() {
            thread::spawn(move || {
                let mut bytes = Vec::new();
                let _partial = stderr.read_to_end(&mut bytes);
                // Nobody listens any more when it took too long.
                let _heard = tell.send(String::from_utf8_lossy(&bytes).into_owned());
            });
        }
        let answer = child.stdout.take().map_or(Ok(()), |stdout| read(&mut BufReader::new(stdout)));
        let status = child.wait();
        let slow = watchdog.call_off();
        // A connection that ssh keeps open for later holds standard error open too.
        let said = complaints.recv_timeout(LAST_WORDS).unwrap_or_default();
        if slow {
            let cause = format!("{name} did not end within {PATIENCE:?}");
            return Err(Refused { cause, kind: Kind::TooSlow });
        }
        match (status, answer) {
            (Ok(status), Ok(())) if status.success() => Ok(()),
            (Ok(status), Err(cause)) if status.success() => Err(Refused::new(&format!("{name}: {cause}"))),
            (Ok(status), _) => Err(in_one_line(&name, &said).map_or_else(
                || Refused { cause: format!("{name} ended with {status}"), kind: Kind::Quiet },
                |cause| Refused { cause, kind: Kind::Said },
            )),
            (Err(cause), _) => Err(Refused::new(&format!("{name}: {cause}"))),
        }
    }
}

/// What git complains about: its errors, not its hints and progress.
fn in_one_line(name: &str, said: &str) -> Option<String> {
    let lines: Vec<&str> =
        said.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("hint:")).take(6).collect();
    // It repeats the address of the repository, which may have a token in it.
    (!lines.is_empty()).then(|| format!("{name}: {}", hidden(&lines.join("; "))))
}

/// Ends a process and all that it started when it takes too long.
struct Watchdog {
    call_off: mpsc::Sender<()>,
    thread: thread::JoinHandle<bool>,
}

impl Watchdog {
    fn over(child: &Child) -> Self {
        let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        let (call_off, called_off) = mpsc::channel();
        let thread = thread::spawn(move || {
            let slow = called_off.recv_timeout(PATIENCE) == Err(mpsc::RecvTimeoutError::Timeout);
            if let (true, Some(group)) = (slow, group) {
                // It may have ended in this moment.
                let _gone = kill_process_group(group, Signal::KILL);
            }
            slow
        });
        Self { call_off, thread }
    }

    /// Whether it took too long.
    fn call_off(self) -> bool {
        drop(self.call_off);
        self.thread.join().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_git_says_repeats_no_token_of_an_address() {
        let said = "hint: pull first\nerror: failed to push to 'https://x-access-token:ghs_0123@github.com/a/b'\n";
        assert_eq!(
            in_one_line("push", said).as_deref(),
            Some("push: error: failed to push to 'https://x-access-token:***@github.com/a/b'")
        );
    }
}
