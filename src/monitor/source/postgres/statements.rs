//! What each statement took in a window: the difference of two readings of `pg_stat_statements`.

use std::{collections::HashMap, time::Duration};

use super::words;
use crate::measure::{Statement, join_statements};

/// So many are kept of a window. What grows in a later phase is often short in the first one, and is to be found there.
const MOST: usize = 30;

/// So many are counted at the begin of a window, those with the longest time since the counters were reset: as many as the
/// extension keeps by default.
pub(super) const COUNTED: usize = 5000;

/// Of so many that grew most the text is read at the end of a window; some of them are none that is shown.
pub(super) const READ: usize = 50;

/// So many characters of a statement's text are kept.
const LONGEST: usize = 200;

/// Both readings of a window.
#[derive(Debug, Default)]
pub(super) struct Statements {
    source: String,
    stage: Stage,
}

/// How far the readings of a window are.
#[derive(Debug, Default)]
enum Stage {
    /// Nobody asked for them.
    #[default]
    Idle,
    /// The next reading is to count them.
    Begins,
    /// They were counted.
    Begun(Counts),
    /// The next reading is to tell which of them grew.
    Ends(Counts),
    /// Both readings were made.
    Ended(Vec<Statement>),
    /// One of the readings failed, for this reason.
    Failed(String),
}

/// What the next reading is to tell of the statements.
#[derive(Debug, Clone, Copy)]
pub(super) enum Wanted<'a> {
    /// Nothing.
    Nothing,
    /// What each took so far.
    Counts,
    /// Which of them grew since, with their texts.
    Grown(&'a Counts),
}

/// What statements took since the counters were last reset, by their identity.
#[derive(Debug, Default)]
pub(super) struct Counts {
    counts: HashMap<i64, Count>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Count {
    calls: f64,
    milliseconds: f64,
}

impl Counts {
    /// Whether all statements are in here; of one that is not, it is not known what it took before.
    pub(super) fn complete(&self) -> bool {
        self.counts.len() < COUNTED
    }

    /// Identities, calls and milliseconds as three lists of numbers with commas, in one order.
    pub(super) fn lists(&self) -> [String; 3] {
        let list = |number: &dyn Fn(&i64, &Count) -> String| {
            self.counts.iter().map(|(id, count)| number(id, count)).collect::<Vec<_>>().join(",")
        };
        [
            list(&|id, _| id.to_string()),
            list(&|_, count| count.calls.to_string()),
            list(&|_, count| count.milliseconds.to_string()),
        ]
    }
}

impl Statements {
    /// A window begins.
    pub(super) fn open(&mut self, source: &str) {
        source.clone_into(&mut self.source);
        self.stage = Stage::Begins;
    }

    /// Nobody wants to know.
    pub(super) fn leave(&mut self) {
        self.stage = Stage::Idle;
    }

    /// Whether the window's first reading of them is still to be made.
    pub(super) fn begins(&self) -> bool {
        matches!(self.stage, Stage::Begins)
    }

    /// Whether it was made.
    pub(super) fn has_begun(&self) -> bool {
        matches!(self.stage, Stage::Begun(_) | Stage::Ends(_) | Stage::Ended(_))
    }

    /// The window has ended. Whether a reading is to be made for that: not when there was none at its begin.
    pub(super) fn close(&mut self) -> bool {
        self.stage = match std::mem::take(&mut self.stage) {
            Stage::Begun(counts) => Stage::Ends(counts),
            other => other,
        };
        matches!(self.stage, Stage::Ends(_))
    }

    /// What the next reading is to tell.
    pub(super) fn wanted(&self) -> Wanted<'_> {
        match &self.stage {
            Stage::Begins => Wanted::Counts,
            Stage::Ends(counts) => Wanted::Grown(counts),
            _ => Wanted::Nothing,
        }
    }

    /// Takes what the reading told, where it was to tell something.
    pub(super) fn read(&mut self, json: &str) {
        let unreadable = |error| Stage::Failed(format!("what it says of them cannot be read: {error}"));
        self.stage = match std::mem::take(&mut self.stage) {
            Stage::Begins => counts(json).map_or_else(unreadable, Stage::Begun),
            Stage::Ends(begin) => self.grown(&begin, json).map_or_else(unreadable, Stage::Ended),
            other => other,
        };
    }

    /// A reading that was to tell something of them failed.
    pub(super) fn fail(&mut self, why: &str) {
        if !matches!(self.wanted(), Wanted::Nothing) {
            self.stage = Stage::Failed(why.to_owned());
        }
    }

    /// Those that took most in the window, the longest first.
    ///
    /// # Errors
    /// Why they are not known. There are none where nobody asked or the window ended before they were read.
    pub(super) fn taken(&self) -> Result<Vec<Statement>, String> {
        match &self.stage {
            Stage::Ended(statements) => Ok(statements.clone()),
            Stage::Failed(why) => Err(why.clone()),
            Stage::Ends(_) => Err("the connection was lost before the end of the window".to_owned()),
            Stage::Idle | Stage::Begins | Stage::Begun(_) => Ok(Vec::new()),
        }
    }

