//! The files of another tool: opened, and decompressed where k6 compressed them.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::{self, BufRead, BufReader, Read as _},
    path::{Path, PathBuf},
};

use flate2::bufread::MultiGzDecoder;
use jiff::Timestamp;

use super::Places;
use crate::cli::{args::JudgeArgs, input};

/// Bytes that are read at once.
const BUFFER: usize = 1 << 18;

/// Larger statistics are none: they have a line for each kind of request.
const LARGEST_STATISTICS: u64 = 64 << 20;

/// The files, in the order in which they are read.
pub(super) struct Files {
    paths: Vec<PathBuf>,
    /// The phase of each file, where `--phase` says so.
    phases: Vec<Option<String>>,
}

impl Files {
    /// Those of the command line.
    ///
    /// # Errors
    /// A sentence: there are none, or they are named in two ways.
    pub(super) fn of(args: &JudgeArgs, places: &Places) -> Result<Self, String> {
        let own: Vec<(String, PathBuf)> = places.files().map(|(name, path)| (name.to_owned(), path.clone())).collect();
        if own.is_empty() == args.files.is_empty() {
            let why = if own.is_empty() { "no file is named" } else { "files are named in two ways" };
            return Err(format!(
                "{why}; write `stagegate judge --from {} FILE`, or a file for each phase by --phase NAME=FILE",
                super::tool(args).name()
            ));
        }
        if !places.windows().is_empty() && args.files.len() > 1 {
            return Err("windows of phases lie in one file; name one, or a file for each phase".to_owned());
        }
        let (phases, paths) = if own.is_empty() {
            (vec![None; args.files.len()], args.files.clone())
        } else {
            own.into_iter().map(|(name, path)| (Some(name), path)).unzip()
        };
        let given = Self { paths, phases };
        given.once()?;
        Ok(given)
    }

    /// No file may be read for two: its requests would be counted twice. Files that are not there say so when they are
    /// opened.
    fn once(&self) -> Result<(), String> {
        let mut known = BTreeSet::new();
        for path in &self.paths {
            if fs::canonicalize(path).is_ok_and(|place| !known.insert(place)) {
                return Err(format!(
                    "{} is named twice, and its requests would be counted twice; name it once, and where the phases are in it \
                     by --phase NAME=START..END",
                    path.display()
                ));
            }
        }
        Ok(())
    }

    /// How many.
    pub(super) fn count(&self) -> usize {
        self.paths.len()
    }

    /// Whether `--phase` gives each file its phase.
    pub(super) fn by_phase(&self) -> bool {
        self.phases.iter().any(Option::is_some)
    }

    /// The files of a phase that `--phase` names.
    pub(super) fn of_phase(&self, name: &str) -> Vec<usize> {
        (0..self.count()).filter(|at| self.phases[*at].as_deref() == Some(name)).collect()
    }

    /// As the user named it.
    pub(super) fn name(&self, at: usize) -> String {
        self.paths[at].to_string_lossy().into_owned()
    }

    /// Opens a file for reading from its beginning.
    ///
    /// # Errors
    /// A sentence.
    pub(super) fn open(&self, at: usize) -> Result<Box<dyn BufRead>, String> {
        let path = &self.paths[at];
        let open = || -> io::Result<Box<dyn BufRead>> {
            // It is read twice, and a pipe gives its content once.
            let metadata = fs::metadata(path)?;
            if !metadata.is_file() {
                return Err(io::Error::other("it is no regular file"));
            }
            let mut beginning = [0_u8; 2];
            let length = File::open(path)?.read(&mut beginning)?;
            let plain = BufReader::with_capacity(BUFFER, File::open(path)?);
            let packed = length == 2 && beginning == [0x1f, 0x8b];
            Ok(if packed {
                Box::new(BufReader::with_capacity(BUFFER, MultiGzDecoder::new(plain)))
            } else {
                Box::new(plain)
            })
        };
        open().map_err(|cause| self.unreadable(path, &cause))
    }

    /// The text of a small file.
    ///
    /// # Errors
    /// A sentence.
    pub(super) fn text(&self, path: &Path) -> Result<String, String> {
        let bytes = input::read(path, LARGEST_STATISTICS).map_err(|cause| self.unreadable(path, &cause))?;
        if bytes.len() as u64 > LARGEST_STATISTICS {
            return Err(format!("{} is larger than any statistics; name PREFIX_stats.csv", path.display()));
        }
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// When it was written last; `None` where the system does not tell.
    pub(super) fn written(&self, at: usize) -> Option<Timestamp> {
        fs::metadata(&self.paths[at]).ok()?.modified().ok()?.try_into().ok()
    }

    /// Where it lies.
    pub(super) fn path(&self, at: usize) -> &Path {
        &self.paths[at]
    }

    fn unreadable(&self, path: &Path, cause: &io::Error) -> String {
        let of = if self.count() > 1 { "files" } else { "file" };
        format!("{} cannot be read ({cause}); name the {of} that the load test wrote", path.display())
    }
}
