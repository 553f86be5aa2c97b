//! `datasets`.

use super::Draft;
use crate::{
    config::{self, Located, Span, Table},
    plan::{Dataset, Row},
};

/// More rows than any dataset needs; they are kept in memory.
const MOST_ROWS: usize = 1_000_000;

/// The cells of a row, by the names of their columns.
type Cells = Vec<(String, String)>;

impl Draft<'_> {
    pub(super) fn datasets(&mut self) -> Vec<Dataset> {
        let mut read: Vec<(&str, Vec<Cells>)> = Vec::new();
        for (name, dataset) in self.config.datasets.iter() {
            let rows = match &dataset.value {
                config::Dataset::Rows(rows) => self.rows(name, dataset.span, rows),
                config::Dataset::Csv(path) => self.csv(path).unwrap_or_else(|| {
                    self.columns_unread = true;
                    Vec::new()
                }),
            };
            for (column, _) in rows.first().into_iter().flatten() {
                if !self.columns.contains(column) {
                    self.columns.push(column.clone());
                }
            }
            // Which columns an incomplete row lacks is not said again where a phase uses them.
            read.push((&name.value, if dataset.complete { rows } else { Vec::new() }));
        }
        let row = |cells: Cells| {
            let cell = |column: &String| cells.iter().find(|(name, _)| name == column).map(|(_, cell)| cell.clone());
            Row(self.columns.iter().map(cell).collect())
        };
        let dataset = |(name, rows): (&str, Vec<Cells>)| Dataset {
            name: name.to_owned(),
            rows: rows.into_iter().map(row).collect(),
        };
        read.into_iter().map(dataset).collect()
    }

    fn rows(&mut self, name: &Located<String>, place: Span, rows: &[Located<Table<Located<String>>>]) -> Vec<Cells> {
        if rows.is_empty() && !self.lost_key(place, &["rows"]) {
            self.problem(name.span, format!("the dataset `{}` has no rows", name.value));
        }
        let columns = |row: &Table<Located<String>>| {
            let mut names: Vec<String> = row.names().map(str::to_owned).collect();
            names.sort();
            names
        };
        let mut whole = rows.iter().filter(|row| row.complete).peekable();
        let first = whole.peek().map(|row| columns(row)).unwrap_or_default();
        for row in whole {
            if columns(row) != first || first.is_empty() {
                let span = row.iter().next().map_or(row.span, |(column, _)| column.span);
                let message = if first.is_empty() {
                    "a row needs a column"
                } else {
                    "every row of a dataset has the same columns"
                };
                self.problem(span, message);
            }
        }
        let cells = |row: &Located<Table<Located<String>>>| {
            row.iter().map(|(n, c)| (n.value.clone(), c.value.clone())).collect()
        };
        rows.iter().map(cells).collect()
    }

    /// The rows of a CSV file whose text the caller has read.
    fn csv(&mut self, path: &Located<String>) -> Option<Vec<Cells>> {
        let text = match self.choice.files.get(&path.value) {
            Some(Ok(text)) => text,
            Some(Err(error)) => {
                self.problem(path.span, format!("`{}` cannot be read: {error}", path.value));
                return None;
            }
            None => {
                self.problem(path.span, format!("`{}` was not read", path.value));
                return None;
            }
        };
        match parse_csv(text) {
            Ok(rows) if rows.is_empty() => {
                self.problem(path.span, format!("`{}` has no rows below its header line", path.value));
                None
            }
            Ok(rows) => Some(rows),
            Err(error) => {
                self.problem(path.span, format!("`{}` is not a CSV file with a header line: {error}", path.value));
                None
            }
        }
    }
}

fn parse_csv(text: &str) -> Result<Vec<Cells>, String> {
    let mut reader =
        csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let headers = reader.headers().map_err(|error| error.to_string())?.clone();
    let mut rows = Vec::new();
    for record in reader.records() {
        if rows.len() >= MOST_ROWS {
            return Err(format!("it has more than {MOST_ROWS} rows"));
        }
        let record = record.map_err(|error| error.to_string())?;
        rows.push(headers.iter().zip(record.iter()).map(|(name, cell)| (name.to_owned(), cell.to_owned())).collect());
    }
    Ok(rows)
}
