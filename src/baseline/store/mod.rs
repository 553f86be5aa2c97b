//! Where runs are kept: a directory, a branch of the repository, or a bucket.

mod directory;
mod git;
mod s3;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use jiff::Timestamp;

use super::{
    Act, Damaged, Event, History, Key, NotComparable, Recording, Run, StoreError, Wanted, format,
    history::Rest,
    name::{self, Name},
};
use crate::config;

/// A store of baselines. Only ever added to, but by `baseline prune`.
pub struct Store {
    backend: Box<dyn Backend + Send>,
}

/// What kinds of store have in common: a few files with paths of letters, digits, `-`, `.` and `/`.
trait Backend {
    /// What it is called in messages.
    fn place(&self) -> String;

    /// Every file; of a store that does not exist yet none.
    fn list(&self) -> Result<Vec<Entry>, StoreError>;

    /// Gives the content of these files one after the other, in any order.
    fn read(&self, entries: &[Entry], take: &mut dyn FnMut(&Entry, Vec<u8>)) -> Result<(), StoreError>;

    /// Adds a file as a whole or not at all; one of the same path has the same content, so that nothing is to be done.
    fn add(&self, file: &File) -> Result<(), StoreError>;

    /// Removes these files.
    fn remove(&self, entries: &[Entry]) -> Result<(), StoreError>;
}

/// A file to be added.
struct File {
    path: String,
    content: Vec<u8>,
    /// One line that says what it is.
    what: String,
}

/// A file that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    path: String,
    /// How the backend finds its content.
    handle: String,
}

/// Where a run went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saved {
    /// The run's id.
    pub id: String,
    /// The path of its file in the store.
    pub path: String,
}

/// Everything that a store holds.
#[derive(Debug, Clone, Default)]
pub struct Contents {
    /// All runs of all keys, oldest first.
    pub runs: Vec<Run>,
    /// All decisions, oldest first.
    pub events: Vec<Event>,
    /// Files that were left out.
    pub damaged: Vec<Damaged>,
}

/// Runs that pruning removes.
#[derive(Debug, Clone)]
pub struct Leftovers {
    /// Oldest first.
    pub runs: Vec<Run>,
    entries: Vec<Entry>,
}

impl Store {
    /// Opens the store that gates.yaml or the command line names: `git:BRANCH`, `s3://BUCKET/PREFIX`, or a directory,
    /// which is relative to `folder`, as is the repository. Nothing is read or made yet.
    ///
    /// # Errors
    /// When the address is not one of a store, or a bucket's credentials are missing.
    pub fn open(address: &str, folder: &Path, variables: &config::Environment) -> Result<Self, StoreError> {
        let address = address.trim();
        let wrong = |cause: &str| StoreError::Address { address: config::hidden(address), cause: cause.to_owned() };
        let backend: Box<dyn Backend + Send> = if let Some(branch) = address.strip_prefix("git:") {
            Box::new(git::Branch::open(branch, folder).map_err(|cause| wrong(&cause))?)
        } else if let Some(rest) = address.strip_prefix("s3://") {
            Box::new(s3::Bucket::open(rest, variables).map_err(|cause| wrong(&cause))?)
        } else if address.is_empty() {
            return Err(wrong("it is empty"));
        } else if address.contains("://") {
            return Err(wrong("only s3:// is known"));
        } else {
            Box::new(directory::Directory::new(folder.join(address)))
        };
        Ok(Self { backend })
    }

    /// What it is called in messages.
    pub fn place(&self) -> String {
        self.backend.place()
    }

    /// The comparable runs of the base branch in the current regime, and what was left out.
    ///
    /// Files of other keys are counted; one of each is read to say what differs.
    ///
    /// # Errors
    /// When the store cannot be reached or read. One that does not exist yet is an empty history.
    pub fn history(&self, wanted: &Wanted<'_>) -> Result<History, StoreError> {
        self.history_and_files(wanted).map(|(history, _)| history)
    }

    /// The same, and its newest runs once more with their histograms, so many of them: in any order, so that few are in
    /// memory. What cannot be read is given as the reason, in words; it takes nothing away from
    /// the history.
    ///
    /// # Errors
    /// As [`Self::history`].
    pub fn history_with_recordings(
        &self,
        wanted: &Wanted<'_>,
        newest: usize,
        take: &mut dyn FnMut(Result<Recording, String>),
    ) -> Result<History, StoreError> {
        let (history, mut files) = self.history_and_files(wanted)?;
        let counting = history.runs.iter().rev().take(newest);
        let ids: BTreeSet<&str> = counting.map(|run| run.id.as_str()).collect();
        files.retain(|(_, name)| ids.contains(name.id.as_str()));
        let read = self.each(&files, |entry, name, content| {
            take(format::recording(name, &content).map_err(|because| format!("{}: {because}", entry.path)));
        });
        if let Err(error) = read {
            take(Err(error.to_string()));
        }
        Ok(history)
    }

