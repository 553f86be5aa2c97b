//! A first look at the files: which requests there are, and when.

use std::{
    collections::{BTreeMap, HashMap},
    io::BufRead,
};

use super::{Facts, ForeignError, Moment, Request, Tool, read};
use crate::plan::ForeignRow;

/// More kinds of request than this are a name for each request: reports have a row for each, and memory grows with them.
const MOST_ROWS: usize = 1000;

/// From the first start to the last end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// When the first request started.
    pub first: Moment,
    /// When the last one ended.
    pub last: Moment,
}

/// What the files hold.
#[derive(Debug, Clone, Default)]
pub struct Survey {
    rows: Vec<ForeignRow>,
    positions: HashMap<ForeignRow, usize>,
    /// By file, from 0, and by the phase that its requests name.
    extents: BTreeMap<(usize, Option<String>), Extent>,
    /// What each file was like.
    pub files: Vec<Facts>,
    /// Whether any request was meant to start before it did, so that its latency is not its service time.
    pub corrected: bool,
}

/// Looks at the next file.
///
/// # Errors
/// As [`read`]; more kinds of request than reports have rows for.
pub fn survey(tool: Tool, (name, input): (&str, &mut dyn BufRead), found: &mut Survey) -> Result<(), ForeignError> {
    let file = found.files.len();
    let facts = read(tool, (name, input), &mut |request| found.see(file, name, request))?;
    found.files.push(facts);
    Ok(())
}

impl Survey {
    /// The kinds of request, in order of appearance.
    pub fn rows(&self) -> &[ForeignRow] {
        &self.rows
    }

    /// The position of a kind of request.
    pub fn position(&self, row: &ForeignRow) -> Option<usize> {
        self.positions.get(row).copied()
    }

    /// The phases that requests name.
    pub fn labels(&self) -> Vec<&str> {
        let mut labels: Vec<&str> = self.extents.keys().filter_map(|(_, label)| label.as_deref()).collect();
        labels.sort_unstable();
        labels.dedup();
        labels
    }

    /// When the requests of these files happened, all of them or those that name this phase; `None` when there are none.
    pub fn extent(&self, files: &[usize], label: Option<&str>) -> Option<Extent> {
        let wanted =
            |(file, of): &(usize, Option<String>)| files.contains(file) && (label.is_none() || of.as_deref() == label);
        let extents = self.extents.iter().filter(|(key, _)| wanted(key)).map(|(_, extent)| *extent);
        extents.reduce(|one, other| Extent { first: one.first.min(other.first), last: one.last.max(other.last) })
    }

    fn see(&mut self, file: usize, name: &str, request: Request) -> Result<(), ForeignError> {
        self.corrected |= request.latency != request.service;
        let (first, last) = (request.start, request.end());
        let extent = self.extents.entry((file, request.phase)).or_insert(Extent { first, last });
        (extent.first, extent.last) = (extent.first.min(first), extent.last.max(last));
        if self.positions.contains_key(&request.row) {
            return Ok(());
        }
        if self.rows.len() >= MOST_ROWS || self.extents.len() > MOST_ROWS {
            let latest = request.row.names.first().map(|name| super::request::clipped(name)).unwrap_or_default();
            return Err(ForeignError::TooManyNames { file: name.to_owned(), most: MOST_ROWS, name: latest });
        }
        self.positions.insert(request.row.clone(), self.rows.len());
        self.rows.push(request.row);
        Ok(())
    }
}
