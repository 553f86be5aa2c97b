//! Datasets: the rows that users draw from.

/// Index of a column in a [`Row`]; the columns of all datasets share one numbering.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ColumnId(pub u32);

/// A named complexity class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dataset {
    /// Its key under `datasets`.
    pub name: String,
    /// At least one row.
    pub rows: Vec<Row>,
}

/// One row: a value for each column of the plan, `None` where this dataset lacks the column. That a template never
/// meets a `None` is checked when the plan is built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row(pub Vec<Option<String>>);
