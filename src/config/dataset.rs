//! `datasets`: complexity classes.

use serde::Deserialize;

use super::{Located, Table, located::plain_fields};

/// Rows that users draw from: written here, or in a CSV file with a header line.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Dataset {
    /// Rows, each with its columns: `{project: 160}`. Templates use `data.project`.
    Rows(Vec<Located<Table<Located<String>>>>),
    /// A CSV file whose first line names the columns.
    Csv(Located<String>),
}

plain_fields!(Dataset);