    /// An array of arrays of identity, calls, milliseconds and text.
    fn grown(&self, begin: &Counts, json: &str) -> serde_json::Result<Vec<Statement>> {
        let rows: Vec<(String, f64, f64, Option<String>)> = serde_json::from_str(json)?;
        let differences = rows
            .into_iter()
            .filter_map(|(id, calls, milliseconds, text)| {
                let known = begin.counts.get(&id.parse().ok()?).copied();
                let was = known.or_else(|| begin.complete().then(Count::default))?;
                // Fewer calls than before: the counters were reset meanwhile.
                let was = if calls < was.calls { Count::default() } else { was };
                let calls = (calls - was.calls) as u64;
                let seconds = (milliseconds - was.milliseconds).max(0.0) / 1000.0;
                let total = Duration::try_from_secs_f64(seconds).ok().filter(|_| calls > 0)?;
                Some(Statement {
                    source: self.source.clone(),
                    query: Statement::shortened(&words::shown(&text?)?, LONGEST),
                    calls,
                    total,
                })
            })
            .collect();
        // Shortened, some read alike that the server tells apart: an ORM that selects fewer columns, a longer list after IN.
        let mut grown = Vec::new();
        join_statements(&mut grown, differences);
        grown.sort_by(|one, other| other.total.cmp(&one.total).then_with(|| one.query.cmp(&other.query)));
        grown.truncate(MOST);
        Ok(grown)
    }
}

/// An array of arrays of identity, calls and milliseconds.
fn counts(json: &str) -> serde_json::Result<Counts> {
    let rows: Vec<(String, f64, f64)> = serde_json::from_str(json)?;
    let count = |(id, calls, milliseconds): (String, f64, f64)| Some((id.parse().ok()?, Count { calls, milliseconds }));
    Ok(Counts { counts: rows.into_iter().filter_map(count).collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begun(json: &str) -> Statements {
        let mut statements = Statements::default();
        statements.open("db");
        assert!(matches!(statements.wanted(), Wanted::Counts));
        statements.read(json);
        assert!(matches!(statements.wanted(), Wanted::Nothing));
        statements
    }

    fn taken(statements: &Statements) -> Vec<(String, u64, Duration)> {
        let taken = statements.taken().expect("both readings were made");
        taken.into_iter().map(|one| (one.query, one.calls, one.total)).collect()
    }

    #[test]
    fn what_grew_most_between_two_readings_comes_first() {
        let mut statements = begun(r#"[["1", 100, 5000.0], ["2", 10, 10], ["4", 50, 900], ["-5", 1, 1]]"#);
        assert_eq!(statements.taken(), Ok(Vec::new()), "one reading says nothing");
        assert!(statements.close());
        assert!(matches!(statements.wanted(), Wanted::Grown(counts) if counts.complete()));
        statements.read(
            r#"[["1", 100, 5000.0, "SELECT 1"], ["2", 30, 510, "SELECT\n  $2"], ["3", 1, 1.5, "SELECT $3"], ["4", 5, 90, "SELECT $4"],
                ["-5", 3, 9000, "ALTER ROLE a PASSWORD 's3cret'"], ["6", 3, 9000, null]]"#,
        );
        let expected = [("SELECT $2", 20, 500_000), ("SELECT $4", 5, 90_000), ("SELECT $3", 1, 1500)];
        let expected = expected.map(|(query, calls, micros)| (query.to_owned(), calls, Duration::from_micros(micros)));
        assert_eq!(taken(&statements), expected);
    }

    #[test]
    fn statements_that_read_alike_are_one() {
        let columns = |first: usize| (first..first + 60).map(|at| format!("a.c{at}")).collect::<Vec<_>>().join(", ");
        let text = |first| format!("SELECT {} FROM a WHERE id = $1", columns(first));
        let mut statements = begun(r#"[["1", 10, 100], ["2", 1, 10]]"#);
        statements.close();
        statements.read(&format!(
            r#"[["1", 30, 500, "{}"], ["2", 31, 410, "{}"], ["3", 9, 700, "SELECT 1 FROM b"]]"#,
            text(0),
            text(1)
        ));
        let expected = [("SELECT … FROM a WHERE id = $1", 50, 800), ("SELECT ? FROM b", 9, 700)];
        let expected = expected.map(|(query, calls, ms)| (query.to_owned(), calls, Duration::from_millis(ms)));
        assert_eq!(taken(&statements), expected);
    }

    #[test]
    fn what_cannot_be_read_is_no_begin_that_everything_grew_from() {
        let mut statements = begun("[[1]]");
        assert!(!statements.close(), "nothing to compare with");
        let why = statements.taken().expect_err("they are not known");
        assert!(why.starts_with("what it says of them cannot be read: "), "{why}");
        let mut statements = begun("[]");
        statements.close();
        statements.fail("it was ended");
        assert_eq!(statements.taken(), Err("it was ended".to_owned()));
    }

    #[test]
    fn a_statement_beyond_those_that_were_counted_may_be_an_old_one() {
        let rows: Vec<String> = (0..COUNTED).map(|id| format!("[\"{id}\", 10, 10]")).collect();
        let mut statements = begun(&format!("[{}]", rows.join(",")));
        statements.close();
        assert!(matches!(statements.wanted(), Wanted::Grown(counts) if !counts.complete()));
        statements.read(r#"[["9999", 700, 9000, "SELECT $1"], ["7", 11, 12, "SELECT $2"]]"#);
        assert_eq!(taken(&statements), [("SELECT $2".to_owned(), 1, Duration::from_millis(2))]);
    }

    #[test]
    fn a_window_without_a_begin_asks_for_nothing_at_its_end() {
        let mut statements = Statements::default();
        assert!(!statements.close());
        statements.open("db");
        assert!(!statements.close());
        statements.leave();
        assert!(matches!(statements.wanted(), Wanted::Nothing));
    }
}
