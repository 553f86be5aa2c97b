//! A branch of the repository, with one file a run. Only plumbing commands are used: work tree, index, HEAD and local
//! branches stay as they are, so that it works from a shallow checkout and with a detached HEAD.
//!
//! Where the repository has a remote, the branch is the remote's: it is fetched before it is read and pushed after it is
//! written, by fast-forward only. When somebody else was faster, the commit is made again on top of theirs.

mod command;

use std::{
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicU32, Ordering},
    thread,
    time::Duration,
};

use self::command::{Git, Refused};
use super::{Backend, Entry, File, StoreError};

/// How often a commit is made again when others were faster.
const ATTEMPTS: u64 = 20;

/// What an object id of no commit looks like to git.
const NO_COMMIT: &str = "";

/// Tells the indexes apart that one process builds at once.
static BUILT: AtomicU32 = AtomicU32::new(0);

/// A branch.
pub(super) struct Branch {
    name: String,
    git: Git,
}

/// Where the branch lives.
enum Home {
    /// On this remote.
    Remote(String),
    /// In this repository, which has no remote.
    Local,
}

/// Does it again while somebody else changes the same branch.
fn patiently<T>(act: impl Fn() -> Result<T, Refused>) -> Result<T, Refused> {
    let mut attempt = 1;
    loop {
        match act() {
            Err(refused) if refused.is_a_race() && attempt < ATTEMPTS => {
                // Whoever lost at once with others comes back at another time than they.
                thread::sleep(Duration::from_millis(fastrand::u64(20..200) * attempt.min(8)));
                attempt += 1;
            }
            Err(refused) if refused.is_a_race() => {
                return Err(Refused::new(&format!("others were faster {ATTEMPTS} times ({})", refused.cause)));
            }
            done => return done,
        }
    }
}

