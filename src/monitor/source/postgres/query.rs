//! The one statement of a reading, and its row.

/// Begins every statement, so that it is told from the app's own.
pub(super) const MARK: &str = "/* stagegate monitor */";

/// What a reading asks: the sessions of the app's database besides this one, its counters since they were last reset, and
/// the server's limit.
///
/// - `waiting` are active sessions that wait for a lock another session holds (`wait_event_type` is `Lock`).
/// - `hidden` are sessions of other roles of which this one sees nothing but that they are there.
const GAUGES: &str = "activity.*, counters.*, current_setting('max_connections') AS max_connections";
const FROM: &str = "
 FROM (SELECT count(*) AS connections,
              count(*) FILTER (WHERE state = 'active') AS active,
              count(*) FILTER (WHERE state = 'active' AND wait_event_type = 'Lock') AS waiting,
              count(*) FILTER (WHERE state LIKE 'idle in transaction%') AS idle_in_transaction,
              greatest(coalesce(max(extract(epoch FROM clock_timestamp() - xact_start)), 0), 0) AS oldest_transaction_seconds,
              count(*) FILTER (WHERE backend_type IS NULL) AS hidden
         FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()
          AND coalesce(backend_type, 'client backend') = 'client backend') activity,
      (SELECT xact_commit AS commits_total, xact_rollback AS rollbacks_total, blks_hit AS blocks_hit_total,
              blks_read AS blocks_read_total, deadlocks AS deadlocks_total
         FROM pg_stat_database WHERE datname = current_database()) counters";

/// Where `pg_stat_statements` is and how its column of milliseconds is called, which `PostgreSQL` 13 changed.
const WHERE_STATEMENTS: &str = ",
 (SELECT quote_ident(space.nspname) || ' ' || col.attname
    FROM pg_class view JOIN pg_namespace space ON space.oid = view.relnamespace JOIN pg_attribute col ON col.attrelid = view.oid
   WHERE view.relname = 'pg_stat_statements' AND view.relkind = 'v' AND col.attname IN ('total_exec_time', 'total_time')
   ORDER BY col.attname LIMIT 1) AS statements_at";

/// What is known about `pg_stat_statements` on a connection.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) enum Known {
    /// Not asked yet.
    #[default]
    Nothing,
    /// It is not installed, or this role may not read it.
    Absent,
    /// Its schema as it is written in a statement, and its column of milliseconds.
    At { schema: String, column: String },
}

impl Known {
    /// Takes from the first row of a connection what it says.
    pub(super) fn learn(&mut self, row: &Row) {
        if *self == Self::Nothing {
            let at = row.text("statements_at").and_then(|at| at.rsplit_once(' '));
            *self = at.map_or(Self::Absent, |(schema, column)| Self::At {
                schema: schema.to_owned(),
                column: column.to_owned(),
            });
        }
    }

    /// A statement over it was refused.
    pub(super) fn without_statements(&mut self) {
        *self = Self::Absent;
    }
}

/// The statement of a reading, with what each of the app's statements took so far where that is wanted and can be known.
pub(super) fn text(known: &Known, statements_wanted: bool) -> String {
    let more = match known {
        Known::Nothing => WHERE_STATEMENTS.to_owned(),
        Known::At { schema, column } if statements_wanted => statements(schema, column),
        Known::At { .. } | Known::Absent => String::new(),
    };
    format!("SELECT {MARK} {GAUGES}{more}{FROM}")
}

fn statements(schema: &str, column: &str) -> String {
    format!(
        ",
 (SELECT coalesce(json_agg(json_build_array(queryid, calls, milliseconds, query)), '[]')
    FROM (SELECT queryid::text AS queryid, sum(calls) AS calls, sum({column}) AS milliseconds, left(min(query), 1000) AS query
            FROM {schema}.pg_stat_statements
           WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
             AND queryid IS NOT NULL AND strpos(query, '{MARK}') = 0
           GROUP BY queryid ORDER BY milliseconds DESC LIMIT 5000) counted) AS statements"
    )
}

/// What a reading gave: columns with their texts.
#[derive(Debug, Clone, Default)]
pub(super) struct Row(Vec<(String, Option<String>)>);

impl Row {
    /// From the columns in order.
    pub(super) fn new(columns: impl IntoIterator<Item = (String, Option<String>)>) -> Self {
        Self(columns.into_iter().collect())
    }

    #[cfg(test)]
    pub(super) fn of<const N: usize>(columns: [(&str, &str); N]) -> Self {
        Self::new(columns.map(|(name, text)| (name.to_owned(), Some(text.to_owned()))))
    }

    /// The text of a column; `None` also where it is null.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(column, _)| column == name).and_then(|(_, text)| text.as_deref())
    }

    /// The columns that hold a number.
    pub(super) fn numbers(&self) -> impl Iterator<Item = (&str, f64)> {
        self.0.iter().filter_map(|(name, text)| Some((name.as_str(), text.as_ref()?.parse().ok()?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_asked_for_where_they_are_and_only_when_wanted() {
        let mut known = Known::default();
        assert!(text(&known, true).contains("statements_at"), "first it asks where they are");
        known.learn(&Row::of([("statements_at", "\"my ext\" total_exec_time")]));
        assert!(text(&known, true).contains("FROM \"my ext\".pg_stat_statements"));
        assert!(!text(&known, false).contains("pg_stat_statements"));
        known.without_statements();
        assert!(!text(&known, true).contains("pg_stat_statements"));
        let mut nowhere = Known::default();
        nowhere.learn(&Row::new([("statements_at".to_owned(), None)]));
        assert_eq!(nowhere, Known::Absent);
    }
}
