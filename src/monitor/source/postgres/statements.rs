//! What each statement took in a window: the difference of two readings of `pg_stat_statements`.

use std::{collections::HashMap, time::Duration};

use crate::measure::Statement;

/// So many are kept of a window. What grows in a later phase is often short in the first one, and is to be found there.
const MOST: usize = 30;

/// So many characters of a statement's text are kept.
const LONGEST: usize = 200;

/// Both readings of a window.
#[derive(Debug, Default)]
pub(super) struct Statements {
    /// Whether the next reading is to read them.
    pub(super) wanted: bool,
    source: String,
    begin: Option<HashMap<String, Count>>,
    end: Option<HashMap<String, Count>>,
}

/// What a statement took since the counters were last reset.
#[derive(Debug, Clone, Default)]
struct Count {
    calls: f64,
    milliseconds: f64,
    text: String,
}

impl Statements {
    /// A window begins.
    pub(super) fn open(&mut self) {
        *self = Self { wanted: true, ..Self::default() };
    }

    /// Whether the window's first reading of them was made.
    pub(super) fn has_begun(&self) -> bool {
        self.begin.is_some()
    }

    /// Takes a reading: an array of arrays of identity, calls, milliseconds and text.
    pub(super) fn read(&mut self, json: &str, source: &str) {
        let rows: Vec<(String, f64, f64, String)> = serde_json::from_str(json).unwrap_or_default();
        let counts = rows.into_iter().map(|(id, calls, milliseconds, text)| (id, Count { calls, milliseconds, text }));
        let counts = Some(counts.collect());
        self.wanted = false;
        source.clone_into(&mut self.source);
        if self.begin.is_none() {
            self.begin = counts;
        } else {
            self.end = counts;
        }
    }

    /// Those that took most between the two readings, the longest first.
    pub(super) fn grown(&self) -> Vec<Statement> {
        let (Some(begin), Some(end)) = (&self.begin, &self.end) else { return Vec::new() };
        let nothing = Count::default();
        let mut grown: Vec<Statement> = end
            .iter()
            .filter_map(|(id, is)| {
                let was = begin.get(id).unwrap_or(&nothing);
                // Fewer calls than before: the counters were reset meanwhile.
                let was = if is.calls < was.calls { &nothing } else { was };
                let calls = (is.calls - was.calls) as u64;
                let seconds = (is.milliseconds - was.milliseconds).max(0.0) / 1000.0;
                let total = Duration::try_from_secs_f64(seconds).ok().filter(|_| calls > 0)?;
                Some(Statement {
                    source: self.source.clone(),
                    query: Statement::shortened(&is.text, LONGEST),
                    calls,
                    total,
                })
            })
            .collect();
        grown.sort_by(|one, other| other.total.cmp(&one.total).then_with(|| one.query.cmp(&other.query)));
        grown.truncate(MOST);
        grown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_grew_most_between_two_readings_comes_first() {
        let mut statements = Statements::default();
        statements.open();
        assert!(statements.wanted && !statements.has_begun());
        statements.read(
            r#"[["1", 100, 5000.0, "SELECT 1"], ["2", 10, 10, "SELECT\n  2"], ["4", 50, 900, "SELECT 4"]]"#,
            "db",
        );
        assert!(!statements.wanted && statements.has_begun());
        assert_eq!(statements.grown(), [], "one reading says nothing");
        statements.read(
            r#"[["1", 100, 5000.0, "SELECT 1"], ["2", 30, 510, "SELECT\n  2"], ["3", 1, 1.5, "SELECT 3"], ["4", 5, 90, "SELECT 4"]]"#,
            "db",
        );
        let grown: Vec<_> = statements.grown().into_iter().map(|one| (one.query, one.calls, one.total)).collect();
        assert_eq!(
            grown,
            [
                ("SELECT 2".to_owned(), 20, Duration::from_millis(500)),
                ("SELECT 4".to_owned(), 5, Duration::from_millis(90)),
                ("SELECT 3".to_owned(), 1, Duration::from_micros(1500)),
            ]
        );
    }
}