    /// The history, and the files of all runs of its key.
    fn history_and_files(&self, wanted: &Wanted<'_>) -> Result<(History, Vec<(Entry, Name)>), StoreError> {
        let hash = wanted.key.hash();
        let mut listing = self.listing()?;
        let mut damaged = listing.strangers;
        let own = listing.runs.remove(&hash).unwrap_or_default();
        let runs = self.read(&own, &mut damaged, format::run)?;
        let events = self.read(&listing.events, &mut damaged, format::event)?;
        let mut not_comparable = Vec::new();
        for files in listing.runs.values() {
            not_comparable.extend(self.why_not(wanted.key, files, &mut damaged)?);
        }
        Ok((History::of(wanted, runs, &events, Rest { not_comparable, damaged }), own))
    }

    /// Everything, for a listing.
    ///
    /// # Errors
    /// As [`Self::history`].
    pub fn contents(&self) -> Result<Contents, StoreError> {
        let listing = self.listing()?;
        let mut damaged = listing.strangers;
        let files: Vec<_> = listing.runs.into_values().flatten().collect();
        let mut runs = self.read(&files, &mut damaged, format::run)?;
        runs.sort_by(|a: &Run, b| a.finished_at.cmp(&b.finished_at).then_with(|| a.id.cmp(&b.id)));
        let mut events = self.read(&listing.events, &mut damaged, format::event)?;
        events.sort_by_key(|event: &Event| event.at);
        Ok(Contents { runs, events, damaged })
    }

    /// The runs whose id begins so, with their histograms.
    ///
    /// # Errors
    /// As [`Self::history`].
    pub fn recordings(&self, id: &str) -> Result<(Vec<Recording>, Vec<Damaged>), StoreError> {
        let listing = self.listing()?;
        let files: Vec<_> = listing.runs.into_values().flatten().filter(|(_, name)| name.id.starts_with(id)).collect();
        let mut damaged = Vec::new();
        let found = self.read(&files, &mut damaged, format::recording)?;
        Ok((found, damaged))
    }

    /// Adds a run. Saving the same run twice stores it once.
    ///
    /// # Errors
    /// When the store cannot be written; it is as before then.
    pub fn save(&self, recording: &Recording) -> Result<Saved, StoreError> {
        let run = &recording.run;
        let content = format::encode(recording);
        let id = name::short_digest(&content);
        let path = name::of_run(&run.key.hash(), run.finished_at, &content);
        let what = format!("{} of {}", run.commit, run.key.gate);
        self.backend.add(&File { path: path.clone(), content, what })?;
        Ok(Saved { id, path })
    }

    /// Adds a decision.
    ///
    /// # Errors
    /// As [`Self::save`].
    pub fn decide(&self, event: &Event) -> Result<(), StoreError> {
        let content = format::encode_event(event);
        let path = name::of_event(event.at, &content);
        self.backend.add(&File { path, content, what: format!("decision about {}", event.gate) })
    }

