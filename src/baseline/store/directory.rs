//! A directory, on this machine or on a share.

use std::{
    fs::{self, File as Open},
    io::{self, Write as _},
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicU32, Ordering},
};

use super::{Backend, Entry, File, StoreError};

/// Folders below the store's own: `runs/KEY`.
const DEPTH: usize = 2;

/// A larger file is none of ours.
const LARGEST_FILE: u64 = 64 * 1024 * 1024;

/// Tells the files apart that one process writes at once.
static WRITTEN: AtomicU32 = AtomicU32::new(0);

/// A directory.
pub(super) struct Directory {
    root: PathBuf,
}

impl Directory {
    pub(super) fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// The files in a folder and below it; names that begin with a dot are files that are being written.
    fn walk(&self, folder: &str, depth: usize, found: &mut Vec<Entry>) -> io::Result<()> {
        let entries = match fs::read_dir(self.root.join(folder)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            entries => entries?,
        };
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.starts_with('.') {
                continue;
            }
            let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
            // Of a link this is what it leads to: a store may be put together of links.
            match fs::metadata(entry.path()) {
                Ok(kind) if kind.is_dir() && depth > 0 => self.walk(&path, depth - 1, found)?,
                Ok(kind) if kind.is_dir() => {}
                _ => found.push(Entry { handle: path.clone(), path }),
            }
        }
        Ok(())
    }

    fn unreadable(&self, path: &Path, cause: &io::Error) -> StoreError {
        StoreError::Unreadable {
            place: self.place(),
            cause: format!("{}: {cause}", path.display()),
            next: "give this user the right to read it, or name another store".to_owned(),
        }
    }

    fn unwritable(&self, path: &Path, cause: &io::Error) -> StoreError {
        StoreError::Unwritable {
            place: self.place(),
            cause: format!("{}: {cause}", path.display()),
            next: "make room, give this user the right to write, or name another store".to_owned(),
        }
    }
}

impl Backend for Directory {
    fn place(&self) -> String {
        self.root.display().to_string()
    }

    fn list(&self) -> Result<Vec<Entry>, StoreError> {
        let mut found = Vec::new();
        self.walk("", DEPTH, &mut found).map_err(|cause| self.unreadable(&self.root, &cause))?;
        found.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(found)
    }

    fn read(&self, entries: &[Entry], take: &mut dyn FnMut(&Entry, Vec<u8>)) -> Result<(), StoreError> {
        for entry in entries {
            let path = self.root.join(&entry.handle);
            match read(&path) {
                Ok(content) => take(entry, content),
                // A link that leads nowhere has no content; whatever else is gone, another process pruned meanwhile.
                Err(error) if error.kind() == io::ErrorKind::NotFound && path.is_symlink() => take(entry, Vec::new()),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(self.unreadable(&path, &error)),
            }
        }
        Ok(())
    }

    fn add(&self, file: &File) -> Result<(), StoreError> {
        let path = self.root.join(&file.path);
        let folder = path.parent().unwrap_or(&self.root);
        let number = WRITTEN.fetch_add(1, Ordering::Relaxed);
        let beside = folder.join(format!(".{}-{number}.tmp", process::id()));
        let write = || {
            fs::create_dir_all(folder)?;
            let mut open = Open::create(&beside)?;
            open.write_all(&file.content)?;
            // Before the name is there, the content is: also when the machine loses its power in between.
            open.sync_all()?;
            fs::rename(&beside, &path)
        };
        write().map_err(|cause| {
            // The file that was begun may not exist; there is nothing more to do about it either way.
            let _gone = fs::remove_file(&beside);
            self.unwritable(&path, &cause)
        })
    }

    fn remove(&self, entries: &[Entry]) -> Result<(), StoreError> {
        for entry in entries {
            let path = self.root.join(&entry.handle);
            match fs::remove_file(&path) {
                Err(cause) if cause.kind() != io::ErrorKind::NotFound => return Err(self.unwritable(&path, &cause)),
                _ => {}
            }
        }
        Ok(())
    }
}

/// The content of a regular file. What is none, or is larger than any of ours, reads as nothing, which no name matches: a
/// pipe would be waited for, and a disk read to its end.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    let facts = fs::metadata(path)?;
    if facts.is_file() && facts.len() <= LARGEST_FILE { fs::read(path) } else { Ok(Vec::new()) }
}