/// A change of the branch's files.
enum Change<'a> {
    Add(&'a File),
    Remove(&'a [Entry]),
}

impl Branch {
    /// A branch of the repository that `folder` lies in. Nothing is asked of git yet.
    ///
    /// # Errors
    /// When no branch can have this name.
    pub(super) fn open(name: &str, folder: &Path) -> Result<Self, String> {
        let name = name.trim();
        let allowed = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
        let shape = !name.is_empty() && name.chars().all(allowed) && !name.starts_with(['-', '/', '.']);
        let shape = shape && !name.ends_with(['/', '.']) && !name.contains("..") && !name.contains("//");
        let shape = shape && !name.contains("/.") && !name.split('/').any(|part| part.strip_suffix(".lock").is_some());
        if !shape {
            return Err(format!("`{name}` is not the name of a branch"));
        }
        let folder = if folder.as_os_str().is_empty() { PathBuf::from(".") } else { folder.to_owned() };
        Ok(Self { name: name.to_owned(), git: Git::within(folder) })
    }

    /// The remote: `origin`, or the only one there is.
    fn home(&self) -> Result<Home, Refused> {
        let remotes = self.git.text(&["remote"])?;
        let mut names = remotes.lines();
        let (first, more) = (names.next(), names.next().is_some());
        if remotes.lines().any(|name| name == "origin") {
            return Ok(Home::Remote("origin".to_owned()));
        }
        match (first, more) {
            (None, _) => Ok(Home::Local),
            (Some(only), false) => Ok(Home::Remote(only.to_owned())),
            (Some(_), true) => Err(Refused::new("the repository has several remotes and none is called origin")),
        }
    }

    /// The newest commit of the branch, fetched; empty where there is no such branch yet.
    fn tip(&self, home: &Home) -> Result<String, Refused> {
        match home {
            Home::Local => Ok(self.git.text_or(&["rev-parse", "--verify", "--quiet", &self.head()], NO_COMMIT)?),
            Home::Remote(remote) => self.fetched(remote),
        }
    }

    fn fetched(&self, remote: &str) -> Result<String, Refused> {
        let head = self.head();
        let listed = self.git.text(&["ls-remote", remote, &head])?;
        let there = listed.lines().find_map(|line| line.split_once('\t').filter(|(_, name)| *name == head));
        let Some((tip, _)) = there else { return Ok(NO_COMMIT.to_owned()) };
        if !self.has(tip) {
            // A complete repository must not become a shallow one by this; one that is shallow needs no more than the tip.
            let shallow = self.git.text(&["rev-parse", "--is-shallow-repository"])? == "true";
            let depth: &[&str] = if shallow { &["--depth=1"] } else { &[] };
            let refspec = format!("+{head}:{}", self.tracking(remote));
            let fetch =
                ["fetch", "--quiet", "--no-tags", "--no-prune", "--no-write-fetch-head", "--no-recurse-submodules"];
            self.git.text(&[&fetch[..], depth, &["--no-auto-maintenance", remote, &refspec]].concat())?;
        }
        // Somebody may have pushed in between: then theirs is what was fetched, and the next attempt sees it.
        if self.has(tip) { Ok(tip.to_owned()) } else { self.git.text(&["rev-parse", &self.tracking(remote)]) }
    }

    fn has(&self, commit: &str) -> bool {
        self.git.text(&["cat-file", "-e", &format!("{commit}^{{tree}}")]).is_ok()
    }

    fn head(&self) -> String {
        format!("refs/heads/{}", self.name)
    }

    fn tracking(&self, remote: &str) -> String {
        format!("refs/remotes/{remote}/{}", self.name)
    }

    /// Makes a commit with the change on top of the branch and publishes it, again while others are faster.
    fn commit(&self, change: &Change<'_>) -> Result<(), Refused> {
        let home = self.home()?;
        if matches!(home, Home::Local) && self.git.text_or(&["symbolic-ref", "--quiet", "HEAD"], "")? == self.head() {
            return Err(Refused::new("this branch is checked out, and its work tree would no longer match it"));
        }
        patiently(|| self.commit_once(&home, change))
    }

    fn commit_once(&self, home: &Home, change: &Change<'_>) -> Result<(), Refused> {
        let tip = self.tip(home)?;
        let Some(commit) = self.on_top_of(&tip, change)? else { return Ok(()) };
        let head = self.head();
        match home {
            Home::Local => {
                let old = if tip.is_empty() { "0".repeat(commit.len()) } else { tip };
                self.git.text(&["update-ref", &head, &commit, &old])?;
            }
            Home::Remote(remote) => {
                let push = ["push", "--quiet", "--no-verify", "--no-signed", "--no-follow-tags"];
                self.git.text(&[&push[..], &[remote, &format!("{commit}:{head}")]].concat())?;
            }
        }
        Ok(())
    }

    /// The commit; `None` when the change is already there.
    fn on_top_of(&self, tip: &str, change: &Change<'_>) -> Result<Option<String>, Refused> {
        let number = BUILT.fetch_add(1, Ordering::Relaxed);
        let index = std::env::temp_dir().join(format!("stagegate-index-{}-{number}", process::id()));
        let built = self.build(tip, change, &index);
        for left in [index.clone(), index.with_extension("lock")] {
            // It may never have been made.
            let _gone = std::fs::remove_file(left);
        }
        built
    }

    fn build(&self, tip: &str, change: &Change<'_>, index: &Path) -> Result<Option<String>, Refused> {
        let git = self.git.with_index(index);
        git.text(&["read-tree", if tip.is_empty() { "--empty" } else { tip }])?;
        let (lines, what) = match change {
            Change::Add(file) => {
                let blob = git.feed(&["hash-object", "-w", "--stdin"], &file.content)?;
                (format!("100644 {blob}\t{}\n", file.path), format!("Store {}", file.what))
            }
            Change::Remove(entries) => {
                let zero = "0".repeat(entries.first().map_or(40, |entry| entry.handle.len()));
                let lines: Vec<String> = entries.iter().map(|entry| format!("0 {zero}\t{}\n", entry.path)).collect();
                (lines.concat(), format!("Prune {} runs", entries.len()))
            }
        };
        git.feed(&["update-index", "--index-info"], lines.as_bytes())?;
        let tree = git.text(&["write-tree"])?;
        if !tip.is_empty() && git.text(&["rev-parse", &format!("{tip}^{{tree}}")])? == tree {
            return Ok(None);
        }
        // Nothing is built, tested or deployed because a baseline was stored.
        let message = format!("{what} [skip ci]\n");
        let parent: &[&str] = if tip.is_empty() { &[] } else { &["-p", tip] };
        git.feed(&[&["commit-tree", &tree], parent].concat(), message.as_bytes()).map(Some)
    }
}

impl Backend for Branch {
    fn place(&self) -> String {
        format!("git:{}", self.name)
    }

    fn list(&self) -> Result<Vec<Entry>, StoreError> {
        let listed = patiently(|| {
            let tip = self.tip(&self.home()?)?;
            if tip.is_empty() { Ok(Vec::new()) } else { self.git.files(&tip) }
        });
        let entry = |(path, blob): (String, String)| Entry { path, handle: blob };
        listed.map(|files| files.into_iter().map(entry).collect()).map_err(|refused| self.unreadable(refused))
    }

    fn read(&self, entries: &[Entry], take: &mut dyn FnMut(&Entry, Vec<u8>)) -> Result<(), StoreError> {
        let blobs: Vec<&str> = entries.iter().map(|entry| entry.handle.as_str()).collect();
        let mut at = entries.iter();
        let mut each = |content| {
            if let Some(entry) = at.next() {
                take(entry, content);
            }
        };
        self.git.blobs(&blobs, &mut each).map_err(|refused| self.unreadable(refused))
    }

    fn add(&self, file: &File) -> Result<(), StoreError> {
        self.commit(&Change::Add(file)).map_err(|refused| self.unwritable(refused))
    }

    fn remove(&self, entries: &[Entry]) -> Result<(), StoreError> {
        self.commit(&Change::Remove(entries)).map_err(|refused| self.unwritable(refused))
    }
}

impl Branch {
    fn unreadable(&self, refused: Refused) -> StoreError {
        let next = refused.next("allow this job to read the repository (`contents: read`)");
        StoreError::Unreadable { place: self.place(), cause: refused.cause, next }
    }

    fn unwritable(&self, refused: Refused) -> StoreError {
        let next = refused.next("allow this job to push (`contents: write`)");
        StoreError::Unwritable { place: self.place(), cause: refused.cause, next }
    }
}