    /// The runs beyond the newest `keep` of each key and branch. Runs of an anchor and the first ten of a regime, which are
    /// one or become one, are never among them: slow creep would no longer be seen. Nor are damaged files and decisions.
    ///
    /// # Errors
    /// As [`Self::history`].
    pub fn beyond(&self, keep: usize, now: Timestamp) -> Result<Leftovers, StoreError> {
        let listing = self.listing()?;
        let events = self.read(&listing.events, &mut Vec::new(), format::event)?;
        // When an acceptance expires, the regime before it counts again, with its anchor.
        let expiry = |event: &Event| match &event.act {
            Act::Accept(accept) => accept.expires.filter(|end| *end > now),
            Act::Pin(_) => None,
        };
        let moments: Vec<Timestamp> = std::iter::once(now).chain(events.iter().filter_map(expiry)).collect();
        let mut found = Leftovers { runs: Vec::new(), entries: Vec::new() };
        for files in listing.runs.into_values() {
            let mut whole: Vec<(Run, Entry)> = Vec::new();
            self.each(&files, |entry, name, content| {
                if let Ok(run) = format::run(name, &content) {
                    whole.push((run, entry.clone()));
                }
            })?;
            whole.sort_by(|(a, _), (b, _)| a.finished_at.cmp(&b.finished_at).then_with(|| a.id.cmp(&b.id)));
            let branches: BTreeSet<String> = whole.iter().map(|(run, _)| run.branch.clone()).collect();
            for branch in branches {
                let own: Vec<&(Run, Entry)> = whole.iter().filter(|(run, _)| run.branch == branch).collect();
                let Some((newest, _)) = own.last() else { continue };
                let runs: Vec<Run> = own.iter().map(|(run, _)| run.clone()).collect();
                let kept = |now| {
                    let wanted = Wanted { key: &newest.key, branch: &branch, now };
                    History::of(&wanted, runs.clone(), &events, Rest::default()).indispensable()
                };
                let kept: BTreeSet<String> = moments.iter().flat_map(|moment| kept(*moment)).collect();
                let old = own.len().saturating_sub(keep);
                for (run, entry) in own.into_iter().take(old).filter(|(run, _)| !kept.contains(&run.id)) {
                    found.runs.push(run.clone());
                    found.entries.push(entry.clone());
                }
            }
        }
        Ok(found)
    }

    /// Removes what [`Self::beyond`] gave.
    ///
    /// # Errors
    /// As [`Self::save`].
    pub fn remove(&self, leftovers: &Leftovers) -> Result<(), StoreError> {
        if leftovers.entries.is_empty() { Ok(()) } else { self.backend.remove(&leftovers.entries) }
    }

    fn listing(&self) -> Result<Listing, StoreError> {
        let mut listing = Listing::default();
        let ours = |path: &str| path.starts_with(name::RUNS) || path.starts_with(name::EVENTS);
        for entry in self.backend.list()? {
            match name::read(&entry.path) {
                Some(name) => match &name.key {
                    Some(key) => listing.runs.entry(key.clone()).or_default().push((entry, name)),
                    None => listing.events.push((entry, name)),
                },
                None if ours(&entry.path) => listing
                    .strangers
                    .push(Damaged { file: entry.path, because: "its name is not one that stagegate gives".to_owned() }),
                // A README beside the baselines is nobody's damage.
                None => {}
            }
        }
        Ok(listing)
    }

    /// Reads files of one kind; those that are damaged are noted and left out.
    fn read<T>(
        &self,
        files: &[(Entry, Name)],
        damaged: &mut Vec<Damaged>,
        decode: impl Fn(&Name, &[u8]) -> Result<T, String>,
    ) -> Result<Vec<T>, StoreError> {
        let mut found = Vec::new();
        self.each(files, |entry, name, content| match decode(name, &content) {
            Ok(one) => found.push(one),
            Err(because) => damaged.push(Damaged { file: entry.path.clone(), because }),
        })?;
        Ok(found)
    }

    fn each(&self, files: &[(Entry, Name)], mut take: impl FnMut(&Entry, &Name, Vec<u8>)) -> Result<(), StoreError> {
        let names: BTreeMap<&str, &Name> = files.iter().map(|(entry, name)| (entry.path.as_str(), name)).collect();
        let entries: Vec<Entry> = files.iter().map(|(entry, _)| entry.clone()).collect();
        self.backend.read(&entries, &mut |entry, content| {
            if let Some(name) = names.get(entry.path.as_str()) {
                take(entry, name, content);
            }
        })
    }

    /// Why the runs of another key are not comparable, by the newest of them that can be read.
    fn why_not(
        &self,
        key: &Key,
        files: &[(Entry, Name)],
        damaged: &mut Vec<Damaged>,
    ) -> Result<Option<NotComparable>, StoreError> {
        let mut unread: Vec<_> = files.to_vec();
        unread.sort_by_key(|(_, name)| name.at);
        while let Some(newest) = unread.pop() {
            if let Some(run) = self.read(&[newest], damaged, format::run)?.pop() {
                return Ok(Some(NotComparable { runs: unread.len() + 1, because: key.differences(&run.key) }));
            }
        }
        Ok(None)
    }
}

/// The files of a store by what their names say.
#[derive(Default)]
struct Listing {
    runs: BTreeMap<String, Vec<(Entry, Name)>>,
    events: Vec<(Entry, Name)>,
    strangers: Vec<Damaged>,
}
