//! What a monitor read.

use std::time::Duration;

/// The readings of one gauge in one phase's measured window.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct GaugeSeries {
    /// `MONITOR.GAUGE`.
    pub name: String,
    /// In order of time.
    pub samples: Vec<GaugeSample>,
    /// Readings that were attempted.
    pub attempts: u64,
    /// Readings that there is room for in the whole window: fewer in a short one where the source is asked once a second at
    /// most. 0 where it is not known.
    pub planned: u64,
    /// Why the last missed reading was missed, in one sentence; `None` when every attempt gave a number.
    pub missing: Option<String>,
    /// Whether the source stopped answering: for good at the end, or for a tenth of the readings in a row.
    pub silent: bool,
}

/// One reading.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GaugeSample {
    /// Since the phase's origin.
    pub at: Duration,
    /// A finite number.
    pub value: f64,
}

/// What one statement of a database took in one phase's measured window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The database, without a password: `postgres at HOST:PORT/NAME`.
    pub source: String,
    /// Its text with placeholders in the place of constants, in one line of at most 200 characters.
    pub query: String,
    /// How often it ended; at least once.
    pub calls: u64,
    /// Time in all of them.
    pub total: Duration,
}

impl Statement {
    /// Time in one of them.
    pub fn mean(&self) -> Duration {
        self.total.div_f64(self.calls.max(1) as f64)
    }

    /// A statement's text in one line of at most so many characters, and one more where it was cut. What a long query
    /// selects is left out before its end is: it is told by its tables and conditions.
    pub fn shortened(text: &str, longest: usize) -> String {
        let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let cut = |line: &str| line.char_indices().nth(longest).map(|(end, _)| format!("{}…", &line[..end]));
        if cut(&line).is_none() {
            return line;
        }
        let tables = if line.to_ascii_uppercase().starts_with("SELECT ") { outer_from(&line) } else { None };
        let line = tables.map_or(line.clone(), |at| format!("SELECT … {}", &line[at..]));
        cut(&line).unwrap_or(line)
    }
}

/// Where the `FROM` of a query itself begins: not that of a query within it.
fn outer_from(line: &str) -> Option<usize> {
    const FROM: &str = " FROM ";
    let mut depth = 0_i32;
    line.bytes().enumerate().find_map(|(at, byte)| {
        depth += i32::from(byte == b'(') - i32::from(byte == b')');
        let here = line.as_bytes().get(at..at + FROM.len())?;
        (depth == 0 && here.eq_ignore_ascii_case(FROM.as_bytes())).then_some(at + 1)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_told_by_its_tables_and_conditions() {
        let columns = (0..40).map(|at| format!("\"é{at}\"")).collect::<Vec<_>>().join(",\n");
        let query = format!("select {columns}, (SELECT 1 FROM b) FROM\n a  WHERE id = $1");
        assert_eq!(Statement::shortened(&query, 200), "SELECT … FROM a WHERE id = $1");
        assert_eq!(Statement::shortened(&query, 15), "SELECT … FROM a…");
        assert_eq!(Statement::shortened("SELECT  a\n FROM b", 200), "SELECT a FROM b");
        assert_eq!(Statement::shortened("UPDATE a FROM b", 8), "UPDATE a…");
        assert_eq!(Statement::shortened("SELECT (1 FROM b", 9), "SELECT (1…");
    }
}
